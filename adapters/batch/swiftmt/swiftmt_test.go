package swiftmt_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/postern-gateway/postern/adapters/batch/record"
	"github.com/postern-gateway/postern/adapters/batch/swiftmt"
)

func decode(data string) (rows []string, err error) {
	format := swiftmt.New()
	reader := format.Open(strings.NewReader(data))
	for {
		next, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return rows, nil
		}
		if err != nil {
			return rows, err
		}
		var writer record.JSONWriter
		writer.Start()
		if err := format.Decode(next.Data, &writer); err != nil {
			return rows, err
		}
		writer.Finish()
		rows = append(rows, string(writer.Buffer))
	}
}

func TestMessages(t *testing.T) {
	t.Parallel()
	ack := "{1:F21AAAAUSLAAXXX5195167828}{4:{177:1704260717}{451:0}}"
	output := "{1:F01BICFOOYYAXXX8683497442}{2:O1031357191028CCCCUSMMAXXX54237481711910281357N}{3:{113:ROMF}{108:REF}}{4:\r\n" +
		":20:A{B\r\n:50K:/123\r\nFOO: BAR\r\n:71A:OUR\r\n-}{5:{CHK:1}}"
	want := []string{
		`{"application":"F","service":"21","terminal":"AAAAUSLAAXXX","session":"5195","sequence":"167828","text":[{"tag":"177","value":"1704260717"},{"tag":"451","value":"0"}]}`,
		`{"type":"103","direction":"O","application":"F","service":"01","terminal":"BICFOOYYAXXX","session":"8683","sequence":"497442","correspondent":"CCCCUSMMAXXX",` +
			`"priority":"N","input_time":"1357","input_reference":"191028CCCCUSMMAXXX5423748171","output_date":"191028","output_time":"1357",` +
			`"user_header":[{"tag":"113","value":"ROMF"},{"tag":"108","value":"REF"}],` +
			`"text":[{"tag":"20","value":"A{B"},{"tag":"50K","value":"/123\nFOO: BAR"},{"tag":"71A","value":"OUR"}],"trailer":[{"tag":"CHK","value":"1"}]}`,
	}
	for _, data := range []string{ack + output, ack + "\r\n$\r\n" + output + "$", "\x01" + ack + "\x03   \x01" + output + "\x03", ack + output + "   !\r\n   !\r\n", ack + ";\n" + output + ";"} {
		got, err := decode(data)
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("error %v, -want +got\n%s", err, diff)
		}
	}
	for data, reason := range map[string]string{
		";" + ack:                   "record 1 at byte 0: a message begins with a brace",
		"hello":                     "record 1 at byte 0: a message begins with a brace",
		ack + output[:60]:           "record 2 at byte 56: the file ends within the message",
		"{2:I103BICFOOYYAXXXN}":     "the message has no block 1",
		"{1:F01}{4:\nfirst\n:20:-}": "record 1 at byte 0: the file ends within the message",
		"{1:F01}{4:\nfirst\n-}":     "block 4: the text does not begin with a tag",
		"{1:F01}{9:x}":              `there is no block "9"`,
	} {
		if _, err := decode(data); err == nil || err.Error() != reason {
			t.Errorf("%q: got %v, want %s", data, err, reason)
		}
	}
}

// No file makes a reader panic, nor does what it cuts.
func FuzzMessages(f *testing.F) {
	f.Add([]byte("{1:F01BICFOOYYAXXX8683497442}{2:I103BICFOOYYAXXXN}{4:\n:20:A\n-}{5:{CHK:1}}$"))
	f.Add([]byte("{1:F21A}{4:{177:1}}}{"))
	f.Fuzz(func(_ *testing.T, data []byte) {
		reader := swiftmt.NewMessages(bytes.NewReader(data))
		for {
			next, err := reader.Next()
			if err != nil {
				return
			}
			_, _ = swiftmt.Parse(string(next.Data))
		}
	})
}
