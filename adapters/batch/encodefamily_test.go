package batch_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/postern-gateway/postern/adapters/batch"
	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

// hierarchyOptions are a company with departments, which have employees, and with customers.
func hierarchyOptions(t *testing.T) batch.EncodeOptions {
	t.Helper()
	dir := t.TempDir()
	book := `       01 R.
          05 ID PIC X(1).
          05 BATCH-NO PIC 9(2).
          05 COMPANY.
             10 NAME PIC X(4).
          05 DEPT REDEFINES COMPANY.
             10 CODE PIC 9(4).
          05 EMPLOYEE REDEFINES COMPANY.
             10 INITIALS PIC X(2).
             10 FILLER PIC X(2).
          05 CUSTOMER REDEFINES COMPANY.
             10 TOWN PIC X(4).
`
	if err := os.WriteFile(filepath.Join(dir, "r.cpy"), []byte(book), 0o600); err != nil {
		t.Fatal(err)
	}
	return batch.EncodeOptions{Dir: dir, Layout: &configv1.BatchLayout{
		Source: &configv1.BatchLayout_Copybook{Copybook: "r.cpy"}, CodePage: "ascii",
		Segments: &configv1.BatchSegments{Field: "ID", Kinds: []*configv1.BatchSegment{
			{Group: "COMPANY", Values: []string{"C", "P"}}, {Group: "DEPT", Values: []string{"D"}, Parent: "COMPANY"},
			{Group: "EMPLOYEE", Values: []string{"E"}, Parent: "DEPT"}, {Group: "CUSTOMER", Values: []string{"K"}, Parent: "COMPANY"},
		}},
	}}
}

// A hierarchy is written as its records, each in front of those that belong to it; what is decoded and encoded again is the file.
func TestEncodeHierarchy(t *testing.T) {
	t.Parallel()
	options := hierarchyOptions(t)
	for row, want := range map[string]string{
		`{"ID":"C","BATCH_NO":7,"COMPANY":{"NAME":"ABC","DEPT":[{"CODE":1,"EMPLOYEE":[{"INITIALS":"AB"},{"INITIALS":"CD"}]},{"CODE":2}],"CUSTOMER":[{"TOWN":"York"}]}}`: "C07ABC |D070001|E07AB  |E07CD  |D070002|K07York",
		`{"id":"P","batch-no":7,"company":{"name":"X","dept":{"code":3}}}`:                                                                                              "P07X   |D070003",
		`{"BATCH_NO":8,"COMPANY":{"NAME":"Y"}}`: "C08Y   ",
	} {
		var got bytes.Buffer
		if n, err := batch.Encode(t.Context(), &got, strings.NewReader(row), options); err != nil || n != int64(strings.Count(want, "|")+1) {
			t.Fatalf("%s: %d records, %v", row, n, err)
		}
		if want := strings.ReplaceAll(want, "|", ""); got.String() != want {
			t.Errorf("%s:\ngot  %q\nwant %q", row, got.String(), want)
		}
	}
	for row, want := range map[string]string{
		`{"COMPANY":{"NAME":"ABC","DEPT":[{"CODE":1},{"CODE":77777}]}}`: "line 1: record 3 of it: DEPT.CODE ",
		`{"COMPANY":{"NAME":"ABC","DEPT":[3]}}`:                         "line 1: DEPT[0] is no record",
		`{"COMPANY":{"NAME":"ABC","DEPT":[{"BOSS":"X"}]}}`:              "line 1: record 2 of it: DEPT: there is no field BOSS",
	} {
		_, err := batch.Encode(t.Context(), &bytes.Buffer{}, strings.NewReader(row), options)
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: got %v, want %s...", row, err, want)
		}
	}
}

// Records of a hierarchy keep their order and fillers with Record_Bytes, and a changed row is written from its fields.
func TestEncodeUnchangedHierarchy(t *testing.T) {
	t.Parallel()
	options := hierarchyOptions(t)
	const file = "C01ABC K01YorkE01XY??D010001K01Bath" // an employee of no department, and a department between customers
	data := filepath.Join(options.Dir, "data")
	if err := os.WriteFile(data, []byte(file), 0o600); err != nil {
		t.Fatal(err)
	}
	var rows bytes.Buffer
	decode := batch.DecodeOptions{Data: data, Dir: options.Dir, Layout: options.Layout, Output: batch.DecodeOutput{RecordBytes: true}}
	if _, err := batch.Decode(t.Context(), &rows, decode); err != nil {
		t.Fatal(err)
	}
	for from, want := range map[string]string{"": file, "York": "C01ABC D010001K01HullK01Bath"} {
		var got bytes.Buffer
		given := strings.NewReader(strings.Replace(rows.String(), from+`"`, map[string]string{"": `"`, "York": `Hull"`}[from], 1))
		if _, err := batch.Encode(t.Context(), &got, given, options); err != nil {
			t.Fatal(fmt.Errorf("%s: %w", rows.String(), err))
		}
		if got.String() != want {
			t.Errorf("got %q, want %q", got.String(), want)
		}
	}
}

// What stands around the records must be given, as much of it as there is.
func TestEncodeAround(t *testing.T) {
	t.Parallel()
	options := hierarchyOptions(t)
	options.Layout.Framing = &configv1.BatchFraming{FileStart: 3, FileEnd: 1}
	options.Front, options.Back = []byte("top"), []byte("!")
	var got bytes.Buffer
	if _, err := batch.Encode(t.Context(), &got, strings.NewReader(`{"BATCH_NO":8,"COMPANY":{"NAME":"Y"}}`), options); err != nil || got.String() != "topC08Y   !" {
		t.Errorf("got %q, %v", got.String(), err)
	}
	options.Back = nil
	if _, err := batch.Encode(t.Context(), &got, strings.NewReader(""), options); err == nil || !strings.Contains(err.Error(), "3 bytes in front of the records and 1 behind") {
		t.Errorf("got %v, want a complaint about the bytes behind", err)
	}
}
