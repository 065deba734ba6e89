package batch_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/postern-gateway/postern/adapters/batch"
	"github.com/postern-gateway/postern/adapters/batch/corpustest"
	"github.com/postern-gateway/postern/adapters/batch/layout"
	"github.com/postern-gateway/postern/adapters/batch/record"
	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

// runEncodeCase compares the file, byte for byte. Upstream writes low-values for what is absent, rounds, and loses what does not fit.
func runEncodeCase(dir string, c corpustest.Case) error {
	decode, err := decodeOptions(dir, c)
	if err != nil {
		return err
	}
	l := decode.Layout
	if l.GetRecordFormat() == "counted" {
		l.RecordFormat = ""
	}
	if word := l.GetFraming().GetRecordWord(); word.GetOrder() == "little" {
		word.Order = "little_first"
	}
	rows, err := os.Open(filepath.Join(dir, c.Data))
	if err != nil {
		return err
	}
	defer rows.Close()
	want, err := os.ReadFile(filepath.Join(dir, c.Expected))
	if err != nil {
		return err
	}
	var got bytes.Buffer
	options := batch.EncodeOptions{Layout: l, Dir: dir, Encoding: record.Encoding{LowValues: true, Lose: true, Round: true}}
	if _, err := batch.Encode(context.Background(), &got, rows, options); err != nil {
		return err
	}
	if !bytes.Equal(got.Bytes(), want) {
		return fmt.Errorf("got\n%X\nwant\n%X", got.Bytes(), want)
	}
	return nil
}

// What is decoded with its bytes and encoded again is the file, byte for byte. The cases of testdata/roundtrip_gaps.tsv are not, and say why.
func TestCorpusRoundTrip(t *testing.T) {
	t.Parallel()
	gaps := corpusGaps(t, "roundtrip_gaps.tsv")
	for _, c := range corpustest.Cases(t) {
		var err error
		switch {
		case c.Kind == "decode" && c.IsBook():
			err = roundTrip(t, c)
		case c.Kind == "segments":
			err = roundTripSegments(t, c)
		default:
			continue
		}
		reason, gap := gaps[c.ID]
		switch {
		case err != nil && !gap:
			t.Errorf("%s: %v", c.ID, err)
		case err == nil && gap:
			t.Errorf("%s comes out the same now: take it off testdata/roundtrip_gaps.tsv (%s)", c.ID, reason)
		}
	}
}

func roundTrip(t *testing.T, c corpustest.Case) error {
	t.Helper()
	options, err := decodeOptions(corpustest.Dir(t), c)
	if err != nil {
		return err
	}
	options.Output.RecordBytes = true
	var rows, got bytes.Buffer
	if _, err := batch.Decode(t.Context(), &rows, options); err != nil {
		return err
	}
	var want []byte
	for _, name := range append([]string{options.Data}, options.More...) {
		content, err := contentOf(name)
		if err != nil {
			return err
		}
		want = append(want, content...)
	}
	encode, err := encodeOptions(options, want)
	if err != nil {
		return err
	}
	if _, err := batch.Encode(t.Context(), &got, &rows, encode); err != nil {
		return err
	}
	if !bytes.Equal(got.Bytes(), want) {
		at := firstDifference(got.Bytes(), want)
		return fmt.Errorf("%d bytes became %d, the first difference is at %d", len(want), got.Len(), at)
	}
	return nil
}

// roundTripSegments writes the segments of a file with the delimiters that somebody who has it would state.
func roundTripSegments(t *testing.T, c corpustest.Case) error {
	t.Helper()
	data := filepath.Join(corpustest.Dir(t), c.Data)
	want, err := os.ReadFile(data)
	if err != nil {
		return err
	}
	edi := batch.FormatOptions{Format: "edi"}
	var rows, got bytes.Buffer
	if _, err := batch.DecodeFormat(t.Context(), &rows, batch.DecodeFormatOptions{FormatOptions: edi, Data: data, View: batch.ViewExactSegments}); err != nil {
		return err
	}
	options := batch.EncodeFormatOptions{FormatOptions: edi}
	if bytes.HasPrefix(want, []byte("ISA")) {
		header := bytes.SplitN(want, want[3:4], 17)
		options.Delimiters.Element, options.Delimiters.Terminator = want[3], header[16][1]
	}
	if options.Delimiters.Terminator != '\n' && bytes.Contains(want, []byte("\n")) {
		options.LineEnd = "\n"
		options.OpenEnd = !bytes.HasSuffix(want, []byte("\n"))
	}
	if _, err := batch.EncodeFormat(t.Context(), &got, &rows, options); err != nil {
		return err
	}
	if !bytes.Equal(got.Bytes(), want) {
		return fmt.Errorf("%d bytes became %d, the first difference is at %d", len(want), got.Len(), firstDifference(got.Bytes(), want))
	}
	return nil
}

// contentOf is a file, unpacked.
func contentOf(name string) ([]byte, error) {
	content, err := os.ReadFile(name)
	if err != nil || !strings.HasSuffix(name, ".gz") {
		return content, err
	}
	unpacked, err := gzip.NewReader(bytes.NewReader(content))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(unpacked)
}

// encodeOptions are the settings that the file was written with, as somebody who has one would state them: of lines, their end and that of the last; of blocks, how long they
// are; and what stands around the records.
func encodeOptions(decode batch.DecodeOptions, file []byte) (batch.EncodeOptions, error) {
	l := decode.Layout
	if l.GetRecordFormat() == "line" && l.GetFraming().GetLineEnd() == "" {
		l.Framing.OpenEnd = !bytes.HasSuffix(file, []byte("\n"))
		if bytes.Contains(file, []byte("\r\n")) {
			l.Framing.LineEnd = "crlf"
		}
	}
	switch {
	case l.GetRecordFormat() == "spanned":
		l.Framing.BlockLength = uint32(file[0])<<8 | uint32(file[1])
	case strings.HasSuffix(decode.Data, "custdat_lbi.vb"):
		l.Framing.BlockLength = 40_000
	case strings.Contains(decode.Data, "i29_vb_ble_rle_adj1"):
		l.Framing.RecordsPerBlock = 1
	}
	encode := batch.EncodeOptions{Layout: l, Dir: decode.Dir, KeepRoot: decode.Output.KeepRoot}
	compiled, err := layout.Compile(l, layout.Options{Dir: decode.Dir, KeepRoot: decode.Output.KeepRoot})
	if err != nil {
		return encode, err
	}
	front, back := compiled.Around()
	encode.Front, encode.Back = file[:front], file[len(file)-back:]
	return encode, nil
}

func firstDifference(a, b []byte) int {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return i
		}
	}
	return min(len(a), len(b))
}

// A row that was changed is encoded, and one that was not keeps the bytes that fields do not tell: a sign that is spelled F, and a filler.
func TestEncodeUnchanged(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	book := "       01 R.\n          05 N PIC S9(2).\n          05 FILLER PIC X(2).\n          05 T PIC X(2).\n"
	if err := os.WriteFile(filepath.Join(dir, "r.cpy"), []byte(book), 0o600); err != nil {
		t.Fatal(err)
	}
	options := batch.EncodeOptions{Layout: &configv1.BatchLayout{Source: &configv1.BatchLayout_Copybook{Copybook: "r.cpy"}}, Dir: dir}
	const raw = `"Record_Bytes":"8fHHyMLB"` // F1 F1 C7 C8 C2 C1
	for row, want := range map[string]string{
		`{"N":11,"T":"BA",` + raw + `}`:                                  "F1F1C7C8C2C1",
		`{"record":1,"offset":0,"fields":{"T":"BA","n":11,` + raw + `}}`: "F1F1C7C8C2C1",
		`{"N":12,"T":"BA",` + raw + `}`:                                  "F1C24040C2C1",
		`{"N":11,` + raw + `}`:                                           "F1C140404040",
	} {
		var got bytes.Buffer
		if _, err := batch.Encode(t.Context(), &got, strings.NewReader(row), options); err != nil {
			t.Fatal(err)
		}
		if hexadecimal := fmt.Sprintf("%X", got.Bytes()); hexadecimal != want {
			t.Errorf("%s: got %s, want %s", row, hexadecimal, want)
		}
	}
	const none = `{"N":11,"Record_Bytes":[]}`
	if _, err := batch.Encode(t.Context(), io.Discard, strings.NewReader(none), options); err == nil || !strings.Contains(err.Error(), "line 1: Record_Bytes holds no record") {
		t.Errorf("%s: %v", none, err)
	}
}
