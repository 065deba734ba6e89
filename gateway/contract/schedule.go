package contract

import "slices"

// A schedule is how far one run of a graph has come. It belongs to the goroutine of the run.
type schedule struct {
	graph   *graph
	waiting []int // for each part, how many it still waits for
	ready   []int // what can start, in order
	running int   // goroutines
	ended   chan int
}

func newSchedule(g *graph) *schedule {
	s := &schedule{graph: g, waiting: make([]int, len(g.waits))}
	for part, waits := range g.waits {
		s.waiting[part] = len(waits)
		if len(waits) == 0 {
			s.ready = append(s.ready, part)
		}
	}
	return s
}

// take returns the next part that can start.
func (s *schedule) take() (part int, ok bool) {
	if len(s.ready) == 0 {
		return 0, false
	}
	part, s.ready = s.ready[0], s.ready[1:]
	return part, true
}

// idle reports whether nothing runs, and nothing else can start.
func (s *schedule) idle() bool { return s.running == 0 && len(s.ready) == 0 }

// spawn runs a part in a goroutine.
func (s *schedule) spawn(part int, work func()) {
	if s.ended == nil {
		s.ended = make(chan int, len(s.waiting)) // so that no goroutine ever waits to end
	}
	s.running++
	go func() {
		work()
		s.ended <- part
	}()
}

// wait waits for a goroutine to end, and returns its part.
func (s *schedule) wait() int {
	part := <-s.ended
	s.running--
	return part
}

// end notes that a part has ended, so that others may start: rules before steps, as they are numbered.
func (s *schedule) end(part int) {
	for _, next := range s.graph.next[part] {
		if s.waiting[next]--; s.waiting[next] == 0 {
			s.ready = append(s.ready, next)
		}
	}
	slices.Sort(s.ready)
}
