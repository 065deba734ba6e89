package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// serveSOAPService gives one reply to every request.
func serveSOAPService() {
	reply, err := os.ReadFile(filepath.Join(soapParts, "reply.xml"))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return
	}
	serveAlone(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "text/xml; charset=utf-8")
		_, _ = w.Write(reply)
	})
}

// serveAlone serves a handler at a free port, which it prints.
func serveAlone(handler http.HandlerFunc) {
	listener, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err == nil {
		fmt.Fprintf(os.Stdout, "http://%s\n", listener.Addr())
		err = (&http.Server{Handler: handler, ReadHeaderTimeout: time.Minute}).Serve(listener)
	}
	fmt.Fprintln(os.Stderr, err)
}

// A handProxy does for one operation what the gateway does for any: the least that one would write by hand. It knows nothing of other prefixes, or of faults, and bounds
// nothing.
type handProxy struct {
	client  *http.Client
	service string
}

// serveSOAPByHand serves a handProxy.
func serveSOAPByHand() {
	proxy := &handProxy{client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}, Timeout: 30 * time.Second}, service: os.Getenv(soapServiceAddress)}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /customers/v1/getCustomer", proxy.answer)
	serveAlone(mux.ServeHTTP)
}

const handTemplate = `<?xml version="1.0" encoding="UTF-8"?><soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body>` +
	`<getCustomer xmlns="urn:customers"><id>%s</id></getCustomer></soap:Body></soap:Envelope>`

var xmlEscapes = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")

func (p *handProxy) answer(w http.ResponseWriter, r *http.Request) {
	envelope := strings.Replace(handTemplate, "%s", xmlEscapes.Replace(r.URL.Query().Get("id")), 1)
	request, err := http.NewRequestWithContext(r.Context(), http.MethodPost, p.service, strings.NewReader(envelope))
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	request.Header.Set("Content-Type", "text/xml; charset=utf-8")
	request.Header.Set("SOAPAction", `"urn:customers#getCustomer"`)
	response, err := p.client.Do(request)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	defer response.Body.Close()
	reply, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		http.Error(w, "bad reply", http.StatusBadGateway)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(customerJSON(make([]byte, 0, 1024), reply))
}

// A handField is an element and the name of its member, and whether its value is written as a string.
type handField struct {
	open, member string
	quoted       bool
}

var (
	handCustomer = []handField{
		{"<ns2:id>", `"id":`, true},
		{"<ns2:firstName>", `"firstName":`, true},
		{"<ns2:lastName>", `"lastName":`, true},
		{"<ns2:born>", `"born":`, true},
		{"<ns2:email>", `"email":`, true},
		{"<ns2:balance>", `"balance":`, true},
		{"<ns2:points>", `"points":`, true},
		{"<ns2:active>", `"active":`, false},
		{"<ns2:changed>", `"changed":`, true},
	}
	handAddress = []handField{
		{"<ns2:kind>", `"kind":`, true},
		{"<ns2:street>", `"street":`, true},
		{"<ns2:number>", `"number":`, false},
		{"<ns2:postcode>", `"postcode":`, true},
		{"<ns2:city>", `"city":`, true},
		{"<ns2:country>", `"country":`, true},
	}
)

// customerJSON looks for the tags in a reply and writes their content.
func customerJSON(out, reply []byte) []byte {
	out = append(out, `{"customer":{`...)
	out, reply = appendFields(out, reply, handCustomer)
	out = append(out, `,"address":[`...)
	for first := true; ; first = false {
		_, rest, found := bytes.Cut(reply, []byte("<ns2:address>"))
		if !found {
			break
		}
		if !first {
			out = append(out, ',')
		}
		out, reply = appendFields(append(out, '{'), rest, handAddress)
		out = append(out, '}')
	}
	out = append(out, `],"remark":[`...)
	for first := true; ; first = false {
		value, rest, found := content(reply, "<ns2:remark>")
		if !found {
			break
		}
		if !first {
			out = append(out, ',')
		}
		out, reply = appendText(out, value), rest
	}
	return append(out, "]}}"...)
}

// appendFields writes the members of an object, without braces, and returns what follows in the reply.
func appendFields(out, reply []byte, fields []handField) (written, rest []byte) {
	first := true
	for _, field := range fields {
		value, behind, found := content(reply, field.open)
		if !found {
			continue
		}
		if !first {
			out = append(out, ',')
		}
		first, reply = false, behind
		out = append(out, field.member...)
		if field.quoted {
			out = appendText(out, value)
		} else {
			out = append(out, value...)
		}
	}
	return out, reply
}

// content is what stands between a tag and the next.
func content(reply []byte, open string) (value, rest []byte, found bool) {
	at := bytes.Index(reply, []byte(open))
	if at < 0 {
		return nil, reply, false
	}
	reply = reply[at+len(open):]
	end := bytes.IndexByte(reply, '<')
	if end < 0 {
		return nil, reply, false
	}
	return reply[:end], reply[end:], true
}

var xmlUnescapes = strings.NewReplacer("&lt;", "<", "&gt;", ">", "&apos;", "'", "&quot;", `\"`, "&amp;", "&")

// appendText writes XML text as a JSON string.
func appendText(out, value []byte) []byte {
	out = append(out, '"')
	switch {
	case bytes.IndexByte(value, '&') >= 0:
		out = append(out, xmlUnescapes.Replace(strings.ReplaceAll(string(value), `\`, `\\`))...)
	case bytes.IndexByte(value, '\\') >= 0:
		out = append(out, bytes.ReplaceAll(value, []byte(`\`), []byte(`\\`))...)
	default:
		out = append(out, value...)
	}
	return append(out, '"')
}
