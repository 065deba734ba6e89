package rest

import (
	"errors"
	"net/http"
	"sync"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/postern-gateway/postern/gateway/registry"
)

const (
	// flushSize is how much of a stream is sent at once, in bytes.
	flushSize = 32 << 10
	// flushPause is how long a reply waits for others to be sent with.
	flushPause = 10 * time.Millisecond
)

// serveStream answers with newline-delimited JSON. Nothing is written before the first reply, so that a call that fails at once has its proper status.
func (e *endpoint) serveStream(x *exchange, r *http.Request, request proto.Message) {
	s := &streamWriter{endpoint: e, exchange: x, pending: e.codec.buffer()}
	defer e.codec.release(s.pending)
	err := registry.Stream(x.context(r), e.conn, e.fullName, request, s.send)
	switch {
	case err != nil && !s.begun:
		x.problem(r, err)
		return
	case !s.begun:
		s.begin()
		x.WriteHeader(http.StatusOK)
	}
	s.end(r, err)
}

// A streamWriter writes replies, many at once where they come fast.
type streamWriter struct {
	endpoint *endpoint
	exchange *exchange
	begun    bool

	mu      sync.Mutex // the timer sends aside of the handler
	pending *buffer
	timer   *time.Timer
	waiting bool // whether the timer is set
	ended   bool
	failed  error
}

func (s *streamWriter) begin() {
	s.begun = true
	s.exchange.describe()
	s.exchange.Header()["Content-Type"] = streamTypes
}

var streamTypes = []string{streamType}

// send takes one reply. It returns an error once the caller has gone.
func (s *streamWriter) send(reply proto.Message) error {
	if reply == nil {
		return errNoReply
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.failed != nil {
		return s.failed
	}
	kept := len(s.pending.data)
	line, err := s.endpoint.codec.appendAnswer(append(s.pending.data, `{"result":`...), reply, s.endpoint.answered(reply))
	if err != nil {
		s.pending.data = s.pending.data[:kept]
		return err
	}
	s.pending.data = append(line, "}\n"...)
	if !s.begun {
		s.begin()
	}
	if len(s.pending.data) >= flushSize {
		return s.flush()
	}
	s.flushLater()
	return nil
}

var errNoReply = errors.New("the handler sent no message")

// flushLater sees to it that what is pending is sent soon, even if nothing follows.
func (s *streamWriter) flushLater() {
	switch {
	case s.waiting:
		return
	case s.timer == nil:
		s.timer = time.AfterFunc(flushPause, s.flushPending)
	default:
		s.timer.Reset(flushPause)
	}
	s.waiting = true
}

// flushPending is the timer's.
func (s *streamWriter) flushPending() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.waiting = false
	if !s.ended && s.failed == nil && len(s.pending.data) > 0 {
		_ = s.flush() // the next send returns the error
	}
}

// flush sends what is pending. The caller holds mu.
func (s *streamWriter) flush() error {
	if _, err := s.exchange.Write(s.pending.data); err != nil {
		s.failed = err
		return err
	}
	s.pending.data = s.pending.data[:0]
	s.failed = http.NewResponseController(s.exchange).Flush()
	if errors.Is(s.failed, http.ErrNotSupported) { // as in tests, where nobody waits
		s.failed = nil
	}
	return s.failed
}

// end writes what is left, and as the last line the error that ended the stream, if one did. After it the timer sends nothing any more.
func (s *streamWriter) end(r *http.Request, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended = true
	if s.timer != nil {
		s.timer.Stop()
	}
	if s.failed != nil {
		return
	}
	if err != nil {
		problem, _ := newProblem(r, err, s.exchange.repeatable())
		s.pending.data = append(append(append(s.pending.data, `{"error":`...), trimNewline(encodeProblem(problem))...), "}\n"...)
	}
	if len(s.pending.data) > 0 {
		_ = s.flush() // the caller has gone; there is nobody to tell
	}
}

func trimNewline(b []byte) []byte { return b[:len(b)-1] }
