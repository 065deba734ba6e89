package bank

import (
	"bytes"
	"io"
	"regexp"
	"strings"

	"github.com/moov-io/wire"

	"github.com/postern-gateway/postern/adapters/batch/format"
	"github.com/postern-gateway/postern/adapters/batch/framing"
	"github.com/postern-gateway/postern/adapters/batch/record"
)

// blankTransactionType is a transaction type code of blanks that is delimited. The library takes it for one that is absent.
var blankTransactionType = regexp.MustCompile(`\{3600\}[A-Z]{3} {3}\*`)

func readWire(data []byte) (*wire.File, error) {
	file, err := wire.NewReader(bytes.NewReader(data)).Read()
	if err == nil {
		err = file.Validate()
	}
	if err != nil {
		return nil, located(err, lines(data, 0))
	}
	if code := file.FEDWireMessage.BusinessFunctionCode; code != nil && blankTransactionType.Match(data) {
		code.TransactionTypeCode = "   "
	}
	return &file, nil
}

// Fedwire reads a Fedwire message as a record: its tags, with the values that stand behind them.
type Fedwire struct {
	lenient bool
	layout  *record.Layout
}

// NewFedwire returns the format. A lenient one does not hold the message to the rules of its business function.
func NewFedwire(lenient bool) *Fedwire {
	return &Fedwire{lenient: lenient, layout: record.Describe([]*record.Field{{
		Name: "tags", Type: record.Group, Repeated: true,
		Children: []*record.Field{{Name: "tag", Type: record.Text, Length: tagDigits}, {Name: "value", Type: record.Text}},
	}})}
}

const tagDigits = 4

// Layout implements [format.Format].
func (f *Fedwire) Layout() *record.Layout { return f.layout }

// Open implements [format.Format]. A file holds one message, and is read as a whole.
func (f *Fedwire) Open(r io.Reader) framing.Reader {
	return reader(r, func(data []byte) ([]framing.Record, error) {
		if !f.lenient {
			if _, err := readWire(data); err != nil {
				return nil, err
			}
		}
		return []framing.Record{{Data: data}}, nil
	})
}

// Decode implements [format.Format].
func (f *Fedwire) Decode(raw []byte, to record.Sink) error {
	var tags []format.Object
	for _, part := range strings.Split(strings.ToValidUTF8(string(raw), "\ufffd"), "{")[1:] {
		tag, value, ok := strings.Cut(part, "}")
		if !ok || len(tag) != tagDigits {
			return &record.FieldError{Path: "tags", Offset: -1, Reason: "holds a tag that is not four digits in braces"}
		}
		tags = append(tags, format.Object{"tag": tag, "value": strings.TrimRight(value, "\r\n")})
	}
	return format.Emit(f.layout.Fields, format.Object{"tags": tags}, to)
}
