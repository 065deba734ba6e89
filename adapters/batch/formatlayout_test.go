package batch_test

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/adapters/adaptertest"
	"github.com/postern-gateway/postern/adapters/batch"
	"github.com/postern-gateway/postern/adapters/batch/corpustest"
	"github.com/postern-gateway/postern/adapters/batch/unwrap"
	adminv1 "github.com/postern-gateway/postern/proto/postern/admin/v1"
)

// formatSettings is an extract of rows in a format.
func formatSettings(format, key string, more ...string) string {
	return "kind: batch\npoll: 3600s\nextracts:\n  - plural: rows\n    singular: row\n    layout: {format: " + format + "}\n" +
		"    inbox: {directory: in, pattern: \"ROWS.*\", settle: 0s}\n    key: [" + key + "]\n" + strings.Join(more, "\n") + "\n"
}

const orderSchema = `
format: xml
element: Orders/Order
fields:
  - {name: "@no", type: integer}
  - {name: Customer}
  - {name: Placed, type: date}
  - {name: At, type: time}
  - {name: Total, type: decimal}
  - {name: Line, repeated: true, fields: [{name: Article}, {name: Count, type: integer}]}
`

const ordersXML = `<?xml version="1.0" encoding="UTF-8"?>
<Orders xmlns="urn:orders">
  <Order no="7"><Customer>Doyle &amp; Sons</Customer><Placed>2026-11-20</Placed><At>2026-11-20T08:30:00Z</At><Total>120.50</Total>
    <Line><Article>Door</Article><Count>2</Count></Line><Line><Article>Hinge</Article></Line></Order>
  <Order no="9"><Customer>Ökafor</Customer><Total>-3</Total></Order>
  <Order no="8"><Customer/><Total>many</Total></Order>
</Orders>
`

const (
	orderSeven = `{"no": "7", "customer": "Doyle & Sons", "placed": "2026-11-20", "at": "2026-11-20T08:30:00Z", "total": "120.50", "line": [{"article": "Door", "count": "2"}, {"article": "Hinge"}]}`
	orderNine  = `{"no": "9", "customer": "Ökafor", "total": "-3"}`
)

func openRows(t *testing.T, yaml string, files map[string]string) (*site, adapters.Backend) {
	t.Helper()
	s := newSite(t)
	for name, text := range files {
		s.write(t, name, []byte(text))
	}
	backend := s.open(t, yaml)
	drain(t, backend)
	return s, backend
}

func orderSettings() string {
	return formatSettings("{schema: orders.yaml}", `"@no"`, "    indexes: [Customer, Placed]", "    max_bad_share: 0.5")
}

// Records of XML are rows as those of a copybook: by key, filter, index and order, with those that are bad in quarantine.
func TestFormatExtract(t *testing.T) {
	t.Parallel()
	_, backend := openRows(t, orderSettings(), map[string]string{"orders.yaml": orderSchema, "in/ROWS.1": ordersXML})
	wantReply(t, backend, "GetRow", `{"no": "7"}`, orderSeven)
	wantReply(t, backend, "GetRow", `{"no": "9"}`, orderNine)
	if _, _, err := call(t, backend, "GetRow", `{"no": "8"}`); status.Code(err) != codes.NotFound {
		t.Errorf("a bad record: %v", err)
	}
	for request, want := range map[string][]string{
		`{}`:                                            {orderSeven, orderNine},
		`{"orderBy": "customer desc"}`:                  {orderNine, orderSeven},
		`{"customer": "Ökafor"}`:                        {orderNine},
		`{"placed": "2026-11-20"}`:                      {orderSeven},
		`{"filter": "total > 100"}`:                     {orderSeven},
		`{"filter": "line.article:\"Hinge\""}`:          {orderSeven},
		`{"filter": "NOT placed:*"}`:                    {orderNine},
		`{"filter": "at < \"2026-11-20T09:00:00Z\""}`:   {orderSeven},
		`{"filter": "customer = \"Doyle & Sons\""}`:     {orderSeven},
		`{"filter": "customer = \"Doyle\" OR no = 10"}`: {},
	} {
		var rows []string
		got, _, err := call(t, backend, "ListRows", request)
		if err != nil {
			t.Errorf("%s: %v", request, err)
			continue
		}
		list := got.ProtoReflect().Get(got.ProtoReflect().Descriptor().Fields().ByName("rows")).List()
		if list.Len() != len(want) {
			t.Errorf("%s: %d rows, want %d: %v", request, list.Len(), len(want), rows)
			continue
		}
		for i := range want {
			wantJSON(t, list.Get(i).Message().Interface(), want[i])
		}
	}
	run := runsOf(t, backend, "rows")[0]
	rejects, err := operatorOf(t, backend).ListRejects(t.Context(), &adminv1.ListRejectsRequest{Run: run.GetId(), WithData: true})
	if err != nil || len(rejects.GetRejects()) != 1 {
		t.Fatalf("rejects: %v, %v", rejects, err)
	}
	bad := rejects.GetRejects()[0]
	if at := int64(strings.Index(ordersXML, `<Order no="8"`)); bad.GetRecord() != 3 || bad.GetOffset() != at || bad.GetReason() != "Total is no decimal number" {
		t.Errorf("record %d at %d: %s, want record 3 at %d", bad.GetRecord(), bad.GetOffset(), bad.GetReason(), at)
	}
	mended := strings.Replace(string(bad.GetData()), "many", "4.00", 1)
	if replayed, err := replay(t, backend, run.GetId(), &adminv1.Correction{Record: 3, Data: []byte(mended)}); err != nil || replayed.GetRejects() != 0 {
		t.Fatalf("replayed: %v, %v", replayed, err)
	}
	wantReply(t, backend, "GetRow", `{"no": "8"}`, `{"no": "8", "customer": "", "total": "4.00"}`)
}

// A file that its format refuses changes nothing.
func TestFormatRefusesFile(t *testing.T) {
	t.Parallel()
	for name, broken := range map[string]string{
		"cut": ordersXML[:len(ordersXML)-12], "tags": strings.Replace(ordersXML, "</Customer>", "</Custom>", 1), "no XML": "hello", "empty": "",
	} {
		s, backend := openRows(t, orderSettings(), map[string]string{"orders.yaml": orderSchema, "in/ROWS.1": ordersXML})
		s.write(t, "in/ROWS.2", []byte(broken))
		drain(t, backend)
		if last := runsOf(t, backend, "rows")[0]; last.GetFile() != "ROWS.2" || last.GetOutcome() != "refused" {
			t.Errorf("%s: the last run is %v", name, last)
		}
		wantReply(t, backend, "GetRow", `{"no": "7"}`, orderSeven)
	}
}

func TestFormatConformance(t *testing.T) {
	s := newSite(t)
	s.write(t, "orders.yaml", []byte(orderSchema))
	s.write(t, "in/ROWS.1", []byte(ordersXML))
	s.write(t, "jobs.yaml", []byte(jobXMLSchema))
	jobs := jobSettings("{schema: jobs.yaml}", "@ref", xmlEdges)
	both := orderSettings() + jobs[strings.Index(jobs, "submissions:"):]
	noNetwork := "files are exchanged through directories, not by TCP"
	adaptertest.Run(t, adaptertest.Subject{
		Adapter: batch.Adapter{}, Config: func(t *testing.T) adapters.Config { return parse(t, both) }, Dir: s.dir, Ready: tryDrain,
		Read:    adaptertest.Call{Method: "GetRow", Request: `{"no": "7"}`, Reply: orderSeven},
		Missing: adaptertest.Call{Method: "GetRow", Request: `{"no": "70"}`},
		Accepted: &adaptertest.Accepted{
			Submit: adaptertest.Call{Method: "SubmitChanges", Request: fullJob}, Refused: adaptertest.Call{Method: "SubmitChanges", Request: `{"tenant": "T0001", "due": "2026-02-30"}`}, Operation: "GetOperation",
		},
		Secrets: []string{s.dir, "ROWS.1"},
		Waivers: map[string]string{
			"a refused connection is UNAVAILABLE": noNetwork, "a hanging legacy system does not hold the caller": noNetwork, "a connection cut in the reply is an error": noNetwork,
		},
	})
}

// Each format is an extract, also with files as others have written them.
func TestFormats(t *testing.T) {
	t.Parallel()
	corpus := func(path string) string {
		text, err := os.ReadFile(filepath.Join(corpustest.Dir(t), filepath.FromSlash(path)))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	for name, test := range map[string]struct{ format, key, schema, file, request, want string }{
		"jsonl": {
			"{schema: s.yaml}", "id", "format: jsonl\nfields: [{name: id}, {name: sum, type: decimal}, {name: ok, type: boolean}, {name: tags, repeated: true}]",
			`{"id":"a","sum":12345678901234567890.10,"ok":true,"tags":["x","y"],"more":1}` + "\n" + `{"id":"b","sum":null}`,
			`{"filter": "tags:\"y\" AND ok = true"}`, `{"id": "a", "sum": "12345678901234567890.10", "ok": true, "tags": ["x", "y"]}`,
		},
		"csv": {
			"{name: csv, schema: s.yaml, csv: {delimiter: \";\", null_text: NULL, comment: \"#\", ragged: pad}}", "id", "format: csv\nfields: [{name: id, type: integer}, {name: name}, {name: note}]",
			"id;name;note\n# none\n1;\"a;b\";NULL\n2;c\n", `{"filter": "name = \"a;b\""}`, `{"id": "1", "name": "a;b"}`,
		},
		"fixed": {
			"{schema: s.yaml}", "id", "format: fixed\nrecords: [{name: d, type: D, fields: [{name: kind, length: 1, hidden: true}, {name: id, length: 2}, {name: sum, type: decimal, length: 4, scale: 2}]}, " +
				"{name: t, type: T, role: trailer, fields: [{name: kind, length: 1}, {name: n, type: integer, length: 2, equals: count}, {name: s, type: decimal, length: 4, scale: 2, equals: sum, of: sum}]}]",
			"D010125\nD020200\nT020325\n", `{"filter": "sum > 1.5"}`, `{"id": "02", "sum": "2.00"}`,
		},
		"edi": {
			"{name: edi}", "control", "", corpus("edi/data/staedi__simple997.edi"), `{"filter": "type = \"997\"", "fields": "control,interchange.sender,group.function,segments.tag"}`,
			`{"control": "0001", "interchange": {"sender": "ReceiverID     "}, "group": {"function": "FA"}, "segments": [{"tag": "ST"}, {"tag": "AK1"}, {"tag": "AK2"}, {"tag": "AK3"}, {"tag": "AK4"},
				{"tag": "AK5"}, {"tag": "AK9"}, {"tag": "SE"}]}`,
		},
		"ach": {
			"{name: ach}", "trace_number", "", corpus("moov-ach/data/examples__testdata__dishonored-return.ach"), `{"filter": "amount < 240", "fields": "trace_number,amount,account,batch.number,addenda.type"}`,
			`{"traceNumber": "231380100000002", "amount": "230.00", "account": "744-5678-99", "batch": {"number": "0000001"}, "addenda": [{"type": "99"}]}`,
		},
		"bai2": {
			"{name: bai2}", "account", "", corpus("moov-bai2/data/sample4-continuations-newline-delimited.txt"), `{"account": "107049924", "fields": "account,group.originator,file.sender,summaries.type,summaries.amount"}`,
			`{"account": "107049924", "group": {"originator": "026015079"}, "file": {"sender": "GSBI"}, "summaries": [{"type": "060", "amount": "13053325440"}, {"type": "100", "amount": "000"},
				{"type": "400", "amount": "000"}]}`,
		},
		"swift": {
			"{name: swift}", "session, sequence", "", corpus("swift-mt/MT101.fin"), `{"fields": "type,direction"}`, `{"type": "101", "direction": "O"}`,
		},
		"iso20022": {
			"{schema: s.yaml}", "AcctSvcrRef", "format: iso20022\nfields: [{name: AcctSvcrRef}, {name: Amt, fields: [{name: '@Ccy'}, {name: '#text', type: decimal}]}, {name: CdtDbtInd}, {name: BookgDt, fields: [{name: Dt, type: date}]}]",
			corpus("iso20022/data/moov__200519_camt.054-Debit_P_CH2909000000250094239_1110092692_0_2019042401501580.xml"), `{"orderBy": "acctSvcrRef"}`,
			`{"acctSvcrRef": "074820002ZU1EQ0K", "amt": {"ccy": "CHF", "text": "913.00"}, "cdtDbtInd": "DBIT", "bookgDt": {"dt": "2019-04-25"}}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			more := "    indexes: [" + test.key + "]"
			_, backend := openRows(t, formatSettings(test.format, test.key, more), map[string]string{"s.yaml": test.schema, "in/ROWS.1": test.file})
			got, _, err := call(t, backend, "ListRows", test.request)
			if err != nil {
				t.Fatalf("%v; %v", err, runsOf(t, backend, "rows"))
			}
			list := got.ProtoReflect().Get(got.ProtoReflect().Descriptor().Fields().ByName("rows")).List()
			if list.Len() != 1 {
				t.Fatalf("%d rows, want 1: %v", list.Len(), got)
			}
			wantJSON(t, list.Get(0).Message().Interface(), test.want)
		})
	}
}

// `postern decode --settings` reads the same layout.
func TestDecodeByFormatOfLayout(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.write(t, "orders.yaml", []byte(orderSchema))
	s.write(t, "in/ROWS.1", []byte(ordersXML))
	layout := parse(t, orderSettings()).GetExtracts()[0].GetLayout()
	var out strings.Builder
	summary, err := batch.Decode(t.Context(), &out, batch.DecodeOptions{Data: filepath.Join(s.dir, "in", "ROWS.1"), Layout: layout, Dir: s.dir})
	if err != nil || summary.Records != 3 || summary.Bad != 1 || !strings.Contains(out.String(), `{"@no":9,"Customer":"Ökafor","Total":-3}`) {
		t.Errorf("%v, %v: %s", summary, err, &out)
	}
	s.write(t, "ORDERS.gz", packedWith(t, []byte(ordersXML)))
	more := batch.DecodeOptions{Data: filepath.Join(s.dir, "in", "ROWS.1"), More: []string{filepath.Join(s.dir, "ORDERS.gz")}, Layout: layout, Dir: s.dir}
	for limit, want := range map[int64]int64{0: 6, 2: 2, 4: 4} {
		more.Limit = limit
		if summary, err := batch.Decode(t.Context(), io.Discard, more); err != nil || summary.Records != want {
			t.Errorf("a limit of %d over two files: %v, %v; want %d records", limit, summary, err, want)
		}
	}
	more.Limit, more.Packed.Compression = 0, unwrap.None
	if summary, err := batch.Decode(t.Context(), io.Discard, more); err == nil {
		t.Errorf("a packed file was read as one that is not: %v", summary)
	}
}

// A wrong setting has its place.
func TestFormatMistakes(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.write(t, "orders.yaml", []byte(orderSchema))
	s.write(t, "bad.yaml", []byte("format: xml\nfeilds: []\n"))
	s.write(t, "worse.yaml", []byte("format: csv\nfields: [{name: a, pattern: '('}, {name: b, type: money}]\n"))
	for _, test := range []struct{ yaml, field, message string }{
		{formatSettings("{name: xml}", "a"), "extracts[0].layout.format", "name them in a schema"},
		{formatSettings("{name: csv}", "a"), "extracts[0].layout.format.schema", "csv has one"},
		{formatSettings("{lenient: true}", "a"), "extracts[0].layout.format", "has a name"},
		{formatSettings("{schema: none.yaml}", "a"), "extracts[0].layout.format.schema", "cannot read the schema"},
		{formatSettings("{schema: bad.yaml}", "a"), "extracts[0].layout.format.schema", "line 2: field feilds not found"},
		{formatSettings("{schema: worse.yaml}", "a"), "extracts[0].layout.format.schema", "missing closing ): `(`; fields[1].type: there are"},
		{formatSettings("{name: csv, schema: orders.yaml}", "a"), "extracts[0].layout.format.schema", "of the format xml, and not csv"},
		{formatSettings("{name: csv, schema: orders.yaml, csv: {quote: ','}}", "a"), "extracts[0].layout.format.csv", "the delimiter holds a quote"},
		{strings.Replace(formatSettings("{schema: orders.yaml}", `"@no"`), "layout: {", "layout: {record_length: 4, ", 1), "extracts[0].layout.record_length", "for copybooks and columns"},
		{formatSettings("{schema: orders.yaml}", `"@no"`, "    header: {when: {field: Customer, equals: H}}"), "extracts[0].header", "reads what stands around"},
		{formatSettings("{schema: orders.yaml}", `"@no"`, "    trailer: {when: {field: Customer, equals: H}}"), "extracts[0].trailer", "reads what stands around"},
		{formatSettings("{schema: orders.yaml}", "Nothing"), "extracts[0].key[0]", "there is no field Nothing"},
		{formatSettings("{schema: orders.yaml}", "Line"), "extracts[0].key[0]", "does not stand at the same place"},
		{formatSettings("{schema: orders.yaml}", "Total"), "extracts[0].key[0]", "unbounded"},
	} {
		_, err := batch.Adapter{}.Open(t.Context(), parse(t, test.yaml), s.options(t))
		var config *adapters.ConfigError
		if !errors.As(err, &config) || !slices.ContainsFunc(config.Findings, func(f adapters.Finding) bool {
			return f.Field == test.field && strings.Contains(f.Message, test.message)
		}) {
			t.Errorf("got %s, want a finding at %s: %s", fmt.Sprint(err), test.field, test.message)
		}
	}
}
