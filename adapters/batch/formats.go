package batch

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/postern-gateway/postern/adapters/batch/bank"
	"github.com/postern-gateway/postern/adapters/batch/delimited"
	"github.com/postern-gateway/postern/adapters/batch/edi"
	"github.com/postern-gateway/postern/adapters/batch/format"
	"github.com/postern-gateway/postern/adapters/batch/jsonrecord"
	"github.com/postern-gateway/postern/adapters/batch/omni"
	"github.com/postern-gateway/postern/adapters/batch/schema"
	"github.com/postern-gateway/postern/adapters/batch/swiftmt"
	"github.com/postern-gateway/postern/adapters/batch/x937"
	"github.com/postern-gateway/postern/adapters/batch/xmlrecord"
)

// FormatOptions choose one of the formats that need no copybook.
type FormatOptions struct {
	// Format is its name, one of [FormatNames].
	Format string
	// Dialect of csv.
	Dialect delimited.Dialect
	// CodePage of csv; empty means UTF-8, or UTF-16 if there is a byte order mark.
	CodePage string
	// Path names the elements that are the records of xml ([xmlrecord.Path]).
	Path string
	// Schema is a description of the layout ([schema.Parse]), or a schema of omniparser ([omni.Parse]), from a file; it names the format too.
	Schema string
	// Lenient leaves counts, control numbers and totals of standard formats unchecked.
	Lenient bool
}

// FormatNames returns the names of the formats.
func FormatNames() []string {
	return []string{"csv", "jsonl", "xml", "iso20022", "edi", "swift", "ach", "bai2", "fedwire", "x937"}
}

// openFormat makes the format. A csv file is asked for its columns.
func openFormat(options FormatOptions, file io.Reader) (format.Format, error) {
	if options.Schema != "" {
		text, err := os.ReadFile(options.Schema)
		if err != nil {
			return nil, fmt.Errorf("reading the schema: %w", err)
		}
		return openSchema(options, text)
	}
	switch options.Format {
	case "csv":
		columns, err := delimited.Columns(file, options.Dialect, options.CodePage)
		if err != nil {
			return nil, err
		}
		return delimited.New(options.Dialect, options.CodePage, columns)
	case "jsonl":
		return jsonrecord.New(nil), nil
	case "xml":
		path, err := xmlrecord.ParsePath(options.Path)
		if err != nil {
			return nil, err
		}
		return xmlrecord.New(path, nil), nil
	case "iso20022":
		return xmlrecord.NewISO20022(nil, options.Lenient), nil
	case "edi":
		return edi.New(options.Lenient), nil
	case "swift":
		return swiftmt.New(), nil
	case "ach":
		return bank.NewACH(options.Lenient), nil
	case "bai2":
		return bank.NewBAI2(), nil
	case "fedwire":
		return bank.NewFedwire(options.Lenient), nil
	case "x937":
		return x937.New(options.Lenient), nil
	default:
		return nil, fmt.Errorf("there is no format %q: there are %s", options.Format, strings.Join(FormatNames(), ", "))
	}
}

// openSchema makes the format of a schema, which has been read.
func openSchema(options FormatOptions, text []byte) (format.Format, error) {
	if omni.IsSchema(text) {
		if options.Format != "" {
			return nil, errors.New("a schema of omniparser names its format itself")
		}
		return omni.Parse(filepath.Base(options.Schema), text)
	}
	described, err := schema.Parse(text)
	if err != nil {
		return nil, err
	}
	if options.Format != "" && options.Format != described.Format {
		return nil, fmt.Errorf("the schema is of the format %s, and not %s", described.Format, options.Format)
	}
	if options.CodePage != "" {
		described.CodePage = options.CodePage
	}
	return described.Open(options.Dialect, options.Lenient)
}
