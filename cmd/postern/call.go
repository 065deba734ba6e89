package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/adapters/soap"
	"github.com/postern-gateway/postern/gateway"
	"github.com/postern-gateway/postern/gateway/estate"
	"github.com/postern-gateway/postern/gateway/fault"
	"github.com/postern-gateway/postern/gateway/registry"
	"github.com/postern-gateway/postern/gateway/rest"
)

// callCommand is `postern call`.
type callCommand struct {
	Estate string `arg:"" help:"Directory of the estate." type:"existingdir"`
	Method string `arg:"" help:"BACKEND/Operation, or API/VERSION/Method for a contract's."`
	Data   string `help:"The request as JSON; - reads it from standard input." default:"{}" placeholder:"JSON"`
	Wire   bool   `help:"Show the HTTP messages to and from a SOAP service on standard error, with secrets masked."`
	DryRun bool   `help:"Print the SOAP envelope of the request, with secrets masked, and send nothing."`
}

// Help shows examples.
func (callCommand) Help() string {
	return "Opens the back ends that the method needs, as serve does, and closes them again. The reply is printed as JSON.\n\n" +
		"An operation goes by its name in the WSDL, or by that of the mirrored method. Where several have one name, write BACKEND/Port.Operation or\n" +
		"BACKEND/Service.Operation. With --dry-run, neither the legacy system is needed nor the secrets of backends/NAME.yaml. A request that is not\n" +
		"valid is answered with every mistake by field path, and nothing is sent.\n\n" +
		"Examples:\n\n  postern call ./estate counciltax/GetAccount --data '{\"citizenId\": \"C000001\"}'\n\n" +
		"  postern call ./estate counciltax/getAccount --data '{\"citizenId\": \"C000001\"}' --wire --dry-run"
}

// Run implements the command.
func (c *callCommand) Run(s *session) (err error) {
	owner, name, err := splitMethod(c.Method)
	if err != nil {
		return err
	}
	data, err := c.data()
	if err != nil {
		return err
	}
	if c.DryRun {
		return s.dryRun(c.Estate, owner, name, data)
	}
	recording, stop, err := s.quietTelemetry()
	if err != nil {
		return err
	}
	defer stop()
	var called *estate.Backend // nil for a contract
	g, err := gateway.Open(s.ctx, gateway.Options{
		Estate: c.Estate, Adapters: s.adapters, Telemetry: recording,
		// A contract may be answered by any back end; a mirrored method needs its own only, if the others can be described without being opened.
		Open: func(declared *estate.Backend) bool {
			if declared.Name == owner {
				called = declared
			}
			return strings.Contains(owner, "/") || declared.Name == owner || len(declared.Locked) == 0
		},
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, g.Close()) }()
	if err := g.Drain(s.ctx); err != nil {
		fmt.Fprintln(s.stderr, "note:", err) // it need not matter to this call
	}
	method, request, err := s.request(g.Registry(), called, owner, name, data)
	if err != nil {
		return s.refused(err)
	}
	ctx := s.ctx
	if c.Wire {
		ctx = soap.WithWire(ctx, s.showWire)
	}
	return s.call(ctx, g, method, request)
}

// splitMethod takes BACKEND/Operation apart, or API/VERSION/Method.
func splitMethod(method string) (owner, name string, err error) {
	cut := strings.LastIndexByte(method, '/')
	if cut < 1 || cut == len(method)-1 {
		return "", "", fmt.Errorf("the method %q is not BACKEND/Operation or API/VERSION/Method", method)
	}
	return method[:cut], method[cut+1:], nil
}

// data is the request's JSON.
func (c *callCommand) data() ([]byte, error) {
	if c.Data != "-" {
		return []byte(c.Data), nil
	}
	data, err := io.ReadAll(os.Stdin)
	if err != nil {
		return nil, fmt.Errorf("reading the request: %w", err)
	}
	return data, nil
}

// request finds the method, and makes its request. called is the back end that has it, or nil for a contract.
func (s *session) request(types *registry.Registry, called *estate.Backend, owner, name string, data []byte) (protoreflect.MethodDescriptor, proto.Message, error) {
	var report *soap.Report
	if called != nil {
		var err error
		if report, err = soapReport(s.ctx, called, nil); err != nil {
			return nil, nil, err
		}
	}
	var services []protoreflect.ServiceDescriptor
	for _, declaration := range types.Services() {
		if declaration.Owner == owner {
			services = append(services, declaration.Service)
		}
	}
	if len(services) == 0 {
		_, err := types.Find(owner, name) // which says what there is
		return nil, nil, err
	}
	return chooseByRequest(candidates(services, report), owner, name, data, types)
}

// refused prints what a caller may know of an error of the gateway, and returns what ends the command. Other errors are returned as they are.
func (s *session) refused(err error) error {
	var known *adapters.Error
	if !errors.As(err, &known) {
		return err
	}
	return s.failed(err)
}

// showWire prints an HTTP message, byte for byte.
func (s *session) showWire(direction string, data []byte) {
	fmt.Fprintf(s.stderr, "%s:\n%s\n\n", direction, data)
}

// call makes the call and prints every reply as JSON.
func (s *session) call(ctx context.Context, g *gateway.Gateway, method protoreflect.MethodDescriptor, request proto.Message) error {
	show := func(reply proto.Message) error { return s.printReply(reply, g.Registry(), method.IsStreamingServer()) }
	inForce, _ := g.Registry().Method(registry.FullName(method))
	ctx = adapters.WithReply(ctx, &adapters.Reply{})
	if inForce.Stream != nil {
		return s.told(inForce.Stream(ctx, request, show))
	}
	reply, err := inForce.Unary(ctx, request)
	if err != nil {
		return s.told(err)
	}
	return show(reply)
}

// told is failed, with what the log would say of the cause: who calls from here runs the gateway.
func (s *session) told(err error) error {
	answer := s.failed(err)
	var known *adapters.Error
	if errors.As(err, &known) && known.Cause != nil {
		fmt.Fprintf(s.stderr, "  %v\n", known.Cause)
	}
	return answer
}

// failed ends a command with what a caller may know of an error, if there is one.
func (s *session) failed(err error) error {
	if err == nil {
		return nil
	}
	public := fault.Public(err)
	fmt.Fprintf(s.stderr, "%s %s: %s\n", adapters.CodeName(public.Code()), fault.Reason(public), public.Message())
	for _, violation := range fault.Violations(public) {
		field := violation.Field
		if field == "" {
			field = "the request"
		}
		fmt.Fprintf(s.stderr, "  %s: %s\n", field, violation.Description)
	}
	return errNo
}

// printReply prints a reply as JSON: one line for each of a stream, indented otherwise.
func (s *session) printReply(reply proto.Message, types rest.Resolver, inLines bool) error {
	raw, err := protojson.MarshalOptions{Resolver: types, EmitDefaultValues: true}.Marshal(reply)
	if err != nil {
		return fmt.Errorf("printing the reply: %w", err)
	}
	var text bytes.Buffer // protojson varies its white space from build to build
	if inLines {
		err = json.Compact(&text, raw)
	} else {
		err = json.Indent(&text, raw, "", "  ")
	}
	if err != nil {
		return fmt.Errorf("printing the reply: %w", err)
	}
	_, err = fmt.Fprintln(s.stdout, text.String())
	return err
}
