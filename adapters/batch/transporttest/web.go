package transporttest

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strconv"
)

// requests say what the requests of a server of objects are.
type requests struct {
	operation func(r *http.Request) string // empty for none that can fail
	name      func(r *http.Request) string
	fault     func(w http.ResponseWriter, code string) // answers with a refusal
}

// Errors in which a fault reaches serve, as servers call them.
var (
	errWebRefused = errors.New("AccessDenied")
	errWebFull    = errors.New("QuotaExceeded")
)

// serve answers one request. What a faulty server has done stays done, and its answer is lost.
func (s *Server) serve(of requests, handler http.Handler, w http.ResponseWriter, r *http.Request) {
	answer := httptest.NewRecorder()
	operation, name := of.operation(r), of.name(r)
	err := s.do(operation, name, errWebRefused, errWebFull, func() error {
		handler.ServeHTTP(answer, r)
		return nil
	})
	if errors.Is(err, errWebRefused) || errors.Is(err, errWebFull) {
		of.fault(w, err.Error())
		return
	}
	if err != nil {
		hangUp(w)
		return
	}
	for name, values := range answer.Header() {
		w.Header()[name] = values
	}
	body := answer.Body.Bytes()
	if r.Method != http.MethodHead {
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	}
	w.WriteHeader(answer.Code)
	if operation == Open {
		half := len(body) / 2
		_, _ = w.Write(body[:half])
		_ = http.NewResponseController(w).Flush() // as the Writes: the client may have gone
		if s.do(Read, name, errWebRefused, errWebFull, func() error { return nil }) != nil {
			return // and the connection ends
		}
		body = body[half:]
	}
	_, _ = w.Write(body)
}

// hangUp ends the connection with no answer.
func hangUp(w http.ResponseWriter) {
	hijacker, ok := w.(http.Hijacker)
	if !ok {
		return
	}
	if conn, _, err := hijacker.Hijack(); err == nil {
		_ = conn.Close() // it is meant to break
	}
}
