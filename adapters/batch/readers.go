package batch

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/adapters/batch/snapshot"
)

const (
	// readerFile holds the name of the gateway, or of the gateways on one disk, beside its snapshots.
	readerFile = "reader"
	// readerPatience is how long at least a gateway is waited for that says nothing.
	readerPatience = 10 * time.Minute
	// readerPolls is how many of its polls it is waited for.
	readerPolls = 3
)

// A reading is how far a gateway has come with the files of an extract. Those of others that it still wants are not deleted until then.
type reading struct {
	Newest snapshot.Info `json:"newest"`
	Until  time.Time     `json:"until"`
}

func (x *extract) readerKey(reader string) string { return x.inbox.prefix + "reader/" + reader }

// tellRead writes down how far this gateway has come, where files are deleted once they have been read.
func (x *extract) tellRead(ctx context.Context) error {
	if x.inbox.after != afterDelete {
		return nil
	}
	if x.reader == "" {
		var err error
		if x.reader, err = x.readerName(); err != nil {
			return err
		}
	}
	newest, _ := x.frontier()
	now, patience := x.now(), max(readerPatience, readerPolls*x.worker.poll)
	if !newest.IsNewer(x.read.Newest) && now.Before(x.read.Until.Add(-patience/2)) {
		return nil
	}
	read := reading{Newest: newest, Until: now.Add(patience)}
	err := x.inbox.store.Update(ctx, func(tx adapters.Tx) error {
		return errors.Join(x.forgetReaders(tx, now), put(tx, x.readerKey(x.reader), read))
	})
	if err != nil {
		return fmt.Errorf("telling what has been read: %w", err)
	}
	x.read = read
	return nil
}

// forgetReaders forgets those that have said nothing for long: nobody waits for them, and one that comes back says so again.
func (x *extract) forgetReaders(tx adapters.Tx, now time.Time) error {
	var gone []string
	for stored, err := range tx.Scan(x.readerKey(""), "") {
		if err != nil {
			return fmt.Errorf("looking for gateways that are gone: %w", err)
		}
		var other reading
		if err := json.Unmarshal(stored.Value, &other); err != nil {
			return fmt.Errorf("looking for gateways that are gone: %w", err)
		}
		if !now.Before(other.Until) {
			gone = append(gone, stored.Key)
		}
	}
	for _, key := range gone {
		if err := tx.Delete(key); err != nil {
			return fmt.Errorf("forgetting a gateway that is gone: %w", err)
		}
	}
	return nil
}

// readerName is a name that stays with the snapshots.
func (x *extract) readerName() (string, error) {
	path := filepath.Join(x.directory, readerFile)
	name, err := os.ReadFile(path)
	if err == nil && len(name) > 0 {
		return string(name), nil
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("reading the name of this gateway: %w", err)
	}
	made := strings.ToLower(rand.Text())
	if err := os.WriteFile(path, []byte(made), 0o600); err != nil {
		return "", fmt.Errorf("writing the name of this gateway: %w", err)
	}
	return made, nil
}

// isReadByAll reports whether no gateway on the store waits for a file any more that has been read here. Those that have said nothing for long are not waited for.
func (x *extract) isReadByAll(ctx context.Context, done *fileRecord) (bool, error) {
	if err := x.tellRead(ctx); err != nil {
		return false, err
	}
	wanted := false
	err := x.inbox.store.View(ctx, func(tx adapters.Tx) error {
		wanted = false
		for stored, err := range tx.Scan(x.readerKey(""), "") {
			if err != nil {
				return err
			}
			var other reading
			if err := json.Unmarshal(stored.Value, &other); err != nil {
				return err
			}
			if done.Snapshot != nil && done.Snapshot.IsNewer(other.Newest) && x.now().Before(other.Until) {
				wanted = true
			}
		}
		return nil
	})
	if err != nil {
		return false, fmt.Errorf("looking what other gateways have read: %w", err)
	}
	return !wanted, nil
}
