package main

import (
	"strings"
	"testing"
)

func TestPercentFor(t *testing.T) {
	t.Parallel()
	for live, want := range map[uint64]int{0: 4800, 1 << 20: 4800, 10 << 20: 450, 32 << 20: 150, 50 << 20: 100, 64 << 20: 100, 1 << 40: 100} {
		if got := percentFor(live); got != want {
			t.Errorf("with %d bytes: %d, want %d", live, got, want)
		}
	}
}

// TestPace looks at the setting of a gateway that serves, which is not Go's own.
func TestPace(t *testing.T) {
	t.Parallel()
	served := start(t, "serve", t.TempDir())
	eventually(t, "the pace of collection", func() bool {
		_, setting, found := strings.Cut(get(t, "http://"+served.admin+"/metrics").body, "\ngo_gc_gogc_percent ")
		setting, _, _ = strings.Cut(setting, "\n")
		return found && setting != "100"
	})
}
