package transport

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"sync"
)

// errDetached is what a read of a request's body gets once its call has ended.
var errDetached = errors.New("the call has ended")

// A source is the body of one call, from which any number of readers are made. After detach no reader touches the bytes any more: net/http may
// still read the body of a request whose response came early.
type source struct {
	lock sync.RWMutex
	data []byte
}

// detach waits for reads under way, and lets no more begin.
func (s *source) detach() {
	s.lock.Lock()
	defer s.lock.Unlock()
	s.data = nil
}

// A payload reads the body of a call once.
type payload struct {
	source *source
	length int
	at     int
}

func (s *source) open() *payload { return &payload{source: s, length: len(s.data)} }

// Len returns the length of the whole body.
func (p *payload) Len() int { return p.length }

// Read reads the body.
func (p *payload) Read(into []byte) (int, error) {
	if p.at >= p.length {
		return 0, io.EOF
	}
	p.source.lock.RLock()
	defer p.source.lock.RUnlock()
	if len(p.source.data) < p.length {
		return 0, errDetached
	}
	n := copy(into, p.source.data[p.at:])
	p.at += n
	return n, nil
}

// Close does nothing.
func (*payload) Close() error { return nil }

// A packer compresses request bodies, with memory that it keeps.
type packer struct {
	to   bytes.Buffer
	with *gzip.Writer
}

var packers = sync.Pool{New: func() any { return &packer{with: gzip.NewWriter(nil)} }}

// pack compresses data. The result is good until release.
func pack(data []byte) (*packer, error) {
	p := packers.Get().(*packer) // the pool makes nothing else
	p.to.Reset()
	p.with.Reset(&p.to)
	if _, err := p.with.Write(data); err != nil {
		return nil, err
	}
	return p, p.with.Close()
}

func (p *packer) release() {
	if p.to.Cap() <= maxPooled {
		packers.Put(p)
	}
}
