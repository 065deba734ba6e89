package batch

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/postern-gateway/postern/adapters/batch/delimited"
	"github.com/postern-gateway/postern/adapters/batch/format"
	"github.com/postern-gateway/postern/adapters/batch/record"
	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

// format compiles a layout whose records a format reads. It returns nil after a complaint.
func (c *compiler) format(field string, config *configv1.BatchLayout) *fileLayout {
	before := len(c.findings)
	c.formatOnly(field, config)
	options := c.formatOptions(field+".format.csv", config)
	var schema []byte
	if options.Schema != "" {
		var err error
		if schema, err = os.ReadFile(options.Schema); err != nil {
			c.fail(field+".format.schema", "cannot read the schema: %v", err)
		}
	}
	if len(c.findings) > before {
		return nil
	}
	var opened format.Format
	var err error
	if options.Schema != "" {
		opened, err = openSchema(options, schema)
	} else {
		opened, err = openFormat(options, strings.NewReader(""))
	}
	switch {
	case err != nil && options.Schema != "":
		c.fail(field+".format.schema", "%s", strings.ReplaceAll(err.Error(), "\n", "; ")) // all that is wrong with it
		return nil
	case err != nil:
		c.fail(field+".format", "%v", err)
		return nil
	case opened.Layout() == nil && (options.Format == "xml" || options.Format == "jsonl"):
		c.fail(field+".format", "the fields of a record are not known: name them in a schema")
		return nil
	case opened.Layout() == nil:
		c.fail(field+".format", "files like these are decoded (postern decode) and not served: what fields their records have is not known before they are read")
		return nil
	}
	return &fileLayout{compiler: c, field: field, config: config, compiled: make(map[string]*record.Layout), format: opened, schema: schema}
}

// formatOnly refuses the settings that a format has no use for.
func (c *compiler) formatOnly(field string, config *configv1.BatchLayout) {
	config.ProtoReflect().Range(func(fd protoreflect.FieldDescriptor, _ protoreflect.Value) bool {
		if name := string(fd.Name()); name != "format" && name != "code_page" {
			c.fail(field+"."+name, "this is for copybooks and columns: a format says itself how its files are cut into records and fields")
		}
		return true
	})
	f := config.GetFormat()
	switch {
	case f.GetName() == "" && f.GetSchema() == "":
		c.fail(field+".format", "a format has a name, or a schema that has")
	case f.GetName() == "csv" && f.GetSchema() == "":
		c.fail(field+".format.schema", "csv has one here, since the mirrored fields are made of its columns")
	}
}

// formatOptions are the settings of a format as those of `postern decode`.
func (c *compiler) formatOptions(field string, config *configv1.BatchLayout) FormatOptions {
	f := config.GetFormat()
	options := FormatOptions{Format: f.GetName(), CodePage: config.GetCodePage(), Lenient: f.GetLenient(), Dialect: c.dialect(field, f.GetCsv())}
	if f.GetSchema() != "" {
		options.Schema = c.path(f.GetSchema())
	}
	return options
}

// dialect is how a csv file is written.
func (c *compiler) dialect(field string, config *configv1.BatchCSV) delimited.Dialect {
	quote := `"`
	if config.GetQuote() != "" {
		quote = config.GetQuote()
	}
	if config.GetNoQuotes() {
		quote = "\x00"
	}
	dialect := delimited.Dialect{
		Delimiter: cmp.Or(config.GetDelimiter(), ","), Terminator: config.GetRecordDelimiter(), Quote: quote[0], Comment: config.GetComment(),
		HasNull: config != nil && config.NullText != nil, Null: config.GetNullText(), Header: config == nil || config.Header == nil || config.GetHeader(), Trim: config.GetTrim(),
		Lazy: config.GetLazyQuotes(), Ragged: delimited.Ragged(config.GetRagged()),
	}
	if escape := config.GetEscape(); escape != "" {
		dialect.Escape = escape[0]
	}
	if err := dialect.Check(); err != nil {
		c.fail(field, "%v", err)
	}
	return dialect
}

// formatRecord is the layout of a format's records.
func (l *fileLayout) formatRecord() *record.Layout {
	decoded := l.format.Layout().DecodedBy(l.format.Decode, l.compiler.location)
	if filled, ok := l.format.(format.Filled); ok {
		return format.Writable(decoded, filled)
	}
	return decoded
}

// withoutEdges complains of a header or trailer of a format, which reads them itself.
func (l *fileLayout) withoutEdges(field string, config envelopeConfig) bool {
	if l.format == nil {
		return false
	}
	refuse := func(setting string, stated bool) {
		if stated {
			l.compiler.fail(field+"."+setting, "a format reads what stands around records itself; a schema of fixed-width records can have a header and a trailer")
		}
	}
	refuse("header", config.GetHeader() != nil)
	refuse("trailer", config.GetTrailer() != nil)
	return true
}

// formatOf spells the settings of a format, on which the keys of its records depend.
func (l *fileLayout) formatOf() []byte {
	text, err := proto.MarshalOptions{Deterministic: true}.Marshal(l.config)
	if err != nil {
		return fmt.Append(nil, err)
	}
	return append(text, l.schema...)
}

// decodeByFormat is Decode for a layout whose records a format reads.
func decodeByFormat(ctx context.Context, w io.Writer, options DecodeOptions) (summary DecodeSummary, err error) {
	c := &compiler{dir: options.Dir}
	c.formatOnly("layout", options.Layout)
	chosen := c.formatOptions("layout.format.csv", options.Layout)
	if err := c.err(); err != nil {
		return summary, err
	}
	return DecodeFormat(ctx, w, DecodeFormatOptions{
		FormatOptions: chosen, Data: options.Data, More: options.More, Packed: options.Packed, Output: options.Output, Limit: options.Limit, Progress: options.Progress,
	})
}
