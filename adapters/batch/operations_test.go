package batch_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"cloud.google.com/go/longrunning/autogen/longrunningpb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/postern-gateway/postern/adapters"
)

// state waits until an operation is in a state, which jobs bring about.
func wantState(t *testing.T, backend adapters.Backend, name, want string) {
	t.Helper()
	deadline := time.After(20 * time.Second)
	for {
		_, metadata := operation(t, backend, name)
		if metadata["state"] == want {
			return
		}
		select {
		case <-deadline:
			t.Fatalf("state %v, want %s", metadata["state"], want)
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// listed reads the operations in a reply.
func listed(t *testing.T, reply proto.Message) (all []*longrunningpb.Operation) {
	t.Helper()
	list := reply.ProtoReflect().Get(reply.ProtoReflect().Descriptor().Fields().ByName("operations")).List()
	for i := range list.Len() {
		one := &longrunningpb.Operation{}
		data, err := proto.Marshal(list.Get(i).Message().Interface())
		if err = errors.Join(err, proto.Unmarshal(data, one)); err != nil {
			t.Fatal(err)
		}
		all = append(all, one)
	}
	return all
}

func TestListOfSubmissions(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	backend := s.open(t, settings)
	message, reply, err := call(t, backend, "BatchSubmitChanges", `{"items": [`+aChange+`, {"citizenId": "C000002", "newTown": "Nowhere"}]}`)
	if err != nil {
		t.Fatal(err)
	}
	all := listed(t, message)
	if len(all) != 2 || all[0].GetName() == all[1].GetName() || !reply.Accepted {
		t.Fatalf("%d operations, accepted %v", len(all), reply.Accepted)
	}
	drain(t, backend)
	for i, one := range all {
		if _, metadata := operation(t, backend, one.GetName()); metadata["position"] != int32(i+1) || metadata["file"] != "CHG.0001" || metadata["kind"] != "changes" {
			t.Errorf("metadata %v, want position %d", metadata, i+1)
		}
	}
}

func TestListWithMistakesIsRefusedWhole(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	backend := s.open(t, settings)
	_, _, err := call(t, backend, "BatchSubmitChanges", `{"items": [`+aChange+`, {"citizenId": "C000002", "newTown": "Ωmega"}, {}]}`)
	var refused *adapters.Error
	if !errors.As(err, &refused) || refused.Code != codes.InvalidArgument {
		t.Fatalf("got %v", err)
	}
	var fields []string
	for _, v := range refused.Violations {
		fields = append(fields, v.Field)
	}
	if got, want := strings.Join(fields, " "), "items[1].newTown items[2].citizenId items[2].newTown"; got != want {
		t.Errorf("violations of %q, want %q", got, want)
	}
	drain(t, backend)
	if files := s.outFiles(t); len(files) != 0 {
		t.Errorf("files %v, want none", files)
	}
}

func TestCancel(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	backend := s.open(t, settings)
	first, second := submit(t, backend, aChange), submit(t, backend, aChange)
	cancel := func(name string) (proto.Message, error) {
		message, _, err := call(t, backend, "CancelOperation", fmt.Sprintf(`{"operationId": %q}`, strings.TrimPrefix(name, "operations/")))
		return message, err
	}
	for range 2 { // the second time changes nothing
		message, err := cancel(first.GetName())
		if err != nil {
			t.Fatal(err)
		}
		if got := message.(*longrunningpb.Operation); !got.GetDone() || codes.Code(got.GetError().GetCode()) != codes.Canceled {
			t.Errorf("got %v, want it done and CANCELLED", got)
		}
	}
	drain(t, backend)
	content := s.outFiles(t)["CHG.0001"]
	if len(content) != 3*40 || !strings.Contains(content, string(ebcdic("D0000000002"))) {
		t.Errorf("the file has %d bytes, want 120 with the second submission alone", len(content))
	}
	_, err := cancel(second.GetName())
	var refused *adapters.Error
	if !errors.As(err, &refused) || refused.Code != codes.FailedPrecondition || refused.Reason != adapters.ReasonTooLate {
		t.Errorf("cancelling what is in a file: %v", err)
	}
	if _, err := cancel("operations/none-7"); status.Code(err) != codes.NotFound {
		t.Errorf("cancelling nothing: %v", err)
	}
	s.write(t, "in/ACK.1", answers("1", "OK", "2", "OK"))
	drain(t, backend)
	wantState(t, backend, first.GetName(), "CANCELLED")
	wantState(t, backend, second.GetName(), "ACKNOWLEDGED")
}

func TestListOperations(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	backend := s.open(t, settings)
	var names []string
	for range 7 {
		names = append(names, submit(t, backend, aChange).GetName())
	}
	page := func(request string) ([]string, string) {
		message, _, err := call(t, backend, "ListOperations", request)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, one := range listed(t, message) {
			got = append(got, one.GetName())
		}
		return got, message.ProtoReflect().Get(message.ProtoReflect().Descriptor().Fields().ByName("next_page_token")).String()
	}
	got, next := page(`{"pageSize": 3}`)
	drain(t, backend) // what was in the queue leaves it between the pages
	s.write(t, "in/ACK.1", answers("2", "OK", "5", "NO"))
	submit(t, backend, aChange)
	drain(t, backend)
	for next != "" {
		var more []string
		more, next = page(fmt.Sprintf(`{"pageSize": 3, "pageToken": %q}`, next))
		got = append(got, more...)
	}
	if len(got) != 8 || strings.Join(got[:7], " ") != strings.Join(names, " ") {
		t.Errorf("pages hold %v, want %v and one more", got, names)
	}
	for filter, want := range map[string]string{
		`state = "ACKNOWLEDGED"`:                                   names[1],
		`done AND NOT state = "ACKNOWLEDGED"`:                      names[4],
		`state = "DELIVERED" AND file = "CHG.0003"`:                names[6],
		`kind = "changes" AND createTime < "2020-01-01T00:00:00Z"`: "",
		`state = "QUEUED"`:                                         "",
	} {
		got, _ := page(fmt.Sprintf(`{"filter": %q}`, filter))
		if filter == `state = "DELIVERED" AND file = "CHG.0003"` && len(got) > 0 {
			got = got[:1]
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: %v, want %s", filter, got, want)
		}
	}
	for _, request := range []string{`{"filter": "colour = 1"}`, `{"pageToken": "x"}`} {
		if _, _, err := call(t, backend, "ListOperations", request); status.Code(err) != codes.InvalidArgument {
			t.Errorf("%s: %v, want INVALID_ARGUMENT", request, err)
		}
	}
}

func TestWatch(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	backend := s.open(t, settings)
	sent := submit(t, backend, aChange)
	var watch adapters.StreamHandler
	for _, m := range backend.Services()[0].Methods {
		if m.Name == "WatchOperation" {
			watch = m.Stream
		}
	}
	input := backend.Services()[0].Descriptor.Methods().ByName("WatchOperation").Input()
	request := dynamicpb.NewMessage(input)
	request.Set(input.Fields().ByName("operation_id"), protoreflect.ValueOfString(strings.TrimPrefix(sent.GetName(), "operations/")))
	var seen []string
	err := watch(t.Context(), request, func(message proto.Message) error {
		one := message.(*longrunningpb.Operation)
		state := unpack(t, backend, one.GetMetadata().GetTypeUrl(), one.GetMetadata().GetValue())["state"].(string)
		seen = append(seen, state)
		switch state {
		case "QUEUED":
			drain(t, backend)
		case "DELIVERED":
			s.write(t, "in/ACK.1", answers("1", "OK"))
			drain(t, backend)
		}
		return nil
	})
	if got := strings.Join(seen, " "); err != nil || got != "QUEUED DELIVERED ACKNOWLEDGED" {
		t.Errorf("saw %s (%v)", got, err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	waiting := submit(t, backend, aChange)
	request.Set(input.Fields().ByName("operation_id"), protoreflect.ValueOfString(strings.TrimPrefix(waiting.GetName(), "operations/")))
	if err := watch(ended, request, func(proto.Message) error { return nil }); status.Code(err) != codes.Canceled && !errors.Is(err, context.Canceled) {
		t.Errorf("a watch whose caller has gone ended with %v", err)
	}
}

func TestExpiryAndLateAnswers(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	backend := s.open(t, strings.Replace(settings, "    cut: {count: 3", "    expire_after: 1s\n    cut: {count: 3", 1))
	first, second := submit(t, backend, aChange), submit(t, backend, aChange)
	drain(t, backend)
	s.write(t, "in/ACK.1", answers("1", "OK"))
	drain(t, backend)
	wantState(t, backend, second.GetName(), "EXPIRED")
	wantState(t, backend, first.GetName(), "ACKNOWLEDGED")
	s.write(t, "in/ACK.2", answers("2", "OK"))
	drain(t, backend)
	got, metadata := operation(t, backend, second.GetName())
	if metadata["state"] != "EXPIRED" || metadata["late_code"] != "OK" || codes.Code(got.GetError().GetCode()) != codes.DeadlineExceeded {
		t.Errorf("metadata %v, error %v; want EXPIRED with the late OK", metadata, got.GetError())
	}
}

// What has ended is forgotten after its time, and what is open is not.
func TestOldOperationsAreForgotten(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	backend := s.open(t, strings.Replace(settings, "    cut: {count: 3", "    keep: 1s\n    cut: {count: 1", 1))
	first, second := submit(t, backend, aChange), submit(t, backend, aChange)
	drain(t, backend)
	s.write(t, "in/ACK.1", answers("1", "OK"))
	drain(t, backend)
	deadline := time.After(20 * time.Second)
	for {
		_, _, err := call(t, backend, "GetOperation", fmt.Sprintf(`{"operationId": %q}`, strings.TrimPrefix(first.GetName(), "operations/")))
		if status.Code(err) == codes.NotFound {
			break
		}
		select {
		case <-deadline:
			t.Fatalf("the operation is still there: %v", err)
		case <-time.After(20 * time.Millisecond):
		}
	}
	wantState(t, backend, second.GetName(), "DELIVERED")
}

func TestAnswersByPlace(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	copybook := "       01 PLACE-ANSWER.\n          05 REC-TYPE PIC X.\n          05 FILE-NO PIC 9(4).\n          05 PLACE PIC 9(5).\n          05 RESULT PIC XX.\n"
	s.write(t, "places.cpy", []byte(copybook))
	by := strings.Replace(settings, "layout: {copybook: changes.cpy, record: CHANGE-ANSWER, record_length: 40}", "layout: {copybook: places.cpy}", 1)
	by = strings.Replace(by, "      reference: CHANGE-REF\n      code", "      sequence: FILE-NO\n      position: PLACE\n      code", 1)
	backend := s.open(t, by)
	var names []string
	for range 5 {
		names = append(names, submit(t, backend, aChange).GetName())
	}
	drain(t, backend)
	s.write(t, "in/ACK.1", ebcdic("D000200001OK"+"D000100003NO"+"D000100004OK"+"D000900001OK"))
	drain(t, backend)
	for i, want := range []string{"DELIVERED", "DELIVERED", "REJECTED", "ACKNOWLEDGED", "DELIVERED"} {
		if _, metadata := operation(t, backend, names[i]); metadata["state"] != want {
			t.Errorf("submission %d is %v, want %s", i+1, metadata["state"], want)
		}
	}
}

func TestFilesAreCutByBytes(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	backend := s.open(t, strings.Replace(settings, "cut: {count: 3", "cut: {count: 100, bytes: 80", 1))
	for range 4 {
		submit(t, backend, aChange)
	}
	wantFile := func(name string, records int) {
		deadline := time.After(20 * time.Second)
		for {
			content, err := os.ReadFile(filepath.Join(s.dir, "out", name))
			if err == nil {
				if len(content) != (records+2)*40 {
					t.Errorf("%s has %d bytes, want %d records, header and trailer", name, len(content), records)
				}
				return
			}
			select {
			case <-deadline:
				t.Fatalf("%s is not there", name)
			case <-time.After(5 * time.Millisecond):
			}
		}
	}
	wantFile("CHG.0001", 2)
	wantFile("CHG.0002", 2)
}

// A receiver that fails at first, and one that sends elsewhere, are tried again; what comes is signed, and the same each time.
func TestWebhook(t *testing.T) {
	t.Parallel()
	key := []byte("a key of some length, 24 bytes")
	type told struct {
		id   string
		body string
	}
	tell := make(chan told, 10)
	var calls atomic.Int64
	var server *httptest.Server
	server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		mac := hmac.New(sha256.New, key)
		fmt.Fprintf(mac, "%s.%s.%s", r.Header.Get("webhook-id"), r.Header.Get("webhook-timestamp"), body)
		if want := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil)); err != nil || r.Header.Get("webhook-signature") != want || r.URL.Path != "/told" {
			t.Errorf("%s: signature %q, want %q (%v)", r.URL.Path, r.Header.Get("webhook-signature"), want, err)
		}
		tell <- told{r.Header.Get("webhook-id"), string(body)}
		switch calls.Add(1) {
		case 1:
			w.WriteHeader(http.StatusServiceUnavailable)
		case 2:
			http.Redirect(w, r, server.URL+"/elsewhere", http.StatusTemporaryRedirect)
		}
	}))
	t.Cleanup(server.Close)
	s := newSite(t)
	s.write(t, "secret", []byte("whsec_"+base64.StdEncoding.EncodeToString(key)))
	backend := s.open(t, strings.Replace(settings, "    cut: {count: 3", fmt.Sprintf("    webhook: {url: %q, secret: {file: secret}}\n    cut: {count: 3", server.URL+"/told"), 1))
	sent := submit(t, backend, aChange)
	drain(t, backend)
	s.write(t, "in/ACK.1", answers("1", "NO"))
	drain(t, backend)
	first := <-tell
	for range 2 {
		if again := <-tell; again != first {
			t.Errorf("told %v, and then %v", first, again)
		}
	}
	if "operations/"+first.id != sent.GetName() {
		t.Errorf("the id is %s, want that of %s", first.id, sent.GetName())
	}
	got, _ := operation(t, backend, sent.GetName())
	var body map[string]any
	if err := json.Unmarshal([]byte(first.body), &body); err != nil {
		t.Fatal(err)
	}
	failure, _ := body["error"].(map[string]any)
	metadata, _ := body["metadata"].(map[string]any)
	if body["name"] != got.GetName() || body["done"] != true || failure["message"] != "The town is not known." || metadata["state"] != "REJECTED" {
		t.Errorf("the body is %s", first.body)
	}
	closeBackend(t, backend)
	if n := calls.Load(); n != 3 {
		t.Errorf("called %d times, want 3", n)
	}
}
