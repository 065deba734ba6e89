package adapters

import (
	"context"
	"iter"
)

// A Store keeps records that must outlive the process. Keys are ordered bytewise; values are opaque. Where
// several gateways share a store, they see the same records.
type Store interface {
	// View runs read on one consistent state of the store. Writing in it is an error.
	View(ctx context.Context, read func(Tx) error) error

	// Update runs write as one transaction: when it returns nil and Update returns nil, everything it wrote is durable (it
	// survives a crash of the machine); otherwise nothing was written. Updates happen one after another.
	// write may run more than once, so it has no effects but on the Tx.
	Update(ctx context.Context, write func(Tx) error) error
}

// A Tx is a transaction of a [Store]. It is good only inside the function that it was given to, for one goroutine.
type Tx interface {
	// Get returns the value under key, and whether there is one.
	Get(key string) (value []byte, ok bool, err error)
	// Put writes a value under key, over the one that is there.
	Put(key string, value []byte) error
	// Delete removes the value under key, if there is one.
	Delete(key string) error
	// Scan returns the records whose keys start with prefix and come after the key after, in order of key. Breaking out of the
	// loop is free; an error ends it.
	Scan(prefix, after string) iter.Seq2[Record, error]
}

// A Record is one key and its value.
type Record struct {
	Key   string
	Value []byte
}
