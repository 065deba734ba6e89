package batch

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/postern-gateway/postern/adapters/batch/record"
	"github.com/postern-gateway/postern/adapters/batch/snapshot"
	"github.com/postern-gateway/postern/adapters/listing"
)

// A query is what a list or stream asks for.
type query struct {
	matcher *matcher // nil for all records
	bounds  map[*column]*bound
	order   []sorting // which tells any two records apart
	mask    []bool
	asOf    time.Time
	// text is what a page token is bound to, and behind the key values of the order that the page begins behind; nil for the first.
	text   string
	behind [][]byte
}

// A questionnaire is the fields of a request that make a query; those that it does not have are nil.
type questionnaire struct {
	filter, order, fields, asOf, size, token, count protoreflect.FieldDescriptor
	// values are those that ask for an indexed value, one for each index.
	values []protoreflect.FieldDescriptor
}

// query reads a request.
func (r *reader) query(ask *questionnaire, request protoreflect.Message) (*query, error) {
	filter, order := strings.TrimSpace(request.Get(ask.filter).String()), request.Get(ask.order).String()
	expression, err := listing.ParseFilter(filter, r.fields.find)
	if err != nil {
		return nil, listing.Invalid("filter", err.Error())
	}
	q := &query{asOf: timeOf(request, ask.asOf), bounds: make(map[*column]*bound)}
	q.text = strings.Join([]string{string(request.Descriptor().FullName()), filter, order, q.asOf.String()}, "\x00")
	all := r.valued(q, ask, request)
	if expression != nil {
		all = append(all, expression)
	}
	if len(all) > 0 {
		q.matcher = newMatcher(r.mapping.layout, all)
		r.bounds(all, q.bounds)
	}
	if q.order, err = r.sort(order); err != nil {
		return nil, err
	}
	if q.mask, err = r.mapping.mask(request.Get(ask.fields).String(), r.fields); err != nil {
		return nil, err
	}
	return q, q.begin(ask, request)
}

// valued are the conditions that fields of the request stand for.
func (r *reader) valued(q *query, ask *questionnaire, request protoreflect.Message) listing.All {
	var all listing.All
	for i, fd := range ask.values {
		if !request.Has(fd) {
			continue
		}
		field := r.fields.fields[r.indexes[i].Index]
		value := filterValue(request.Get(fd))
		q.text += fmt.Sprintf("\x00%s=%v", field.Name, value)
		all = append(all, listing.Comparison{Field: field, Operator: listing.Equal, Value: value})
	}
	return all
}

// filterValue is a value of a message as listing has it.
func filterValue(value protoreflect.Value) any {
	switch v := value.Interface().(type) {
	case int32:
		return int64(v)
	case protoreflect.Message:
		return timeIn(v)
	default:
		return v
	}
}

// timeOf is a google.protobuf.Timestamp of a message; zero if it is absent.
func timeOf(message protoreflect.Message, fd protoreflect.FieldDescriptor) time.Time {
	if fd == nil || !message.Has(fd) {
		return time.Time{}
	}
	return timeIn(message.Get(fd).Message())
}

// timeIn reads a google.protobuf.Timestamp, dynamic or not.
func timeIn(message protoreflect.Message) time.Time {
	fields := message.Descriptor().Fields()
	return time.Unix(message.Get(fields.ByName("seconds")).Int(), message.Get(fields.ByName("nanos")).Int()).UTC()
}

// sort reads order_by, and closes it with the key.
func (r *reader) sort(text string) ([]sorting, error) {
	sortings, err := listing.ParseOrder(text, r.fields.find)
	if err != nil {
		return nil, listing.Invalid("orderBy", err.Error())
	}
	var order []sorting
	for _, s := range sortings {
		c := r.column(fieldOf(s.Field))
		if c == nil {
			return nil, listing.Invalid("orderBy", fmt.Sprintf("records come in no order of %s; there is %s", s.Field.JSONName, r.orders()))
		}
		order = append(order, sorting{c, s.Descending})
	}
	for _, c := range r.columns[0] {
		if !slices.ContainsFunc(order, func(s sorting) bool { return s.column == c }) {
			order = append(order, sorting{c, false})
		}
	}
	return order, nil
}

// orders names the fields that records can be ordered by, for callers.
func (r *reader) orders() string {
	var names []string
	for _, columns := range r.columns {
		for _, c := range columns {
			if name := r.fields.fields[c.field.Index].JSONName; !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return strings.Join(names, ", ")
}

// begin reads the page token.
func (q *query) begin(ask *questionnaire, request protoreflect.Message) error {
	if ask.token == nil {
		return nil
	}
	token := request.Get(ask.token).String()
	if token == "" {
		return nil
	}
	position, err := listing.ParseToken(token, q.text)
	if err == nil && !slices.EqualFunc(position.After, q.order, func(value []byte, by sorting) bool { return len(value) == by.width }) {
		err = listing.ErrToken
	}
	if err != nil {
		return listing.InvalidToken(err)
	}
	q.behind = position.After
	return nil
}

// position is where a page ends that ends with a record.
func (r *reader) position(q *query, data []byte) (string, error) {
	var position listing.Position
	for _, by := range q.order {
		key, err := r.appendKey(nil, data, by.field)
		if err != nil {
			return "", err
		}
		position.After = append(position.After, key)
	}
	return position.Encode(q.text)
}

// appendKey appends the key of a record's field.
func (r *reader) appendKey(to, data []byte, f *record.Field) ([]byte, error) {
	var value record.Value
	key, _, err := r.mapping.layout.AppendKey(to, data, f, &value)
	return key, err
}

// walk makes the walk over the records of a query, which are picked so many at once where they must be.
func (r *reader) walk(s *snapshot.Snapshot, q *query, batch int, visit func([]byte) (bool, error)) (*walk, plan, []byte) {
	p := r.plan(s, q.bounds, q.order)
	w := &walk{
		search: newSearch(s, p.index, q.matcher, r.newDecoder), ends: p.ends, down: p.down, ordered: p.ordered, batch: batch, visit: visit,
		sortKey: func(to, data []byte) ([]byte, error) { return r.sortKey(q, to, data) },
	}
	if q.behind == nil {
		return w, p, nil
	}
	for i, by := range q.order {
		w.behind = appendSorted(w.behind, q.behind[i], by.down)
	}
	return w, p, r.entryKey(p, q)
}

// entryKey is the beginning of an entry's key that the page begins behind, as far as the order follows the index.
func (r *reader) entryKey(p plan, q *query) []byte {
	if len(p.ends) == 0 && !p.ordered {
		return nil
	}
	var key []byte
	for _, c := range r.columns[p.index] {
		if i := slices.IndexFunc(q.order, func(by sorting) bool { return by.column == c }); i >= 0 {
			key = append(key, q.behind[i]...)
		} else {
			key = append(key, q.bounds[c].low...) // an indexed field with one value
		}
		if !p.ordered && len(key) == p.ends[len(p.ends)-1] {
			break
		}
	}
	return key
}

func (r *reader) sortKey(q *query, to, data []byte) ([]byte, error) {
	for _, by := range q.order {
		start := len(to)
		var err error
		if to, err = r.appendKey(to, data, by.field); err != nil {
			return nil, err
		}
		invert(to[start:], by.down)
	}
	return to, nil
}

// appendSorted appends a key so that bytes sort as the order has it.
func appendSorted(to, key []byte, down bool) []byte {
	start := len(to)
	to = append(to, key...)
	invert(to[start:], down)
	return to
}

func invert(key []byte, down bool) {
	for i := range key {
		if down {
			key[i] = ^key[i]
		}
	}
}
