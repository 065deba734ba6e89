package database

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/postern-gateway/postern/adapters/database/dialect"
	"github.com/postern-gateway/postern/adapters/listing"
	"github.com/postern-gateway/postern/adapters/wire"
)

const (
	// maxChildren is how many rows of a relation to many are told for each row.
	maxChildren = 100
	// maxValues is how many values one statement of a relation asks for, and maxRows how many rows by keys of several columns: engines bound the parameters of
	// a statement, and how deep an expression is.
	maxValues, maxRows = 500, 200
)

// A relation leads from the rows of a table to those of another, by a foreign key of either.
type relation struct {
	name     protoreflect.Name
	jsonName string
	number   protoreflect.FieldNumber
	target   *resource
	// own are the columns that it starts from, and other those of the target that have the same values.
	own, other []*dialect.Column
	// many is true if the foreign key is the target's. Then rows and more are fields of the message that holds the rows.
	many       bool
	rows, more protoreflect.FieldNumber
}

// expanded reads the names of an `expand`: those of relations, with commas between them.
func (r *resource) expanded(text string) ([]*relation, error) {
	if strings.TrimSpace(text) == "" {
		return nil, nil
	}
	var out []*relation
	for name := range strings.SplitSeq(text, ",") {
		name = strings.TrimSpace(name)
		index := slices.IndexFunc(r.relations, func(relation *relation) bool { return string(relation.name) == name || relation.jsonName == name })
		if index < 0 {
			return nil, listing.Invalid("expand", fmt.Sprintf("there is nothing related that is called %.64q; there is %s", name, someOf(relationNames(r.relations))))
		}
		if !slices.Contains(out, r.relations[index]) {
			out = append(out, r.relations[index])
		}
	}
	return out, nil
}

func relationNames(relations []*relation) []string {
	names := make([]string, len(relations))
	for i, relation := range relations {
		names[i] = relation.jsonName
	}
	return names
}

// An expansion gathers rows, and then what they are related to.
type expansion struct {
	related []*relatedRows
	// rows are the messages written so far, without what they are related to.
	rows [][]byte
	size int
}

// relatedRows are those of one relation.
type relatedRows struct {
	*relation
	places []int    // of the own columns in a row
	keys   []string // of each row; "" for none
	// wanted are the keys, each once, in the order in which they came, and found the rows of each.
	wanted []wantedKey
	found  map[string][][]byte
}

type wantedKey struct {
	key    string
	values []any
}

// newExpansion returns nil if there are no relations.
func newExpansion(selected *selection, relations []*relation) *expansion {
	if len(relations) == 0 {
		return nil
	}
	e := &expansion{}
	for _, relation := range relations {
		related := &relatedRows{relation: relation, found: make(map[string][][]byte)}
		for _, column := range relation.own {
			related.places = append(related.places, slices.Index(selected.columns, column))
		}
		e.related = append(e.related, related)
	}
	return e
}

// take takes a row and its message, of which it keeps a copy.
func (e *expansion) take(row []dialect.Value, message []byte) {
	e.rows = append(e.rows, bytes.Clone(message))
	e.size += len(message)
	for _, related := range e.related {
		key, values := related.key(row)
		related.keys = append(related.keys, key)
		if _, known := related.found[key]; key == "" || known {
			continue
		}
		related.found[key] = nil
		related.wanted = append(related.wanted, wantedKey{key, values})
	}
}

// key is a row's by its own columns, and the values; "" if one is NULL, which relates to nothing.
func (r *relatedRows) key(row []dialect.Value) (string, []any) {
	values := make([]any, len(r.places))
	var key []byte
	for i, place := range r.places {
		value := &row[place]
		if value.Null || value.Unreadable != nil {
			return "", nil
		}
		key = appendKey(key, r.own[i], r.other[i], value)
		values[i] = valueOf(r.own[i], value)
	}
	return string(key), values
}

// appendKey spells a value so that it is the same for both ends of a relation: the digits of a decimal and the case or blanks of a text may differ where the engine
// compares without them.
func appendKey(key []byte, column, counterpart *dialect.Column, value *dialect.Value) []byte {
	spelled := appendValue(nil, column, value)
	switch {
	case column.Kind == dialect.Decimal && bytes.ContainsRune(spelled, '.'):
		spelled = bytes.TrimSuffix(bytes.TrimRight(spelled, "0"), []byte("."))
	case column.Kind == dialect.Text:
		spelled = bytes.TrimRight(spelled, " ")
		if column.Unbound || counterpart.Unbound {
			spelled = bytes.ToLower(spelled)
		}
	}
	return append(binary.AppendUvarint(key, uint64(len(spelled))), spelled...)
}

// valueOf is a value that was read as one to be asked for.
func valueOf(column *dialect.Column, value *dialect.Value) any {
	switch column.Kind {
	case dialect.Bool:
		return value.Int != 0
	case dialect.Int16, dialect.Int32, dialect.Int64:
		return value.Int
	case dialect.Uint32, dialect.Uint64:
		return uint64(value.Int) //nolint:gosec // the bits are what is meant
	case dialect.Float, dialect.Double:
		return value.Float
	case dialect.Timestamp, dialect.LocalTimestamp:
		return value.Time
	case dialect.Bytes:
		return bytes.Clone(value.Text)
	default:
		return string(value.Text)
	}
}

// load reads what the rows are related to: one statement for each relation and [maxValues] rows.
func (e *expansion) load(ctx context.Context, query queryFunc) error {
	for _, related := range e.related {
		most := maxValues
		if len(related.own) > 1 {
			most = maxRows / len(related.own)
		}
		for wanted := range slices.Chunk(related.wanted, max(most, 1)) {
			if err := e.loadSome(ctx, query, related, wanted); err != nil {
				return err
			}
		}
	}
	return nil
}

func (e *expansion) loadSome(ctx context.Context, query queryFunc, related *relatedRows, wanted []wantedKey) error {
	target := related.target
	back := &relatedRows{relation: &relation{own: related.other, other: related.own}}
	for _, column := range related.other {
		back.places = append(back.places, slices.Index(target.columns, column))
	}
	var w wire.Writer
	_, err := query(ctx, related.statement(wanted), func(row []dialect.Value) error {
		w.Truncate(0)
		if err := target.record.write(&w, row); err != nil {
			return err
		}
		key, _ := back.key(row)
		rows, asked := related.found[key]
		if !asked || !related.many && len(rows) > 0 {
			return nil
		}
		related.found[key] = append(rows, bytes.Clone(w.Bytes()))
		e.size += w.Len()
		return target.limits.hold(e.size)
	})
	return err
}

// statement selects the rows of the relation. Of a relation to many, an inner statement numbers the rows of each key, so that only one more of them is
// read than is told.
func (r *relatedRows) statement(wanted []wantedKey) dialect.Statement {
	builder := dialect.NewBuilder(r.target.syntax)
	statement := dialect.Statement{Columns: r.target.columns, Label: r.target.labelled("SELECT")}
	builder.SQL("SELECT ").Outputs(r.target.columns).SQL(" FROM ")
	if !r.many {
		builder.Table(r.target.table).SQL(" WHERE ", r.among(builder, wanted))
		statement.Text, statement.Arguments = builder.Text(), builder.Arguments()
		return statement
	}
	place := "postern_place"
	for r.target.table.Column(place) != nil {
		place += "_"
	}
	builder.SQL("(SELECT ")
	for _, column := range r.target.columns {
		builder.Name(column.Name).SQL(", ")
	}
	builder.SQL("ROW_NUMBER() OVER (PARTITION BY ")
	for i, column := range r.other {
		if i > 0 {
			builder.SQL(", ")
		}
		builder.Name(column.Name)
	}
	orderBy(builder, r.target.standing)
	builder.SQL(") AS ").Name(place).SQL(" FROM ").Table(r.target.table).SQL(" WHERE ", r.among(builder, wanted), ") ").Name("related").SQL(" WHERE ").Name(place).
		SQL(" <= ", builder.Parameter(dialect.Int64, int64(maxChildren)+1), " ORDER BY ").Name(place)
	statement.Text, statement.Arguments = builder.Text(), builder.Arguments()
	return statement
}

// among is the condition that a row has one of the keys. The number of keys is made up to a power of two by repeating the last, so that there are few
// statements for an engine to prepare.
func (r *relatedRows) among(builder *dialect.Builder, wanted []wantedKey) dialect.Fragment {
	count := 1
	for count < len(wanted) {
		count *= 2
	}
	value := func(i, column int) any { return wanted[min(i, len(wanted)-1)].values[column] }
	var condition dialect.Fragment
	if len(r.other) == 1 {
		for i := range count {
			if i > 0 {
				condition += ", "
			}
			condition += builder.ComparedParameter(r.other[0], value(i, 0))
		}
		return builder.Compared(r.other[0]) + " IN (" + condition + ")"
	}
	for i := range count {
		if i > 0 {
			condition += " OR "
		}
		for n, column := range r.other {
			joint := dialect.Fragment(" AND ")
			if n == 0 {
				joint = "("
			}
			condition += joint + builder.Compared(column) + " = " + builder.ComparedParameter(column, value(i, n))
		}
		condition += ")"
	}
	return condition
}

// write writes the rows as a list, each with what it is related to.
func (e *expansion) write(list protowire.Number) wire.Writer {
	w := wire.NewWriter(make([]byte, 0, e.size))
	for i := range e.rows {
		mark := w.Open(list)
		e.writeRow(&w, i)
		w.Close(mark)
	}
	return w
}

// writeRow writes the fields of one row.
func (e *expansion) writeRow(w *wire.Writer, i int) {
	w.Append(e.rows[i])
	for _, related := range e.related {
		found := related.found[related.keys[i]]
		if !related.many {
			for _, message := range found {
				w.BytesField(related.number, message)
			}
			continue
		}
		mark := w.Open(related.number)
		for _, message := range found[:min(len(found), maxChildren)] {
			w.BytesField(related.rows, message)
		}
		if len(found) > maxChildren {
			w.Bool(related.more, true)
		}
		w.Close(mark)
	}
}
