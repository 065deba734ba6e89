package batch

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/postern-gateway/postern/adapters/batch/record"
	"github.com/postern-gateway/postern/adapters/batch/snapshot"
	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

// An operation is what a record of a delta does.
type operation int

// The operations.
const (
	opInsert operation = iota + 1
	opUpdate
	opUpsert
	opDelete
)

// A delta is how files say what has changed.
type delta struct {
	pattern    *namePattern // of the names of such files; nil for all
	action     *record.Field
	operations map[string]operation // by the action's canonical value
}

// delta compiles how files say what has changed; nil if they do not.
func (c *compiler) delta(field string, layout *record.Layout, config *configv1.BatchDelta) *delta {
	if config == nil {
		return nil
	}
	d := &delta{operations: make(map[string]operation), action: c.fixed(field+".action", layout, config.GetAction())}
	if config.GetPattern() != "" {
		var err error
		if d.pattern, err = parseNamePattern(config.GetPattern()); err != nil {
			c.fail(field+".pattern", "%v", err)
		}
	}
	if d.action == nil {
		return d
	}
	insert, update := opInsert, opUpdate
	if config.GetUpsert() {
		insert, update = opUpsert, opUpsert
	}
	for _, list := range []struct {
		name   string
		values []string
		op     operation
	}{{"insert", config.GetInsert(), insert}, {"update", config.GetUpdate(), update}, {"delete", config.GetDelete(), opDelete}} {
		for i, value := range list.values {
			key := d.action.CanonicalText(value)
			if other, taken := d.operations[key]; taken && other != list.op {
				c.fail(fmt.Sprintf("%s.%s[%d]", field, list.name, i), "the value %q has another meaning already", value)
			}
			d.operations[key] = list.op
		}
	}
	if len(d.operations) == 0 {
		c.fail(field+".action", "no value of %s means anything: name some in insert, update or delete", config.GetAction())
	}
	return d
}

// isDelta reports whether a file holds changes only.
func (x *extract) isDelta(name string) bool {
	return x.changes != nil && (x.changes.pattern == nil || x.changes.pattern.matches(name))
}

// mayChange decides whether there is something that the changes can be made to.
func (g *ingest) mayChange(loaded bool) error {
	switch {
	case !g.isDelta:
		return nil
	case !loaded:
		return &heldFile{"it holds changes, and there is nothing yet that they could be made to"}
	case g.extract.isRolledBack():
		return &heldFile{"it holds changes to data that has been taken out of force; a full extract is wanted"}
	default:
		return nil
	}
}

// change makes the changes that have been read.
func (g *ingest) change(ctx context.Context, scanned scanResult) error {
	x := g.extract
	base, err := x.acquire()
	if err != nil {
		return err
	}
	defer x.release(base)
	var value record.Value
	op := func(data []byte) operation { return x.changes.operation(x.envelope.layout, data, &value) }
	return g.merge(ctx, base.Snapshot, op, outcomeServed, func() (snapshot.Info, error) {
		info := g.info()
		info.Hash, info.Base = hashOf(base.Info().Hash, g.result.Hash), base.Info().Base
		if g.result.becomes != "" && g.result.becomes != info.Hash {
			return info, fmt.Errorf("%s %w, as is what comes before it", g.result.Name, errGone)
		}
		return info, g.verify(scanned)
	})
}

// isRepeated reports whether changes have been made already that were in another file.
func (x *extract) isRepeated(ctx context.Context, r *fileRecord) (bool, error) {
	runs, err := x.inbox.runs(ctx)
	if err != nil {
		return false, err
	}
	return slices.ContainsFunc(runs, func(known *fileRecord) bool {
		return known.Outcome == outcomeServed && known.Hash == r.Hash && known.identity() != r.identity()
	}), nil
}

// operation is what a record does; 0 if nothing known.
func (d *delta) operation(layout *record.Layout, data []byte, value *record.Value) operation {
	if err := layout.Extract(data, d.action, value); err != nil {
		return 0
	}
	return d.operations[d.action.Canonical(value)]
}

// hashOf identifies a snapshot that changes were made to.
func hashOf(base, changes string) string {
	digest := sha256.Sum256([]byte(base + " " + changes))
	return hex.EncodeToString(digest[:])
}

// A merger makes a snapshot of another one and changes to it, in flat memory: the changes are a snapshot themselves, of which several may be of one key.
type merger struct {
	*extract
	base    *snapshot.Snapshot
	changes *snapshot.Snapshot
	// operation says what a change does.
	operation func(data []byte) operation
	// reject takes a change that cannot be made.
	reject func(ordinal uint32, reason string) error
	writer *snapshot.Writer
	joined []byte
	keys   [][]byte // within joined
	value  record.Value
	told   *snapshot.Set // changes that cannot be made, by their ordinal
	last   snapshot.Set  // changes that hold in the end
}

// merge makes the changes that writer holds, and puts what comes of it in force. describe is called before anything is written, and may stop it.
func (g *ingest) merge(ctx context.Context, base *snapshot.Snapshot, op func([]byte) operation, outcome string, describe func() (snapshot.Info, error)) (err error) {
	x := g.extract
	if err := g.writer.Sort(nil); err != nil {
		return err
	}
	if err := g.writer.Finish(snapshot.Info{Layout: x.inbox.layout}); err != nil {
		return err
	}
	aside := x.asidePath(g.number)
	defer func() { err = errors.Join(err, os.Remove(aside)) }()
	changes, err := snapshot.Open(aside, x.inbox.layout)
	if err != nil {
		return fmt.Errorf("opening the changes: %w", err)
	}
	defer func() { err = errors.Join(err, changes.Close()) }()
	m := &merger{extract: x, base: base, changes: changes, operation: op, told: &g.dropped, reject: func(ordinal uint32, reason string) error {
		g.result.Bad++
		return g.rejectOrdinal(ordinal, changes.Record(ordinal), reason)
	}, keys: make([][]byte, len(x.specs))}
	if err := m.judge(ctx); err != nil {
		return err
	}
	info, err := describe()
	if err != nil {
		return err
	}
	m.writer, err = snapshot.NewWriter(x.snapshotPath(g.number), x.envelope.detailLength(), x.specs)
	if err != nil {
		return fmt.Errorf("starting a snapshot: %w", err)
	}
	defer func() { err = errors.Join(err, m.writer.Abort()) }()
	if err := errors.Join(m.keepBase(ctx), m.addNew(ctx)); err != nil {
		return err
	}
	if err := m.writer.Sort(func(uint32) error { return errors.New("two records of one key came out of a merge") }); err != nil {
		return err
	}
	return g.publish(ctx, m.writer, info, outcome)
}

// resolve goes through the changes of a key in order of the file: which one holds in the end, if there is one, and whether a record is there at all.
func (m *merger) resolve(key []byte, present bool) (final uint32, changed, there bool, err error) {
	index := m.changes.Index(0)
	there = present
	for at := index.Seek(key); at < index.Len(); at++ {
		found, ordinal := index.Entry(at)
		if !bytes.Equal(found, key) {
			break
		}
		switch op := m.operation(m.changes.Record(ordinal)); {
		case op == opInsert && there:
			err = m.refuse(ordinal, "it is to be put in, and there is a record of its key")
		case (op == opUpdate || op == opDelete) && !there:
			err = m.refuse(ordinal, "it is to be changed or taken out, and there is no record of its key")
		case op == opDelete:
			changed, there = true, false
		default:
			final, changed, there = ordinal, true, true
		}
		if err != nil {
			return 0, false, false, err
		}
	}
	return final, changed, there, nil
}

// refuse rejects a change, once.
func (m *merger) refuse(ordinal uint32, reason string) error {
	if m.told.Has(int64(ordinal)) {
		return nil
	}
	m.told.Add(int64(ordinal))
	return m.reject(ordinal, reason)
}

// judge finds all changes that cannot be made, before anything is written, and which of the others hold in the end.
func (m *merger) judge(ctx context.Context) error {
	index := m.changes.Index(0)
	for at := 0; at < index.Len(); {
		if at%ctxInterval == 0 && ctx.Err() != nil {
			return context.Cause(ctx)
		}
		key, _ := index.Entry(at)
		final, changed, there, err := m.resolve(key, m.base.Get(key) != nil)
		if err != nil {
			return err
		}
		if changed && there {
			m.last.Add(int64(final))
		}
		for at++; at < index.Len(); at++ {
			if next, _ := index.Entry(at); !bytes.Equal(next, key) {
				break
			}
		}
	}
	return nil
}

// keepBase takes over what is not changed, and what is changed in its place.
func (m *merger) keepBase(ctx context.Context) error {
	records := m.base.Info().Records
	var live snapshot.Set // without those that another of the same key has been put before
	for at := range m.base.Index(0).Len() {
		_, ordinal := m.base.Index(0).Entry(at)
		live.Add(int64(ordinal))
	}
	for ordinal := range uint32(records) { //nolint:gosec // a snapshot holds no more
		if ordinal%ctxInterval == 0 && ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if !live.Has(int64(ordinal)) {
			continue
		}
		data := m.base.Record(ordinal)
		if err := m.keysOf(data); err != nil {
			return err
		}
		final, changed, there, err := m.resolve(m.keys[0], true)
		if err != nil {
			return err
		}
		if changed && there {
			data = m.changes.Record(final)
		}
		if there {
			if err := m.add(data); err != nil {
				return err
			}
		}
	}
	return nil
}

// addNew adds what was not there.
func (m *merger) addNew(ctx context.Context) error {
	for ordinal := range uint32(m.changes.Info().Records) { //nolint:gosec // a snapshot holds no more
		if ordinal%ctxInterval == 0 && ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if !m.last.Has(int64(ordinal)) {
			continue
		}
		data := m.changes.Record(ordinal)
		if err := m.keysOf(data); err != nil {
			return err
		}
		if m.base.Get(m.keys[0]) != nil {
			continue
		}
		if err := m.writer.Add(data, m.keys); err != nil {
			return err
		}
	}
	return nil
}

func (m *merger) add(data []byte) error {
	if err := m.keysOf(data); err != nil {
		return err
	}
	return m.writer.Add(data, m.keys)
}

// keysOf finds the keys of a record.
func (m *merger) keysOf(data []byte) (err error) {
	if m.joined, err = m.appendKeys(m.joined[:0], data, &m.value); err == nil {
		m.splitKeys(m.joined, m.keys)
	}
	return err
}

// asidePath is where the changes are on their way to the snapshot of this number.
func (x *extract) asidePath(number int) string {
	return filepath.Join(x.directory, fmt.Sprintf("%010d.changes.part", number))
}
