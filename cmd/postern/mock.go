package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/postern-gateway/postern/adapters/soap/document"
	"github.com/postern-gateway/postern/adapters/soap/mock"
)

// mockCommand is `postern mock`.
type mockCommand struct {
	WSDL mockWSDLCommand `cmd:"" name:"wsdl" help:"Serve the SOAP endpoint that a WSDL describes."`
}

// Help shows an example.
func (mockCommand) Help() string {
	return "Example:\n\n  postern mock wsdl AccountService.wsdl"
}

// mockWSDLCommand is `postern mock wsdl`.
type mockWSDLCommand struct {
	Source  string `arg:"" help:"The WSDL: a file or an http(s) URL."`
	Listen  string `help:"Address to listen at. Port 0 takes a free one." default:"127.0.0.1:8088" placeholder:"ADDRESS"`
	Replies string `help:"YAML file of replies to give instead of made-up ones." type:"existingfile" placeholder:"FILE"`
}

// Help shows examples.
func (mockWSDLCommand) Help() string {
	return "Stands in for a SOAP service: serves the WSDL (?wsdl) with what it imports, and answers every operation of every port at the path of its own address.\n" +
		"Replies are made up from the schema, the same for the same request. Requests that break the schema, and unknown operations, get a SOAP fault.\n\n" +
		"Replies of your own are a list. The first whose operation and texts fit counts; it has a message, as JSON has it on the REST side, or a fault:\n\n" +
		"  - operation: getAccount\n    when: {citizenId: C000404}\n    fault: {code: Client, text: no such citizen, detail: <NotFound xmlns=\"urn:council\"/>}\n" +
		"  - operation: getAccount\n    message: {account: {accountReference: \"700000011\"}}\n\n" +
		"Examples:\n\n  postern mock wsdl AccountService.wsdl --listen 127.0.0.1:8088\n\n  postern mock wsdl AccountService.wsdl --replies replies.yaml"
}

// mockReply is an entry of the file of replies.
type mockReply struct {
	Operation string            `yaml:"operation"`
	When      map[string]string `yaml:"when"`
	Message   map[string]any    `yaml:"message"`
	Fault     *struct {
		Code   string `yaml:"code"`
		Text   string `yaml:"text"`
		Detail string `yaml:"detail"`
	} `yaml:"fault"`
}

// Run implements the command.
func (c *mockWSDLCommand) Run(s *session) error {
	replies, err := readReplies(c.Replies)
	if err != nil {
		return err
	}
	location := c.Source
	if !document.IsURL(location) {
		if location, err = filepath.Abs(location); err != nil {
			return fmt.Errorf("finding the WSDL: %w", err)
		}
	}
	server, err := mock.New(s.ctx, &document.Loader{}, location, replies)
	if err != nil {
		return err
	}
	listener, err := (&net.ListenConfig{}).Listen(s.ctx, "tcp", c.Listen)
	if err != nil {
		return fmt.Errorf("listening: %w", err)
	}
	base := "http://" + listener.Addr().String()
	for _, endpoint := range server.Endpoints() {
		fmt.Fprintf(s.stdout, "SOAP %s  %s%s  port %s of service %s: %s\n", endpoint.Version, base, endpoint.Path, endpoint.Port, endpoint.Service,
			count(len(endpoint.Operations), "operation"))
	}
	fmt.Fprintf(s.stdout, "WSDL      %s%s?wsdl\n", base, server.Endpoints()[0].Path)
	fmt.Fprintln(s.stdout, "Stop with Ctrl-C.")
	return serveUntil(s.ctx, listener, server)
}

// readReplies reads a file of replies, strictly.
func readReplies(name string) ([]mock.Reply, error) {
	if name == "" {
		return nil, nil
	}
	file, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("reading the replies: %w", err)
	}
	defer file.Close() //nolint:errcheck // it is only read
	decoder := yaml.NewDecoder(file)
	decoder.KnownFields(true)
	var entries []mockReply
	if err := decoder.Decode(&entries); err != nil {
		return nil, fmt.Errorf("reading %s: %w", name, err)
	}
	replies := make([]mock.Reply, len(entries))
	for i, entry := range entries {
		replies[i] = mock.Reply{Operation: entry.Operation, When: entry.When}
		if entry.Message != nil {
			if replies[i].Message, err = json.Marshal(entry.Message); err != nil {
				return nil, fmt.Errorf("reading %s: the message of reply %d is no JSON: %w", name, i+1, err)
			}
		}
		if entry.Fault != nil {
			replies[i].Fault = &mock.Fault{Code: entry.Fault.Code, Text: entry.Fault.Text, Detail: entry.Fault.Detail}
		}
	}
	return replies, nil
}

// serveUntil serves until the context ends, and lets requests under way end for a few seconds.
func serveUntil(ctx context.Context, listener net.Listener, handler http.Handler) error {
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	select {
	case err := <-ended:
		return fmt.Errorf("serving: %w", err)
	case <-ctx.Done():
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), flushTimeout)
	defer cancel()
	err := server.Shutdown(grace)
	if served := <-ended; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	return err
}
