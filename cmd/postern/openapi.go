package main

import (
	"fmt"
	"strings"

	"github.com/postern-gateway/postern/gateway"
	"github.com/postern-gateway/postern/gateway/openapi"
)

// openAPICommand is `postern openapi`.
type openAPICommand struct {
	Estate string `arg:"" help:"Directory of the estate." type:"existingdir"`
	API    string `arg:"" optional:"" name:"api" help:"API/VERSION. May be left out if there is one only."`
}

// Help shows an example.
func (openAPICommand) Help() string {
	return "Example:\n\n  postern openapi ./estate citizen/v1 > citizen.json"
}

// Run implements the command.
func (c *openAPICommand) Run(s *session) error {
	recording, stop, err := s.quietTelemetry()
	if err != nil {
		return err
	}
	defer stop()
	described, err := gateway.Describe(s.ctx, gateway.Options{Estate: c.Estate, Adapters: s.adapters, Telemetry: recording}, false)
	if err != nil {
		return err
	}
	var names []string
	for _, published := range described.Published {
		if published.Name() == c.API || c.API == "" && len(described.Published) == 1 {
			document, err := openapi.Document(published)
			if err != nil {
				return err
			}
			_, err = s.stdout.Write(document)
			return err
		}
		names = append(names, published.Name())
	}
	if c.API == "" {
		return fmt.Errorf("the estate publishes several APIs: name one of %s", strings.Join(names, ", "))
	}
	return fmt.Errorf("the estate does not publish %s; it publishes %s", c.API, strings.Join(names, ", "))
}
