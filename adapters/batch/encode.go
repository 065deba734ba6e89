package batch

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"github.com/postern-gateway/postern/adapters/batch/framing"
	"github.com/postern-gateway/postern/adapters/batch/layout"
	"github.com/postern-gateway/postern/adapters/batch/record"
	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

// EncodeOptions say what [Encode] writes and how.
type EncodeOptions struct {
	// Layout is that of the records, with a copybook and paths relative to Dir.
	Layout *configv1.BatchLayout
	Dir    string
	// KeepRoot expects the name of the 01 level as a group around all fields.
	KeepRoot bool
	// Front and Back are the bytes in front of the first record and behind the last, as many as the layout passes over there.
	Front, Back []byte
	// Encoding says what becomes of values that are not there or do not fit.
	Encoding record.Encoding
}

// maxRow bounds a line of JSON.
const maxRow = 1 << 26

// Encode reads JSON lines as [Decode] writes them, bare or not, and writes the file of their records. It returns how many there were. A member is a field's name, with - or
// _ and in either case; one that is none of the layout's, and a value that does not fit, is an error that names the line, unless the encoding lets values be lost. A row
// with Record_Bytes that decode to just its members becomes these bytes: what was not changed keeps its fillers, the spelling of its signs, and its length. A row of a
// hierarchy becomes its records, each followed by those that belong to it, kind by kind.
func Encode(ctx context.Context, w io.Writer, rows io.Reader, options EncodeOptions) (count int64, err error) {
	compiled, err := layout.Compile(options.Layout, layout.Options{Dir: options.Dir, KeepRoot: options.KeepRoot})
	if err != nil {
		return 0, err
	}
	front, back := compiled.Around()
	if len(options.Front) != front || len(options.Back) != back {
		return 0, fmt.Errorf("the layout has %d bytes in front of the records and %d behind them; given are %d and %d", front, back, len(options.Front), len(options.Back))
	}
	out := bufio.NewWriter(w)
	records, err := compiled.Writer(out)
	if err != nil {
		return 0, err
	}
	options.Encoding.Full = options.Encoding.Full || compiled.Full()
	e := &fileEncoder{compiled: compiled, how: options.Encoding, unchanged: &unchangedRows{options: options}, flattener: newFlattener(compiled), out: records}
	_, err = out.Write(options.Front)
	if err == nil {
		err = eachLine(ctx, rows, e.line)
	}
	err = errors.Join(err, records.Close())
	if err == nil {
		_, err = out.Write(options.Back)
	}
	return e.count, errors.Join(err, out.Flush())
}

// eachLine hands over each line that is not empty. Errors name the line.
func eachLine(ctx context.Context, rows io.Reader, take func(line []byte) error) error {
	lines := bufio.NewScanner(rows)
	lines.Buffer(nil, maxRow)
	for line := 1; lines.Scan(); line++ {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if len(bytes.TrimSpace(lines.Bytes())) == 0 {
			continue
		}
		if err := take(lines.Bytes()); err != nil {
			return fmt.Errorf("line %d: %w", line, err)
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("reading the rows: %w", err)
	}
	return nil
}

// parseRow reads a row, bare or as [Decode] writes it.
func parseRow(line []byte) (map[string]any, error) {
	decoder := json.NewDecoder(bytes.NewReader(line))
	decoder.UseNumber()
	var row map[string]any
	if err := decoder.Decode(&row); err != nil {
		return nil, fmt.Errorf("this is no JSON object: %w", err)
	}
	if !isPlaced(len(row), func(name string) any { return row[name] }) {
		return row, nil
	}
	if fields, ok := row["fields"].(map[string]any); ok {
		return fields, nil
	}
	return nil, errNoRow
}

// isPlaced reports whether a row is as [Decode] writes it without [DecodeOutput.Bare]: the number and offset of the record, and its fields or what was wrong.
func isPlaced(members int, get func(name string) any) bool {
	_, numbered := get("record").(json.Number)
	_, placed := get("offset").(json.Number)
	return members == 3 && numbered && placed && (get("fields") != nil || get("error") != nil)
}

var errNoRow = errors.New("this is what was wrong with a record, and no record")

// A fileEncoder makes records of rows.
type fileEncoder struct {
	compiled  *layout.Layout
	how       record.Encoding
	unchanged *unchangedRows
	flattener *flattener // nil if there is no hierarchy
	out       framing.Writer
	data      []byte
	count     int64
}

// line writes the record of a row, or the records of a hierarchy.
func (e *fileEncoder) line(text []byte) error {
	given, err := parseRow(text)
	if err != nil {
		return err
	}
	row, _ := byMemberName(given).(map[string]any)
	raws, err := e.unchanged.records(row)
	if err != nil {
		return err
	}
	for _, raw := range raws {
		if err := e.write(raw); err != nil {
			return err
		}
	}
	if raws != nil {
		return nil
	}
	if e.flattener == nil {
		return e.encode(given, row)
	}
	parts, err := e.flattener.rows(row)
	if err != nil {
		return err
	}
	for i, part := range parts {
		if err := e.encode(part, part); err != nil {
			return fmt.Errorf("record %d of it: %w", i+1, err)
		}
	}
	return nil
}

// encode writes the record of one row. Mistakes in names are told as they were given.
func (e *fileEncoder) encode(given, row map[string]any) error {
	if !e.how.Lose {
		if err := checkMembers(e.compiled.Record.Fields, given); err != nil {
			return err
		}
	}
	e.data = append(e.data[:0], make([]byte, e.compiled.Start)...)
	data, err := e.compiled.Record.EncodeAs(e.data, rowSource(row), e.how)
	if err != nil {
		return err
	}
	e.data = append(data, make([]byte, e.compiled.End)...)
	return e.write(e.data)
}

func (e *fileEncoder) write(data []byte) error {
	e.count++
	return e.out.Write(data)
}

// beside are the members that [Decode] adds to a record's own.
func beside(name string) bool {
	return slices.Contains([]string{"FILE_ID", "RECORD_ID", "RECORD_BYTE_LENGTH", "RECORD_BYTES", "_CORRUPT_FIELDS"}, name) ||
		strings.HasPrefix(name, "SEG_ID") || strings.HasSuffix(name, "_DEBUG") || strings.HasSuffix(name, "_NT")
}

// checkMembers complains about the first member, in order, that is no field.
func checkMembers(fields []*record.Field, row map[string]any) error {
	known := make(map[string]*record.Field)
	collectMembers(fields, known)
	for _, name := range slices.Sorted(maps.Keys(row)) {
		f, ok := known[memberName(name)]
		if !ok && !beside(memberName(name)) {
			return fmt.Errorf("there is no field %s", name)
		}
		if ok && len(f.Children) > 0 {
			for _, element := range elements(row[name]) {
				if group, ok := element.(map[string]any); ok {
					if err := checkMembers(f.Children, group); err != nil {
						return fmt.Errorf("%s: %w", name, err)
					}
				}
			}
		}
	}
	return nil
}

// collectMembers takes the fields of one group, those of alternatives among them.
func collectMembers(fields []*record.Field, known map[string]*record.Field) {
	for _, f := range fields {
		if f.Type == record.Union {
			collectMembers(f.Children, known)
			continue
		}
		known[memberName(f.Name)] = f
	}
}

func elements(value any) []any {
	if list, ok := value.([]any); ok {
		return list
	}
	return []any{value}
}

func memberName(name string) string {
	return strings.ToUpper(strings.ReplaceAll(strings.ReplaceAll(name, "-", "_"), ":", ""))
}

// A rowSource hands the members of a JSON object, with names of [byMemberName], to the encoder.
type rowSource map[string]any

func (r rowSource) member(f *record.Field, index int) any {
	value := r[memberName(f.Name)]
	if !f.Repeated {
		return value
	}
	if list, ok := value.([]any); ok && index < len(list) {
		return list[index]
	}
	return nil
}

// Value implements [record.Source].
func (r rowSource) Value(f *record.Field, index int) (string, bool) {
	switch value := r.member(f, index).(type) {
	case string:
		if f.Type == record.Bytes {
			if raw, err := base64.StdEncoding.DecodeString(value); err == nil {
				return string(raw), true
			}
		}
		return value, true
	case json.Number:
		return plainNumber(value.String()), true
	case bool:
		return strconv.FormatBool(value), true
	default:
		return "", false
	}
}

// plainNumber writes 1.5E2 as 150.
func plainNumber(text string) string {
	if !strings.ContainsAny(text, "eE") {
		return text
	}
	n, ok := new(big.Rat).SetString(text)
	if !ok || n.Denom().BitLen() > 512 || n.Num().BitLen() > 512 {
		return text
	}
	digits, _ := n.FloatPrec()
	return n.FloatString(digits)
}

// Group implements [record.Source].
func (r rowSource) Group(f *record.Field, index int) (record.Source, bool) {
	group, ok := r.member(f, index).(map[string]any)
	if !ok {
		return nil, false
	}
	return rowSource(group), true
}

// Count implements [record.Source].
func (r rowSource) Count(f *record.Field) int {
	list, ok := r[memberName(f.Name)].([]any)
	if !ok {
		return 0
	}
	return len(list)
}
