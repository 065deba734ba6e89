package batch_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/adapters/batch"
)

// withFraming is settings where the layout of the extract has these settings besides.
func withFraming(lines string) string {
	return strings.Replace(settings, "      record: CLAIM-RECORD\n", "      record: CLAIM-RECORD\n      "+lines+"\n", 1)
}

// descriptor is a descriptor word of z/OS, which counts itself.
func descriptor(length int, control byte) []byte {
	return append(binary.BigEndian.AppendUint16(nil, uint16(length+4)), control, 0)
}

// claimFraming is a record format, and what makes a file of its records.
type claimFraming struct {
	settings string
	write    func(records [][]byte) []byte
}

// each writes records one behind the other.
func each(one func(record []byte) []byte) func([][]byte) []byte {
	return func(records [][]byte) (all []byte) {
		for _, record := range records {
			all = append(all, one(record)...)
		}
		return all
	}
}

func claimFramings() map[string]claimFraming {
	withWord := func(record []byte) []byte { return append(descriptor(len(record), 0), record...) }
	return map[string]claimFraming{
		"V":       {"record_format: variable", each(withWord)},
		"a short": {"record_format: variable\n      short_records: partial", each(func(r []byte) []byte { return withWord(r[:52]) })}, // without the filler at the end
		"VB": {"record_format: variable_blocked", func(records [][]byte) (all []byte) {
			for block := range slices.Chunk(records, 3) {
				content := each(withWord)(block)
				all = append(append(all, descriptor(len(content), 0)...), content...)
			}
			return all
		}},
		"VBS": {"record_format: spanned", each(func(r []byte) []byte {
			first, last := append(descriptor(20, 1), r[:20]...), append(descriptor(len(r)-20, 2), r[20:]...)
			return slices.Concat(descriptor(len(first), 0), first, descriptor(len(last), 0), last)
		})},
		"FB": {"record_format: fixed_blocked", func(records [][]byte) (all []byte) {
			for block := range slices.Chunk(records, 4) {
				content := bytes.Join(block, nil)
				all = append(append(all, descriptor(len(content), 0)...), content...)
			}
			return all
		}},
		"bytes around": {"framing: {file_start: 3, file_end: 2, record_start: 1, record_end: 2}", func(records [][]byte) []byte {
			return slices.Concat([]byte("xxx"), each(func(r []byte) []byte { return slices.Concat([]byte{0xF1}, r, []byte{0, 0}) })(records), []byte("yy"))
		}},
		"a header": {"framing: {header: {size: 4, bytes: 2, order: little}}", each(func(r []byte) []byte {
			return append([]byte{byte(len(r)), 0, 'h', 'h'}, r...)
		})},
		"line ends": {"record_format: line\n      framing: {line_end: FFFEFF}", each(func(r []byte) []byte { return append(slices.Clone(r), 0xFF, 0xFE, 0xFF) })},
	}
}

// An extract is served whatever its records have around them, and decoded from what the copybook describes.
func TestExtractFramings(t *testing.T) {
	t.Parallel()
	plain := extractOf("20261120", manyClaims(10)...)
	records := slices.Collect(slices.Chunk(plain, 60))
	for name, framing := range claimFramings() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			file := framing.write(records)
			s.write(t, "in/CLAIMS.1", file)
			backend := s.open(t, withFraming(framing.settings))
			drain(t, backend)
			refs, _ := list(t, backend, `{"surname": "Doyle", "pageSize": 9}`)
			if got, want := strings.Join(refs, " "), "CL000000 CL000002 CL000004 CL000006 CL000008"; got != want {
				t.Errorf("got %s, want %s", got, want)
			}
			got, _, err := call(t, backend, "GetClaim", `{"claimRef": "CL000007"}`)
			if err != nil {
				t.Fatal(err)
			}
			wantJSON(t, got, `{"recType": "D", "claimRef": "CL000007", "citizenId": "C000002", "claimant": {"surname": "Okafor", "born": "1961-02-14"}, "claimStatus": "A",
				"amount": "0.07", "payments": 0, "lastPaid": [0, 0, 0]}`)

			cut := newSite(t)
			cut.write(t, "in/CLAIMS.1", file[:len(file)-70])
			backend = cut.open(t, withFraming(framing.settings))
			drain(t, backend)
			if _, _, err := call(t, backend, "GetClaim", `{"claimRef": "CL000007"}`); status.Code(err) != codes.Unavailable {
				t.Errorf("a file that is cut: %v", err)
			}
		})
	}
}

func TestFramingMistakes(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for yaml, want := range map[string]string{
		withFraming("framing: {length: NONE}"):       "extracts[0].layout.framing.length",
		withFraming("framing: {first_record: NONE}"): "extracts[0].layout.framing.first_record",
		withFraming("record_length: 20"):             "extracts[0].layout.record_length",
		strings.Replace(settings, "record: CHANGE-RECORD", "record: CHANGE-RECORD\n      record_format: counted", 1):   "submissions[0].layout.record_format",
		strings.Replace(settings, "record: CHANGE-RECORD", "record: CHANGE-RECORD\n      framing: {record_end: 1}", 1): "submissions[0].layout.framing.record_end",
	} {
		_, err := batch.Adapter{}.Open(t.Context(), parse(t, yaml), s.options(t))
		var config *adapters.ConfigError
		if !errors.As(err, &config) || !slices.ContainsFunc(config.Findings, func(f adapters.Finding) bool { return f.Field == want }) {
			t.Errorf("got %s, want a finding at %s", fmt.Sprint(err), want)
		}
	}
}

// partySettings is an extract of records of two kinds and two lengths.
const partySettings = `
kind: batch
poll: 3600s
extracts:
  - plural: parties
    singular: party
    layout:
      copybook: party.cpy
      code_page: ascii
      record_format: variable
      short_records: partial
      segments: {field: KIND, kinds: [{group: PERSON, values: [P, Q]}, {group: FIRM, values: [F]}]}
    inbox: {directory: in, pattern: "PARTIES.*"}
    key: [ID]
`

const partyBook = `
       01  PARTY.
           05  KIND                PIC X.
           05  ID                  PIC X(3).
           05  PERSON.
               10  SURNAME         PIC X(6).
           05  FIRM REDEFINES PERSON.
               10  VAT             PIC 9(4).
`

// A record of several kinds has the group of its kind, and no other.
func TestExtractSegments(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.write(t, "party.cpy", []byte(partyBook))
	var file []byte
	for _, record := range []string{"P001Doyle ", "F0024711", "Q003Okafor"} {
		file = append(append(file, descriptor(len(record), 0)...), record...)
	}
	s.write(t, "in/PARTIES.1", file)
	backend := s.open(t, partySettings)
	drain(t, backend)
	for id, want := range map[string]string{
		"001": `{"kind": "P", "id": "001", "person": {"surname": "Doyle"}}`,
		"002": `{"kind": "F", "id": "002", "firm": {"vat": 4711}}`,
		"003": `{"kind": "Q", "id": "003", "person": {"surname": "Okafor"}}`,
	} {
		got, _, err := call(t, backend, "GetParty", fmt.Sprintf(`{"id": %q}`, id))
		if err != nil {
			t.Fatal(err)
		}
		wantJSON(t, got, want)
	}
	for change, want := range map[string]string{
		"group: FIRM/group: KIND":               "extracts[0].layout.segments.kinds[1].group",
		"field: KIND/field: NONE":               "extracts[0].layout.segments.field",
		"values: [F]/parent: NONE, values: [F]": "extracts[0].layout.segments.kinds[1].parent",
	} {
		from, to, _ := strings.Cut(change, "/")
		_, err := batch.Adapter{}.Open(t.Context(), parse(t, strings.Replace(partySettings, from, to, 1)), s.options(t))
		var config *adapters.ConfigError
		if !errors.As(err, &config) || !slices.ContainsFunc(config.Findings, func(f adapters.Finding) bool { return f.Field == want }) {
			t.Errorf("%s: got %s, want a finding at %s", change, fmt.Sprint(err), want)
		}
	}
}
