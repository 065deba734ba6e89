package batch_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/adapters/batch"
	adminv1 "github.com/postern-gateway/postern/proto/postern/admin/v1"
)

// policyBook is a hierarchy: policies, their covers, and the claims on each.
const policyBook = `
       01  FILE-HEADER.
           05  KIND                PIC X.
           05  RUN-DATE            PIC 9(8).
       01  POLICY-RECORD.
           05  KIND                PIC X.
           05  POLICY.
               10  POLICY-NO       PIC X(4).
               10  HOLDER          PIC X(8).
           05  COVER REDEFINES POLICY.
               10  COVER-CODE      PIC X(2).
               10  PREMIUM         PIC 9(4)V99.
           05  CLAIM REDEFINES POLICY.
               10  CLAIM-NO        PIC 9(3).
               10  PAID            PIC 9(4).
       01  FILE-TRAILER.
           05  KIND                PIC X.
           05  RECORDS             PIC 9(4).
           05  PREMIUMS            PIC 9(6)V99.
`

const policySettings = `
kind: batch
poll: 3600s
extracts:
  - plural: policies
    singular: policy
    layout:
      copybook: policy.cpy
      record: POLICY-RECORD
      record_format: line
      code_page: ascii
      formats: {RUN-DATE: yyyymmdd}
      segments:
        field: KIND
        kinds:
          - {group: POLICY, values: [P, Q]}
          - {group: COVER, values: [C], parent: POLICY}
          - {group: CLAIM, values: [X], parent: COVER}
    header: {record: FILE-HEADER, when: {field: KIND, equals: H}, date: RUN-DATE}
    trailer: {record: FILE-TRAILER, when: {field: KIND, equals: T}, count: RECORDS, totals: [{of: PREMIUM, equals: PREMIUMS, when: {field: KIND, equals: C}}]}
    inbox: {directory: in, pattern: "POLICIES.*"}
    key: [POLICY-NO]
    indexes: [HOLDER]
    max_bad_share: 0.5
`

// policyFile is a file of these records, with header and trailer.
func policyFile(premiums string, records ...string) []byte {
	all := slices.Concat([]string{"H20261120"}, records, []string{fmt.Sprintf("T%04d%s", len(records), premiums)})
	return []byte(strings.Join(all, "\n") + "\n")
}

func openPolicies(t *testing.T, yaml string, file []byte) (*site, adapters.Backend) {
	t.Helper()
	s := newSite(t)
	s.write(t, "policy.cpy", []byte(policyBook))
	s.write(t, "in/POLICIES.1", file)
	backend := s.open(t, yaml)
	drain(t, backend)
	return s, backend
}

func wantReply(t *testing.T, backend adapters.Backend, method, request, want string) {
	t.Helper()
	got, _, err := call(t, backend, method, request)
	if err != nil {
		t.Errorf("%s %s: %v", method, request, err)
		return
	}
	wantJSON(t, got, want)
}

const (
	firstPolicy = `{"kind": "P", "policy": {"policyNo": "0001", "holder": "Doyle", "cover": [
		{"coverCode": "HH", "premium": "120.50", "claim": [{"claimNo": 7, "paid": 250}, {"claimNo": 8, "paid": 0}]}, {"coverCode": "CO", "premium": "80.00"}]}}`
	secondPolicy = `{"kind": "Q", "policy": {"policyNo": "0002", "holder": "Okafor"}}`
)

// A hierarchy is one message, which can be got, listed, filtered and ordered as any other record.
func TestHierarchy(t *testing.T) {
	t.Parallel()
	file := policyFile("00020050", "P0001Doyle", "CHH012050", "X0070250", "X0080000", "CCO008000", "Q0002Okafor")
	_, backend := openPolicies(t, policySettings, file)
	for id, want := range map[string]string{"0001": firstPolicy, "0002": secondPolicy} {
		wantReply(t, backend, "GetPolicy", fmt.Sprintf(`{"policyNo": %q}`, id), want)
	}
	for request, want := range map[string]string{
		`{"filter": "policy.cover.coverCode:\"CO\""}`:      firstPolicy,
		`{"filter": "policy.cover.claim.paid:250"}`:        firstPolicy,
		`{"filter": "NOT policy.cover:*"}`:                 secondPolicy,
		`{"holder": "Okafor"}`:                             secondPolicy,
		`{"filter": "policy.holder = \"Doyle\""}`:          firstPolicy,
		`{"filter": "policy.cover.coverCode:\"nothing\""}`: "",
	} {
		wantReply(t, backend, "ListPolicies", request, fmt.Sprintf(`{"policies": [%s], "asOf": "2026-11-20T00:00:00Z"}`, want))
	}
	wantReply(t, backend, "ListPolicies", `{"orderBy": "policy.holder desc", "fields": "policy.policyNo,policy.cover.premium"}`,
		`{"policies": [{"policy": {"policyNo": "0002"}}, {"policy": {"policyNo": "0001", "cover": [{"premium": "120.50"}, {"premium": "80.00"}]}}], "asOf": "2026-11-20T00:00:00Z"}`)
}

// Counts and totals of a trailer are of the records of the file.
func TestHierarchyTotals(t *testing.T) {
	t.Parallel()
	for name, file := range map[string][]byte{
		"count":   []byte("H20261120\nP0001Doyle\nCHH012050\nT000100012050\n"),
		"total":   policyFile("00012051", "P0001Doyle", "CHH012050"),
		"trailer": []byte("H20261120\nP0001Doyle\nCHH012050\n"),
	} {
		_, backend := openPolicies(t, policySettings, file)
		if _, _, err := call(t, backend, "GetPolicy", `{"policyNo": "0001"}`); status.Code(err) != codes.Unavailable {
			t.Errorf("%s: got %v, want that nothing is served", name, err)
		}
	}
}

// What belongs to nothing, and what is of no kind, goes to quarantine with its place, and can be replayed once it is mended.
func TestHierarchyQuarantine(t *testing.T) {
	t.Parallel()
	_, backend := openPolicies(t, policySettings, policyFile("00012050", "CHH012050", "P0001Doyle", "?what", "X0010001", "Q0002Okafor"))
	if _, _, err := call(t, backend, "GetPolicy", `{"policyNo": "0001"}`); status.Code(err) != codes.Unavailable {
		t.Errorf("half of the records are bad, and they are served: %v", err)
	}
	_, backend = openPolicies(t, strings.Replace(policySettings, "0.5", "0.9", 1), policyFile("00012050", "CHH012050", "P0001Doyle", "?what", "X0010001", "Q0002Okafor"))
	wantReply(t, backend, "GetPolicy", `{"policyNo": "0002"}`, secondPolicy)
	run := runsOf(t, backend, "policies")[0]
	rejects, err := operatorOf(t, backend).ListRejects(t.Context(), &adminv1.ListRejectsRequest{Run: run.GetId()})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, reject := range rejects.GetRejects() {
		got = append(got, fmt.Sprintf("%d at %d: %s", reject.GetRecord(), reject.GetOffset(), reject.GetReason()))
	}
	want := []string{
		"2 at 10: POLICY-RECORD.COVER stands behind no record that it belongs to", `4 at 31: KIND at byte 0 says "?", and there is no such kind of records`,
		"3 at 20: CLAIM stands behind no record that it belongs to",
	}
	if want[0] = strings.ReplaceAll(want[0], "POLICY-RECORD.", ""); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	mended := append([]byte{0, 0, 0, 10}, "P0001Doyle"...)
	replayed, err := replay(t, backend, run.GetId(), &adminv1.Correction{Record: 3, Data: mended})
	if err != nil || replayed.GetRejects() != 0 {
		t.Fatalf("replayed: %v, %v", replayed, err)
	}
	wantReply(t, backend, "GetPolicy", `{"policyNo": "0001"}`, `{"kind": "P", "policy": {"policyNo": "0001", "holder": "Doyle"}}`)
}

// Kinds can be left out, and records numbered by their levels.
func TestSegmentsLeftOutAndNumbered(t *testing.T) {
	t.Parallel()
	file := policyFile("00020050", "P0001Doyle", "CHH012050", "X0070250", "CCO008000", "P0002Okafor")
	flat := strings.NewReplacer(", parent: POLICY", "", ", parent: COVER", "").Replace(policySettings)

	_, backend := openPolicies(t, strings.Replace(flat, "        field: KIND\n", "        field: KIND\n        only: [P, Q]\n", 1), file)
	wantReply(t, backend, "ListPolicies", `{}`, `{"policies": [{"kind": "P", "policy": {"policyNo": "0001", "holder": "Doyle"}}, {"kind": "P", "policy": {"policyNo": "0002", "holder": "Okafor"}}],
		"asOf": "2026-11-20T00:00:00Z"}`)

	numbered := strings.Replace(flat, "        field: KIND\n", "        field: KIND\n        levels: [\"P,Q\", C, X]\n        prefix: A\n", 1)
	numbered = strings.NewReplacer("key: [POLICY-NO]", "key: [Seg_Id0, Seg_Id1, Seg_Id2]", "indexes: [HOLDER]", "indexes: [Seg_Id0]").Replace(numbered)
	_, backend = openPolicies(t, numbered, file)
	wantReply(t, backend, "ListPolicies", `{"segId0": "A_0_0"}`, `{"policies": [
		{"segId0": "A_0_0", "kind": "P", "policy": {"policyNo": "0001", "holder": "Doyle"}},
		{"segId0": "A_0_0", "segId1": "A_0_0_L1_1", "kind": "C", "cover": {"coverCode": "HH", "premium": "120.50"}},
		{"segId0": "A_0_0", "segId1": "A_0_0_L1_1", "segId2": "A_0_0_L2_1", "kind": "X", "claim": {"claimNo": 7, "paid": 250}},
		{"segId0": "A_0_0", "segId1": "A_0_0_L1_2", "kind": "C", "cover": {"coverCode": "CO", "premium": "80.00"}}], "asOf": "2026-11-20T00:00:00Z"}`)
}

// Several 01 levels, and several copybooks, are one record.
func TestSeveralRecordLevels(t *testing.T) {
	t.Parallel()
	book := map[string]string{
		"person.cpy": "       01  PERSON.\n           05  KIND   PIC X.\n           05  ID     PIC X(3).\n           05  NAME   PIC X(6).\n",
		"firm.cpy":   "       01  FIRM.\n           05  KIND   PIC X.\n           05  ID     PIC X(3).\n           05  VAT.\n               10  STATE  PIC X(2).\n               10  NUM PIC 9(4).\n",
	}
	book["both.cpy"] = book["person.cpy"] + book["firm.cpy"]
	kinds := "segments: {field: PERSON.KIND, kinds: [{group: PERSON, values: [P]}, {group: FIRM, values: [F]}]}\n      group_texts: [VAT]"
	alternatives := []string{`{"person": {"kind": "P", "id": "001", "name": "Doyle"}}`, `{"firm": {"kind": "F", "id": "002", "vat": {"state": "IE", "num": 4711}, "vatNt": "IE4711"}}`}
	for name, test := range map[string]struct {
		layout, key, file string
		want              []string
	}{
		"alternatives":   {"copybook: both.cpy\n      records: alternatives\n      " + kinds, "PERSON.ID", "P001Doyle F002IE4711", alternatives},
		"more copybooks": {"copybook: person.cpy\n      more_copybooks: [firm.cpy]\n      " + kinds, "PERSON.ID", "P001Doyle F002IE4711", alternatives},
		"sequence": {"copybook: both.cpy\n      records: sequence\n      group_texts: [VAT]", "PERSON.ID", "P001Doyle F002IE4711", []string{
			`{"kind": "P", "id": "001", "name": "Doyle", "kind2": "F", "id2": "002", "vat": {"state": "IE", "num": 4711}, "vatNt": "IE4711"}`}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			for name, text := range book {
				s.write(t, name, []byte(text))
			}
			s.write(t, "in/PARTIES.1", []byte(test.file))
			backend := s.open(t, "kind: batch\nextracts:\n  - plural: parties\n    singular: party\n    layout:\n      "+test.layout+"\n      code_page: ascii\n"+
				"    inbox: {directory: in, pattern: \"PARTIES.*\"}\n    key: ["+test.key+"]\n")
			drain(t, backend)
			page, _, err := call(t, backend, "ListParties", `{}`)
			if err != nil {
				t.Fatal(err)
			}
			rows := page.ProtoReflect().Get(page.ProtoReflect().Descriptor().Fields().ByName("parties")).List()
			if rows.Len() != len(test.want) {
				t.Fatalf("there are %d records, want %d", rows.Len(), len(test.want))
			}
			for i, want := range test.want {
				wantJSON(t, rows.Get(i).Message().Interface(), want)
			}
		})
	}
}

func TestAssemblyMistakes(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.write(t, "policy.cpy", []byte(policyBook))
	s.write(t, "more.cpy", []byte("       01  MORE.\n           05 A PIC Z(.\n"))
	submission := strings.Replace(settings, "record: CHANGE-RECORD", "record: CHANGE-RECORD\n      group_texts: [CHANGE-RECORD]\n      segments: {field: REC-TYPE, only: [D], levels: [D], prefix: A}", 1)
	for _, test := range []struct{ yaml, field string }{
		{strings.Replace(policySettings, "parent: COVER", "parent: NONE", 1), "extracts[0].layout.segments.kinds[2].parent"},
		{strings.Replace(policySettings, "values: [P, Q]", "values: [P, Q], parent: CLAIM", 1), "extracts[0].layout.segments.kinds"},
		{strings.Replace(policySettings, "values: [X]", "values: [C]", 1), "extracts[0].layout.segments.kinds[2].values"},
		{strings.Replace(policySettings, "field: KIND\n        k", "field: POLICY\n        k", 1), "extracts[0].layout.segments.field"},
		{strings.Replace(policySettings, "[POLICY-NO]", "[COVER-CODE]", 1), "extracts[0].key[0]"},
		{strings.Replace(policySettings, "      record: POLICY-RECORD\n", "      more_copybooks: [more.cpy]\n", 1), ""},
		{submission, "submissions[0].layout.group_texts"},
		{submission, "submissions[0].layout.segments.only"},
		{submission, "submissions[0].layout.segments.levels"},
		{submission, "submissions[0].layout.segments.prefix"},
	} {
		_, err := batch.Adapter{}.Open(t.Context(), parse(t, test.yaml), s.options(t))
		var config *adapters.ConfigError
		if !errors.As(err, &config) || !slices.ContainsFunc(config.Findings, func(f adapters.Finding) bool { return f.Field == test.field }) {
			t.Errorf("got %s, want a finding at %q", fmt.Sprint(err), test.field)
		}
	}
}
