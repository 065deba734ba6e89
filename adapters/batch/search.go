package batch

import (
	"context"
	"errors"
	"runtime"
	"sync"

	"github.com/postern-gateway/postern/adapters/batch/snapshot"
)

const (
	// searchFirst is how many entries are looked at first, since a page may be full soon. Each turn takes four times as many as the one before, until from
	// searchBlock on there are several goroutines with so many each.
	searchFirst, searchBlock = 128, 8192
	// searchers is how many goroutines look at most.
	searchers = 4
)

// A search finds the records of a run of entries that match a filter. It is for one goroutine, and starts others where there is much to look at.
type search struct {
	snapshot *snapshot.Snapshot
	index    *snapshot.Index
	// matches are the filter at work, one for each goroutine; nil if every record matches.
	matches []*match
}

func newSearch(s *snapshot.Snapshot, index int, m *matcher, decoders func() decoder) *search {
	out := &search{snapshot: s, index: s.Index(index)}
	if m != nil {
		for range max(1, min(searchers, runtime.GOMAXPROCS(0))) {
			out.matches = append(out.matches, m.start(decoders()))
		}
	}
	return out
}

// A visitor takes the record of an entry. It returns false when it has enough.
type visitor func(entry int, data []byte) (bool, error)

// each visits the matching entries from lo to before hi, in order or backwards. It returns false if the visitor had enough.
func (s *search) each(ctx context.Context, lo, hi int, backwards bool, visit visitor) (bool, error) {
	size := searchFirst
	for lo < hi {
		if err := ctx.Err(); err != nil {
			return false, err
		}
		var blocks [][2]int
		for range max(1, len(s.matches)) {
			if lo == hi || len(blocks) > 0 && size < searchBlock {
				break
			}
			n := min(size, hi-lo)
			if backwards {
				blocks, hi = append(blocks, [2]int{hi - n, hi}), hi-n
			} else {
				blocks, lo = append(blocks, [2]int{lo, lo + n}), lo+n
			}
		}
		found, err := s.blocks(blocks, backwards)
		if err != nil {
			return false, err
		}
		for i, entries := range found {
			if more, err := s.visit(blocks[i], entries, backwards, visit); !more || err != nil {
				return false, err
			}
		}
		size = min(4*size, searchBlock)
	}
	return true, nil
}

// visit visits entries; of a search without a filter, all of the block.
func (s *search) visit(block [2]int, entries []int32, backwards bool, visit visitor) (bool, error) {
	count := len(entries)
	if s.matches == nil {
		count = block[1] - block[0]
	}
	for i := range count {
		entry := block[0] + i
		switch {
		case s.matches != nil:
			entry = block[0] + int(entries[i])
		case backwards:
			entry = block[1] - 1 - i
		}
		_, ordinal := s.index.Entry(entry)
		if more, err := visit(entry, s.snapshot.Record(ordinal)); !more || err != nil {
			return false, err
		}
	}
	return true, nil
}

// blocks finds what matches in each block, as numbers from the block's beginning. All blocks but the first are another goroutine's.
func (s *search) blocks(blocks [][2]int, backwards bool) ([][]int32, error) {
	found, failures := make([][]int32, len(blocks)), make([]error, len(blocks))
	if s.matches == nil {
		return found, nil
	}
	var group sync.WaitGroup
	for i := 1; i < len(blocks); i++ {
		group.Go(func() { found[i], failures[i] = s.block(s.matches[i], blocks[i], backwards) })
	}
	found[0], failures[0] = s.block(s.matches[0], blocks[0], backwards)
	group.Wait()
	return found, errors.Join(failures...)
}

func (s *search) block(m *match, block [2]int, backwards bool) ([]int32, error) {
	var found []int32
	for i := range block[1] - block[0] {
		if backwards {
			i = block[1] - block[0] - 1 - i
		}
		_, ordinal := s.index.Entry(block[0] + i)
		fits, err := m.matches(s.snapshot.Record(ordinal))
		if err != nil {
			return nil, err
		}
		if fits {
			found = append(found, int32(i))
		}
	}
	return found, nil
}

// count counts the matching entries from lo to before hi.
func (s *search) count(ctx context.Context, lo, hi int) (int64, error) {
	if s.matches == nil {
		return int64(hi - lo), nil
	}
	var count int64
	_, err := s.each(ctx, lo, hi, false, func(int, []byte) (bool, error) {
		count++
		return true, nil
	})
	return count, err
}
