package batch_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"buf.build/go/protovalidate"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/adapters/batch"
)

// jobFields are those of a repair job, in any format that nests.
const jobFields = `
  - {name: tenant, required: true, pattern: "^T[0-9]{4}$"}
  - {name: trade, values: [PLU, ELE]}
  - {name: cost, type: decimal}
  - {name: urgent, type: boolean}
  - {name: due, type: date}
  - {name: at, type: time}
  - {name: address, fields: [{name: line, required: true, length: 20}, {name: town}]}
  - {name: parts, repeated: true, fields: [{name: article, required: true}, {name: count, type: integer}]}
  - {name: notes, repeated: true, length: 10}
`

const (
	jobJSONSchema = "format: jsonl\nfields:\n  - {name: kind}\n  - {name: ref, type: integer}" + jobFields
	jobXMLSchema  = "format: xml\nelement: Work/Jobs/Job\nfields:\n  - {name: '@kind'}\n  - {name: '@ref', length: 6}" + jobFields
	jobCSVSchema  = `
format: csv
fields: [{name: ref, type: integer}, {name: tenant, required: true}, {name: cost, type: decimal}, {name: due, type: date}, {name: note, length: 12}]
`
	jobFixedSchema = `
format: fixed
code_page: latin1
records:
  - {name: head, type: H, role: header, fields: [{name: kind, length: 1, hidden: true}, {name: from, length: 7}, {name: number, type: integer, length: 4}, {name: made, type: date, format: yyyymmdd, length: 8}]}
  - name: job
    type: D
    fields:
    - {name: kind, length: 1, hidden: true}
    - {name: ref, type: integer, length: 6}
    - {name: tenant, length: 5, required: true}
    - {name: cost, type: decimal, length: 7, scale: 2}
    - {name: urgent, type: boolean, format: "boolean:Y/N", length: 1}
    - {name: note, length: 12}
  - name: tail
    type: T
    role: trailer
    fields:
    - {name: kind, length: 1, hidden: true}
    - {name: jobs, type: integer, length: 4, equals: count}
    - {name: costs, type: decimal, length: 9, scale: 2, equals: sum, of: cost}
    - {name: refs, type: integer, length: 1, equals: hash, of: ref}
`
)

// jobSettings are submissions in a format; more is what else is said of them.
func jobSettings(format, reference, more string) string {
	return `
kind: batch
poll: 3600s
submissions:
  - name: changes
    layout: {format: ` + format + `}
    reference: "` + reference + `"
` + more + `
    outbox: {directory: out, name: "JOBS.{sequence:4}"}
    cut: {count: 100, age: 3600s}
    acknowledgement:
      inbox: {directory: in, pattern: "ACK.*", settle: 0s}
      layout: {delimited: {columns: [{name: ref}, {name: result}]}}
      reference: ref
      code: result
      accepted: [OK]
      rejected: {"*": "There is no such tenant."}
`
}

const (
	jsonEdges = `
    values: {kind: J}
    header: {columns: [{name: kind}, {name: file, type: integer}, {name: made}], values: {kind: H}, sequence: file, date: made}
    trailer: {columns: [{name: kind}, {name: jobs, type: integer}, {name: costs, type: decimal}], values: {kind: T}, count: jobs, totals: [{of: cost, equals: costs}]}`
	xmlEdges = `
    values: {"@kind": J}
    header: {columns: [{name: "@xmlns"}, {name: "@file", type: integer}, {name: made}, {name: jobs, type: integer}], values: {"@xmlns": "urn:jobs"}, sequence: "@file", date: made, count: jobs}
    trailer: {columns: [{name: costs, type: decimal}], totals: [{of: cost, equals: costs}]}`
)

const (
	fullJob  = `{"tenant": "T0001", "trade": "PLU", "cost": "0012.50", "urgent": true, "due": "2026-11-30", "at": "2026-11-30T08:00:00Z", "address": {"line": "7 \"Mill\" <Läne>"}, "parts": [{"article": "tap", "count": "2"}, {"article": "pipe"}], "notes": ["a", "b"]}`
	smallJob = `{"tenant": "T0002", "cost": "-.255"}`
)

// Submissions leave as records of a format, with what stands around them. The file is one that the same schema reads, and a restart between the submission and the cut changes nothing.
func TestFormatSubmissions(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		schema, settings string
		requests         []string
		want             string
		extract, key     string // how the file is read again; empty where it is not
		first            string
	}{
		"jsonl": {
			jobJSONSchema, jobSettings("{schema: jobs.yaml}", "ref", jsonEdges), []string{fullJob, smallJob},
			`{"kind":"H","file":1,"made":"TODAY"}` + "\n" +
				`{"kind":"J","ref":1,"tenant":"T0001","trade":"PLU","cost":12.50,"urgent":true,"due":"2026-11-30","at":"2026-11-30T08:00:00Z","address":{"line":"7 \"Mill\" <Läne>"},"parts":[{"article":"tap","count":2},{"article":"pipe"}],"notes":["a","b"]}` + "\n" +
				`{"kind":"J","ref":2,"tenant":"T0002","cost":-0.255}` + "\n" +
				`{"kind":"T","jobs":2,"costs":12.245}` + "\n", "", "", "",
		},
		"jsonl alone": {
			jobJSONSchema, jobSettings("{schema: jobs.yaml}", "ref", ""), []string{fullJob, smallJob},
			`{"ref":1,"tenant":"T0001","trade":"PLU","cost":12.50,"urgent":true,"due":"2026-11-30","at":"2026-11-30T08:00:00Z","address":{"line":"7 \"Mill\" <Läne>"},"parts":[{"article":"tap","count":2},{"article":"pipe"}],"notes":["a","b"]}` + "\n" +
				`{"ref":2,"tenant":"T0002","cost":-0.255}` + "\n", "{schema: jobs.yaml}", "ref",
			`{"ref": "1", ` + strings.Replace(fullJob[1:], "0012.50", "12.50", 1),
		},
		"xml": {
			jobXMLSchema, jobSettings("{schema: jobs.yaml}", "@ref", xmlEdges), []string{fullJob, smallJob},
			`<?xml version="1.0" encoding="UTF-8"?>` + "\n" + `<Work xmlns="urn:jobs" file="1"><Jobs>` + "\n<made>TODAY</made>\n<jobs>2</jobs>\n" +
				`<Job kind="J" ref="000001"><tenant>T0001</tenant><trade>PLU</trade><cost>12.50</cost><urgent>true</urgent><due>2026-11-30</due><at>2026-11-30T08:00:00Z</at>` +
				`<address><line>7 &#34;Mill&#34; &lt;Läne&gt;</line></address><parts><article>tap</article><count>2</count></parts><parts><article>pipe</article></parts><notes>a</notes><notes>b</notes></Job>` + "\n" +
				`<Job kind="J" ref="000002"><tenant>T0002</tenant><cost>-0.255</cost></Job>` + "\n<costs>12.245</costs>\n</Jobs></Work>\n", "{schema: jobs.yaml}", `"@ref"`,
			`{"kind": "J", "ref": "000001", ` + strings.Replace(fullJob[1:], "0012.50", "12.50", 1),
		},
		"fixed": {
			jobFixedSchema, jobSettings("{schema: jobs.yaml}", "ref", "    header: {values: {from: COUNCIL}, sequence: number, date: made}"),
			[]string{`{"tenant": "T0001", "cost": "12.50", "urgent": true, "note": "Läne"}`, `{"tenant": "T0002", "cost": "-1.5", "urgent": false}`},
			"HCOUNCIL0001TODAY\nD000001T00010001250YL\xe4ne        \nD000002T0002-000150N            \nT00020000011003\n", "{schema: jobs.yaml}", "ref",
			`{"ref": "1", "tenant": "T0001", "cost": "12.50", "urgent": true, "note": "Läne"}`,
		},
		"fixed with CRLF": {
			"format: fixed\nline_end: crlf\nfields: [{name: ref, length: 4}, {name: tenant, length: 5}, {name: note, length: 3}]", jobSettings("{schema: jobs.yaml}", "ref", ""),
			[]string{`{"tenant": "T0001", "note": " a"}`, `{"tenant": "T0002"}`}, "0001T0001 a \r\n0002T0002   \r\n", "{schema: jobs.yaml}", "ref", `{"ref": "0001", "tenant": "T0001", "note": " a"}`,
		},
		"csv": {
			jobCSVSchema, jobSettings("{name: csv, schema: jobs.yaml, csv: {delimiter: \";\", record_delimiter: \"\\r\\n\", null_text: NULL}}", "ref", ""),
			[]string{`{"tenant": "T0001", "cost": "12.50", "due": "2026-11-30", "note": "\"a\"; Läne"}`, `{"tenant": "NULL"}`},
			"ref;tenant;cost;due;note\r\n1;T0001;12.50;2026-11-30;\"\"\"a\"\"; Läne\"\r\n2;\"NULL\";NULL;NULL;NULL\r\n",
			"{name: csv, schema: jobs.yaml, csv: {delimiter: \";\", record_delimiter: \"\\r\\n\", null_text: NULL}}", "ref",
			`{"ref": "1", "tenant": "T0001", "cost": "12.50", "due": "2026-11-30", "note": "\"a\"; Läne"}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			s.write(t, "jobs.yaml", []byte(test.schema))
			backend := s.open(t, test.settings)
			first := submit(t, backend, test.requests[0])
			closeBackend(t, backend)
			backend = s.open(t, test.settings)
			second := submit(t, backend, test.requests[1])
			drain(t, backend)
			file := s.outFiles(t)["JOBS.0001"]
			now := time.Now().UTC()
			if got := strings.NewReplacer(now.Format(time.DateOnly), "TODAY", now.Format("20060102"), "TODAY").Replace(file); got != test.want {
				t.Errorf("the file is\n%q\nwant\n%q", got, test.want)
			}
			s.write(t, "in/ACK.1", []byte("1,OK\n2,NO\n"))
			drain(t, backend)
			if done, metadata := operation(t, backend, first.GetName()); metadata["state"] != "ACKNOWLEDGED" || metadata["position"] != int32(1) {
				t.Errorf("the first is done %v, %v", done.GetDone(), metadata)
			}
			if done, metadata := operation(t, backend, second.GetName()); metadata["state"] != "REJECTED" || done.GetError().GetMessage() != "There is no such tenant." {
				t.Errorf("the second is %v, %v", metadata, done.GetError())
			}
			if test.extract == "" {
				return
			}
			_, read := openRows(t, formatSettings(test.extract, test.key), map[string]string{"jobs.yaml": test.schema, "in/ROWS.1": file})
			reference := strings.SplitN(strings.SplitN(test.first, `"ref": "`, 2)[1], `"`, 2)[0]
			wantReply(t, read, "GetRow", fmt.Sprintf(`{"ref": %q}`, reference), test.first)
		})
	}
}

// What does not fit a schema is refused with every field that does not, as callers know it.
func TestFormatSubmissionsAreHeldToTheirSchema(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ schema, format, reference, request, want string }{
		{
			jobJSONSchema, "{schema: jobs.yaml}", "ref",
			`{"cost": "1,5", "due": "2026-02-30", "address": {"town": "x", "line": "a line that is much too long"}, "parts": [{"article": "a"}, {"count": 1}], "notes": ["ok", "one that is too long"]}`,
			"tenant: is required|cost: is no decimal number|due: is no date like 2026-01-31|address.line: is longer than 20 characters|parts[1].article: is required|notes[1]: is longer than 10 characters",
		},
		{jobJSONSchema, "{schema: jobs.yaml}", "ref", `{"tenant": "T0001", "address": {"town": "x"}}`, "address.line: is required"},
		{jobJSONSchema, "{schema: jobs.yaml}", "ref", `{"tenant": "T0001", "address": {}}`, ""},
		{jobJSONSchema, "{schema: jobs.yaml}", "ref", `{}`, ": no field of the record is given"},
		{
			jobXMLSchema, "{schema: jobs.yaml}", "@ref", `{"tenant": "T0001", "address": {"line": "\u0001"}, "notes": ["\ufffe"]}`,
			"address.line: holds the character U+0001, which XML has not|notes[0]: holds the character U+FFFE, which XML has not",
		},
		{
			jobFixedSchema, "{schema: jobs.yaml}", "ref", `{"tenant": "T00012", "cost": "1.555", "note": "Ω"}`,
			"tenant: is longer than 5 characters|cost: has more digits behind the point than there is room for|note: the character 'Ω' is not in the code page latin1",
		},
		{jobFixedSchema, "{schema: jobs.yaml}", "ref", `{"tenant": "T0001", "cost": "-123456", "note": "a\nb"}`, "cost: is too long|note: holds a line end"},
		{
			jobCSVSchema, "{name: csv, schema: jobs.yaml, csv: {no_quotes: true}}", "ref", `{"tenant": "a,b", "note": "many characters"}`,
			"tenant: holds a delimiter or line end, or would be read as another value, and there are neither quotes nor escapes|note: is longer than 12 characters",
		},
	} {
		s := newSite(t)
		s.write(t, "jobs.yaml", []byte(test.schema))
		backend := s.open(t, jobSettings(test.format, test.reference, ""))
		_, _, err := call(t, backend, "SubmitChanges", test.request)
		if test.want == "" {
			if err != nil {
				t.Errorf("%s: %v", test.request, err)
			}
			continue
		}
		public := status.Convert(err)
		var got []string
		for _, detail := range public.Details() {
			if bad, ok := detail.(*errdetails.BadRequest); ok {
				for _, violation := range bad.GetFieldViolations() {
					got = append(got, violation.GetField()+": "+violation.GetDescription())
				}
			}
		}
		if got := strings.Join(got, "|"); public.Code() != codes.InvalidArgument || got != test.want {
			t.Errorf("%s: %v\n got %s\nwant %s", test.request, public.Code(), got, test.want)
		}
	}
}

// The mirrored message has the rules of the schema, which the gateway holds requests to.
func TestFormatSubmissionRules(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.write(t, "jobs.yaml", []byte(jobJSONSchema))
	backend := s.open(t, jobSettings("{schema: jobs.yaml}", "ref", ""))
	input := backend.Services()[0].Descriptor.Methods().ByName("SubmitChanges").Input()
	if input.Fields().ByName("ref") != nil {
		t.Error("callers are asked for the reference")
	}
	for request, want := range map[string]string{
		fullJob: "", smallJob: "",
		`{"tenant": "x", "trade": "GAS", "parts": [{"count": 1}], "notes": ["much too long"]}`: "tenant trade parts[0].article notes[0]",
		`{"address": {"town": "x"}}`: "tenant address.line",
	} {
		message := dynamicpb.NewMessage(input)
		if err := protojson.Unmarshal([]byte(request), message); err != nil {
			t.Fatal(err)
		}
		var broken *protovalidate.ValidationError
		var got []string
		if errors.As(protovalidate.Validate(message), &broken) {
			for _, violation := range broken.Violations {
				got = append(got, protovalidate.FieldPathString(violation.Proto.GetField()))
			}
		}
		if got := strings.Join(got, " "); got != want {
			t.Errorf("%s: violations of %q, want %q", request, got, want)
		}
	}
	for name, kind := range map[protoreflect.Name]protoreflect.Kind{"cost": protoreflect.StringKind, "urgent": protoreflect.BoolKind, "at": protoreflect.MessageKind} {
		if got := input.Fields().ByName(name).Kind(); got != kind {
			t.Errorf("%s is %v, want %v", name, got, kind)
		}
	}
}

// What cannot be written is told at its place when the estate is read.
func TestFormatSubmissionMistakes(t *testing.T) {
	t.Parallel()
	jsonl := jobSettings("{schema: jobs.yaml}", "ref", jsonEdges)
	xml := jobSettings("{schema: jobs.yaml}", "@ref", xmlEdges)
	fixed := jobSettings("{schema: jobs.yaml}", "ref", "    header: {values: {from: COUNCIL}}")
	csv := jobSettings("{name: csv, schema: jobs.yaml}", "ref", "")
	for _, test := range []struct{ schema, settings, replace, by, field, message string }{
		{"", jobSettings("{name: edi}", "control", ""), "", "", "layout.format", "submissions leave in files of a schema of csv, fixed, jsonl or xml"},
		{"", jobSettings("{name: swift}", "reference", ""), "", "", "layout.format", "are read, and not written"},
		{"format: iso20022\nfields: [{name: ref}]", jobSettings("{schema: jobs.yaml}", "ref", ""), "", "", "layout.format", "are read, and not written"},
		{strings.Replace(jobXMLSchema, "Work/Jobs/Job", "//Job", 1), xml, "", "", "header", "from the root to the records"},
		{strings.Replace(jobXMLSchema, "tenant", "a tenant", 1), jobSettings("{schema: jobs.yaml}", "@ref", ""), "", "", "layout.format", "a tenant cannot be the name"},
		{jobXMLSchema, xml, "{name: jobs, ", "{name: Job, ", "header", "Job would be read as a record"},
		{jobXMLSchema, xml, "{name: costs, ", "{name: '@costs', ", "trailer", "which the header has"},
		{jobJSONSchema, jsonl, "values: {kind: J}", "values: {cost: much}", `values["cost"]`, "is no decimal number"},
		{jobJSONSchema, jsonl, "values: {kind: T}", "values: {colour: red}", `trailer.values["colour"]`, "no field colour"},
		{jobJSONSchema, jsonl, "{of: cost,", "{of: tenant,", "trailer.totals[0].of", "tenant is no number"},
		{jobJSONSchema, jsonl, "header: {", "header: {record: HEAD, ", "header.record", "no copybook"},
		{jobJSONSchema, jsonl, "schema: jobs.yaml", "schema: jobs.yaml, lenient: true", "layout.format.lenient", "that are read"},
		{jobJSONSchema, jsonl, `reference: "ref"`, "reference: cost", "reference", "neither text nor a whole number"},
		{jobJSONSchema, jsonl, `reference: "ref"`, "reference: notes", "reference", "does not stand at the same place"},
		{strings.Replace(jobFixedSchema, "role: header", "role: detail", 1), fixed, "", "", "header", "several types of details"},
		{strings.Replace(jobFixedSchema, "length: 9, scale: 2", "length: 9", 1), fixed, "", "", "layout.format.schema", "costs has 0 digits behind the point and the records' cost has 2"},
		{strings.Replace(jobFixedSchema, "type: decimal, length: 9, scale: 2", "length: 9", 1), fixed, "", "", "layout.format.schema", "costs is no number"},
		{jobFixedSchema, fixed, "from: COUNCIL", "from: COUNCILS", `header.values["from"]`, "is longer than 7 characters"},
		{jobFixedSchema, fixed, "header: {", "header: {columns: [{name: x}], ", "header", "no columns of its own"},
		{"format: fixed\nfields: [{name: ref, length: 4}]", jobSettings("{schema: jobs.yaml}", "ref", "    trailer: {count: n}"), "", "", "trailer", "a record with this role in the schema"},
		{jobCSVSchema, csv, "    outbox", "    header: {columns: [{name: x}]}\n    outbox", "header", "`layout.delimited`"},
	} {
		s := newSite(t)
		s.write(t, "jobs.yaml", []byte(test.schema))
		_, err := batch.Adapter{}.Open(t.Context(), parse(t, strings.Replace(test.settings, test.replace, test.by, 1)), s.options(t))
		var config *adapters.ConfigError
		if !errors.As(err, &config) || !slices.ContainsFunc(config.Findings, func(f adapters.Finding) bool {
			return f.Field == "submissions[0]."+test.field && strings.Contains(f.Message, test.message)
		}) {
			t.Errorf("got %v, want a finding at %s: %s", err, test.field, test.message)
		}
	}
}
