package main

import (
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// A full disk, for which stands a limit on the files that the gateway may write: an extract is not read, and what was served before stays; submissions are refused and not half taken; and once there is
// room again, everything goes on without a restart, with nothing lost and nothing twice.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	dir := newParts(t)
	out, in := t.TempDir(), t.TempDir()
	mail := fmt.Sprintf(lettersBackend, out, in, 100, "0.05s")
	for name, content := range map[string]string{"mail.yaml": mail, "letters.cpy": lettersCopybook} {
		if err := os.WriteFile(filepath.Join(dir, "backends", name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	gateway := startIn(t, dir, "serve", ".")
	base := "http://" + gateway.rest
	eventually(t, "the file is served", func() bool { return get(t, base+"/stock/v1/parts/3").status == http.StatusOK })
	letter := func(body string) answer {
		return send(t, http.MethodPost, base+"/mail/v1/letters", fmt.Sprintf(`{"body": %q}`, body))
	}
	if first := letter("before"); first.status != http.StatusAccepted {
		t.Fatalf("a letter is answered %d %s", first.status, first.body)
	}
	taken := func() string {
		t.Helper()
		all := ""
		files, err := filepath.Glob(filepath.Join(out, "LETTERS.*"))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			content, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			all += string(content)
		}
		return all
	}
	eventually(t, "the letter is delivered", func() bool { return strings.Contains(taken(), "before") })

	limit := func(bytes uint64) {
		t.Helper()
		if err := unix.Prlimit(gateway.pid, unix.RLIMIT_FSIZE, &unix.Rlimit{Cur: bytes, Max: unix.RLIM_INFINITY}, nil); err != nil {
			t.Fatal(err)
		}
	}
	limit(0)
	putParts(t, dir, "PARTS.2", "id,name,price\n7,Screw,0.07\n")
	refused := letter("refused")
	if refused.status < http.StatusInternalServerError || strings.Contains(refused.body, dir) || strings.Contains(strings.ToLower(refused.body), "sqlite") {
		t.Errorf("a letter on a full disk is answered %d %s", refused.status, refused.body)
	}
	eventually(t, "the fault is told", func() bool {
		return strings.Contains(get(t, "http://"+gateway.admin+"/admin/v1/backends/stock/extracts").body, "file too large")
	})
	if old := get(t, base+"/stock/v1/parts/3"); old.status != http.StatusOK || old.at("name") != "Washer" {
		t.Errorf("what was served before is answered %d %s", old.status, old.body)
	}

	limit(unix.RLIM_INFINITY)
	eventually(t, "the extract is read", func() bool { return get(t, base+"/stock/v1/parts/7").status == http.StatusOK })
	eventually(t, "letters are taken again", func() bool { return letter("after").status == http.StatusAccepted })
	eventually(t, "the letter is delivered", func() bool { return strings.Contains(taken(), "after") })
	if all := taken(); strings.Count(all, "before") != 1 || strings.Contains(all, "refused") {
		t.Errorf("the outbox has %q", all)
	}

	// The disk fills up at one moment after another on the way of a letter: before it is cut into a file, while that is written, and once it is.
	const moments = 12
	body := func(i int) string { return fmt.Sprintf("moment %02d", i) }
	for i := range moments {
		if sent := letter(body(i)); sent.status != http.StatusAccepted {
			t.Fatalf("a letter is answered %d %s", sent.status, sent.body)
		}
		<-time.After(time.Duration(i) * 10 * time.Millisecond)
		limit(0)
		<-time.After(100 * time.Millisecond)
		limit(unix.RLIM_INFINITY)
	}
	for i := range moments {
		eventually(t, body(i)+" is delivered", func() bool { return strings.Contains(taken(), body(i)) })
	}
	for i, all := 0, taken(); i < moments; i++ {
		if n := strings.Count(all, body(i)); n != 1 {
			t.Errorf("%s is delivered %d times", body(i), n)
		}
	}
	err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if strings.HasSuffix(path, ".part") {
			t.Errorf("an unfinished snapshot is left: %s", path)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}
