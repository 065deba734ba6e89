package soap

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/dynamicpb"

	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

// startFixed starts a service that gives one reply of 1.5 KB to every request.
func startFixed(b *testing.B) string {
	b.Helper()
	notes := strings.Repeat("<a:note>a note of some forty characters of text</a:note>", 16)
	reply := []byte(envelope11With(strings.Replace(fmt.Sprintf(account, "C000001"), "</a:account>", notes+"</a:account>", 1)))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "text/xml; charset=utf-8")
		_, _ = w.Write(reply)
	}))
	b.Cleanup(server.Close)
	return server.URL
}

// BenchmarkCall measures a call with its handler, and, for comparison, what a hand-written client does for the same with a template and by looking for tags. The
// service's share is in both.
func BenchmarkCall(b *testing.B) {
	b.Run("handler", func(b *testing.B) {
		opened := openBackend(b, &configv1.SoapBackend{Kind: "soap", Wsdl: "accounts.wsdl", Endpoint: startFixed(b)})
		service := opened.Services()[0]
		request := dynamicpb.NewMessage(service.Descriptor.Methods().ByName("GetAccount").Input())
		if err := protojson.Unmarshal([]byte(`{"id": "C000001"}`), request); err != nil {
			b.Fatal(err)
		}
		handler := service.Methods[0].Unary
		b.ReportAllocs()
		for b.Loop() {
			if reply, err := handler(b.Context(), request); err != nil || proto.Size(reply) == 0 {
				b.Fatal(err)
			}
		}
	})
	b.Run("template", func(b *testing.B) {
		url, client := startFixed(b), &http.Client{Transport: &http.Transport{}}
		b.Cleanup(client.CloseIdleConnections)
		b.ReportAllocs()
		for b.Loop() {
			if fields, err := templateCall(client, url, "C000001"); err != nil || fields["balance"] != "-1234.50" {
				b.Fatal(fields, err)
			}
		}
	})
}

// templateCall is the least that a client can do.
func templateCall(client *http.Client, url, id string) (map[string]string, error) {
	envelope := `<?xml version="1.0" encoding="UTF-8"?><soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body>` +
		`<getAccount xmlns="urn:accounts"><id>` + id + `</id></getAccount></soap:Body></soap:Envelope>`
	request, err := http.NewRequest(http.MethodPost, url, strings.NewReader(envelope))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "text/xml; charset=utf-8")
	request.Header.Set("SOAPAction", `"urn:accounts#getAccount"`)
	response, err := client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, err
	}
	fields := make(map[string]string)
	for _, name := range []string{"id", "balance", "band", "opened", "changed", "directDebit"} {
		if _, rest, found := bytes.Cut(body, []byte("<a:"+name+">")); found {
			value, _, _ := bytes.Cut(rest, []byte("</"))
			fields[name] = string(value)
		}
	}
	return fields, nil
}
