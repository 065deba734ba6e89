package counciltax_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/postern-gateway/postern/deploy/demo/counciltax"
)

func TestSwitch(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, method, body string
		status             int
		mode               counciltax.Mode
		want               string
	}{
		{"show", http.MethodGet, "", 200, counciltax.Slow, `{"mode":"slow"}`},
		{"fail", http.MethodPost, `{"mode": "failing"}`, 200, counciltax.Failing, `{"mode":"failing"}`},
		{"recover", http.MethodPost, `{"mode":"ok"}`, 200, counciltax.OK, `{"mode":"ok"}`},
		{"no such mode", http.MethodPost, `{"mode": "tired"}`, 400, counciltax.Slow, `mode "tired" is none of ok, slow, failing`},
		{"no mode", http.MethodPost, `{}`, 400, counciltax.Slow, `mode "" is none of`},
		{"unknown field", http.MethodPost, `{"mode": "ok", "colour": "red"}`, 400, counciltax.Slow, `unknown field "colour"`},
		{"not JSON", http.MethodPost, `mode=ok`, 400, counciltax.Slow, "the body must be"},
		{"two values", http.MethodPost, `{"mode": "ok"} {}`, 400, counciltax.Slow, "nothing more"},
		{"too long", http.MethodPost, `{"mode": "` + strings.Repeat("x", 2000) + `"}`, 400, counciltax.Slow, "the body must be"},
		{"no body", http.MethodPost, "", 400, counciltax.Slow, "the body must be"},
		{"wrong method", http.MethodDelete, "", 405, counciltax.Slow, "GET shows the mode"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var mode counciltax.Switch
			mode.Set(counciltax.Slow)
			recorder := httptest.NewRecorder()
			mode.ServeHTTP(recorder, httptest.NewRequest(test.method, "/demo/counciltax", strings.NewReader(test.body)))
			if recorder.Code != test.status || mode.Mode() != test.mode {
				t.Errorf("status %d and mode %s, want %d and %s", recorder.Code, mode.Mode(), test.status, test.mode)
			}
			var problem struct{ Detail, Code string }
			if err := json.Unmarshal(recorder.Body.Bytes(), &problem); err != nil {
				t.Fatalf("%v: %s", err, recorder.Body)
			}
			if test.status == http.StatusOK {
				if got := strings.TrimSpace(recorder.Body.String()); got != test.want {
					t.Errorf("body %s, want %s", got, test.want)
				}
				return
			}
			if got := recorder.Header().Get("Content-Type"); got != "application/problem+json" || problem.Code == "" {
				t.Errorf("content type %s, code %q", got, problem.Code)
			}
			if !strings.Contains(problem.Detail, test.want) {
				t.Errorf("detail %q, want %q", problem.Detail, test.want)
			}
		})
	}
}
