package mock

import (
	"cmp"
	"fmt"
	"io"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/postern-gateway/postern/adapters/soap/wsdl"
)

// maxRequest bounds a request in bytes.
const maxRequest = 16 << 20

// ServeHTTP answers SOAP requests, and GET with the WSDL (?wsdl), with what it imports (?xsd=1), or with a list of the endpoints.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch r.Method {
	case http.MethodPost:
		s.serveSOAP(w, r)
	case http.MethodGet, http.MethodHead:
		s.serveDocument(w, r)
	default:
		w.Header().Set("Allow", "GET, HEAD, POST")
		http.Error(w, "GET reads the WSDL, and POST takes SOAP requests.", http.StatusMethodNotAllowed)
	}
}

func (s *Server) serveDocument(w http.ResponseWriter, r *http.Request) {
	index := -1
	for key, values := range r.URL.Query() {
		if key = strings.ToLower(key); key != "wsdl" && key != "singlewsdl" && key != "xsd" {
			continue
		}
		index = 0
		if values[0] != "" {
			if number, err := strconv.Atoi(values[0]); err == nil && number >= 0 && number < len(s.documents) {
				index = number
			} else {
				index = -2
			}
		}
	}
	switch {
	case index >= 0:
		w.Header().Set("Content-Type", "text/xml; charset=utf-8")
		_, _ = w.Write(s.document(index, "http://"+r.Host)) // a client that went away is no error of ours
	case index == -1:
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		for _, e := range s.Endpoints() {
			fmt.Fprintf(w, "SOAP %s  http://%s%s  port %s of service %s: %s\n", //nolint:gosec // it is plain text
				e.Version, r.Host, e.Path, e.Port, e.Service, strings.Join(e.Operations, ", "))
		}
		fmt.Fprintf(w, "WSDL      http://%s%s?wsdl\n", r.Host, s.ports[0].Path) //nolint:gosec // as above
	default:
		http.NotFound(w, r)
	}
}

func (s *Server) serveSOAP(w http.ResponseWriter, r *http.Request) {
	content, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequest))
	if err != nil {
		http.Error(w, "The request cannot be read.", http.StatusBadRequest)
		return
	}
	request, err := receive(r.Header.Get("Content-Type"), content)
	if err != nil {
		writeFault(w, wsdl.SOAP11, &Fault{Code: "Client", Text: "The request is no SOAP: " + err.Error()}, nil)
		return
	}
	candidates := s.route(r.URL.Path, request, actionOf(r))
	if len(candidates) == 0 {
		code := "Client"
		if !slices.ContainsFunc(s.ports, func(p *port) bool { return p.Version == request.version }) {
			code = "VersionMismatch"
		}
		writeFault(w, request.version, &Fault{Code: code, Text: "No operation of SOAP " + string(request.version) + " here takes " + request.root() + "."}, request)
		return
	}
	var wrong error
	for _, c := range candidates { // overloads are told apart by what they take
		err := request.check(c.operation)
		if err == nil {
			s.answer(w, c, request)
			return
		}
		wrong = cmp.Or(wrong, err)
	}
	writeFault(w, request.version, &Fault{Code: "Client", Text: "The request breaks the schema: " + wrong.Error()}, request)
}

func (s *Server) answer(w http.ResponseWriter, c candidate, request *received) {
	o := c.operation
	var namespaces string
	var body []byte
	var err error
	given := s.find(o, request)
	switch {
	case given != nil && given.Fault != nil:
		writeFault(w, request.version, given.Fault, request)
		return
	case o.output == nil:
		w.WriteHeader(http.StatusAccepted)
		return
	case given != nil && given.Message != nil:
		namespaces, body, err = o.given(*given)
	default:
		namespaces, body, err = s.sample(c.port, o, request.texts())
	}
	if err != nil {
		writeFault(w, request.version, &Fault{Code: "Server", Text: "No reply can be made up: " + err.Error()}, request)
		return
	}
	style := ""
	if o.Output.Encoded {
		style = ` soap:encodingStyle="` + encoding11 + `"`
		if request.version == wsdl.SOAP12 {
			style = ""
		}
	}
	writeEnvelope(w, request, http.StatusOK, namespaces, style, body)
}

// actionOf returns the SOAPAction of a request, without quotes (SOAP 1.1 section 6.1.1; SOAP 1.2 part 2 section 6.5).
func actionOf(r *http.Request) string {
	if action := strings.Trim(r.Header.Get("SOAPAction"), `" `); action != "" {
		return action
	}
	_, parameters, _ := mime.ParseMediaType(r.Header.Get("Content-Type")) // without one there is no action
	return parameters["action"]
}

// A candidate is an operation that a request may be for.
type candidate struct {
	port      *port
	operation *operation
}

// route finds the operations that a request may be for: on the ports of its path, or else on all, by what stands in the body, or else by the action. The best
// comes first; there are several where an operation is overloaded.
func (s *Server) route(path string, request *received, action string) []candidate {
	for _, here := range []bool{true, false} {
		var byBody, byAction []candidate
		for _, p := range s.ports {
			if p.Version != request.version || (p.Path == path) != here {
				continue
			}
			for _, o := range p.operations {
				named := o.Action != "" && o.Action == action
				switch {
				case request.isFor(o):
					byBody = append(byBody, candidate{p, o})
				case named:
					byAction = append(byAction, candidate{p, o})
				}
			}
		}
		slices.SortStableFunc(byBody, func(a, b candidate) int {
			return cmp.Compare(request.likeness(b.operation, action), request.likeness(a.operation, action))
		})
		if found := append(byBody, byAction...); len(found) > 0 {
			return found
		}
	}
	return nil
}
