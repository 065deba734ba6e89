package main

import (
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync/atomic"
)

const (
	// headroom is how much the heap may grow, at least, before it is collected again, in bytes. An estate of common size is some 10 MB, so that Go's own
	// setting collects after every few hundred requests: by the profile, that takes some 8 % of the processor time of small requests.
	headroom = 48 << 20
	// defaultPercent is Go's own setting: the heap may double.
	defaultPercent = 100
	// liveBytes is what the last collection left (package runtime/metrics).
	liveBytes = "/gc/heap/live:bytes"
)

// A pacer lets the heap grow by headroom, or to twice its size if that is more. It looks anew after each collection.
type pacer struct {
	percent int
	stopped atomic.Bool
}

// paceCollection lets a pacer decide when the heap is collected, until stop. Where GOGC is set it decides nothing; GOMEMLIMIT holds in any case.
func paceCollection() (stop func()) {
	if os.Getenv("GOGC") != "" {
		return func() {}
	}
	p := &pacer{percent: defaultPercent}
	p.await()
	runtime.GC() // so that what counts is what is left of opening
	return func() { p.stopped.Store(true) }
}

// await has the pacer look after the next collection, which is when something that nobody holds goes away.
func (p *pacer) await() {
	unheld := &struct{ p *pacer }{p} // with a pointer, since objects without may share memory that is held
	runtime.AddCleanup(unheld, (*pacer).adjust, p)
}

// adjust sets how far the heap may grow, and waits for the next collection.
func (p *pacer) adjust() {
	if p.stopped.Load() {
		debug.SetGCPercent(defaultPercent)
		return
	}
	sample := []metrics.Sample{{Name: liveBytes}}
	metrics.Read(sample)
	if wanted := percentFor(sample[0].Value.Uint64()); wanted != p.percent {
		p.percent = wanted
		debug.SetGCPercent(wanted)
	}
	p.await()
}

// percentFor is the setting for so many live bytes, in steps of 50 lest it changes all the time.
func percentFor(live uint64) int {
	const step = 50
	wanted := headroom * 100 / max(live, 1<<20)
	return max(defaultPercent, int(wanted/step*step)) //nolint:gosec // it is 4800 at most
}
