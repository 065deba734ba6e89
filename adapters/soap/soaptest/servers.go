package soaptest

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
)

// An Endpoint is a SOAP service that is running.
type Endpoint struct {
	// URL is where requests go.
	URL string
	// WSDL is the path or URL of what describes it; empty if nothing does.
	WSDL string
}

// Servers are the SOAP servers of one test binary. All offer the same calculator: add(a, b), which answers a fault with a detail if a is 42. Its methods may
// be called by several goroutines at once.
type Servers struct {
	corpus string

	install func() error
	// servers start what they are named after, once.
	servers map[string]func() (running, error)

	mutex     sync.Mutex
	processes []*process
	dirs      []string
}

// running is a server that was started.
type running struct {
	address string // host:port
	dir     string // where it was built, if it was
}

// New returns the servers whose programs are in corpus, a copy of ../shared/corpus/soap-servers. Nothing runs yet. The caller stops them with [Servers.Stop].
func New(corpus string) *Servers {
	s := &Servers{corpus: corpus, install: sync.OnceValue(install)}
	s.servers = map[string]func() (running, error){
		"php":   s.once(s.startPHP),
		"perl":  s.once(s.startPerl),
		"spyne": s.once(s.startSpyne),
		"node":  s.once(s.startNode),
	}
	for _, style := range []string{"doclit", "doclit12", "rpclit", "rpcenc"} {
		s.servers["gsoap/"+style] = s.once(func(port string) (running, error) { return s.startGSOAP(port, style) })
	}
	return s
}

// once returns what starts a server at the first call, and returns the same at all others.
func (s *Servers) once(start func(port string) (running, error)) func() (running, error) {
	return sync.OnceValues(func() (running, error) {
		if err := s.install(); err != nil {
			return running{}, err
		}
		port, err := freePort()
		if err != nil {
			return running{}, err
		}
		return start(port)
	})
}

// Stop ends everything that was started.
func (s *Servers) Stop() error {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	var problems []error
	for _, p := range s.processes {
		problems = append(problems, p.stop())
	}
	for _, dir := range s.dirs {
		problems = append(problems, os.RemoveAll(dir))
	}
	s.processes, s.dirs = nil, nil
	return errors.Join(problems...)
}

// PHP is PHP's SoapServer. Style is doclit, doclit12, rpclit or rpcenc. With doclit and doclit12 it has no fault: its program looks for 42 only in the
// arguments of rpc.
func (s *Servers) PHP(style string) (Endpoint, error) {
	server, err := s.servers["php"]()
	return Endpoint{URL: "http://" + server.address + "/server.php?w=" + style, WSDL: filepath.Join(s.corpus, "php", style+".wsdl")}, err
}

// GSOAP is a server made with gSOAP. Style is doclit, doclit12, rpclit or rpcenc.
func (s *Servers) GSOAP(style string) (Endpoint, error) {
	start, ok := s.servers["gsoap/"+style]
	if !ok {
		return Endpoint{}, fmt.Errorf("gSOAP has no style %s", style)
	}
	server, err := start()
	return Endpoint{URL: "http://" + server.address, WSDL: filepath.Join(server.dir, "calc.wsdl")}, err
}

// SOAPLite is a server of Perl's SOAP::Lite. It speaks rpc/encoded in both versions of SOAP, and has no WSDL. It answers one connection at a time, to its end.
func (s *Servers) SOAPLite() (Endpoint, error) {
	server, err := s.servers["perl"]()
	return Endpoint{URL: "http://" + server.address + "/"}, err
}

// Spyne is a server of Python's spyne, which holds requests against its schema. Version is soap11 or soap12.
func (s *Servers) Spyne(version string) (Endpoint, error) {
	server, err := s.servers["spyne"]()
	url := "http://" + server.address + "/" + version + "/"
	return Endpoint{URL: url, WSDL: url + "?wsdl"}, err
}

// Node is node-soap. Style is doclit, doclit12, rpclit or rpcenc.
func (s *Servers) Node(style string) (Endpoint, error) {
	server, err := s.servers["node"]()
	return Endpoint{URL: "http://" + server.address + "/" + style, WSDL: filepath.Join(s.corpus, "php", style+".wsdl")}, err
}

func (s *Servers) startPHP(port string) (running, error) {
	return s.run(filepath.Join(s.corpus, "php"), port, "php", "-S", "127.0.0.1:"+port, "-t", ".")
}

func (s *Servers) startPerl(port string) (running, error) {
	return s.run(s.corpus, port, "perl", filepath.Join("perl", "server.pl"), port)
}

func (s *Servers) startSpyne(port string) (running, error) {
	return s.run(s.corpus, port, "/usr/bin/python3", filepath.Join("spyne", "server.py"), port)
}

func (s *Servers) startGSOAP(port, style string) (running, error) {
	dir, err := s.copy(filepath.Join("gsoap", style))
	if err != nil {
		return running{}, err
	}
	version := "-1"
	if style == "doclit12" {
		version = "-2"
	}
	for _, line := range [][]string{
		{"soapcpp2", version, "-S", "-L", "-x", "-c", "calc.h"},
		{"gcc", "-w", "-o", "calcd", "main.c", "soapC.c", "soapServer.c", "-lgsoap"},
	} {
		command := exec.Command(line[0], line[1:]...)
		command.Dir = dir
		if output, err := command.CombinedOutput(); err != nil {
			return running{}, fmt.Errorf("building the gSOAP server with %s: %w: %s", line[0], err, output)
		}
	}
	return s.run(dir, port, filepath.Join(dir, "calcd"), port)
}

// startNode gives the program, which has its port written in it, another one.
func (s *Servers) startNode(port string) (running, error) {
	dir, err := s.copy(".")
	if err != nil {
		return running{}, err
	}
	dir = filepath.Join(dir, "node")
	program := filepath.Join(dir, "server.js")
	source, err := os.ReadFile(program)
	if err != nil {
		return running{}, fmt.Errorf("reading the node-soap server: %w", err)
	}
	if err := os.WriteFile(program, []byte(strings.ReplaceAll(string(source), "18081", port)), 0o600); err != nil {
		return running{}, fmt.Errorf("changing the port of the node-soap server: %w", err)
	}
	if err := installNodeSoap(dir); err != nil {
		return running{}, err
	}
	return s.run(dir, port, "node", program)
}

// copy copies a directory of the corpus to where programs can be built.
func (s *Servers) copy(from string) (string, error) {
	dir, err := os.MkdirTemp("", "soaptest")
	if err != nil {
		return "", fmt.Errorf("making a directory for a SOAP server: %w", err)
	}
	s.mutex.Lock()
	s.dirs = append(s.dirs, dir)
	s.mutex.Unlock()
	if err := os.CopyFS(dir, os.DirFS(filepath.Join(s.corpus, from))); err != nil {
		return "", fmt.Errorf("copying a SOAP server: %w", err)
	}
	return dir, nil
}

// run runs a server in dir until [Servers.Stop], and waits until it listens.
func (s *Servers) run(dir, port, program string, arguments ...string) (running, error) {
	address := "127.0.0.1:" + port
	p, err := start(dir, address, program, arguments...)
	if err != nil {
		return running{}, err
	}
	s.mutex.Lock()
	s.processes = append(s.processes, p)
	s.mutex.Unlock()
	return running{address: address, dir: dir}, nil
}
