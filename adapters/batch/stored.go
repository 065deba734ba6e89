package batch

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/postern-gateway/postern/adapters"
)

// States of a submission.
const (
	stateQueued       = "QUEUED"
	stateInFile       = "IN_FILE"
	stateDelivered    = "DELIVERED"
	stateAcknowledged = "ACKNOWLEDGED"
	stateRejected     = "REJECTED"
	stateExpired      = "EXPIRED"
	stateCancelled    = "CANCELLED"
)

var states = []string{stateQueued, stateInFile, stateDelivered, stateAcknowledged, stateRejected, stateExpired, stateCancelled}

// A submission is what the store keeps of one record that a caller sent. It stands in the queue until it is cut into a file or cancelled, and then among the operations.
type submission struct {
	ID        string `json:"id"`
	Number    int64  `json:"number"`
	State     string `json:"state"`
	Reference string `json:"reference"`
	// Record is gone once the record is in a file.
	Record  []byte    `json:"record,omitempty"`
	Created time.Time `json:"created"`
	Updated time.Time `json:"updated"`
	// File, Sequence and Position say where it is, once that is decided.
	File     string `json:"file,omitempty"`
	Sequence int64  `json:"sequence,omitempty"`
	Position int    `json:"position,omitempty"`
	Code     string `json:"code,omitempty"`
	Message  string `json:"message,omitempty"`
	// Late is an answer that came after it had expired.
	Late string `json:"late,omitempty"`
	// Span is where it was accepted; see spanOf.
	Span string `json:"span,omitempty"`
}

func (s *submission) isDone() bool {
	return s.State != stateQueued && s.State != stateInFile && s.State != stateDelivered
}

// A sentFile is what is kept of a file for as long as one of its operations is. That a submission is delivered is written here and not at each of them.
type sentFile struct {
	Name      string    `json:"name"`
	Records   int       `json:"records"`
	Cut       time.Time `json:"cut"`
	Delivered time.Time `json:"delivered,omitzero"`
}

// counters are the numbers that every submission changes, in one record: how many references and files have been given out, and what waits in the queue.
type counters struct {
	References int64 `json:"references"`
	Files      int64 `json:"files"`
	Waiting    int64 `json:"waiting"`
	Bytes      int64 `json:"bytes"`
}

// Keys in the store. Numbers in keys have leading zeros, so that they sort.
func (s *submissions) key(parts ...string) string {
	return "submission/" + s.config.GetName() + "/" + strings.Join(parts, "/")
}

func (s *submissions) numbered(part string, number int64) string {
	return s.key(part, fmt.Sprintf("%019d", number))
}

func (s *submissions) countersKey() string               { return s.key("counters") }
func (s *submissions) queueKey(number int64) string      { return s.numbered("queue", number) }
func (s *submissions) operationKey(number int64) string  { return s.numbered("operation", number) }
func (s *submissions) fileKey(sequence int64) string     { return s.numbered("file", sequence) }
func (s *submissions) sentFileKey(sequence int64) string { return s.numbered("sent", sequence) }
func (s *submissions) membersKey(sequence int64) string  { return s.numbered("members", sequence) }

// find reads the submission of a number, wherever it stands, as callers see it: nil if there is none.
func (s *submissions) find(tx adapters.Tx, number int64) (*submission, error) {
	for _, key := range []string{s.operationKey(number), s.queueKey(number)} {
		one := &submission{}
		if ok, err := get(tx, key, one); err != nil || ok {
			return one, errors.Join(err, s.look(tx, one))
		}
	}
	return nil, nil
}

// look sees to it that a submission whose file has been delivered says so.
func (s *submissions) look(tx adapters.Tx, one *submission) error {
	if one.State != stateInFile {
		return nil
	}
	var file sentFile
	if _, err := get(tx, s.sentFileKey(one.Sequence), &file); err != nil {
		return err
	}
	if !file.Delivered.IsZero() {
		one.State, one.Updated = stateDelivered, file.Delivered
	}
	return nil
}

// members returns the numbers of the submissions in a file, in their order.
func (s *submissions) members(tx adapters.Tx, sequence int64) ([]int64, error) {
	var numbers []int64
	_, err := get(tx, s.membersKey(sequence), &numbers)
	return numbers, err
}

// end stores an operation that has ended, in its last state, and has its end told where that is wanted.
func (s *submissions) end(tx adapters.Tx, one *submission) error {
	one.Updated = s.now().UTC()
	if err := put(tx, s.operationKey(one.Number), one); err != nil {
		return err
	}
	if s.webhook == nil {
		return nil
	}
	return s.jobs.Add(tx, adapters.Job{Kind: s.jobKind(webhookJob), Key: fmt.Sprint(one.Number)})
}

// put stores a value as JSON.
func put(tx adapters.Tx, key string, value any) error {
	text, err := json.Marshal(value)
	if err == nil {
		err = tx.Put(key, text)
	}
	if err != nil {
		return fmt.Errorf("storing %T: %w", value, err)
	}
	return nil
}

// get reads a value stored by put. It returns false if there is none.
func get(tx adapters.Tx, key string, value any) (bool, error) {
	text, ok, err := tx.Get(key)
	if err == nil && ok {
		err = json.Unmarshal(text, value)
	}
	if err != nil {
		return false, fmt.Errorf("reading %T: %w", value, err)
	}
	return ok, nil
}
