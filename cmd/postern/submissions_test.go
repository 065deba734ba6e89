package main

import (
	"bufio"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
)

// newMail serves letters, cut at once, and returns where.
func newMail(t *testing.T, age string) (mail string, office *postOffice) {
	t.Helper()
	office = &postOffice{out: t.TempDir(), in: t.TempDir(), bodies: make(map[string]int), files: make(map[string]int)}
	estate := lettersEstate(t, office.out, office.in, "{}\n", 100, age)
	return "http://" + start(t, "serve", estate).rest + "/mail/v1", office
}

// A submission that is repeated with its key is answered by the same operation, and so is a list.
func TestSubmissionIsRepeated(t *testing.T) {
	t.Parallel()
	mail, _ := newMail(t, "3600s")
	for path, body := range map[string]string{"/letters": `{"body": "one"}`, "/letters:batch": `{"items": [{"body": "two"}, {"body": "three"}]}`} {
		first := send(t, "POST", mail+path, body, "Idempotency-Key", "key-of-"+path)
		again := send(t, "POST", mail+path, body, "Idempotency-Key", "key-of-"+path)
		if first.status != http.StatusAccepted || again.status != http.StatusAccepted || first.body != again.body {
			t.Errorf("%s: %d %s, and again %d %s", path, first.status, first.body, again.status, again.body)
		}
	}
	if listed, _ := send(t, "GET", mail+"/operations?filter="+`state%20%3D%20%22QUEUED%22`, "").at("operations").([]any); len(listed) != 3 {
		t.Errorf("%d operations are queued, want 3", len(listed))
	}
}

// A list with a mistake is refused whole, and the mistake is named by its place.
func TestSubmissionsAreRefusedWhole(t *testing.T) {
	t.Parallel()
	mail, _ := newMail(t, "3600s")
	for list, want := range map[string]string{
		`{"body": "good"}, {"body": "Ω"}, {"body": "Я"}`:                                  "items[1].body items[2].body", // which the code page has not
		`{"body": "good"}, {}, {"body": ""}, {"body": "` + strings.Repeat("x", 21) + `"}`: "items[1].body items[2].body items[3].body",
	} {
		refused := send(t, "POST", mail+"/letters:batch", `{"items": [`+list+`]}`)
		violations, _ := refused.at("violations").([]any)
		var fields []string
		for _, v := range violations {
			field, _ := v.(map[string]any)["field"].(string)
			fields = append(fields, field)
		}
		if got := strings.Join(fields, " "); refused.status != http.StatusBadRequest || got != want {
			t.Errorf("%s: %d, violations of %s, want %s: %s", list, refused.status, got, want, refused.body)
		}
	}
	for _, body := range []string{`{"items": []}`, `{}`, `{"items": [{"body": "` + strings.Repeat("x", 21) + `"}]}`} {
		if got := send(t, "POST", mail+"/letters:batch", body); got.status != http.StatusBadRequest {
			t.Errorf("%s: %d %s", body, got.status, got.body)
		}
	}
	if listed, _ := send(t, "GET", mail+"/operations", "").at("operations").([]any); len(listed) != 0 {
		t.Errorf("%d operations, want none", len(listed))
	}
}

func TestSubmissionIsCancelled(t *testing.T) {
	t.Parallel()
	mail, _ := newMail(t, "3600s")
	name, _ := send(t, "POST", mail+"/letters", `{"body": "one"}`).at("name").(string)
	for range 2 {
		if got := send(t, "POST", mail+"/"+name+":cancel", "{}"); got.status != http.StatusOK || got.at("metadata", "state") != "CANCELLED" || got.at("error", "code") != 1.0 {
			t.Errorf("cancelling: %d %s", got.status, got.body)
		}
	}
	fast, _ := newMail(t, "0s")
	name, _ = send(t, "POST", fast+"/letters", `{"body": "one"}`).at("name").(string)
	followed := follow(t, fast+"/"+name+":watch", func(state string) bool { return state == "DELIVERED" })
	if got := send(t, "POST", fast+"/"+name+":cancel", "{}"); got.status != http.StatusConflict || got.at("code") != "TOO_LATE" {
		t.Errorf("cancelling what is in a file (seen %v): %d %s", followed, got.status, got.body)
	}
}

// A caller who watches an operation sees its states one after the other, and the end of the stream with its end.
func TestSubmissionIsWatched(t *testing.T) {
	t.Parallel()
	mail, office := newMail(t, "0s")
	name, _ := send(t, "POST", mail+"/letters", `{"body": "one"}`).at("name").(string)
	states := follow(t, mail+"/"+name+":watch", func(state string) bool {
		if state == "DELIVERED" {
			if err := office.collect(); err != nil {
				t.Error(err)
			}
		}
		return false
	})
	if len(states) == 0 || states[len(states)-1] != "ACKNOWLEDGED" {
		t.Errorf("saw %v, want it to end with ACKNOWLEDGED", states)
	}
}

// follow reads a stream of operations until it ends, or stop says so of a state, and returns the states in it.
func follow(t *testing.T, url string, stop func(state string) bool) (states []string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	lines := bufio.NewScanner(response.Body)
	for lines.Scan() {
		var operation struct {
			Result struct {
				Metadata struct {
					State string `json:"state"`
				} `json:"metadata"`
			} `json:"result"`
		}
		if err := json.Unmarshal(lines.Bytes(), &operation); err != nil || response.StatusCode != http.StatusOK {
			t.Fatalf("%s %s (%v)", response.Status, lines.Text(), err)
		}
		states = append(states, operation.Result.Metadata.State)
		if stop(operation.Result.Metadata.State) {
			break
		}
	}
	return states
}
