package soap

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
)

// client returns the client that reads documents: that of the options, with files in place of the URLs that are supplied.
func (o ImportOptions) client() *http.Client {
	if len(o.Supply) == 0 {
		return o.Client
	}
	supplied := &http.Client{}
	if o.Client != nil {
		*supplied = *o.Client
	}
	network := supplied.Transport
	if network == nil {
		network = &http.Transport{Proxy: http.ProxyFromEnvironment, DisableKeepAlives: true}
	}
	supplied.Transport = &suppliedFiles{files: o.Supply, network: network}
	return supplied
}

// suppliedFiles answers for some URLs with files, and passes the rest on.
type suppliedFiles struct {
	files   map[string]string
	network http.RoundTripper
}

// RoundTrip implements http.RoundTripper.
func (s *suppliedFiles) RoundTrip(request *http.Request) (*http.Response, error) {
	name, supplied := s.files[request.URL.String()]
	if !supplied {
		return s.network.RoundTrip(request)
	}
	content, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("reading what is supplied for %s: %w", request.URL.Redacted(), err)
	}
	return &http.Response{
		Status: strconv.Itoa(http.StatusOK) + " OK", StatusCode: http.StatusOK, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{},
		Body: io.NopCloser(bytes.NewReader(content)), ContentLength: int64(len(content)), Request: request,
	}, nil
}
