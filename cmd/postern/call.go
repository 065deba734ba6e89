package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/gateway"
	"github.com/postern-gateway/postern/gateway/estate"
	"github.com/postern-gateway/postern/gateway/fault"
	"github.com/postern-gateway/postern/gateway/registry"
)

// callCommand is `postern call`.
type callCommand struct {
	Estate string `arg:"" help:"Directory of the estate." type:"existingdir"`
	Method string `arg:"" help:"BACKEND/Method, or API/VERSION/Method for a contract's."`
	Data   string `help:"The request as JSON; - reads it from standard input." default:"{}" placeholder:"JSON"`
}

// Help shows an example.
func (callCommand) Help() string {
	return "Opens the back ends that the method needs, as serve does, and closes them again.\n\nExample:\n\n  postern call ./estate counciltax/GetAccount --data '{\"citizenId\": \"C000001\"}'"
}

// Run implements the command.
func (c *callCommand) Run(s *session) (err error) {
	cut := strings.LastIndexByte(c.Method, '/')
	if cut < 0 {
		return fmt.Errorf("the method %q is not BACKEND/Method or API/VERSION/Method", c.Method)
	}
	owner, name := c.Method[:cut], c.Method[cut+1:]
	recording, stop, err := s.quietTelemetry()
	if err != nil {
		return err
	}
	defer stop()
	g, err := gateway.Open(s.ctx, gateway.Options{
		Estate: c.Estate, Adapters: s.adapters, Telemetry: recording,
		// A contract may be answered by any back end; a mirrored method needs its own only, if the others can be described without being opened.
		Open: func(declared *estate.Backend) bool {
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
	method, err := g.Registry().Find(owner, name)
	if err != nil {
		return err
	}
	request, err := c.request(method, g.Registry())
	if err != nil {
		return err
	}
	return s.call(g, method, request)
}

func (c *callCommand) request(method protoreflect.MethodDescriptor, types *registry.Registry) (proto.Message, error) {
	data := []byte(c.Data)
	if c.Data == "-" {
		var err error
		if data, err = io.ReadAll(os.Stdin); err != nil {
			return nil, fmt.Errorf("reading the request: %w", err)
		}
	}
	request := dynamicpb.NewMessage(method.Input())
	if err := (protojson.UnmarshalOptions{Resolver: types}).Unmarshal(data, request); err != nil {
		return nil, fmt.Errorf("the request is not a %s: %w", method.Input().FullName(), err)
	}
	return request, nil
}

// call makes the call and prints every reply as JSON.
func (s *session) call(g *gateway.Gateway, method protoreflect.MethodDescriptor, request proto.Message) error {
	show := func(reply proto.Message) error { return s.printReply(reply, g.Registry(), method.IsStreamingServer()) }
	inForce, _ := g.Registry().Method(registry.FullName(method))
	ctx := adapters.WithReply(s.ctx, &adapters.Reply{})
	var err error
	if inForce.Stream != nil {
		err = inForce.Stream(ctx, request, show)
	} else {
		var reply proto.Message
		if reply, err = inForce.Unary(ctx, request); err == nil {
			err = show(reply)
		}
	}
	if err == nil {
		return nil
	}
	public := fault.Public(err)
	fmt.Fprintf(s.stderr, "%s %s: %s\n", adapters.CodeName(public.Code()), fault.Reason(public), public.Message())
	for _, violation := range fault.Violations(public) {
		fmt.Fprintf(s.stderr, "  %s: %s\n", violation.Field, violation.Description)
	}
	return errNo
}

// printReply prints a reply as JSON: one line for each of a stream, indented otherwise.
func (s *session) printReply(reply proto.Message, types *registry.Registry, inLines bool) error {
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
