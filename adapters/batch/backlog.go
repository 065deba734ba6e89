package batch

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/postern-gateway/postern/adapters"
	adminv1 "github.com/postern-gateway/postern/proto/postern/admin/v1"
)

// backlog is what operators see of a kind of submission: what waits, what is on its way, and what has not been answered.
func (s *submissions) backlog(ctx context.Context) (*adminv1.Submission, error) {
	var shown *adminv1.Submission
	err := s.store.View(ctx, func(tx adapters.Tx) error {
		shown = &adminv1.Submission{Name: s.config.GetName()}
		if err := s.countQueue(tx, shown); err != nil {
			return err
		}
		if err := s.countFiles(tx, shown); err != nil {
			return err
		}
		return s.countUnanswered(tx, shown)
	})
	if err != nil {
		return nil, fmt.Errorf("counting submissions: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := cmp.Or(s.lastErr, s.undelivered, s.refused); err != nil {
		shown.Detail = err.Error()
	}
	return shown, nil
}

func (s *submissions) countQueue(tx adapters.Tx, shown *adminv1.Submission) error {
	var counted counters
	if _, err := get(tx, s.countersKey(), &counted); err != nil {
		return err
	}
	shown.Queued = counted.Waiting
	for oldest, err := range s.section(tx, "queue", 0) {
		if err != nil {
			return err
		}
		shown.OldestQueuedAt = moment(oldest.Created)
		break
	}
	return nil
}

func (s *submissions) countFiles(tx adapters.Tx, shown *adminv1.Submission) error {
	for stored, err := range tx.Scan(s.key("file", ""), "") {
		if err != nil {
			return err
		}
		file := &outFile{}
		if err := json.Unmarshal(stored.Value, file); err != nil {
			return err
		}
		shown.Files = append(shown.Files, &adminv1.OutgoingFile{
			Name: file.Name, Sequence: file.Sequence, Step: file.Step, Submissions: int64(file.Records),
		})
	}
	return nil
}

func (s *submissions) countUnanswered(tx adapters.Tx, shown *adminv1.Submission) error {
	var oldest time.Time
	for one, err := range s.section(tx, "operation", 0) {
		if err != nil {
			return err
		}
		if one.State != stateInFile {
			continue
		}
		shown.Unanswered++
		if oldest.IsZero() || one.Created.Before(oldest) {
			oldest = one.Created
		}
	}
	shown.OldestUnansweredAt = moment(oldest)
	return nil
}
