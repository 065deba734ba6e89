package document

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"
)

// elsewhere is a connection that says it leads to another address.
type elsewhere struct {
	net.Conn
	address net.Addr
}

func (e elsewhere) RemoteAddr() net.Addr { return e.address }

// internet returns a transport in whose world a server stands at several names, of which only some are public.
func internet(server *httptest.Server, hosts map[string]string) *http.Transport {
	return &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			host, _, err := net.SplitHostPort(address)
			if err != nil {
				return nil, err
			}
			connection, err := (&net.Dialer{}).DialContext(ctx, network, server.Listener.Addr().String())
			if err != nil {
				return nil, err
			}
			ip := host
			if named := hosts[host]; named != "" {
				ip = named
			}
			return elsewhere{connection, &net.TCPAddr{IP: net.ParseIP(ip), Port: 80}}, nil
		},
	}
}

// wrapped is a transport that is not known to be one.
type wrapped struct{ inner http.RoundTripper }

func (w wrapped) RoundTrip(r *http.Request) (*http.Response, error) { return w.inner.RoundTrip(r) }

func TestPrivateAddresses(t *testing.T) {
	t.Parallel()
	asked := make(chan string, 100)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked <- r.Host
		if target := r.URL.Query().Get("to"); target != "" {
			http.Redirect(w, r, target, http.StatusFound)
			return
		}
		_, _ = w.Write([]byte("<a/>"))
	}))
	t.Cleanup(server.Close)
	hosts := map[string]string{"public.example": "192.0.2.1", "inside.example": "10.1.2.3"}
	tests := []struct {
		name, first, second string
		allowed             bool // by the option
		refused             bool
	}{
		{"public to public", "http://public.example/", "http://public.example/b", false, false},
		{"public to a private name", "http://public.example/", "http://inside.example/", false, true},
		{"public to a private number", "http://public.example/", "http://169.254.169.254/latest", false, true},
		{"public to loopback", "http://public.example/", "http://[::1]/", false, true},
		{"public to localhost", "http://public.example/", "http://LOCALHOST./", false, true},
		{"public to private, allowed", "http://public.example/", "http://inside.example/", true, false},
		{"private to private", "http://inside.example/", "http://127.0.0.1/", false, false},
		{"redirected to private", "http://public.example/", "http://public.example/?to=" + url.QueryEscape("http://inside.example/secret"), false, true},
	}
	for _, test := range tests {
		for _, hidden := range []bool{false, true} {
			client := &http.Client{Transport: internet(server, hosts)}
			if hidden {
				client.Transport = wrapped{client.Transport}
			}
			loader := &Loader{Client: client, PrivateImports: test.allowed}
			first, err := loader.Load(t.Context(), test.first, nil)
			if err != nil {
				t.Fatalf("%s: %v", test.name, err)
			}
			for len(asked) > 0 {
				<-asked
			}
			_, err = loader.Load(t.Context(), test.second, first.Root)
			if refused := err != nil; refused != test.refused {
				t.Errorf("%s (hidden: %v): the error is %v", test.name, hidden, err)
			}
			var located *Error
			if test.refused && (!errors.Is(err, ErrPrivate) || !errors.As(err, &located) || located.Unreachable || located.Position.Line != 1) {
				t.Errorf("%s: the error is %v", test.name, err)
			}
			for len(asked) > 0 {
				if host := <-asked; test.refused && !strings.HasPrefix(host, "public") {
					t.Errorf("%s (hidden: %v): %s was asked", test.name, hidden, host)
				}
			}
		}
	}
}

func TestRedirectsMoveTheBase(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/old" {
			http.Redirect(w, r, "/new/service?wsdl", http.StatusMovedPermanently)
			return
		}
		_, _ = w.Write([]byte("<a/>"))
	}))
	t.Cleanup(server.Close)
	d, err := (&Loader{}).Load(t.Context(), server.URL+"/old", nil)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := d.Locate("?xsd=1"); err != nil || got != server.URL+"/new/service?xsd=1" || d.Location != server.URL+"/old" {
		t.Errorf("the reference leads to %s (%v)", got, err)
	}
	if got, err := d.Locate("file:///etc/a.xsd"); err != nil || got != "/etc/a.xsd" {
		t.Errorf("a file from a private address: %s, %v", got, err)
	}
	d.origin.public = true
	if got, err := d.Locate("file:///etc/a.xsd"); err == nil {
		t.Errorf("a file from a public address: %s", got)
	}
}

func TestWhichAddressesArePrivate(t *testing.T) {
	t.Parallel()
	for _, private := range strings.Fields("127.0.0.1 10.0.0.1 172.16.0.1 192.168.1.1 169.254.169.254 100.64.0.1 0.0.0.0 ::1 :: fe80::1 fd00::1 ::ffff:127.0.0.1 64:ff9b::7f00:1 224.0.0.1 255.255.255.255") {
		if !isPrivate(netip.MustParseAddr(private)) {
			t.Errorf("%s counts as public", private)
		}
	}
	for _, public := range strings.Fields("192.0.2.1 8.8.8.8 2001:db8::1 172.32.0.1") {
		if isPrivate(netip.MustParseAddr(public)) {
			t.Errorf("%s counts as private", public)
		}
	}
}
