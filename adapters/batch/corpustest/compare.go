package corpustest

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/postern-gateway/postern/adapters/batch/copybook"
)

// Compare holds decoded records, one JSON object each, against those that the case expects.
func (c Case) Compare(dir string, got [][]byte) error {
	expected, err := os.ReadFile(filepath.Join(dir, c.Expected))
	if err != nil {
		return err
	}
	if len(got) == 1 && len(got[0]) == 0 {
		got = nil
	}
	if err := dropFields(got, c.Post); err != nil {
		return err
	}
	if err := sortRecords(got, c.Order); err != nil {
		return err
	}
	floats, err := c.floats(dir)
	if err != nil {
		return err
	}
	wanted := bytes.Split(bytes.TrimSpace(expected), []byte("\n"))
	if len(wanted[0]) == 0 {
		wanted = nil
	}
	if len(got) < len(wanted) || c.Take == 0 && len(got) != len(wanted) {
		return fmt.Errorf("got %d records, want %d", len(got), len(wanted))
	}
	for i, want := range wanted {
		if err := sameFields(got[i], want, c.Post == "nulls of numeric columns become 0", floats); err != nil {
			return fmt.Errorf("record %d: %w\n got %s\nwant %s", i+1, err, got[i], want)
		}
	}
	return nil
}

// dropFields takes off what the case says that upstream did: "drop LEN", or "Record_Byte_Length dropped".
func dropFields(all [][]byte, post string) error {
	name, ok := strings.CutPrefix(post, "drop ")
	if !ok {
		if name, ok = strings.CutSuffix(post, " dropped"); !ok {
			return nil
		}
	}
	for i, text := range all {
		decoder := json.NewDecoder(bytes.NewReader(text))
		decoder.UseNumber()
		var object map[string]any
		if err := decoder.Decode(&object); err != nil {
			return err
		}
		delete(object, name)
		changed, err := json.Marshal(object)
		if err != nil {
			return err
		}
		all[i] = changed
	}
	return nil
}

// sortRecords sorts as the case was sorted: by the values of some columns, numbers by value, absent ones first.
func sortRecords(all [][]byte, columns []string) error {
	if len(columns) == 0 {
		return nil
	}
	keys := make(map[*byte]map[string]any, len(all))
	for _, text := range all {
		decoder := json.NewDecoder(bytes.NewReader(text))
		decoder.UseNumber()
		var object map[string]any
		if err := decoder.Decode(&object); err != nil {
			return err
		}
		keys[&text[0]] = object
	}
	slices.SortStableFunc(all, func(a, b []byte) int {
		for _, column := range columns {
			if order := compareValues(keys[&a[0]][column], keys[&b[0]][column]); order != 0 {
				return order
			}
		}
		return 0
	})
	return nil
}

func compareValues(a, b any) int {
	switch {
	case a == nil || b == nil:
		return cmp.Compare(boolToInt(a != nil), boolToInt(b != nil))
	default:
		numberA, okA := a.(json.Number)
		numberB, okB := b.(json.Number)
		if okA && okB {
			ratA, _ := new(big.Rat).SetString(string(numberA))
			ratB, _ := new(big.Rat).SetString(string(numberB))
			return ratA.Cmp(ratB)
		}
		return strings.Compare(fmt.Sprint(a), fmt.Sprint(b))
	}
}

func boolToInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

// SameJSON compares two values; numbers are compared as exact decimals.
func SameJSON(got, want []byte) error { return sameFields(got, want, false, nil) }

// sameFields is SameJSON where the fields of these names are floating point. With zeros, a wanted 0 may be absent.
func sameFields(got, want []byte, zeros bool, floats map[string]bool) error {
	var a, b any
	for text, into := range map[*any][]byte{&a: got, &b: want} {
		decoder := json.NewDecoder(bytes.NewReader(into))
		decoder.UseNumber()
		if err := decoder.Decode(text); err != nil {
			return fmt.Errorf("%w in %s", err, into)
		}
	}
	if object, ok := b.(map[string]any); ok && zeros {
		for name, value := range object {
			if _, there := a.(map[string]any)[name]; !there && value == json.Number("0") {
				delete(object, name)
			}
		}
	}
	return sameValue("", "", a, b, floats)
}

func sameValue(path, name string, got, want any, floats map[string]bool) error {
	switch want := want.(type) {
	case map[string]any:
		fields, ok := got.(map[string]any)
		if !ok {
			return fmt.Errorf("%s: got %v, want an object", path, got)
		}
		for name := range fields {
			if _, ok := want[name]; !ok {
				return fmt.Errorf("%s.%s: got %v, want nothing", path, name, fields[name])
			}
		}
		for name, value := range want {
			if err := sameValue(path+"."+name, name, fields[name], value, floats); err != nil {
				return err
			}
		}
		return nil
	case []any:
		items, ok := got.([]any)
		if !ok || len(items) != len(want) {
			return fmt.Errorf("%s: got %v, want %v", path, got, want)
		}
		for i := range want {
			if err := sameValue(fmt.Sprintf("%s[%d]", path, i), name, items[i], want[i], floats); err != nil {
				return err
			}
		}
		return nil
	case json.Number:
		number, ok := got.(json.Number)
		if !ok || !sameNumber(number, want, floats[name]) {
			return fmt.Errorf("%s: got %v, want %v", path, got, want)
		}
		return nil
	default:
		if got != want {
			return fmt.Errorf("%s: got %#v, want %#v", path, got, want)
		}
		return nil
	}
}

// sameNumber compares exactly, or, for floating point, to a relative 1e-6.
func sameNumber(got, want json.Number, float bool) bool {
	a, okA := new(big.Rat).SetString(string(got))
	b, okB := new(big.Rat).SetString(string(want))
	if !okA || !okB || a.Cmp(b) == 0 {
		return okA && okB
	}
	difference, _ := new(big.Rat).Sub(a, b).Float64()
	size, _ := b.Float64()
	return float && math.Abs(difference) <= 1e-6*math.Abs(size)
}

// floats are the names of the fields that are stored as floating point.
func (c Case) floats(dir string) (map[string]bool, error) {
	names := make(map[string]bool)
	for path := range strings.SplitSeq(c.Schema, ";") {
		source, err := os.ReadFile(filepath.Join(dir, path))
		if err != nil {
			return nil, err
		}
		book, err := copybook.Parse(path, source, copybook.Options{DecimalComma: c.DecimalComma()})
		if err != nil {
			return nil, err
		}
		for _, item := range book.Records {
			collectFloats(item, names)
		}
	}
	return names, nil
}

func collectFloats(item *copybook.Item, names map[string]bool) {
	if item.Usage == copybook.Single || item.Usage == copybook.Double {
		names[strings.ReplaceAll(item.Name, "-", "_")] = true
	}
	for _, child := range item.Children {
		collectFloats(child, names)
	}
}
