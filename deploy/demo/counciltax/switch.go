package counciltax

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync/atomic"
)

// A Mode is how well the council tax system is.
type Mode int32

// The modes of the system.
const (
	// OK answers at once.
	OK Mode = iota
	// Slow answers after a delay, unless the caller goes.
	Slow
	// Failing answers 503 to everything.
	Failing
)

// String returns the mode's name in JSON.
func (m Mode) String() string {
	switch m {
	case Slow:
		return "slow"
	case Failing:
		return "failing"
	default:
		return "ok"
	}
}

func parseMode(name string) (Mode, error) {
	for _, mode := range []Mode{OK, Slow, Failing} {
		if mode.String() == name {
			return mode, nil
		}
	}
	return OK, fmt.Errorf("mode %q is none of ok, slow, failing", name)
}

// A Switch sets the mode of a [Service]. It is an http.Handler: GET answers {"mode": "ok"}, and POST takes the
// same and sets it. It is safe for concurrent use.
type Switch struct {
	mode atomic.Int32
}

var _ http.Handler = (*Switch)(nil)

// Mode returns the mode that is set.
func (s *Switch) Mode() Mode { return Mode(s.mode.Load()) }

// Set sets the mode.
func (s *Switch) Set(mode Mode) { s.mode.Store(int32(mode)) }

// ServeHTTP shows or sets the mode. Mistakes are answered as application/problem+json (RFC 9457).
func (s *Switch) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch r.Method {
	case http.MethodGet, http.MethodHead:
	case http.MethodPost:
		mode, err := readMode(http.MaxBytesReader(w, r.Body, 1<<10))
		if err != nil {
			writeProblem(w, http.StatusBadRequest, "INVALID_ARGUMENT", err.Error())
			return
		}
		s.Set(mode)
	default:
		w.Header().Set("Allow", "GET, POST")
		writeProblem(w, http.StatusMethodNotAllowed, "METHOD_NOT_ALLOWED", "GET shows the mode, and POST sets it")
		return
	}
	writeJSON(w, http.StatusOK, "application/json", setting{Mode: s.Mode().String()})
}

type setting struct {
	Mode string `json:"mode"`
}

// readMode reads {"mode": "..."} strictly: nothing else, and nothing behind it.
func readMode(body io.Reader) (Mode, error) {
	decoder := json.NewDecoder(body)
	decoder.DisallowUnknownFields()
	var wanted setting
	if err := decoder.Decode(&wanted); err != nil {
		return OK, fmt.Errorf(`the body must be {"mode": "ok|slow|failing"}: %w`, err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return OK, errors.New(`the body must be {"mode": "ok|slow|failing"} and nothing more`)
	}
	return parseMode(wanted.Mode)
}

type problem struct {
	Type   string `json:"type"`
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail"`
	Code   string `json:"code"`
}

func writeProblem(w http.ResponseWriter, status int, code, detail string) {
	writeJSON(w, status, "application/problem+json", problem{
		Type: "about:blank", Title: http.StatusText(status), Status: status, Detail: detail, Code: code,
	})
}

func writeJSON(w http.ResponseWriter, status int, contentType string, value any) {
	w.Header().Set("Content-Type", contentType)
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(value) // the caller has gone: nobody to tell
}
