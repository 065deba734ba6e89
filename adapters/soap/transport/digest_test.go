package transport

import (
	"crypto/md5"
	"crypto/sha256"
	"crypto/sha512"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

// TestDigestExamples holds the answers against those of RFC 7616 section 3.9.1, of RFC 2617 section 3.5 and of RFC 2069 section 2.4 (as its erratum has it).
func TestDigestExamples(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, user, password, uri, challenge, client, wanted string
	}{
		{
			"RFC 7616, SHA-256", "Mufasa", "Circle of Life", "http://www.example.org/dir/index.html",
			`Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=SHA-256, nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"`,
			"f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ", `response="753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"`,
		},
		{
			"RFC 7616, MD5", "Mufasa", "Circle of Life", "http://www.example.org/dir/index.html",
			`Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=MD5, nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"`,
			"f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ", `response="8ca523f5e9506fed4657c9700eebdbec"`,
		},
		{
			"RFC 2617", "Mufasa", "Circle Of Life", "http://www.nowhere.org/dir/index.html",
			`Digest realm="testrealm@host.com", qop="auth,auth-int", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", opaque="5ccc069c403ebaf9f0171e9517f40e41"`,
			"0a4f113b", `response="6629fae49393a05397450978507c4ef1"`,
		},
		{
			"RFC 2069", "Mufasa", "CircleOfLife", "http://www.nowhere.org/dir/index.html",
			`Digest realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", opaque="5ccc069c403ebaf9f0171e9517f40e41"`,
			"", `response="1949323746fe6a43ef61f9606e7febea"`,
		},
	}
	for _, test := range tests {
		n := chooseDigest(readChallenges(http.Header{"Www-Authenticate": {test.challenge}}))
		if n == nil {
			t.Errorf("%s: the challenge is not understood", test.name)
			continue
		}
		n.client, n.count = test.client, 1
		request, err := http.NewRequest(http.MethodGet, test.uri, nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := newDigest(test.user, test.password).answer(n, request, &attempt{}); !strings.Contains(got, test.wanted) {
			t.Errorf("%s: the answer is %s, wanted %s", test.name, got, test.wanted)
		}
	}
}

// A digestServer checks answers with its own arithmetic (RFC 7616 section 3.4.1), strictly: counts must rise, and a nonce is good for some answers only.
type digestServer struct {
	algorithm, qop, extra string
	uses                  int
	rotate                bool

	lock     sync.Mutex
	serial   int
	used     map[string]int
	requests int
	accepted int
}

func (s *digestServer) hash(text string) string {
	switch name, _, _ := strings.Cut(s.algorithm, "-s"); name {
	case "SHA-256":
		return fmt.Sprintf("%x", sha256.Sum256([]byte(text)))
	case "SHA-512-256":
		return fmt.Sprintf("%x", sha512.Sum512_256([]byte(text)))
	default:
		return fmt.Sprintf("%x", md5.Sum([]byte(text)))
	}
}

func (s *digestServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.lock.Lock()
	defer s.lock.Unlock()
	s.requests++
	body, err := io.ReadAll(r.Body)
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	given := map[string]string{}
	for part := range strings.SplitSeq(strings.TrimPrefix(r.Header.Get("Authorization"), "Digest "), ", ") {
		name, value, _ := strings.Cut(part, "=")
		given[name] = strings.Trim(value, `"`)
	}
	stale := ""
	if count, known := s.used[given["nonce"]]; known && s.isRight(given, r, string(body)) {
		if s.qop == "" || count < s.uses && given["nc"] == fmt.Sprintf("%08x", count+1) {
			s.used[given["nonce"]]++
			s.accepted++
			if s.rotate {
				w.Header().Set("Authentication-Info", `nextnonce="`+s.nonce()+`", qop=auth`)
			}
			_, _ = w.Write(body)
			return
		}
		stale = ", stale=TRUE"
	}
	challenge := `Digest realm="legacy \"one\"", nonce="` + s.nonce() + `", opaque="o,p"` + s.extra + stale
	if s.algorithm != "" {
		challenge += ", algorithm=" + s.algorithm
	}
	if s.qop != "" {
		challenge += `, qop="` + s.qop + `"`
	}
	w.Header().Add("WWW-Authenticate", `Negotiate, Basic realm="x"`)
	w.Header().Add("WWW-Authenticate", `Digest realm="y", nonce="z", algorithm=UNKNOWN, `+challenge)
	w.WriteHeader(http.StatusUnauthorized)
}

func (s *digestServer) nonce() string {
	s.serial++
	nonce := fmt.Sprintf("nonce%d==", s.serial)
	s.used[nonce] = 0
	return nonce
}

func (s *digestServer) isRight(given map[string]string, r *http.Request, body string) bool {
	const user, realm, password = "gate\"way", `legacy "one"`, "pä:ss"
	secret := s.hash(user + ":" + realm + ":" + password)
	if strings.HasSuffix(s.algorithm, "-sess") {
		secret = s.hash(secret + ":" + given["nonce"] + ":" + given["cnonce"])
	}
	what := r.Method + ":" + r.RequestURI
	if given["qop"] == "auth-int" {
		what += ":" + s.hash(body)
	}
	wanted := s.hash(secret + ":" + given["nonce"] + ":" + given["nc"] + ":" + given["cnonce"] + ":" + given["qop"] + ":" + s.hash(what))
	if s.qop == "" {
		wanted = s.hash(secret + ":" + given["nonce"] + ":" + s.hash(what))
	}
	name := `gate\"way`
	if given["userhash"] == "true" {
		name = s.hash(user + ":" + realm)
	}
	return given["response"] == wanted && given["uri"] == r.RequestURI && given["opaque"] == "o,p" && given["username"] == name && given["algorithm"] == s.algorithm
}

func TestDigest(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		server *digestServer
		// requests is how many requests six calls cost.
		requests int
	}{
		{"MD5 by default", &digestServer{qop: "auth", uses: 100}, 7},
		{"MD5", &digestServer{algorithm: "MD5", qop: "auth,auth-int", uses: 100}, 7},
		{"MD5-sess", &digestServer{algorithm: "MD5-sess", qop: "auth", uses: 100}, 7},
		{"SHA-256", &digestServer{algorithm: "SHA-256", qop: "auth", uses: 100}, 7},
		{"SHA-256-sess", &digestServer{algorithm: "SHA-256-sess", qop: "auth", uses: 100}, 7},
		{"SHA-512-256", &digestServer{algorithm: "SHA-512-256", qop: "auth", uses: 100}, 7},
		{"with the body", &digestServer{algorithm: "SHA-256", qop: "auth-int", uses: 100}, 7},
		{"without qop", &digestServer{uses: 100}, 7},
		{"hashed user", &digestServer{algorithm: "SHA-256", qop: "auth", extra: ", userhash=true", uses: 100}, 7},
		{"nonces for two answers", &digestServer{qop: "auth", uses: 2}, 9},
		{"nonces for one answer", &digestServer{qop: "auth", uses: 1}, 12},
		{"next nonces", &digestServer{qop: "auth", uses: 1, rotate: true}, 7},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			test.server.used = make(map[string]int)
			server := serve(t, test.server.ServeHTTP)
			config := &configv1.SoapBackend{Security: &configv1.SoapSecurity{Digest: &configv1.SoapDigestAuth{Username: `gate"way`, Password: secretOf(t, "pä:ss")}}}
			sender := open(t, config)
			for range 6 {
				reply, err := sender.Send(t.Context(), ping(server.URL+"/a,b?c=%20d"))
				if err != nil {
					t.Fatal(err)
				}
				if reply.Status != 200 || string(reply.Body) != envelope {
					t.Fatalf("the reply is %d %q", reply.Status, reply.Body)
				}
			}
			if test.server.requests != test.requests || test.server.accepted != 6 {
				t.Errorf("six calls cost %d requests, of which %d were accepted, wanted %d", test.server.requests, test.server.accepted, test.requests)
			}
			var calls sync.WaitGroup
			for range 8 { // whose counts arrive in any order
				calls.Go(func() {
					if reply, err := sender.Send(t.Context(), ping(server.URL)); err != nil || reply.Status != 200 {
						t.Errorf("the reply is %v, and the error %v", reply, err)
					}
				})
			}
			calls.Wait()
		})
	}
}

// TestDigestRefused holds that credentials that are not good cost two requests, and end as the service's own 401.
func TestDigestRefused(t *testing.T) {
	t.Parallel()
	for _, algorithm := range []string{"MD5", "SHA-256", "ROT13"} {
		judge := &digestServer{algorithm: algorithm, qop: "auth", uses: 100, used: make(map[string]int)}
		server := serve(t, judge.ServeHTTP)
		sender := open(t, &configv1.SoapBackend{Security: &configv1.SoapSecurity{Digest: &configv1.SoapDigestAuth{Username: "gateway", Password: secretOf(t, "wrong")}}})
		for i := range 2 {
			reply, err := sender.Send(t.Context(), ping(server.URL))
			if err != nil || reply.Status != http.StatusUnauthorized {
				t.Errorf("the reply is %v, and the error %v", reply, err)
			}
			if wanted := 2 * (i + 1); judge.requests != wanted && algorithm != "ROT13" || algorithm == "ROT13" && judge.requests != i+1 {
				t.Errorf("%s: there were %d requests", algorithm, judge.requests)
			}
		}
	}
}

// FuzzChallenges reads any header, and holds that reading ends and that a digest among them can be answered.
func FuzzChallenges(f *testing.F) {
	for _, seed := range []string{
		`Negotiate, NTLM`, `NTLM TlRMTVNTUAACAAAA`, `Basic realm="a, b", Digest nonce=x, qop="auth,auth-int",realm = "q\"q"`, `Digest`, `a="`, `,,= =,x=y`, `Digest nonce="x", algorithm=MD5-sess`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, header string) {
		challenges := readChallenges(http.Header{"Www-Authenticate": {header}})
		for _, c := range challenges {
			if c.scheme == "" || c.scheme != strings.ToLower(c.scheme) {
				t.Errorf("the scheme is %q", c.scheme)
			}
		}
		if n := chooseDigest(challenges); n != nil {
			request, err := http.NewRequest(http.MethodPost, "http://a.example/b", nil)
			if err != nil {
				t.Fatal(err)
			}
			if answer := newDigest("u", "p").answer(n, request, &attempt{}); !strings.HasPrefix(answer, "Digest username=") {
				t.Errorf("the answer is %q", answer)
			}
		}
	})
}

func TestChallenges(t *testing.T) {
	t.Parallel()
	for header, wanted := range map[string]string{
		"Negotiate, NTLM":                     "[{negotiate  map[]} {ntlm  map[]}]",
		"NTLM TlRM+/==":                       "[{ntlm TlRM+/== map[]}]",
		`Basic realm="a, \"b", NTLM`:          `[{basic  map[realm:a, "b]} {ntlm  map[]}]`,
		`Digest QOP="auth", Nonce = x,uri=/a`: "[{digest  map[nonce:x qop:auth uri:/a]}]",
		`Digest a=1, a=2 , , B c="d`:          "[{digest  map[a:1]} {b  map[c:d]}]",
		`"`:                                   "[]",
		"":                                    "[]",
	} {
		if got := fmt.Sprint(readChallenges(http.Header{"Www-Authenticate": {header}})); got != wanted {
			t.Errorf("%s: read as %s, wanted %s", header, got, wanted)
		}
	}
}
