package database

import (
	"slices"
	"sync"
	"sync/atomic"

	"github.com/postern-gateway/postern/adapters/database/dialect"
	"github.com/postern-gateway/postern/adapters/database/filter"
	"github.com/postern-gateway/postern/adapters/listing"
)

// A selection is what is read of a row.
type selection struct {
	// record are the fields that are told.
	record *record
	// columns are those of the record, and behind them those that relations start from.
	columns []*dialect.Column
	// partial is true if fields are left out.
	partial bool
}

// selection returns what a request asks for by `fields` and `expand`.
func (r *resource) selection(fields string, relations []*relation) (*selection, error) {
	masked, err := listing.ParseMask(fields, r.field)
	if err != nil {
		return nil, listing.Invalid("fields", err.Error())
	}
	out := &selection{record: r.record, columns: r.columns, partial: masked != nil}
	if masked != nil {
		out.record = &record{table: r.table}
		for _, f := range r.record.fields {
			if slices.Contains(masked, f.listed) {
				out.record.fields = append(out.record.fields, f)
			}
		}
		out.columns = out.record.columns()
	}
	for _, relation := range relations {
		for _, column := range relation.own {
			if !slices.Contains(out.columns, column) {
				out.columns = append(slices.Clip(out.columns), column)
			}
		}
	}
	return out, nil
}

// A plan is what lists of the same order, fields and relations have in common.
type plan struct {
	selection *selection
	relations []*relation
	order     []sorting
	total     bool // the order tells any two rows apart
	// columns are those of the selection, and behind them the ordering values.
	columns []*dialect.Column
	// texts are the statements without a filter.
	texts bounded[textKey, string]
}

type (
	planKey struct{ order, fields, expand string }
	textKey struct {
		size  int
		first bool
	}
)

// plans are those made so far.
type plans struct{ made bounded[planKey, *plan] }

func (p *plans) get(key planKey, r *resource) (*plan, error) {
	if made, ok := p.made.get(key); ok {
		return made, nil
	}
	made := &plan{}
	var err error
	if made.relations, err = r.expanded(key.expand); err != nil {
		return nil, err
	}
	if made.selection, err = r.selection(key.fields, made.relations); err != nil {
		return nil, err
	}
	if made.order, made.total, err = r.sort(key.order); err != nil {
		return nil, listing.Invalid("orderBy", err.Error())
	}
	made.columns = slices.Clone(made.selection.columns)
	if made.total {
		for range made.order {
			made.columns = append(made.columns, cursorColumn)
		}
	}
	p.made.put(key, made)
	return made, nil
}

var (
	cursorColumn  = &dialect.Column{Name: "ordering value", Kind: dialect.Cursor}
	countedColumn = &dialect.Column{Name: "count", Kind: dialect.Int64}
)

// statement selects one row more than the page has, so that it is known whether there is a next. Behind the columns stand the ordering
// values.
func (c *listCall) statement(wanted *page) dialect.Statement {
	statement := dialect.Statement{Columns: wanted.columns, Label: c.labelled("SELECT")}
	key := textKey{wanted.size, wanted.first}
	// Where the text does not depend on values, it is made once.
	fixed := wanted.filter == nil && wanted.total && (wanted.first || c.syntax.RowValues && rowwise(wanted.order))
	if fixed {
		if text, ok := wanted.texts.get(key); ok {
			statement.Text, statement.Arguments = text, wanted.arguments()
			return statement
		}
	}
	builder := dialect.NewBuilder(c.syntax)
	builder.SQL("SELECT ")
	if c.syntax.Skip != nil && wanted.start.Skip > 0 {
		builder.SQL(dialect.Fragment(c.syntax.Skip(wanted.start.Skip)), " ")
	}
	builder.Outputs(wanted.selection.columns)
	if wanted.total {
		for _, by := range wanted.order {
			builder.SQL(", ", builder.Output(cursorColumn, by.expression))
		}
	}
	builder.SQL(" FROM ").Table(c.table)
	joint := c.where(builder, wanted)
	if !wanted.first && wanted.total {
		builder.SQL(joint, "(", behind(builder, wanted.order, wanted.start.After), ")")
	}
	orderBy(builder, wanted.order)
	if len(wanted.order) == 0 && c.syntax.NoOrder != "" {
		builder.SQL(" ORDER BY ", dialect.Fragment(c.syntax.NoOrder))
	}
	builder.SQL(" ").Page(int64(wanted.size)+1, wanted.start.Skip)
	statement.Text, statement.Arguments = builder.Text(), builder.Arguments()
	if fixed {
		wanted.texts.put(key, statement.Text)
	}
	return statement
}

// arguments are those of a statement without a filter: of the owner, and of the row that the page comes behind.
func (p *page) arguments() []dialect.Argument {
	arguments := slices.Clone(p.owned)
	for _, value := range p.start.After {
		arguments = append(arguments, dialect.Argument{Kind: dialect.Cursor, Value: string(value)})
	}
	return arguments
}

// counting counts the rows that the pages have together.
func (c *listCall) counting(wanted *page) dialect.Statement {
	builder := dialect.NewBuilder(c.syntax)
	builder.SQL("SELECT ", builder.Output(countedColumn, "COUNT(*)"), " FROM ").Table(c.table)
	c.where(builder, wanted)
	return dialect.Statement{Text: builder.Text(), Arguments: builder.Arguments(), Columns: []*dialect.Column{countedColumn}, Label: c.labelled("SELECT")}
}

// where adds the conditions on the rows of all pages, and returns what joins another one.
func (c *listCall) where(builder *dialect.Builder, wanted *page) (joint dialect.Fragment) {
	joint = " WHERE "
	if c.owner != nil {
		for i, column := range c.owner.columns {
			builder.SQL(joint, builder.Compared(column), " = ", builder.ComparedParameter(column, wanted.owned[i].Value))
			joint = " AND "
		}
	}
	if wanted.filter != nil {
		builder.SQL(joint, "(", filter.Compile(builder, wanted.filter), ")")
		joint = " AND "
	}
	return joint
}

// maxKept is how many things a bounded keeps.
const maxKept = 128

// A bounded keeps things that are cheaper to keep than to make, up to [maxKept] of them: callers choose the keys.
type bounded[K comparable, V any] struct {
	kept  sync.Map
	count atomic.Int64
}

func (b *bounded[K, V]) get(key K) (V, bool) {
	if found, ok := b.kept.Load(key); ok {
		return found.(V), true //nolint:forcetypeassert // put stores nothing else
	}
	var none V
	return none, false
}

func (b *bounded[K, V]) put(key K, value V) {
	if b.count.Add(1) <= maxKept {
		b.kept.Store(key, value)
	}
}
