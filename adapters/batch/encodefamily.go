package batch

import (
	"fmt"
	"maps"

	"github.com/postern-gateway/postern/adapters/batch/layout"
	"github.com/postern-gateway/postern/adapters/batch/record"
)

// A flattener takes rows of a hierarchy apart: into one row for each of its records, in the order in which a file has them.
type flattener struct {
	segments *layout.Segments
	fields   []*record.Field
	kind     []string // the names that lead to the field that says of which kind a record is
}

// newFlattener returns nil if the layout has no hierarchy.
func newFlattener(compiled *layout.Layout) *flattener {
	if compiled.Segments == nil || !compiled.Segments.Hierarchical() {
		return nil
	}
	f := &flattener{segments: compiled.Segments, fields: compiled.Record.Fields}
	f.kind, _ = namesTo(f.fields, compiled.Segments.Field())
	return f
}

// namesTo returns the names of the groups that lead to a field, and its own.
func namesTo(fields []*record.Field, wanted *record.Field) ([]string, bool) {
	for _, f := range fields {
		if f == wanted {
			return []string{memberName(f.Name)}, true
		}
		names, ok := namesTo(f.Children, wanted)
		switch {
		case ok && f.Type == record.Union: // it has no name of its own
			return names, true
		case ok:
			return append([]string{memberName(f.Name)}, names...), true
		}
	}
	return nil, false
}

// rows takes a row apart. Names are those of [byMemberName]. What stands outside of the groups of the segments is, in each record, what the root has there.
func (f *flattener) rows(row map[string]any) ([]map[string]any, error) {
	for _, root := range f.segments.Roots() {
		names, _ := namesTo(f.fields, root)
		if content, ok := at(row, names).(map[string]any); ok {
			shared, _ := without(row, names).(map[string]any)
			var rows []map[string]any
			err := f.take(&rows, shared, root, content)
			if given := at(row, f.kind); given != nil { // of several values of its kind the root may have any
				rows[0], _ = with(rows[0], f.kind, given).(map[string]any)
			}
			return rows, err
		}
	}
	return []map[string]any{row}, nil
}

// take adds the row of one record, and those of the records that belong to it.
func (f *flattener) take(rows *[]map[string]any, shared map[string]any, group *record.Field, content map[string]any) error {
	content = maps.Clone(content)
	children := f.segments.Children(group)
	belonging := make([][]any, len(children))
	for i, child := range children {
		name := memberName(child.Name)
		if content[name] != nil {
			belonging[i] = elements(content[name])
		}
		delete(content, name)
	}
	names, _ := namesTo(f.fields, group)
	made := with(with(shared, f.kind, f.segments.ValueOf(group)), names, content)
	row, _ := made.(map[string]any)
	*rows = append(*rows, row)
	for i, child := range children {
		for index, element := range belonging[i] {
			inner, ok := element.(map[string]any)
			if !ok {
				return fmt.Errorf("%s[%d] is no record", child.Name, index)
			}
			if err := f.take(rows, shared, child, inner); err != nil {
				return err
			}
		}
	}
	return nil
}

// at returns what stands at the end of these names; nil if there is nothing.
func at(value any, names []string) any {
	for _, name := range names {
		object, _ := value.(map[string]any)
		value = object[name]
	}
	return value
}

// with returns a copy of an object that has this at the end of these names.
func with(value any, names []string, put any) any {
	if len(names) == 0 {
		return put
	}
	object, _ := value.(map[string]any)
	made := maps.Clone(object)
	if made == nil {
		made = make(map[string]any)
	}
	made[names[0]] = with(object[names[0]], names[1:], put)
	return made
}

// without returns a copy of an object that has nothing at the end of these names.
func without(value any, names []string) any { return with(value, names, nil) }
