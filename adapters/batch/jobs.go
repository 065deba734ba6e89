package batch

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/postern-gateway/postern/adapters"
)

// The kinds of jobs, each with the name of the kind of submission behind it.
const (
	deliverJob = "deliver" // its key is the number of a file
	expireJob  = "expire"  // its key is the number of a file
	forgetJob  = "forget"  // its key is the number of a file, or operation/ and the number of a submission
	webhookJob = "webhook" // its key is the number of a submission
)

// chunk is how many operations one transaction of a job changes at most, so that callers do not wait for it.
const chunk = 200

func (s *submissions) jobKind(kind string) string { return kind + "/" + s.config.GetName() }

// addJob queues a job that is due after so long.
func (s *submissions) addJob(tx adapters.Tx, kind, key string, after time.Duration) error {
	job := adapters.Job{Kind: s.jobKind(kind), Key: key}
	if after > 0 {
		job.At = s.now().Add(after)
	}
	return s.jobs.Add(tx, job)
}

// handle has the jobs of all kinds of submission handed out.
func (b *backend) handle(ctx context.Context) error {
	for _, s := range b.submissions {
		for kind, do := range map[string]adapters.JobHandler{
			deliverJob: s.deliverFile, expireJob: s.expire, forgetJob: s.forget, webhookJob: s.tell,
		} {
			if err := s.jobs.Handle(ctx, s.jobKind(kind), b.gate.keep(do)); err != nil {
				return fmt.Errorf("taking the jobs of %s: %w", s.config.GetName(), err)
			}
		}
	}
	return nil
}

// A gate lets jobs in until it is closed, and then waits for those that are in.
type gate struct {
	mu      sync.Mutex
	closed  bool
	running sync.WaitGroup
}

func (g *gate) enter() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		return false
	}
	g.running.Add(1)
	return true
}

func (g *gate) close() {
	g.mu.Lock()
	g.closed = true
	g.mu.Unlock()
	g.running.Wait()
}

func (g *gate) keep(do adapters.JobHandler) adapters.JobHandler {
	return func(ctx context.Context, job adapters.Job) error {
		if !g.enter() {
			return errClosed
		}
		defer g.running.Done()
		return do(ctx, job)
	}
}

// deliverFile delivers a file, and those before it that are still on their way: the other side may rely on their order.
func (s *submissions) deliverFile(ctx context.Context, _ adapters.Job) error {
	if err := s.deliverAll(ctx); err != nil {
		return &adapters.Later{Pause: s.worker.poll, Cause: err}
	}
	return nil
}

// deliverAll delivers what is on its way, when nobody else in this gateway does.
func (s *submissions) deliverAll(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case s.delivering <- struct{}{}:
	}
	defer func() { <-s.delivering }()
	defer s.bell.ring()
	err := s.deliver(ctx)
	s.mu.Lock()
	s.undelivered = err
	s.mu.Unlock()
	return err
}

// stillOnTheWay returns the error of the last delivery that failed here, unless another gateway has made it meanwhile.
func (s *submissions) stillOnTheWay(ctx context.Context) error {
	s.mu.Lock()
	known := s.undelivered
	s.mu.Unlock()
	if known == nil {
		return nil
	}
	empty := true
	err := s.store.View(ctx, func(tx adapters.Tx) error {
		empty = true
		for _, err := range tx.Scan(s.key("file", ""), "") {
			empty = false
			return err
		}
		return nil
	})
	if err != nil || !empty {
		return err
	}
	s.mu.Lock()
	s.undelivered = nil
	s.mu.Unlock()
	return nil
}

// expire ends the operations of a file that have not been answered in time.
func (s *submissions) expire(ctx context.Context, job adapters.Job) error {
	if s.config.GetExpireAfter() == nil {
		return nil // the setting has been taken back
	}
	expired := 0
	err := s.eachOf(ctx, job.Key, func(tx adapters.Tx, one *submission) error {
		if one.State != stateInFile {
			return nil
		}
		one.State = stateExpired
		expired++
		return s.end(tx, one)
	})
	s.bell.ring()
	if expired > 0 {
		s.logger.WarnContext(ctx, "submissions were not answered in time", "file_sequence", job.Key)
	}
	return err
}

// eachOf changes the operations of a file, some in each transaction.
func (s *submissions) eachOf(ctx context.Context, key string, change func(adapters.Tx, *submission) error) error {
	sequence, err := strconv.ParseInt(key, 10, 64)
	if err != nil {
		return fmt.Errorf("%w: %w", adapters.ErrGiveUp, err)
	}
	var members []int64
	err = s.store.View(ctx, func(tx adapters.Tx) (err error) {
		members, err = s.members(tx, sequence)
		return err
	})
	for len(members) > 0 && err == nil {
		some := members[:min(chunk, len(members))]
		members = members[len(some):]
		err = s.store.Update(ctx, func(tx adapters.Tx) error {
			for _, n := range some {
				one := &submission{}
				ok, err := get(tx, s.operationKey(n), one)
				if err == nil && ok {
					err = change(tx, one)
				}
				if err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err != nil {
		return fmt.Errorf("changing the operations of a file: %w", err)
	}
	return nil
}

// forget deletes what has ended long enough ago, and comes again for the rest.
func (s *submissions) forget(ctx context.Context, job adapters.Job) error {
	if text, one := strings.CutPrefix(job.Key, "operation/"); one {
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return fmt.Errorf("%w: %w", adapters.ErrGiveUp, err)
		}
		return s.store.Update(ctx, func(tx adapters.Tx) error { return tx.Delete(s.operationKey(n)) })
	}
	var newest time.Time // of the operations that stay
	open := false
	err := s.eachOf(ctx, job.Key, func(tx adapters.Tx, one *submission) error {
		switch {
		case !one.isDone():
			open = true
		case one.Updated.Add(s.keep).After(s.now()):
			if one.Updated.After(newest) {
				newest = one.Updated
			}
		default:
			return tx.Delete(s.operationKey(one.Number))
		}
		return nil
	})
	switch {
	case err != nil:
		return err
	case open:
		return &adapters.Later{Pause: max(min(s.keep, forgetInterval), time.Minute)}
	case !newest.IsZero():
		return &adapters.Later{Pause: max(newest.Add(s.keep).Sub(s.now()), time.Second)}
	}
	sequence, _ := strconv.ParseInt(job.Key, 10, 64) // eachOf has read it
	return s.store.Update(ctx, func(tx adapters.Tx) error {
		return errors.Join(tx.Delete(s.membersKey(sequence)), tx.Delete(s.sentFileKey(sequence)))
	})
}

// forgetInterval is how often a file is looked at again of which operations are still open.
const forgetInterval = 24 * time.Hour
