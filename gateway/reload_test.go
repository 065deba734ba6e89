package gateway_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/postern-gateway/postern/adapters/memory"
)

// caller calls one path over and over, and notes every answer that is not 200, until it is stopped.
func callAllTheTime(t *testing.T, url string) (stop func() (calls int64, bad []string)) {
	t.Helper()
	var calls atomic.Int64
	var mu sync.Mutex
	var bad []string
	ctx, cancel := context.WithCancel(t.Context())
	var group sync.WaitGroup
	for range 2 {
		group.Go(func() {
			for ctx.Err() == nil {
				calls.Add(1)
				if got := request(t, "GET", url, ""); got.status != 200 {
					mu.Lock()
					bad = append(bad, got.body)
					mu.Unlock()
				}
			}
		})
	}
	return func() (int64, []string) {
		cancel()
		group.Wait()
		return calls.Load(), bad
	}
}

func TestAChangeOfABackEndDropsNoCall(t *testing.T) {
	t.Parallel()
	dir := lockedEstate(t)
	base := "http://" + serve(t, dir, memory.Adapter{}).REST()
	stop := callAllTheTime(t, base+"/shop/v1/articles/a")
	replaceIn(t, filepath.Join(dir, "backends", "items.yaml"), "title: first", "title: changed")
	eventually(t, "the changed item", func() bool {
		return request(t, "GET", base+"/items/v1/items/a", "").body == `{"id":"a","title":"changed","amount":"12"}`
	})
	if calls, bad := stop(); len(bad) > 0 || calls < 2 {
		t.Errorf("%d of %d calls were refused: %s", len(bad), calls, bad[0])
	}
	if got := request(t, "GET", base+"/shop/v1/articles/a", ""); got.body != `{"articleId":"a","name":"changed"}` {
		t.Errorf("the contract answers %s", got.body)
	}
}

// The old back end is closed only when its last call has ended, and the new one is opened only then; calls wait meanwhile.
func TestACallUnderWayEndsOnTheOldBackEnd(t *testing.T) {
	t.Parallel()
	dir := lockedEstate(t)
	system := newLegacy()
	base := "http://" + serve(t, dir, system).REST()
	old, release := holdCall(t, system, base)

	changeUnder(t, dir, base, old, release)
}

// holdCall makes a call that is under way until release is closed; its answer comes over old.
func holdCall(t *testing.T, system legacy, base string) (old chan string, release chan struct{}) {
	t.Helper()
	old, release = make(chan string, 1), make(chan struct{})
	arrived := make(chan struct{})
	system.do(func(context.Context) error {
		close(arrived)
		<-release
		return nil
	})
	go func() { old <- request(t, "GET", base+"/items/v1/items/a", "").body }()
	<-arrived
	system.call.Store(nil)
	return old, release
}

// changeUnder changes the back end of a call under way. That call ends on the old one, and a later one waits for the new.
func changeUnder(t *testing.T, dir, base string, old chan string, release chan struct{}) {
	t.Helper()
	replaceIn(t, filepath.Join(dir, "backends", "items.yaml"), "title: first", "title: changed")
	// The new binding is in force as soon as calls go to the new generation; the back end is not there yet.
	replaceIn(t, filepath.Join(dir, "apis", "shop", "v1", "binding.yaml"), "an offer", "a new offer")
	eventually(t, "the new binding", func() bool {
		return strings.Contains(request(t, "GET", base+"/shop/v1/offers/x", "").body, "a new offer")
	})
	later := make(chan string, 1)
	go func() { later <- request(t, "GET", base+"/items/v1/items/a", "").body }()
	select {
	case answer := <-later:
		t.Errorf("a call was answered before the old back end was closed: %s", answer)
	case <-time.After(100 * time.Millisecond): // long enough for one that does not wait
	}
	close(release)
	if answer := <-old; !strings.Contains(answer, "first") {
		t.Errorf("the call under way was answered with %s", answer)
	}
	if answer := <-later; !strings.Contains(answer, "changed") {
		t.Errorf("the call that waited was answered with %s", answer)
	}
}

// A call stays with the generation that it entered. Its back end is not closed under it, however many generations have followed.
func TestACallOutlivesSeveralChanges(t *testing.T) {
	t.Parallel()
	dir := lockedEstate(t)
	system := newLegacy()
	base := "http://" + serve(t, dir, system).REST()
	old, release := holdCall(t, system, base)

	writeFile(t, filepath.Join(dir, "backends", "more.yaml"), "kind: memory\npublish: {}\nitems: [{id: m, title: more}]\n")
	eventually(t, "a change beside the call", func() bool { return request(t, "GET", base+"/more/v1/items/m", "").status == 200 })
	changeUnder(t, dir, base, old, release)
}

func TestADirectoryThatGoesAndComesBackIsSeen(t *testing.T) {
	t.Parallel()
	dir := lockedEstate(t)
	logs := &safeBuffer{}
	base := "http://" + serveLogging(t, logs, dir, memory.Adapter{}).REST()
	aside := filepath.Join(t.TempDir(), "aside")
	rename(t, dir, aside)
	eventually(t, "a word in the log", func() bool { return strings.Contains(logs.String(), "the change is not in force") })
	if got := request(t, "GET", base+"/items/v1/items/a", ""); got.status != 200 {
		t.Errorf("without a directory: %d %s", got.status, got.body)
	}
	rename(t, aside, dir)
	replaceIn(t, filepath.Join(dir, "backends", "items.yaml"), "title: first", "title: again")
	eventually(t, "the directory that is back", func() bool { return strings.Contains(request(t, "GET", base+"/items/v1/items/a", "").body, "again") })

	// A folder that another one of the same content takes the place of is watched like the first.
	backends := filepath.Join(dir, "backends")
	rename(t, backends, filepath.Join(aside+"-backends"))
	copyEstate(t, aside+"-backends", backends)
	<-time.After(time.Second) // more than it takes to notice that nothing has changed
	replaceIn(t, filepath.Join(backends, "items.yaml"), "title: again", "title: anew")
	eventually(t, "the folder that is new", func() bool { return strings.Contains(request(t, "GET", base+"/items/v1/items/a", "").body, "anew") })
}

func TestWhatNeedsARestartIsSaid(t *testing.T) {
	t.Parallel()
	dir := lockedEstate(t)
	logs := &safeBuffer{}
	serveLogging(t, logs, dir, memory.Adapter{})
	writeFile(t, filepath.Join(dir, "gateway.yaml"), "listeners: {rest: '127.0.0.1:1'}\ndata_dir: elsewhere\n")
	eventually(t, "a word in the log", func() bool { return strings.Contains(logs.String(), `"settings":["listeners","data_dir"]`) })
}

func TestAMistakeChangesNothing(t *testing.T) {
	t.Parallel()
	for name, breakIt := range map[string]func(t *testing.T, dir string){
		"in a back end": func(t *testing.T, dir string) {
			replaceIn(t, filepath.Join(dir, "backends", "items.yaml"), "{id: b,", "{id: a,")
		},
		"in a binding": func(t *testing.T, dir string) {
			replaceIn(t, filepath.Join(dir, "apis", "shop", "v1", "binding.yaml"), "item.title", "item.titel")
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := lockedEstate(t)
			logs := &safeBuffer{}
			base := "http://" + serveLogging(t, logs, dir, memory.Adapter{}).REST()
			stop := callAllTheTime(t, base+"/shop/v1/articles/b")
			breakIt(t, dir)
			eventually(t, "a word in the log", func() bool { return strings.Contains(logs.String(), "the change is not in force") })
			if calls, bad := stop(); len(bad) > 0 {
				t.Errorf("%d of %d calls were refused: %s", len(bad), calls, bad[0])
			}
			if got := request(t, "GET", base+"/shop/v1/articles/b", ""); got.body != `{"articleId":"b","name":"second"}` {
				t.Errorf("answer %d %s", got.status, got.body)
			}
		})
	}
}

func TestBackEndsAndContractsComeAndGo(t *testing.T) {
	t.Parallel()
	dir := lockedEstate(t)
	served := serve(t, dir, memory.Adapter{})
	base := "http://" + served.REST()
	more := filepath.Join(dir, "backends", "more.yaml")
	writeFile(t, more, "kind: memory\npublish: {}\nitems: [{id: m, title: more}]\n")
	eventually(t, "the new back end", func() bool { return request(t, "GET", base+"/more/v1/items/m", "").status == 200 })
	if got := request(t, "GET", "http://"+served.Admin()+"/admin/v1/backends", ""); !strings.Contains(got.body, `"name":"more"`) {
		t.Errorf("/admin/v1/backends is %s", got.body)
	}
	if err := os.Remove(more); err != nil {
		t.Fatal(err)
	}
	eventually(t, "its end", func() bool { return request(t, "GET", base+"/more/v1/items/m", "").status == 404 })
	if err := os.RemoveAll(filepath.Join(dir, "apis", "shop")); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the end of the contract", func() bool { return request(t, "GET", base+"/shop/v1/articles/a", "").status == 404 })
	if got := request(t, "GET", base+"/items/v1/items/a", ""); got.status != 200 {
		t.Errorf("the back end that stays answers %d %s", got.status, got.body)
	}
}

// safeBuffer is a buffer that may be read while it is written.
type safeBuffer struct {
	mu     sync.Mutex
	buffer bytes.Buffer
}

func (b *safeBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.Write(p)
}

func (b *safeBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.String()
}
