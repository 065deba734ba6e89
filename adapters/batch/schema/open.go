package schema

import (
	"github.com/postern-gateway/postern/adapters/batch/delimited"
	"github.com/postern-gateway/postern/adapters/batch/edi"
	"github.com/postern-gateway/postern/adapters/batch/format"
	"github.com/postern-gateway/postern/adapters/batch/jsonrecord"
	"github.com/postern-gateway/postern/adapters/batch/record"
	"github.com/postern-gateway/postern/adapters/batch/xmlrecord"
)

// Open makes a format of a description. The dialect is for csv; lenient leaves counts and totals unchecked.
func (s *Schema) Open(dialect delimited.Dialect, lenient bool) (format.Format, error) {
	switch s.Format {
	case "csv":
		return delimited.New(dialect, s.CodePage, described(s.Fields))
	case "jsonl":
		return jsonrecord.New(record.Describe(described(s.Fields))), nil
	case "xml":
		path, err := xmlrecord.ParsePath(s.Element)
		if err != nil {
			return nil, err
		}
		return xmlrecord.New(path, record.Describe(described(s.Fields))), nil
	case "iso20022":
		return xmlrecord.NewISO20022(record.Describe(described(s.Fields)), lenient), nil
	case "edi":
		return newLoops(s.Segments, edi.New(lenient), lenient), nil
	default:
		return newFixed(s, lenient)
	}
}
