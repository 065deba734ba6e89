package soaptest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os/exec"
	"sync"
	"time"
)

// startTimeout bounds what a server takes to listen.
const startTimeout = 30 * time.Second

// A process is a running server.
type process struct {
	command *exec.Cmd
	ended   chan struct{}
	output  output
}

// output keeps what a program prints.
type output struct {
	mutex sync.Mutex
	text  bytes.Buffer
}

// Write implements io.Writer.
func (o *output) Write(data []byte) (int, error) {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	return o.text.Write(data)
}

// String returns what has been printed so far.
func (o *output) String() string {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	return o.text.String()
}

// start runs a program in dir and waits until it listens at the address.
func start(dir, address, program string, arguments ...string) (*process, error) {
	p := &process{command: exec.Command(program, arguments...), ended: make(chan struct{})}
	p.command.Dir, p.command.Stdout, p.command.Stderr = dir, &p.output, &p.output
	if err := p.command.Start(); err != nil {
		return nil, fmt.Errorf("starting %s: %w", program, err)
	}
	go func() {
		defer close(p.ended)
		_ = p.command.Wait() // it is killed in the end
	}()
	if err := p.listens(address); err != nil {
		return nil, errors.Join(err, p.stop())
	}
	return p, nil
}

// listens waits until the address accepts a connection.
func (p *process) listens(address string) error {
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	for {
		connection, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
		if err == nil {
			return connection.Close()
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s does not listen at %s after %v: %s", p.command.Path, address, startTimeout, p.output.String())
		case <-p.ended:
			return fmt.Errorf("%s ended: %s", p.command.Path, p.output.String())
		case <-ticker.C:
		}
	}
}

// stop ends the program and waits for it.
func (p *process) stop() error {
	select {
	case <-p.ended:
		return nil
	default:
	}
	err := p.command.Process.Kill()
	<-p.ended
	return err
}

// freePort returns a port of 127.0.0.1 that nobody listened at a moment ago.
func freePort() (string, error) {
	listener, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("looking for a free port: %w", err)
	}
	_, port, err := net.SplitHostPort(listener.Addr().String())
	return port, errors.Join(err, listener.Close())
}
