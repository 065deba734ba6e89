package batch_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/adapters/adaptertest"
	"github.com/postern-gateway/postern/adapters/batch"
)

func TestConformance(t *testing.T) {
	s := newSite(t)
	s.write(t, "in/CLAIMS.1", extractOf("20261120", twoClaims...))
	noNetwork := "files are exchanged through directories, not by TCP"
	adaptertest.Run(t, adaptertest.Subject{
		Adapter: batch.Adapter{},
		Config:  func(t *testing.T) adapters.Config { return parse(t, settings) },
		Dir:     s.dir,
		Ready:   tryDrain,
		Read: adaptertest.Call{Method: "GetClaim", Request: `{"claimRef":"CL000002"}`, Reply: `{"recType":"D","claimRef":"CL000002","citizenId":"C000001",
			"claimant":{"surname":"Doyle","born":"1961-02-14"},"claimStatus":"C","amount":"-0.15","payments":-3,"lastPaid":[0,0,0]}`},
		Missing: adaptertest.Call{Method: "GetClaim", Request: `{"claimRef":"CL999999"}`},
		Accepted: &adaptertest.Accepted{
			Submit: adaptertest.Call{Method: "SubmitChanges", Request: aChange}, Refused: adaptertest.Call{Method: "SubmitChanges", Request: `{"newTown": "Ωmega"}`}, Operation: "GetOperation",
		},
		Secrets: []string{s.dir, "CLAIMS.1"},
		Waivers: map[string]string{
			"a refused connection is UNAVAILABLE":              noNetwork,
			"a hanging legacy system does not hold the caller": noNetwork,
			"a connection cut in the reply is an error":        noNetwork,
		},
	})
}

// list reads a page and returns the references on it.
func list(t testing.TB, backend adapters.Backend, request string) (refs []string, next string) {
	t.Helper()
	message, _, err := call(t, backend, "ListClaims", request)
	if err != nil {
		t.Fatal(err)
	}
	text, err := protojson.Marshal(message)
	if err != nil {
		t.Fatal(err)
	}
	var page struct {
		Claims []struct {
			ClaimRef string `json:"claimRef"`
		} `json:"claims"`
		NextPageToken string `json:"nextPageToken"`
	}
	if err := json.Unmarshal(text, &page); err != nil {
		t.Fatal(err)
	}
	for _, item := range page.Claims {
		refs = append(refs, item.ClaimRef)
	}
	return refs, page.NextPageToken
}

// manyClaims are claims in an order that is not that of their keys.
func manyClaims(n int) []claim {
	claims := make([]claim, n)
	for i := range claims {
		k := (i*7 + 3) % n
		claims[i] = claim{
			ref: fmt.Sprintf("CL%06d", k), citizen: fmt.Sprintf("C%06d", k%5), surname: []string{"Doyle", "Okafor"}[k%2], born: "19610214", status: "A", pence: int64(k),
		}
	}
	return claims
}

func TestListPagesInOrderOfKey(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.write(t, "in/CLAIMS.1", extractOf("20261120", manyClaims(20)...))
	backend := s.open(t, settings)
	drain(t, backend)

	var all []string
	refs, token := list(t, backend, `{"pageSize": 7}`)
	for all = refs; token != ""; all = append(all, refs...) {
		refs, token = list(t, backend, fmt.Sprintf(`{"pageSize": 7, "pageToken": %q}`, token))
	}
	for i, ref := range all {
		if want := fmt.Sprintf("CL%06d", i); ref != want {
			t.Fatalf("place %d has %s, want %s", i, ref, want)
		}
	}
	if len(all) != 20 {
		t.Errorf("%d records on all pages, want 20", len(all))
	}
}

func TestListByIndexedValues(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.write(t, "in/CLAIMS.1", extractOf("20261120", manyClaims(20)...))
	backend := s.open(t, settings)
	drain(t, backend)
	for request, want := range map[string]string{
		`{"citizenId": "C000003"}`:                                      "CL000003 CL000008 CL000013 CL000018",
		`{"citizenId": "C000003", "surname": "Doyle"}`:                  "CL000008 CL000018",
		`{"citizenId": "C999999"}`:                                      "",
		`{"born": "1961-02-14", "citizenId": "C000004", "pageSize": 2}`: "CL000004 CL000009",
		`{"born": "1961-02-15"}`:                                        "",
		`{"surname": "Okafor", "pageSize": 3}`:                          "CL000001 CL000003 CL000005",
	} {
		refs, _ := list(t, backend, request)
		if got := strings.Join(refs, " "); got != want {
			t.Errorf("%s: got %q, want %q", request, got, want)
		}
	}
}

// A list that is being paged through goes on behind the same key when a new extract has come in between.
func TestPageTokenOutlivesTheSnapshot(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.write(t, "in/CLAIMS.1", extractOf("20261120", manyClaims(10)...))
	backend := s.open(t, settings)
	drain(t, backend)
	_, token := list(t, backend, `{"surname": "Doyle", "pageSize": 2}`) // CL000000, CL000002
	claims := manyClaims(10)
	kept := claims[:0]
	for _, c := range claims {
		if c.ref != "CL000002" {
			kept = append(kept, c)
		}
	}
	s.write(t, "in/CLAIMS.2", extractOf("20261121", kept...))
	drain(t, backend)
	refs, _ := list(t, backend, fmt.Sprintf(`{"surname": "Doyle", "pageSize": 2, "pageToken": %q}`, token))
	if got := strings.Join(refs, " "); got != "CL000004 CL000006" {
		t.Errorf("the second page is %q, want CL000004 CL000006", got)
	}
	for _, request := range []string{
		fmt.Sprintf(`{"surname": "Okafor", "pageToken": %q}`, token), fmt.Sprintf(`{"pageToken": %q}`, token), `{"pageToken": "?"}`,
	} {
		_, _, err := call(t, backend, "ListClaims", request)
		var public *adapters.Error
		if !errors.As(err, &public) || public.Code != codes.InvalidArgument || public.Reason != "INVALID_PAGE_TOKEN" {
			t.Errorf("%s: got %v, want INVALID_ARGUMENT with INVALID_PAGE_TOKEN", request, err)
			continue
		}
		if len(public.Violations) != 1 || public.Violations[0].Field != "pageToken" {
			t.Errorf("%s: violations %v, want one of pageToken", request, public.Violations)
		}
	}
}

func TestNoExtractYet(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	backend := s.open(t, settings)
	drain(t, backend)
	var public *adapters.Error
	if _, _, err := call(t, backend, "ListClaims", `{}`); !errors.As(err, &public) || public.Code != codes.Unavailable || public.Reason != "EXTRACT_NOT_LOADED" {
		t.Errorf("got %v, want UNAVAILABLE with EXTRACT_NOT_LOADED", err)
	}
	if err := backend.(adapters.Checker).Check(t.Context()); status.Code(err) != codes.Unavailable {
		t.Errorf("Check: got %v, want UNAVAILABLE", err)
	}
}

// A file with a mistake changes nothing, and the reason is kept.
func TestExtractIsRefused(t *testing.T) {
	t.Parallel()
	good := extractOf("20261121", manyClaims(3)...)
	change := func(at int, with ...byte) []byte {
		out := bytes.Clone(good)
		copy(out[at:], with)
		return out
	}
	for name, test := range map[string]struct {
		content []byte
		reason  string
	}{
		"no header":       {good[60:], "the header is missing"},
		"no trailer":      {good[:len(good)-60], "the trailer is missing"},
		"empty":           {nil, "the file is empty"},
		"cut in a record": {good[:100], "the last record has 40 bytes, and every record has 60"},
		"wrong count":     {change(len(good)-60+7, 0xF9), "says 9 records, and there are 3"},
		"wrong total":     {change(len(good)-60+14, 0x9C), "the records' AMOUNT sum to 0.03"},
		"total no number": {change(len(good)-60+14, 0xFF), "TOTAL-AMOUNT holds no number"},
		"header no date":  {change(5, 0xF9, 0xF9), "RUN-DATE holds no date"},
		"behind trailer":  {append(bytes.Clone(good), good[60:120]...), "stands behind the trailer"},
		"second header":   {append(bytes.Clone(good[:60]), good...), "is a second header"},
		"bad amount":      {change(60+37, 0xAA), "AMOUNT in 1 of the records is no number"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			s.write(t, "in/CLAIMS.1", extractOf("20261120", twoClaims...))
			backend := s.open(t, settings)
			drain(t, backend)
			s.write(t, "in/CLAIMS.2", test.content)
			drain(t, backend)
			if _, _, err := call(t, backend, "GetClaim", `{"claimRef": "CL000001"}`); err != nil {
				t.Errorf("what was served before is gone: %v", err)
			}
			err := backend.(adapters.Checker).Check(t.Context())
			if status.Code(err) != codes.FailedPrecondition || !strings.Contains(err.Error(), test.reason) {
				t.Errorf("Check: got %v, want FAILED_PRECONDITION with %q", err, test.reason)
			}
			if text := status.Convert(err).Message(); strings.Contains(text, "CLAIMS.2") {
				t.Errorf("the public message names the file: %s", text)
			}
		})
	}
}

func TestBadRecordsGoToQuarantine(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	claims := manyClaims(10)
	claims[4].born = "19611332"
	claims[6].ref = claims[5].ref
	content := extractOf("20261120", claims...)
	content[60+60*7] = 0xE9 // a record of type Z
	s.write(t, "in/CLAIMS.1", content)
	backend := s.open(t, settings)
	drain(t, backend)
	if refs, _ := list(t, backend, `{}`); len(refs) != 7 {
		t.Errorf("%d records are served, want 7", len(refs))
	}
	if refs, _ := list(t, backend, `{"surname": "Doyle"}`); len(refs) > 7 {
		t.Errorf("%d records by name", len(refs))
	}
	kept, err := filepath.Glob(filepath.Join(s.data, "quarantine", "claims", "*.jsonl"))
	if err != nil || len(kept) != 1 {
		t.Fatalf("the quarantine has %v, %v", kept, err)
	}
	text, err := os.ReadFile(kept[0])
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"record":6,"offset":300,"reason":"CLAIMANT.BORN`, `"record":9,"offset":480,"reason":"the record is of none`, `"record":8,"offset":420,"reason":"another record`} {
		if !strings.Contains(string(text), want) {
			t.Errorf("the quarantine does not hold %s:\n%s", want, text)
		}
	}
}

func TestTooManyBadRecordsRefuseTheFile(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	claims := manyClaims(4)
	claims[0].born, claims[1].born = "19611332", "x"
	s.write(t, "in/CLAIMS.1", extractOf("20261120", claims...))
	backend := s.open(t, settings)
	drain(t, backend)
	err := backend.(adapters.Checker).Check(t.Context())
	if err == nil || !strings.Contains(err.Error(), "2 of 4 records are bad") {
		t.Errorf("Check: %v, want 2 of 4 records are bad", err)
	}
}

// After a restart the last good file is served without the extract.
func TestSnapshotOutlivesTheProcess(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.write(t, "in/CLAIMS.1", extractOf("20261120", twoClaims...))
	backend := s.open(t, settings)
	drain(t, backend)
	closeBackend(t, backend)
	if err := os.Remove(filepath.Join(s.dir, "in", "CLAIMS.1")); err != nil {
		t.Fatal(err)
	}
	again := s.open(t, settings)
	_, reply, err := call(t, again, "GetClaim", `{"claimRef": "CL000001"}`)
	if err != nil || !reply.AsOf.Equal(londonMidnight(t, "20261120")) {
		t.Errorf("as of %v: %v", reply.AsOf, err)
	}
	changed := strings.Replace(settings, "indexes: [CITIZEN-ID, SURNAME, BORN]", "indexes: [SURNAME]", 1)
	closeBackend(t, again)
	other := s.open(t, changed)
	if _, _, err := call(t, other, "GetClaim", `{"claimRef": "CL000001"}`); status.Code(err) != codes.Unavailable {
		t.Errorf("a snapshot of another layout: got %v, want UNAVAILABLE", err)
	}
}

// The same content under another name changes nothing, and neither does a file that is older.
func TestDuplicateAndOlderFiles(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.write(t, "in/CLAIMS.1", extractOf("20261120", twoClaims...))
	backend := s.open(t, strings.Replace(settings, `pattern: "CLAIMS.*"`, `pattern: "CLAIMS.*", after: archive`, 1))
	drain(t, backend)
	s.write(t, "in/CLAIMS.2", extractOf("20261120", twoClaims...))
	s.write(t, "in/CLAIMS.3", extractOf("20261119", manyClaims(3)...))
	drain(t, backend)
	if _, _, err := call(t, backend, "GetClaim", `{"claimRef": "CL000001"}`); err != nil {
		t.Errorf("the newest data is not served: %v", err)
	}
	for _, name := range []string{"CLAIMS.1", "CLAIMS.2", "CLAIMS.3"} {
		if _, err := os.Stat(filepath.Join(s.dir, "in", "archive", name)); err != nil {
			t.Errorf("%s was not archived: %v", name, err)
		}
	}
	if err := backend.(adapters.Checker).Check(t.Context()); err != nil {
		t.Errorf("Check: %v", err)
	}
}

// Of two files that were true on the same day, the one that came last is served, in whatever order they are read.
func TestCorrectedFileOfTheSameDay(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.write(t, "in/CLAIMS.1", extractOf("20261120", twoClaims...))
	s.write(t, "in/CLAIMS.2", extractOf("20261120", manyClaims(3)...))
	s.age(t, "in/CLAIMS.1", 2*time.Hour)
	s.age(t, "in/CLAIMS.2", time.Hour)
	backend := s.open(t, settings)
	drain(t, backend)
	drain(t, backend)
	if refs, _ := list(t, backend, `{}`); len(refs) != 3 {
		t.Errorf("%d records, want the 3 of the later file", len(refs))
	}
}

// What one process has read, another on the same directory serves too.
func TestSnapshotOfAnotherProcess(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	first := s.open(t, settings)
	second := s.open(t, strings.Replace(settings, `{directory: in, pattern: "CLAIMS.*"`, `{directory: out, pattern: "CLAIMS.*"`, 1)) // so that it reads none itself
	s.write(t, "in/CLAIMS.1", extractOf("20261120", twoClaims...))
	drain(t, first)
	s.write(t, "in/CLAIMS.2", extractOf("20261121", manyClaims(3)...))
	drain(t, first)
	drain(t, second)
	if refs, _ := list(t, second, `{}`); len(refs) != 3 {
		t.Errorf("%d records, want the 3 of the later file", len(refs))
	}
}

// A reader that has begun on one snapshot ends on it, while the next is put in force again and again.
func TestReadersSeeWholeSnapshots(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.write(t, "in/CLAIMS.1", extractOf("20261101", manyClaims(50)...))
	backend := s.open(t, settings)
	drain(t, backend)
	stop := make(chan struct{})
	failures := make(chan error, 4)
	for range 4 {
		go func() {
			for {
				select {
				case <-stop:
					failures <- nil
					return
				default:
				}
				message, _, err := call(t, backend, "ListClaims", `{"pageSize": 1000}`)
				if err == nil && message.ProtoReflect().Get(message.ProtoReflect().Descriptor().Fields().ByName("claims")).List().Len() != 50 {
					err = errors.New("not all records were on the page")
				}
				if err != nil {
					failures <- err
					return
				}
			}
		}()
	}
	for day := 2; day < 8; day++ {
		s.write(t, "in/CLAIMS.1", extractOf(fmt.Sprintf("202611%02d", day), manyClaims(50)...))
		drain(t, backend)
	}
	close(stop)
	for range 4 {
		if err := <-failures; err != nil {
			t.Error(err)
		}
	}
}

// A file that arrives is read without anybody asking.
func TestArrivalIsNoticed(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	backend := s.open(t, strings.Replace(settings, "poll: 3600s", "poll: 0.05s", 1))
	s.write(t, "in/CLAIMS.1", extractOf("20261120", twoClaims...))
	deadline := time.After(20 * time.Second)
	for {
		_, _, err := call(t, backend, "GetClaim", `{"claimRef": "CL000001"}`)
		if err == nil {
			return
		}
		select {
		case <-deadline:
			t.Fatalf("the file was not read: %v", err)
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// The descriptors are there without any file, and nothing is made on disk.
func TestDescribeOnly(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	options := s.options(t)
	options.DescribeOnly = true
	backend, err := batch.Adapter{}.Open(t.Context(), parse(t, settings), options)
	if err != nil {
		t.Fatal(err)
	}
	defer closeBackend(t, backend)
	if got := len(backend.Services()[0].Methods); got != 9 {
		t.Errorf("%d methods, want 9", got)
	}
	if err := backend.(adapters.Checker).Check(t.Context()); err != nil {
		t.Errorf("Check: %v", err)
	}
	entries, err := os.ReadDir(s.data)
	if err != nil || len(entries) != 0 {
		t.Errorf("the data directory holds %v (%v), want nothing", entries, err)
	}
}

// A crash between the new snapshot and its entry in the store leaves the snapshot in force, and the file is read once more.
func TestCrashWhileIngesting(t *testing.T) {
	t.Parallel()
	for step := range 4 {
		t.Run(fmt.Sprint(step), func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			crashing := newCrashingStore(s)
			crashing.left.Store(int64(step))
			s.write(t, "in/CLAIMS.1", extractOf("20261120", manyClaims(30)...))
			backend := s.open(t, settings)
			if err := tryDrain(t.Context(), backend); err != nil && status.Code(err) != codes.Internal {
				t.Fatal(err)
			}
			closeBackend(t, backend)
			if err := os.WriteFile(filepath.Join(s.data, "snapshots", "claims", "0000000009.snapshot.1.part"), []byte("cut"), 0o600); err != nil {
				t.Fatal(err)
			}
			crashing.left.Store(1 << 30)
			backend = s.open(t, settings)
			drain(t, backend)
			if refs, _ := list(t, backend, `{}`); len(refs) != 30 {
				t.Errorf("%d records, want 30", len(refs))
			}
			entries, err := os.ReadDir(filepath.Join(s.data, "snapshots", "claims"))
			if err != nil || len(entries) != 1 {
				t.Errorf("the directory of snapshots holds %v (%v), want one file", entries, err)
			}
		})
	}
}

func BenchmarkGet(b *testing.B) {
	s := newSite(b)
	s.write(b, "in/CLAIMS.1", extractOf("20261120", manyClaims(20_000)...))
	backend := s.open(b, settings)
	drain(b, backend)
	get := backend.Services()[0].Methods[0]
	request := dynamicpb.NewMessage(backend.Services()[0].Descriptor.Methods().ByName(get.Name).Input())
	request.Set(request.Descriptor().Fields().ByName("claim_ref"), protoreflect.ValueOfString("CL012345"))
	ctx := adapters.WithReply(b.Context(), &adapters.Reply{})
	b.ReportAllocs()
	for b.Loop() {
		if _, err := get.Unary(ctx, request); err != nil {
			b.Fatal(err)
		}
	}
}
