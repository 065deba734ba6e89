package batch_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// manyBlocks is how many claims make a file of several blocks: 60 bytes each, in blocks of 256 KiB.
const manyBlocks = 20_000

// Whatever goroutine has looked at a record, what follows from it follows in the order of the file.
func TestBlocksKeepTheOrderOfTheFile(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	claims := manyClaims(manyBlocks)
	var want []string
	for i := 3; i < manyBlocks; i += 997 {
		switch i % 3 {
		case 0:
			claims[i].born = "19611332"
		case 1:
			claims[i].ref = ""
		default:
			claims[i].born = "19610230"
		}
		want = append(want, fmt.Sprint(i+2, " ", 60*(i+1), " ", i%3 == 1))
	}
	s.write(t, "in/CLAIMS.1", extractOf("20261120", claims...))
	backend := s.open(t, settings)
	drain(t, backend)
	checkSays(t, backend, "")
	var got []string
	for line := range strings.Lines(s.quarantined(t, "claims")) {
		var one struct {
			Record, Offset int64
			Reason         string
		}
		if err := json.Unmarshal([]byte(line), &one); err != nil {
			t.Fatal(err)
		}
		got = append(got, fmt.Sprint(one.Record, " ", one.Offset, " ", strings.Contains(one.Reason, "CLAIM-REF is blank")))
	}
	if strings.Join(got, ", ") != strings.Join(want, ", ") {
		t.Errorf("quarantine %v\nwant       %v", got, want)
	}
	for i, c := range claims {
		if i%500 != 0 && i < manyBlocks-3 {
			continue
		}
		_, _, err := call(t, backend, "GetClaim", fmt.Sprintf(`{"claimRef": "CL%06d"}`, (i*7+3)%manyBlocks))
		wanted := codes.OK
		if c.ref == "" || c.born != "19610214" {
			wanted = codes.NotFound
		}
		if status.Code(err) != wanted {
			t.Errorf("claim %d: got %v, want %v", i, err, wanted)
		}
	}
	message, _, err := call(t, backend, "ListClaims", `{"pageSize": 1, "includeTotalSize": true}`)
	if err != nil {
		t.Fatal(err)
	}
	total := message.ProtoReflect().Get(message.ProtoReflect().Descriptor().Fields().ByJSONName("totalSize")).Int()
	if total != int64(manyBlocks-len(want)) {
		t.Errorf("%d records are served, want %d", total, manyBlocks-len(want))
	}
}

// A mistake in one block is told with its place, whatever the blocks behind it hold.
func TestMistakesAmongBlocks(t *testing.T) {
	t.Parallel()
	good := extractOf("20261121", manyClaims(manyBlocks)...)
	record := func(number int) int { return 60 * (number - 1) }
	trailer := good[record(manyBlocks+2):]
	for name, test := range map[string]struct {
		content []byte
		reason  string
	}{
		"second header":       {splice(good, record(9000), good[:60]), "record 9000 at byte 539940 is a second header"},
		"trailer, then more":  {splice(good, record(9000), extractOf("20261121", manyClaims(manyBlocks)[:8998]...)[record(9000):]), "record 9001 at byte 540000 stands behind the trailer"},
		"wrong early trailer": {splice(good, record(9000), trailer), "CLAIM-COUNT says 20000 records, and there are 8998"},
		"two trailers":        {append(good[:len(good):len(good)], trailer...), "record 20003 at byte 1200120 stands behind the trailer"},
		"cut off":             {good[:len(good)-61], "record 20001 at byte 1200000: the last record has 59 bytes, and every record has 60"},
		"one bad sum":         {splice(good, record(9000)+37, []byte{0xAA}), "AMOUNT in 1 of the records is no number"},
		"another sum":         {splice(good, record(9000)+40, []byte{0x4C}), "the records' AMOUNT sum to"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			s.write(t, "in/CLAIMS.1", test.content)
			backend := s.open(t, settings)
			drain(t, backend)
			checkSays(t, backend, test.reason)
		})
	}
}

// splice replaces bytes from a place on.
func splice(content []byte, at int, with []byte) []byte {
	out := append([]byte(nil), content...)
	copy(out[at:], with)
	return out
}
