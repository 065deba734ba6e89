package mock

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"google.golang.org/protobuf/encoding/protojson"

	"github.com/postern-gateway/postern/adapters"
)

// A Reply says how the mock answers an operation, in place of a sample. The first that fits a request counts.
type Reply struct {
	// Operation is the name in the WSDL.
	Operation string
	// When must all stand in the request: texts by the name of their element, or by its path without the root (address/town). Empty fits all.
	When map[string]string
	// Message is the reply as the JSON of the mirrored message, as a REST caller would see it. Nil means a sample.
	Message json.RawMessage
	// Fault, if it is not nil, is sent instead.
	Fault *Fault
}

// A Fault is a SOAP fault, in the terms of SOAP 1.1. SOAP 1.2 gets Sender for Client and Receiver for Server.
type Fault struct {
	// Code is Client, Server, or another name without prefix. Default: Server.
	Code string
	// Text is the fault string.
	Text string
	// Detail is the XML in the detail, which declares its own namespaces.
	Detail string
}

// checkReplies finds the replies that do not fit the WSDL.
func (s *Server) checkReplies() error {
	var problems []error
	for i, r := range s.replies {
		known := false
		for _, p := range s.ports {
			for _, o := range p.operations {
				if o.Name != r.Operation {
					continue
				}
				known = true
				if _, _, err := o.given(r); r.Message != nil && err != nil {
					problems = append(problems, fmt.Errorf("reply %d, of %s: %w", i+1, r.Operation, err))
				}
			}
		}
		if !known {
			problems = append(problems, fmt.Errorf("reply %d: the WSDL has no operation %s", i+1, r.Operation))
		}
	}
	return errors.Join(problems...)
}

// given writes the message of a reply.
func (o *operation) given(r Reply) (namespaces string, body []byte, err error) {
	if o.output == nil {
		return "", nil, errors.New("it is one-way, and has no reply")
	}
	message := empty(o.output)
	if err := protojson.Unmarshal(r.Message, message); err != nil {
		return "", nil, fmt.Errorf("it does not fit the schema: %w", err)
	}
	namespaces, body, err = encode(o.output, message)
	return namespaces, body, explained(err)
}

// explained spells out the violations of an error.
func explained(err error) error {
	var refused *adapters.Error
	if !errors.As(err, &refused) || len(refused.Violations) == 0 {
		return err
	}
	var out []string
	for _, v := range refused.Violations {
		out = append(out, v.Field+": "+v.Description)
	}
	return errors.New(strings.Join(out, "; "))
}

// find returns the reply that is given for a request, or nil.
func (s *Server) find(o *operation, request *received) *Reply {
	for i := range s.replies {
		r := &s.replies[i]
		if r.Operation == o.Name && request.holds(r.When) {
			return r
		}
	}
	return nil
}
