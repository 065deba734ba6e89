package batch

import (
	"bytes"
	"slices"

	"github.com/postern-gateway/postern/adapters/batch/record"
	"github.com/postern-gateway/postern/adapters/batch/snapshot"
	"github.com/postern-gateway/postern/adapters/listing"
)

// A column is a field that an index orders records by.
type column struct {
	field *record.Field
	width int
}

// A sorting is one field of an order.
type sorting struct {
	*column
	down bool
}

// A bound is what a filter says of the keys of a column: from low to high, both included. nil is no limit.
type bound struct{ low, high []byte }

// fixed reports whether there is one key only.
func (b *bound) fixed() bool { return b != nil && b.low != nil && bytes.Equal(b.low, b.high) }

// bounds finds what must hold of columns wherever the expression does. It need not find all: each record is held against the whole filter.
func (r *reader) bounds(expression listing.Expression, out map[*column]*bound) {
	switch e := expression.(type) {
	case listing.All:
		for _, part := range e {
			r.bounds(part, out)
		}
	case listing.Comparison:
		c := r.column(fieldOf(e.Field))
		if c == nil {
			return
		}
		found := r.bound(c, e)
		if before := out[c]; before != nil {
			if found.low == nil || before.low != nil && bytes.Compare(before.low, found.low) > 0 {
				found.low = before.low
			}
			if found.high == nil || before.high != nil && bytes.Compare(before.high, found.high) < 0 {
				found.high = before.high
			}
		}
		out[c] = &found
	}
}

// bound is what a comparison says of the keys. Those of text are in another order than text.
func (r *reader) bound(c *column, e listing.Comparison) bound {
	text, ok := boundText(e.Value)
	if !ok {
		return bound{}
	}
	low, high, ok := r.mapping.layout.KeyBounds(c.field, text)
	ordered := c.field.Type != record.Text && c.field.Type != record.Boolean
	switch {
	case !ok:
	case e.Operator == listing.Equal:
		return bound{low, high}
	case !ordered:
	case e.Operator == listing.Less || e.Operator == listing.LessOrEqual:
		return bound{high: high}
	case e.Operator == listing.Greater || e.Operator == listing.GreaterOrEqual:
		return bound{low: low}
	}
	return bound{}
}

func (r *reader) column(f *record.Field) *column {
	for _, columns := range r.columns {
		if columns[0].field == f {
			return columns[0]
		}
	}
	for _, c := range r.columns[0] {
		if c.field == f {
			return c
		}
	}
	return nil
}

// A plan is how records are found in an index: a run of its entries, and which levels of it the order follows.
type plan struct {
	index   int
	lo, hi  int
	ends    []int
	down    []bool
	ordered bool
}

// pickCost is how much cheaper it must be to look at all entries of one index and sort them than to look at all of another in order, which may end early.
const pickCost = 16

// plan finds the index that answers with the fewest entries.
func (r *reader) plan(s *snapshot.Snapshot, bounds map[*column]*bound, order []sorting) plan {
	var walked, picked plan
	for i := range r.columns {
		p := r.run(s, i, bounds)
		if i == 0 || p.size() < picked.size() {
			picked = p
		}
		p.follow(r.columns[i], bounds, order)
		better := p.size() < walked.size()
		if p.ordered != walked.ordered {
			better = p.ordered
		} else if !p.ordered && len(p.ends) != len(walked.ends) {
			better = len(p.ends) > len(walked.ends)
		}
		if i == 0 || better {
			walked = p
		}
	}
	if picked.size() <= walked.size()/pickCost {
		return picked
	}
	return walked
}

func (p *plan) size() int { return p.hi - p.lo }

// run is the run of entries of an index that bounds leave: those of columns with one key, and of the one behind.
func (r *reader) run(s *snapshot.Snapshot, i int, bounds map[*column]*bound) plan {
	var low, high []byte
	for _, c := range r.columns[i] {
		b := bounds[c]
		if b == nil {
			break
		}
		low, high = append(low, b.low...), append(high, b.high...)
		if !b.fixed() {
			break
		}
	}
	index := s.Index(i)
	lo := index.Seek(low)
	return plan{index: i, lo: lo, hi: max(lo, past(index, high))}
}

// follow finds how far the order is that of the index. A column with one key stands in no order's way.
func (p *plan) follow(columns []*column, bounds map[*column]*bound, order []sorting) {
	var wanted []sorting
	for _, by := range order {
		if !bounds[by.column].fixed() {
			wanted = append(wanted, by)
		}
	}
	end, down := 0, false
	for i, c := range columns {
		end += c.width
		switch {
		case bounds[c].fixed() || slices.Contains(columns[:i], c):
			if len(p.ends) > 0 {
				p.ends, p.down = append(p.ends, end), append(p.down, down)
			}
			continue
		case len(wanted) == 0 || wanted[0].column != c:
			p.ordered = len(wanted) == 0
			return
		}
		down = wanted[0].down
		wanted = wanted[1:]
		p.ends, p.down = append(p.ends, end), append(p.down, down)
	}
	p.ordered = len(wanted) == 0
}
