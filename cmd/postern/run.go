package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/adapters/batch"
)

// Exit codes.
const (
	exitGood  = 0 // it worked
	exitNo    = 1 // the answer is no, or it failed
	exitUsage = 2 // the command was not understood
)

// commands is the command line.
type commands struct {
	Demo    demoCommand    `cmd:"" help:"Run a whole legacy estate and the gateway, in one process."`
	Serve   serveCommand   `cmd:"" help:"Run the gateway over an estate."`
	Check   checkCommand   `cmd:"" help:"Do everything that serve does short of listening, and print what would be published."`
	Import  importCommand  `cmd:"" help:"Add a legacy system to an estate, published as it is."`
	Mock    mockCommand    `cmd:"" help:"Stand in for a legacy system."`
	Call    callCommand    `cmd:"" help:"Call any method of an estate, or show what a call would send."`
	Decode  decodeCommand  `cmd:"" help:"Decode a batch file to JSON lines, or a SOAP reply to JSON."`
	Encode  encodeCommand  `cmd:"" help:"Encode JSON lines to a batch file, by its copybook."`
	Batch   batchCommand   `cmd:"" help:"See and set right the files of a running gateway: extracts, runs, rejects, snapshots."`
	OpenAPI openAPICommand `cmd:"" name:"openapi" help:"Print the OpenAPI 3.1 document of an API version."`
}

// session is what a command works with.
type session struct {
	ctx            context.Context //nolint:containedctx // a command lives as long as its context
	stdout, stderr io.Writer
	adapters       []adapters.Adapter
}

// errNo ends a command whose answer is no, and which has said why.
var errNo = errors.New("the answer is no")

// run is the whole program: it runs the command that the arguments name, and returns the exit code. Results go to stdout, messages
// to stderr.
func run(ctx context.Context, arguments []string, stdout, stderr io.Writer, known []adapters.Adapter) int {
	exited := false
	parser, err := kong.New(&commands{},
		kong.Name("postern"),
		kong.Description("Postern wraps legacy back ends (SOAP services, databases, batch files) and publishes them as REST and gRPC."),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		kong.Vars{"formats": strings.Join(batch.FormatNames(), ", ")},
		kong.Writers(stdout, stderr),
		kong.Exit(func(int) { exited = true }),
	)
	if err != nil {
		fmt.Fprintln(stderr, "postern:", err)
		return exitUsage
	}
	if len(arguments) == 0 {
		arguments = []string{"--help"}
	}
	parsed, err := parser.Parse(arguments)
	if exited { // it printed the help
		return exitGood
	}
	if err != nil {
		fmt.Fprintf(stderr, "postern: %v\nRun `postern --help` for the commands, and `postern COMMAND --help` for an example.\n", err)
		return exitUsage
	}
	err = parsed.Run(&session{ctx: ctx, stdout: stdout, stderr: stderr, adapters: known})
	switch {
	case err == nil:
		return exitGood
	case errors.Is(err, errNo):
		return exitNo
	default:
		fmt.Fprintln(stderr, err)
		return exitNo
	}
}
