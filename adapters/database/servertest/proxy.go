package servertest

import (
	"fmt"
	"io"
	"net"
	"sync"
)

// A Proxy stands before a server and hands connections on, as long as it is not told to be [Proxy.Down]. It keeps its port while it is, so that nobody else takes it.
// It is this and not toxiproxy, which leaves goroutines behind when a stream is given up.
type Proxy struct {
	listener net.Listener
	under    sync.WaitGroup

	guard    sync.Mutex
	upstream string // empty while it is down
	open     map[net.Conn]bool
}

// StartProxy starts a proxy before an address. The caller ends it with [Proxy.Close].
func StartProxy(upstream string) (*Proxy, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("starting a proxy: %w", err)
	}
	p := &Proxy{listener: listener, upstream: upstream, open: make(map[net.Conn]bool)}
	p.under.Go(p.accept)
	return p, nil
}

// Address is where it listens, as host:port.
func (p *Proxy) Address() string { return p.listener.Addr().String() }

// Down ends all connections, and every new one at once.
func (p *Proxy) Down() { p.Up("") }

// Up ends all connections, and hands new ones to the address.
func (p *Proxy) Up(upstream string) {
	p.guard.Lock()
	defer p.guard.Unlock()
	p.upstream = upstream
	for conn := range p.open {
		_ = conn.Close() // what waits for it learns of it
	}
	clear(p.open)
}

// Close ends all of it.
func (p *Proxy) Close() error {
	err := p.listener.Close()
	p.Down()
	p.under.Wait()
	return err
}

func (p *Proxy) accept() {
	for {
		from, err := p.listener.Accept()
		if err != nil {
			return
		}
		p.connect(from)
	}
}

// connect hands a connection on, or ends it.
func (p *Proxy) connect(from net.Conn) {
	p.guard.Lock()
	defer p.guard.Unlock()
	if p.upstream == "" {
		_ = from.Close() // as meant
		return
	}
	to, err := net.Dial("tcp", p.upstream)
	if err != nil {
		_ = from.Close() // likewise
		return
	}
	p.open[from], p.open[to] = true, true
	p.under.Go(func() { p.pipe(from, to) })
	p.under.Go(func() { p.pipe(to, from) })
}

func (p *Proxy) pipe(from, to net.Conn) {
	_, _ = io.Copy(to, from) // that it ends is all that counts
	_, _ = from.Close(), to.Close()
	p.guard.Lock()
	defer p.guard.Unlock()
	delete(p.open, from)
	delete(p.open, to)
}
