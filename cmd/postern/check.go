package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/postern-gateway/postern/gateway"
	"github.com/postern-gateway/postern/gateway/diagnostic"
	"github.com/postern-gateway/postern/gateway/openapi"
	"github.com/postern-gateway/postern/gateway/rest"
)

// checkCommand is `postern check`.
type checkCommand struct {
	Estate  string `arg:"" help:"Directory of the estate." type:"existingdir"`
	Connect bool   `help:"Open the legacy systems, say how they differ from their lock files, and write those."`
	JSON    bool   `name:"json" help:"Print JSON."`
}

// Help shows an example.
func (checkCommand) Help() string {
	return "Without --connect, back ends that have a lock file are taken from it, so a check needs no network.\n" +
		"Exits with 1 if anything is wrong, or a legacy system has drifted from its lock file.\n\n" +
		"--json prints all of it for programs: back ends with their operations, ports, routes and what of them is not offered, APIs, and findings.\n\n" +
		"Examples:\n\n  postern check ./estate --connect\n\n  postern check ./estate --json"
}

// Run implements the command.
func (c *checkCommand) Run(s *session) error {
	recording, stop, err := s.quietTelemetry()
	if err != nil {
		return err
	}
	defer stop()
	described, err := gateway.Describe(s.ctx, gateway.Options{Estate: c.Estate, Adapters: s.adapters, Telemetry: recording}, c.Connect)
	result := checkResult{Good: err == nil, Findings: diagnostic.List{}, Backends: []checkBackend{}, APIs: []checkAPI{}}
	result.Findings.Add(diagnostic.From(err)...)
	if err == nil {
		if err := result.describe(s.ctx, c.Estate, described); err != nil {
			return err
		}
	}
	if c.JSON {
		if err := s.printJSON(result); err != nil {
			return err
		}
	} else {
		result.print(s.stdout, s.stderr)
	}
	if !result.Good {
		return errNo
	}
	return nil
}

func (r *checkResult) describe(ctx context.Context, estate string, described *gateway.Description) error {
	routes := make(map[protoreflect.FullName][]checkRoute)
	for _, published := range described.Published {
		found, err := rest.Routes(published)
		if err != nil {
			return err
		}
		if published.Contract { // what people wrote: the document of a back end published as it is differs from it in nothing that could go wrong
			if _, err := openapi.Document(published); err != nil {
				return err
			}
		}
		api := checkAPI{API: published.API, Version: published.Version, Routes: []checkRoute{}}
		for _, route := range found {
			name := route.Method.FullName()
			checked := checkRoute{Verb: route.Verb, Path: route.Path, Method: string(name), Mocked: published.Mocked[name]}
			api.Routes = append(api.Routes, checked)
			routes[name] = append(routes[name], checked)
		}
		r.APIs = append(r.APIs, api)
	}
	for _, b := range described.Backends {
		backend, err := describeBackend(ctx, estate, b, routes)
		if err != nil {
			return err
		}
		r.Good = r.Good && len(b.Drift) == 0
		r.Backends = append(r.Backends, backend)
	}
	return nil
}

func emptyIfNil(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}

// print writes what would be published to out, and what is wrong or left out to messages.
func (r *checkResult) print(out, messages io.Writer) {
	if len(r.Findings) > 0 {
		fmt.Fprintln(messages, r.Findings.Error())
		fmt.Fprintf(messages, "\n%s found. Nothing would be served.\n", count(len(r.Findings), "mistake"))
		return
	}
	if len(r.Backends)+len(r.APIs) == 0 {
		fmt.Fprintln(messages, "The estate is empty. `postern import` adds a back end.")
	}
	for _, b := range r.Backends {
		methods := 0
		for _, service := range b.Services {
			methods += len(service.Methods)
		}
		fmt.Fprintf(out, "back end %s (%s): %s in %s\n", b.Name, b.Kind, count(methods, "method"), count(len(b.Services), "service"))
		for _, note := range b.Notes {
			fmt.Fprintf(messages, "%s: note: %s\n", b.Name, note)
		}
		for _, drift := range b.Drift {
			fmt.Fprintf(messages, "%s: drift: %s\n", b.Name, drift)
		}
		if len(b.Drift) > 0 {
			fmt.Fprintf(messages, "%s: the legacy system differs from backends/%s.lock, which has been written anew: review it and commit it\n", b.Name, b.Name)
		}
	}
	for _, api := range r.APIs {
		fmt.Fprintf(out, "\n%s/%s\n", api.API, api.Version)
		table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
		for _, route := range api.Routes {
			mocked := ""
			if route.Mocked {
				mocked = "mock"
			}
			fmt.Fprintln(table, strings.TrimRight(fmt.Sprintf("  %s\t%s\t%s\t%s", route.Verb, route.Path, route.Method, mocked), "\t"))
		}
		_ = table.Flush() // the writer below has been written to already
	}
}

// count is "1 mistake" or "2 mistakes".
func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// printJSON prints a result for programs.
func (s *session) printJSON(result any) error {
	encoder := json.NewEncoder(s.stdout)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(result); err != nil {
		return fmt.Errorf("printing the result: %w", err)
	}
	return nil
}
