package batch_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/adapters/batch"
)

// csvSettings are submissions that leave as CSV, and are answered as CSV.
const csvSettings = `
kind: batch
poll: 3600s
submissions:
  - name: changes
    layout:
      code_page: latin1
      delimited:
        delimiter: ";"
        header: true
        columns:
        - {name: kind}
        - {name: ref, type: integer}
        - {name: town, max_length: 12}
        - {name: fee, type: decimal}
        - {name: moved}
        - {name: notify}
      formats: {moved: dd.mm.yyyy, made: yyyymmdd, notify: "boolean:Y/N"}
      framing: {line_end: crlf}
    values: {kind: D}
    reference: ref
    required: [town]
    outbox: {directory: out, name: "CHG.{sequence:4}.csv"}
    header: {columns: [{name: kind}, {name: number, type: integer}, {name: made}], values: {kind: H}, sequence: number}
    trailer: {columns: [{name: kind}, {name: count, type: integer}, {name: fees, type: decimal}], values: {kind: T}, count: count, totals: [{of: fee, equals: fees}]}
    cut: {count: 100, age: 3600s}
    acknowledgement:
      inbox: {directory: in, pattern: "ACK.*", settle: 0s}
      layout: {delimited: {header: true, columns: [{name: ref, type: integer}, {name: result}, {name: remark}]}}
      reference: ref
      code: result
      accepted: [OK]
      rejected: {"*": "The town is not known."}
`

func TestDelimitedSubmissions(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	backend := s.open(t, csvSettings)
	first := submit(t, backend, `{"town": "Bath", "fee": "12.50", "moved": "2026-11-20", "notify": true}`)
	second := submit(t, backend, `{"town": "A \"B\"; Cö\nD", "fee": "-0.255"}`)
	submit(t, backend, `{"town": " York ", "notify": false}`)
	drain(t, backend)
	want := "kind;ref;town;fee;moved;notify\r\nH;1;\r\nD;1;Bath;12.50;20.11.2026;Y\r\nD;2;\"A \"\"B\"\"; C\xf6\nD\";-0.255;;\r\nD;3; York ;;;N\r\nT;3;12.245\r\n"
	if got := s.outFiles(t)["CHG.0001.csv"]; got != want {
		t.Errorf("the file is\n%q\nwant\n%q", got, want)
	}
	s.write(t, "in/ACK.1", []byte("ref,result,remark\r\n1,OK,\r\n2,NO,\"no such town, sorry\"\r\n"))
	drain(t, backend)
	if done, metadata := operation(t, backend, first.GetName()); !done.GetDone() || metadata["state"] != "ACKNOWLEDGED" {
		t.Errorf("the first is done %v, %v", done.GetDone(), metadata)
	}
	if done, metadata := operation(t, backend, second.GetName()); metadata["state"] != "REJECTED" || done.GetError().GetMessage() != "The town is not known." {
		t.Errorf("the second is %v, %v", metadata, done.GetError())
	}
}

// What a column cannot hold is refused with its field before anything is stored.
func TestDelimitedSubmissionsAreHeldToTheirColumns(t *testing.T) {
	t.Parallel()
	backend := newSite(t).open(t, csvSettings)
	for request, want := range map[string]string{
		`{"town": "A town with a long name"}`:                 "town",
		`{"town": "Ω", "fee": "12,5", "moved": "2026-02-30"}`: "town fee moved",
		`{"fee": "1.00"}`: "town",
		`{}`:              "town",
	} {
		_, _, err := call(t, backend, "SubmitChanges", request)
		public := status.Convert(err)
		var fields []string
		for _, detail := range public.Details() {
			if bad, ok := detail.(*errdetails.BadRequest); ok {
				for _, violation := range bad.GetFieldViolations() {
					fields = append(fields, violation.GetField())
				}
			}
		}
		if got := strings.TrimSpace(strings.Join(fields, " ")); public.Code() != codes.InvalidArgument || got != want {
			t.Errorf("%s: %v with violations of %q, want INVALID_ARGUMENT of %q", request, public.Code(), got, want)
		}
	}
}

// Files of submissions are written in every record format.
func TestSubmissionRecordFormats(t *testing.T) {
	t.Parallel()
	const records = 71 // bytes of header, change and trailer
	for format, want := range map[string]int{
		"record_format: line, framing: {line_end: crlf}":                             records + 3*2,
		"record_format: line, framing: {line_end: crlf, open_end: true}":             records + 2*2,
		"record_format: variable":                                                    records + 3*4,
		"record_format: variable_blocked, framing: {records_per_block: 2}":           records + 3*4 + 2*4,
		"record_format: spanned, framing: {block_length: 64}":                        records + 4*4 + 2*4, // one record is in two pieces
		"record_format: fixed_blocked":                                               3*40 + 4,
		"record_format: fixed_blocked, framing: {block_length: 80}":                  3 * 40,
		"record_format: variable, framing: {header: {size: 6, offset: 1, bytes: 2}}": records + 3*6,
	} {
		s := newSite(t)
		backend := s.open(t, strings.Replace(settings, "record: CHANGE-RECORD", "record: CHANGE-RECORD\n      "+strings.ReplaceAll(format, ", framing", "\n      framing"), 1))
		submit(t, backend, aChange)
		drain(t, backend)
		if got := len(s.outFiles(t)["CHG.0001"]); got != want {
			t.Errorf("%s: the file has %d bytes, want %d", format, got, want)
		}
	}
}

// Settings that files of submissions cannot keep to are told at their places.
func TestSubmissionLayoutMistakes(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	const book = "record: CHANGE-RECORD\n"
	for _, test := range []struct{ config, replace, by, field string }{
		{settings, book, "record: CHANGE-RECORD\n      record_format: counted\n", "submissions[0].layout.record_format"},
		{settings, book, "record: CHANGE-RECORD\n      framing: {file_start: 3}\n", "submissions[0].layout.framing.file_start"},
		{settings, book, "record: CHANGE-RECORD\n      framing: {turns: [3, 4]}\n", "submissions[0].layout.framing.turns"},
		{settings, book, "record: CHANGE-RECORD\n      record_format: spanned\n      framing: {block_length: 8}\n", "submissions[0].layout.framing"},
		{settings, "header: {record: CHANGE-HEADER", "header: {columns: [{name: REC-TYPE}], record: CHANGE-HEADER", "submissions[0].header.columns"},
		{settings, "trailer: {record: CHANGE-TRAILER", "trailer: {record: \"\"", "submissions[0].trailer.record"},
		{csvSettings, "header: {columns", "header: {record: X, columns", "submissions[0].header.record"},
		{csvSettings, "values: {kind: T}", "values: {kind: Ω}", `submissions[0].trailer.values["kind"]`},
		{csvSettings, "values: {kind: D}", "values: {fee: much}", `submissions[0].values["fee"]`},
		{csvSettings, "values: {kind: D}", "values: {colour: red}", `submissions[0].values["colour"]`},
	} {
		_, err := batch.Adapter{}.Open(t.Context(), parse(t, strings.Replace(test.config, test.replace, test.by, 1)), s.options(t))
		var wrong *adapters.ConfigError
		if !errors.As(err, &wrong) {
			t.Errorf("%s: %v", test.by, err)
			continue
		}
		if !slices.ContainsFunc(wrong.Findings, func(f adapters.Finding) bool { return f.Field == test.field }) {
			t.Errorf("%s: %v, want a mistake at %s", test.by, wrong.Findings, test.field)
		}
	}
}
