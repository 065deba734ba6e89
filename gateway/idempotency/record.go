package idempotency

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/postern-gateway/postern/adapters"
)

// States of a key.
const (
	running = "running"
	done    = "done"
	unknown = "unknown" // how the call has ended
)

// A record is what is kept of a key, beside the reply. Its place in the store is records/ID, that of the reply replies/ID, and expiries/TIME/ID finds it when its time has come.
type record struct {
	State string `json:"state"`
	// Request and Sender are hashes of what the key is for, and of whom it came from.
	Request string `json:"request"`
	Sender  string `json:"sender"`
	// Until is when a running call is over, whatever became of it.
	Until   time.Time `json:"until"`
	Expires time.Time `json:"expires"`
	// Lost is true if the reply could not be kept; of one that was, the others are what it said beside its message.
	Lost     bool      `json:"lost,omitempty"`
	ETag     string    `json:"etag,omitempty"`
	AsOf     time.Time `json:"asOf,omitzero"`
	Accepted bool      `json:"accepted,omitempty"`
	Mock     bool      `json:"mock,omitempty"`
}

const (
	records  = "records/"
	replies  = "replies/"
	expiries = "expiries/"
)

// expiry is the key that finds a record when it has expired. It is ordered by time.
func (r record) expiry(id string) string { return expiryBound(r.Expires) + "/" + id }

func expiryBound(at time.Time) string { return fmt.Sprintf("%s%020d", expiries, at.UnixNano()) }

// recordOf returns the record under an id, and whether there is one.
func recordOf(tx adapters.Tx, id string) (record, bool, error) {
	text, ok, err := tx.Get(records + id)
	if err != nil || !ok {
		return record{}, false, err
	}
	var kept record
	if err := json.Unmarshal(text, &kept); err != nil {
		return record{}, false, fmt.Errorf("reading the record of an idempotency key: %w", err)
	}
	return kept, true, nil
}

// put writes a record, and when it expires.
func (r record) put(tx adapters.Tx, id string) error {
	text, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("writing the record of an idempotency key: %w", err)
	}
	if err := tx.Put(records+id, text); err != nil {
		return err
	}
	return tx.Put(r.expiry(id), nil)
}

// remove takes a record away, with its reply.
func (r record) remove(tx adapters.Tx, id string) error {
	for _, key := range []string{records + id, replies + id, r.expiry(id)} {
		if err := tx.Delete(key); err != nil {
			return err
		}
	}
	return nil
}

// identify returns the id of the call's key, and a record of its request that is running.
func (c Call) identify(caller adapters.Caller, conditions adapters.Conditions) (id string, made record, err error) {
	message, err := proto.MarshalOptions{Deterministic: true}.Marshal(c.Request)
	if err != nil {
		return "", record{}, fmt.Errorf("reading the request of %s: %w", c.Method.FullName(), err)
	}
	since := ""
	if !conditions.IfUnmodifiedSince.IsZero() {
		since = conditions.IfUnmodifiedSince.UTC().Format(time.RFC3339)
	}
	made = record{
		State:   running,
		Request: hash(string(c.Method.FullName()), strings.Join(conditions.IfMatch, "\n"), since, string(message)),
	}
	subject := caller.Claims["sub"]
	var sender []string
	if subject == "" {
		sender = caller.Header("Authorization")
	}
	for _, claim := range c.Traits.Claims {
		sender = append(sender, "claim "+claim, caller.Claims[claim])
	}
	for _, header := range c.Traits.Headers {
		sender = append(append(sender, "header "+header), caller.Header(header)...)
	}
	if subject == "" || len(sender) > 0 {
		made.Sender = hash(sender...)
	}
	return hash(caller.Claims["iss"], subject, c.Key), made, nil
}

// hash tells lists of texts apart.
func hash(texts ...string) string {
	h := sha256.New()
	for _, text := range texts {
		_, _ = h.Write(binary.BigEndian.AppendUint64(nil, uint64(len(text)))) // a hash never fails
		_, _ = h.Write([]byte(text))
	}
	return hex.EncodeToString(h.Sum(nil))
}
