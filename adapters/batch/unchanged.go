package batch

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"slices"

	"github.com/postern-gateway/postern/adapters/batch/layout"
	"github.com/postern-gateway/postern/adapters/batch/record"
)

// unchangedRows tells which rows with Record_Bytes still say what these bytes do. It compiles the layout once there is such a row, since such rows were decoded with
// every alternative of a REDEFINES.
type unchangedRows struct {
	options EncodeOptions
	writer  *recordWriter // nil so far
}

// records returns the records of the Record_Bytes of a row if they decode to all its other members and no more, else nil. Names are those of [byMemberName].
func (u *unchangedRows) records(row map[string]any) ([][]byte, error) {
	if row["RECORD_BYTES"] == nil {
		return nil, nil
	}
	given := elements(row["RECORD_BYTES"])
	if len(given) == 0 {
		return nil, errors.New("Record_Bytes holds no record")
	}
	var raws [][]byte
	for _, element := range given {
		text, _ := element.(string)
		raw, err := base64.StdEncoding.DecodeString(text)
		if err != nil || text == "" {
			return nil, errors.New("Record_Bytes is not base64")
		}
		raws = append(raws, raw)
	}
	if err := u.compile(); err != nil {
		return nil, err
	}
	before, err := u.decode(raws)
	var field *record.FieldError
	if errors.As(err, &field) {
		return nil, nil // they say nothing
	}
	if err != nil || !sameMember(row, before) {
		return nil, err
	}
	return raws, nil
}

func (u *unchangedRows) compile() error {
	if u.writer != nil {
		return nil
	}
	compiled, err := layout.Compile(u.options.Layout, layout.Options{Dir: u.options.Dir, AllAlternatives: true, KeepRoot: u.options.KeepRoot})
	if err != nil {
		return err
	}
	u.writer = &recordWriter{fileDecoder: &fileDecoder{compiled: compiled, layout: compiled.Record}, segments: compiled.Segments, decoder: compiled.Record.NewDecoder()}
	return nil
}

// decode returns the members of one record, or of a hierarchy.
func (u *unchangedRows) decode(raws [][]byte) (any, error) {
	w := u.writer
	w.json.Buffer = w.json.Buffer[:0]
	w.json.Start()
	if err := u.members(raws); err != nil {
		return nil, err
	}
	w.json.Finish()
	decoder := json.NewDecoder(bytes.NewReader(w.json.Buffer))
	decoder.UseNumber()
	var members any
	if err := decoder.Decode(&members); err != nil {
		return nil, err
	}
	return byMemberName(members), nil
}

// members writes them as JSON.
func (u *unchangedRows) members(raws [][]byte) error {
	w := u.writer
	if w.segments != nil && w.hierarchical() {
		family := make([]layout.Member, len(raws))
		for i, raw := range raws {
			family[i] = layout.Member{Kind: w.segments.Value(w.body(raw), &w.value), Body: w.body(raw)}
		}
		if w.segments.IsRoot(family[0].Kind) {
			return w.segments.Decode(family, &w.json)
		}
	}
	if len(raws) > 1 {
		return &record.FieldError{Offset: -1, Reason: "is several records"}
	}
	return w.decoder.DecodeJSON(w.body(raws[0]), &w.json)
}

// sameMember reports whether a value of a row is what was decoded, but for members that were put beside those of the record.
func sameMember(given, decoded any) bool {
	switch decoded := decoded.(type) {
	case map[string]any:
		object, ok := given.(map[string]any)
		return ok && sameMembers(object, decoded)
	case []any:
		list, ok := given.([]any)
		return ok && slices.EqualFunc(list, decoded, sameMember)
	default:
		return given == decoded
	}
}

func sameMembers(given, decoded map[string]any) bool {
	found := 0
	for name, value := range given {
		of, ok := decoded[memberName(name)]
		switch {
		case !ok && !beside(memberName(name)), ok && !sameMember(value, of):
			return false
		case ok:
			found++
		}
	}
	return found == len(decoded)
}

// byMemberName makes the names those that fields are found by.
func byMemberName(value any) any {
	switch value := value.(type) {
	case map[string]any:
		members := make(map[string]any, len(value))
		for name, member := range value {
			members[memberName(name)] = byMemberName(member)
		}
		return members
	case []any:
		for i, element := range value {
			value[i] = byMemberName(element)
		}
		return value
	default:
		return value
	}
}
