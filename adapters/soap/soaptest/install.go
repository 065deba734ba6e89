package soaptest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"

	"github.com/postern-gateway/postern/adapters/debiantest"
)

// A need is a program that servers are made with.
type need struct {
	// probe succeeds where it is installed.
	probe []string
	// packages of Debian hold it.
	packages []string
}

// needs are those of all servers.
var needs = []need{
	{[]string{"php", "-r", `exit(class_exists("SoapServer") ? 0 : 1);`}, []string{"php8.2-cli", "php8.2-soap"}},
	{[]string{"soapcpp2", "-V"}, []string{"gsoap", "libgsoap-dev"}},
	{[]string{"gcc", "--version"}, []string{"gcc", "libc6-dev"}},
	{[]string{"perl", "-MSOAP::Transport::HTTP", "-e", "1"}, []string{"libsoap-lite-perl"}},
	{[]string{"/usr/bin/python3", "-c", "import spyne, lxml"}, []string{"python3-spyne", "python3-lxml"}},
}

// install puts everything that is missing where it belongs.
func install() error {
	var missing []string
	for _, n := range needs {
		if exec.Command(n.probe[0], n.probe[1:]...).Run() != nil {
			missing = append(missing, n.packages...)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	if err := debiantest.Install(context.Background(), missing...); err != nil {
		return fmt.Errorf("the SOAP servers of the tests are missing: %w", err)
	}
	return nil
}

// nodeSoap is the version of node-soap that tests run with.
const nodeSoap = "soap@1.13.0"

// installNodeSoap installs node-soap into dir.
func installNodeSoap(dir string) error {
	advice := errors.New("node-soap is missing; install Debian's packages nodejs and npm, and let npm reach its registry")
	command := exec.Command("npm", "install", "--no-audit", "--no-fund", "--prefer-offline", nodeSoap)
	command.Dir = dir
	if output, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("%w (%w: %s)", advice, err, bytes.TrimSpace(output))
	}
	return nil
}
