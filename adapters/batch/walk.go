package batch

import (
	"bytes"
	"cmp"
	"container/heap"
	"context"
	"slices"
	"sort"

	"github.com/postern-gateway/postern/adapters/batch/snapshot"
)

// A walk visits matching records in an order, flat in memory. The order's first fields are those of an index, whose entries are walked; where the order goes on
// otherwise, the records that are equal so far are looked at together, and the first of them picked.
type walk struct {
	*search
	// ends is how many bytes of an entry the fields have together, up to each level, and down whether a level is walked backwards.
	ends []int
	down []bool
	// ordered is true if the levels are the whole order.
	ordered bool
	// sortKey appends what compares as records do in the whole order.
	sortKey func(to, data []byte) ([]byte, error)
	// batch is how many records are picked at once.
	batch int
	visit func(data []byte) (bool, error)
	// behind, where it is not nil, is the sort key of the record that the walk begins behind.
	behind []byte
}

// run visits the entries from lo to before hi that come behind an entry's key, or all if that is nil. It returns false if the visitor had enough.
func (w *walk) run(ctx context.Context, level, lo, hi int, behind []byte) (bool, error) {
	switch {
	case lo >= hi:
		return true, nil
	case level == len(w.ends) && !w.ordered:
		return w.pick(ctx, lo, hi)
	case w.ordered && !slices.ContainsFunc(w.down[level:], func(down bool) bool { return down != w.down[level] }):
		return w.straight(ctx, lo, hi, behind, level < len(w.down) && w.down[level])
	case w.down[level]:
		return w.groupsDown(ctx, level, lo, hi, behind)
	default:
		return w.groupsUp(ctx, level, lo, hi, behind)
	}
}

// straight walks entries one by one.
func (w *walk) straight(ctx context.Context, lo, hi int, behind []byte, down bool) (bool, error) {
	switch {
	case behind != nil && down:
		hi = min(hi, w.index.Seek(behind))
	case behind != nil:
		lo = max(lo, past(w.index, behind))
	}
	return w.each(ctx, lo, hi, down, func(_ int, data []byte) (bool, error) { return w.visit(data) })
}

// groupsUp walks the groups of entries that are equal up to a level.
func (w *walk) groupsUp(ctx context.Context, level, lo, hi int, behind []byte) (bool, error) {
	if behind != nil {
		lo = max(lo, w.index.Seek(behind[:w.ends[level]]))
	}
	for lo < hi {
		if err := ctx.Err(); err != nil {
			return false, err
		}
		key, _ := w.index.Entry(lo)
		group := key[:w.ends[level]]
		end := min(hi, past(w.index, group))
		if more, err := w.run(ctx, level+1, lo, end, within(behind, group)); !more || err != nil {
			return false, err
		}
		lo = end
	}
	return true, nil
}

// groupsDown is groupsUp from the last group to the first.
func (w *walk) groupsDown(ctx context.Context, level, lo, hi int, behind []byte) (bool, error) {
	if behind != nil {
		hi = min(hi, past(w.index, behind[:w.ends[level]]))
	}
	for lo < hi {
		if err := ctx.Err(); err != nil {
			return false, err
		}
		key, _ := w.index.Entry(hi - 1)
		group := key[:w.ends[level]]
		start := max(lo, w.index.Seek(group))
		if more, err := w.run(ctx, level+1, start, hi, within(behind, group)); !more || err != nil {
			return false, err
		}
		hi = start
	}
	return true, nil
}

// within is the key to begin behind in a group: none in groups that do not have it.
func within(behind, group []byte) []byte {
	if !bytes.HasPrefix(behind, group) {
		return nil
	}
	return behind
}

// past returns the number of the first entry whose key begins with something greater.
func past(index *snapshot.Index, prefix []byte) int {
	return sort.Search(index.Len(), func(i int) bool {
		key, _ := index.Entry(i)
		return bytes.Compare(key[:min(len(prefix), len(key))], prefix) > 0
	})
}

// pick visits the matching records of entries in the whole order, a batch at a time.
func (w *walk) pick(ctx context.Context, lo, hi int) (bool, error) {
	for {
		picked, err := w.first(ctx, lo, hi)
		if err != nil {
			return false, err
		}
		for _, p := range picked {
			if more, err := w.visit(p.data); !more || err != nil {
				return false, err
			}
			w.behind = p.key
		}
		if len(picked) < w.batch {
			return true, nil
		}
	}
}

// first returns the first records of the whole order that come behind w.behind.
func (w *walk) first(ctx context.Context, lo, hi int) ([]picked, error) {
	var best picks
	var key []byte
	_, err := w.each(ctx, lo, hi, false, func(_ int, data []byte) (bool, error) {
		var err error
		if key, err = w.sortKey(key[:0], data); err != nil {
			return false, err
		}
		switch {
		case w.behind != nil && bytes.Compare(key, w.behind) <= 0:
		case len(best) < w.batch:
			heap.Push(&best, picked{bytes.Clone(key), data})
		case bytes.Compare(key, best[0].key) < 0:
			best[0] = picked{append(best[0].key[:0], key...), data}
			heap.Fix(&best, 0)
		}
		return true, nil
	})
	slices.SortFunc(best, func(a, b picked) int { return cmp.Compare(string(a.key), string(b.key)) })
	return best, err
}

// picked is a record with its sort key.
type picked struct{ key, data []byte }

// picks is a heap with the last of the order on top.
type picks []picked

func (p picks) Len() int           { return len(p) }
func (p picks) Less(i, j int) bool { return bytes.Compare(p[i].key, p[j].key) > 0 }
func (p picks) Swap(i, j int)      { p[i], p[j] = p[j], p[i] }

// Push implements [heap.Interface].
func (p *picks) Push(x any) { *p = append(*p, x.(picked)) }

// Pop implements [heap.Interface].
func (p *picks) Pop() any {
	last := (*p)[len(*p)-1]
	*p = (*p)[:len(*p)-1]
	return last
}
