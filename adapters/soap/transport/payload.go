package transport

import (
	"bytes"
	"compress/gzip"
	"sync"
)

// A packer compresses request bodies, with memory that it keeps.
type packer struct {
	to   bytes.Buffer
	with *gzip.Writer
}

var packers = sync.Pool{New: func() any { return &packer{with: gzip.NewWriter(nil)} }}

// pack compresses data.
func pack(data []byte) ([]byte, error) {
	p := packers.Get().(*packer) // the pool makes nothing else
	p.to.Reset()
	p.with.Reset(&p.to)
	if _, err := p.with.Write(data); err != nil {
		return nil, err
	}
	if err := p.with.Close(); err != nil {
		return nil, err
	}
	// A copy: net/http may read the body of a request after its response came.
	packed := bytes.Clone(p.to.Bytes())
	if p.to.Cap() <= maxPooled {
		packers.Put(p)
	}
	return packed, nil
}
