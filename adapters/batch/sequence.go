package batch

import (
	"context"
	"errors"
	"fmt"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/adapters/batch/record"
	"github.com/postern-gateway/postern/adapters/batch/snapshot"
)

// Values of out_of_sequence.
const (
	sequenceAccept = "accept"
	sequenceHold   = "hold"
	sequenceRefuse = "refuse"
)

// fileNumber finds the field that numbers the files.
func (c *compiler) fileNumber(field string, e *edge, name string) *record.Field {
	f := c.number(field, e.layoutOrNil(), name)
	if f != nil && f.Type != record.Integer {
		c.fail(field, "%s is no whole number of up to 18 digits", name)
		return nil
	}
	return f
}

// sequence checks the settings of numbered files, and says what becomes of one that is not the next.
func (c *compiler) sequence(field string, x *extract) {
	x.outOfSequence = x.config.GetOutOfSequence()
	if x.outOfSequence != "" && x.config.GetHeader().GetSequence() == "" {
		c.fail(field+".out_of_sequence", "the files have no numbers: name the field in header.sequence")
	}
}

// inOrder reports whether files are read oldest first, because one builds on the other. Otherwise the newest says all.
func (x *extract) inOrder() bool {
	return x.changes != nil || x.outOfSequence == sequenceHold || x.outOfSequence == sequenceRefuse
}

// Why a file is not taken that has nothing wrong with it.
var (
	errOlder    = errors.New("its data is older than what is being served")
	errRepeated = errors.New("a file of its number has been read")
)

// A heldFile is why a file waits.
type heldFile struct{ reason string }

func (e *heldFile) Error() string { return e.reason }

// isNext reports whether a number follows another. Behind the last number that the field has room for come 0 or 1.
func isNext(number, last int64, digits int) bool {
	limit := int64(1)
	for range digits {
		limit *= 10
	}
	return number == last+1 || last == limit-1 && (number == 0 || number == 1)
}

// order decides whether a file's turn has come, by its number and by when its data was true.
func (g *ingest) order(ctx context.Context) error {
	x := g.extract
	last, ok := x.frontier()
	if err := g.mayChange(ok); err != nil || !ok || g.result.becomes != "" {
		return err // what another gateway has read, it has held to all this
	}
	next := false
	if g.result.Number != nil && last.Number != nil {
		var err error
		if next, err = g.turn(ctx, *last.Number); err != nil {
			return err
		}
	}
	candidate := snapshot.Info{AsOf: g.result.AsOf, Modified: g.result.ModTime}
	switch {
	case next:
		return nil
	case last.IsNewer(candidate), x.isRolledBack() && !candidate.IsNewer(last):
		return errOlder
	default:
		return nil
	}
}

// turn reports whether the file's number is the next one. The error says that it is not this file's turn, or will never be.
func (g *ingest) turn(ctx context.Context, last int64) (next bool, err error) {
	number := *g.result.Number
	if isNext(number, last, g.extract.envelope.number.Digits) {
		return true, nil
	}
	read, err := g.extract.hasRead(ctx, g.result)
	switch {
	case err != nil:
		return false, err
	case read:
		return false, errRepeated
	}
	policy := g.extract.outOfSequence
	if policy == "" && g.isDelta {
		policy = sequenceHold // on anything else, changes would do harm
	}
	switch policy {
	case sequenceRefuse:
		return false, refuse("its number is %d, and the one that was read before has %d", number, last)
	case sequenceHold:
		if number < last {
			return false, errOlder
		}
		return false, &heldFile{fmt.Sprintf("its number is %d, and the one that was read before has %d: those between have not come", number, last)}
	default:
		g.result.Gap = true
		return false, nil
	}
}

func (x *extract) isRolledBack() bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.back != nil && x.current != nil && !x.current.Info().IsNewer(x.back.From)
}

func (x *extract) numberKey(number int64) string {
	return fmt.Sprintf("%snumber/%020d", x.inbox.prefix, number)
}

// hasRead reports whether a file of this number has been read, other than this very one.
func (x *extract) hasRead(ctx context.Context, r *fileRecord) (bool, error) {
	var id string
	err := x.inbox.store.View(ctx, func(tx adapters.Tx) error {
		value, _, err := tx.Get(x.numberKey(*r.Number))
		id = string(value)
		return err
	})
	if err != nil {
		return false, fmt.Errorf("recalling the files' numbers: %w", err)
	}
	return id != "" && id != r.identity(), nil
}

// rememberServed writes down what was put in force, for other gateways, and for files of the same number.
func (x *extract) rememberServed(tx adapters.Tx, r *fileRecord) error {
	if r.Outcome != outcomeServed {
		return nil
	}
	if r.Number != nil {
		if err := tx.Put(x.numberKey(*r.Number), []byte(r.identity())); err != nil {
			return err
		}
	}
	if r.place != "" {
		return nil // another gateway's
	}
	return tx.Put(x.inbox.latestKey(), []byte(x.inbox.runID(r)))
}

// identity tells a file from others that had, or have, its name.
func (r *fileRecord) identity() string {
	return fmt.Sprintf("%s %d %d", r.Name, r.Size, r.ModTime.UnixNano())
}

// info describes the snapshot that the file becomes. It is newer than the one before it even if the file's times are not, as of a file whose number says
// that it follows.
func (g *ingest) info() snapshot.Info {
	info := snapshot.Info{
		Layout: g.extract.inbox.layout, AsOf: g.result.AsOf, Modified: g.result.ModTime, Number: g.result.Number, Source: g.result.Name,
		Hash: g.result.Hash, Base: g.result.Hash,
	}
	return g.extract.advance(info)
}

// advance makes sure that a snapshot is newer than all before it.
func (x *extract) advance(info snapshot.Info) snapshot.Info {
	last, ok := x.frontier()
	if !ok || info.IsNewer(last) {
		return info
	}
	info.AsOf, info.Modified, info.Revision = last.AsOf, last.Modified, last.Revision+1
	return info
}
