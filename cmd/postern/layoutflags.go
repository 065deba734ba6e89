package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"buf.build/go/protovalidate"
	"buf.build/go/protoyaml"

	"github.com/postern-gateway/postern/adapters/batch"
	"github.com/postern-gateway/postern/adapters/batch/record"
	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

// layoutFlags are the settings of a layout (BatchLayout) as flags.
type layoutFlags struct {
	Copybook string `help:"The data's COBOL copybook. Without one --format says what it is." type:"existingfile"`
	Settings string `help:"A YAML file with settings as an estate's layout has them. Flags go before it." type:"existingfile" placeholder:"FILE"`

	CopybookFormat string   `group:"Copybook" help:"fixed, free or auto, which looks." placeholder:"FORMAT"`
	Record         string   `group:"Copybook" help:"The level 01 that is meant. Default: the first."`
	Records        string   `group:"Copybook" help:"What several 01 levels are: record (one is meant), sequence (together they are one) or alternatives." placeholder:"WHAT"`
	MoreCopybooks  []string `group:"Copybook" help:"Further copybooks, which describe the same bytes again." type:"existingfile" placeholder:"FILE"`
	CopyDirectory  []string `group:"Copybook" help:"Where COPY finds its texts. Default: beside the copybook." type:"existingdir" placeholder:"DIR"`
	DecimalComma   bool     `group:"Copybook" help:"DECIMAL-POINT IS COMMA."`
	CurrencySign   string   `group:"Copybook" help:"Picture symbols of CURRENCY SIGN, besides $, £, €, ¥ and ¤." placeholder:"SYMBOLS"`
	BinarySizes    string   `group:"Copybook" help:"Bytes of binary numbers: 2-4-8 (IBM), 1-2-4-8 (GnuCOBOL) or 1--8 (Micro Focus)." placeholder:"SIZES"`
	NoSync         bool     `group:"Copybook" help:"SYNCHRONIZED aligns nothing."`
	SyncMax        uint32   `group:"Copybook" help:"The largest boundary of binary numbers under SYNCHRONIZED. Default: 4."`
	PointerBytes   uint32   `group:"Copybook" help:"Bytes of a POINTER: 4 or 8. Default: 4."`
	FirstColumn    uint32   `group:"Copybook" help:"Column of the indicator in fixed format. Default: 7."`
	LastColumn     uint32   `group:"Copybook" help:"Last column of text in fixed format. Default: 72."`

	RecordFormat  string   `group:"Records in the file" help:"fixed, line, variable (V), variable_blocked (VB), spanned (VBS), fixed_blocked (FB) or counted (a record ends with its tables). Default: fixed." placeholder:"FORMAT"`
	RecordLength  uint32   `group:"Records in the file" help:"Length of fixed records in bytes. Default: the copybook's."`
	RecordWord    string   `group:"Records in the file" help:"Record descriptor word: big, little or little_first, with +counted or +bare (whether it counts itself), and an adjustment: little+bare-1. Default: big+counted." placeholder:"WORD"`
	BlockWord     string   `group:"Records in the file" help:"Block descriptor word, spelled the same." placeholder:"WORD"`
	BlockLength   uint32   `group:"Records in the file" help:"Length of blocks of fixed_blocked. Default: as block descriptor words say. The most that is written of variable_blocked and spanned; default 32760."`
	BlockRecords  uint32   `group:"Records in the file" help:"Or records per block."`
	FileStart     uint32   `group:"Records in the file" help:"Bytes in front of the first record."`
	FileEnd       uint32   `group:"Records in the file" help:"Bytes behind the last record."`
	RecordStart   uint32   `group:"Records in the file" help:"Bytes of each record in front of what the copybook describes."`
	RecordEnd     uint32   `group:"Records in the file" help:"Bytes of each record behind that."`
	MinimumLength uint32   `group:"Records in the file" help:"Pass over shorter records."`
	MaximumLength uint32   `group:"Records in the file" help:"Pass over longer records."`
	Length        string   `group:"Records in the file" help:"The length of each record: a field, or a CEL expression such as 'LEN + 1' (- in names is _)." placeholder:"EXPRESSION"`
	Lengths       []string `group:"Records in the file" help:"What values of that field mean; _ is any other." placeholder:"VALUE=LENGTH"`
	LengthAdjust  int32    `group:"Records in the file" help:"Is added to that length."`
	Header        string   `name:"record-header" group:"Records in the file" help:"A header in front of each record: its size, and offset, bytes and order of the length in it." placeholder:"SIZE:OFFSET:BYTES:ORDER"`
	Turns         []uint32 `group:"Records in the file" help:"Lengths of fixed records by turns." placeholder:"LENGTH,..."`
	FirstRecord   string   `group:"Records in the file" help:"The 01 level of one record in front of all others."`
	LastRecord    string   `group:"Records in the file" help:"The 01 level of one record behind all others."`
	LineEnd       string   `group:"Records in the file" help:"What ends a line: lf or crlf (which is written; both are read), nel, or bytes in hexadecimal digits." placeholder:"END"`
	OpenEnd       bool     `group:"Records in the file" help:"The last line that is written has no end."`
	SplitLines    bool     `group:"Records in the file" help:"Lines longer than the layout are several records."`
	Incomplete    string   `group:"Records in the file" help:"A last record that is cut: refuse, keep or drop." placeholder:"WHAT"`

	Forgiving         bool     `group:"Values" help:"Let records pass as data tools do. Sets --blank=absent --invalid=absent --trim=both --signs=strict --number-range=storage --short-records=partial --long-records=ignore --control-characters=drop --occurs=fixed and, for records that are not of one length, --incomplete=keep, each unless given."`
	CodePage          string   `group:"Values" help:"cp037, cp1141, common, ascii, latin1, utf-8, ... Default: cp037 with a copybook, UTF-8 for CSV."`
	CodePageFile      string   `group:"Values" help:"A code page of one's own: lines of a byte and a code point in hexadecimal digits." type:"existingfile" placeholder:"FILE"`
	FieldCodePage     []string `group:"Values" help:"Code pages of single fields." placeholder:"FIELD=PAGE"`
	Formats           []string `group:"Values" help:"Dates, times and booleans by field name." placeholder:"FIELD=yyyymmdd" sep:";"`
	Blank             string   `group:"Values" help:"Numbers of blanks or low-values: absent, zero, zero_fraction or reject. Default: absent." placeholder:"WHAT"`
	Invalid           string   `group:"Values" help:"Numbers that are none: reject, absent or zero. Default: reject." placeholder:"WHAT"`
	Trim              string   `group:"Values" help:"Blanks that are no part of a text: right, left, both, none or nothing. Default: right." placeholder:"SIDE"`
	LowValues         string   `group:"Values" help:"Texts of low-values: absent or empty." placeholder:"WHAT"`
	ControlCharacters string   `group:"Values" help:"Control characters in ASCII texts: keep or drop." placeholder:"WHAT"`
	Signs             string   `group:"Values" help:"Signs of DISPLAY numbers: picture, strict or relaxed." placeholder:"RULE"`
	NumberRange       string   `group:"Values" help:"How large whole numbers may be: picture or storage." placeholder:"RULE"`
	DisplayNumbers    string   `group:"Values" help:"DISPLAY numbers are number or text." placeholder:"WHAT"`
	ByteOrder         string   `group:"Values" help:"COMP-5 and floating point: big or little. Default: big." placeholder:"ORDER"`
	NationalOrder     string   `group:"Values" help:"NATIONAL: big or little. Default: big." placeholder:"ORDER"`
	Floats            string   `group:"Values" help:"COMP-1 and COMP-2: ibm or ieee754. Default: ibm." placeholder:"FORMAT"`
	ShortRecords      string   `group:"Values" help:"Records shorter than the layout: refuse, pad or partial." placeholder:"WHAT"`
	LongRecords       string   `group:"Values" help:"Records longer than the layout: refuse or ignore the rest." placeholder:"WHAT"`

	Occurs      string   `group:"Structure" help:"What follows a table of OCCURS DEPENDING ON: shift, pad (shift, and fill up the record) or fixed." placeholder:"RULE"`
	Counts      []string `group:"Structure" help:"Elements of a table by the text of its counter." placeholder:"TABLE:TEXT=N"`
	Fillers     string   `group:"Structure" help:"Items without a name that are fields: groups, none or all." placeholder:"WHICH"`
	FillerNames string   `group:"Structure" help:"number (FILLER_1, FILLER_P1, ...) or after (FILLER_AFTER_ and the name of what is in front). Default: number." placeholder:"RULE"`
	GroupText   []string `group:"Structure" help:"Groups that are one text besides, as GROUP_NT." placeholder:"GROUP"`
	Rule        []string `group:"Structure" help:"When an alternative of a REDEFINES is there: a CEL expression over fields in front of it, such as \"ID in [1, null]\"." placeholder:"FIELD=EXPRESSION" sep:"none"`

	SegmentField  string   `group:"Kinds of records" help:"The field that says of which kind a record is."`
	Segment       []string `group:"Kinds of records" help:"The group that describes records with these values of the field." placeholder:"GROUP=VALUE,..." sep:"none"`
	SegmentParent []string `group:"Kinds of records" help:"The kind that another belongs to; its records are nested." placeholder:"GROUP=PARENT"`
	SegmentOnly   []string `group:"Kinds of records" help:"Only records with these values." placeholder:"VALUE"`
	SegmentLevel  []string `group:"Kinds of records" help:"Values on each level of a hierarchy, from the root down: adds Seg_Id0, Seg_Id1, ..." placeholder:"VALUE,..." sep:"none"`
	SegmentPrefix string   `group:"Kinds of records" help:"What these begin with." placeholder:"TEXT"`
}

// outputFlags say what is written beside the fields.
type outputFlags struct {
	Bare        bool   `group:"Output" help:"Only the fields, without record and offset around them."`
	KeepRoot    bool   `group:"Output" help:"The name of the 01 level is a group around all fields."`
	Names       string `group:"Output" help:"Names are clean (in upper case, with - made _) or as the copybook writes them." enum:"clean,copybook" default:"clean"`
	RecordIDs   bool   `group:"Output" name:"record-ids" help:"Add File_Id, Record_Id and Record_Byte_Length."`
	RecordBytes bool   `group:"Output" help:"Add Record_Bytes, the record in base64."`
	FileName    string `group:"Output" help:"Add the file's name under this name." placeholder:"NAME"`
	Corrupt     bool   `group:"Output" help:"Add _corrupt_fields: what was no value of its type, with its bytes."`
	HexBytes    bool   `group:"Output" help:"Bytes in hexadecimal digits instead of base64."`
	Debug       string `group:"Output" help:"Add the bytes of each field as NAME_debug: hex, base64 or text." enum:",hex,base64,text" default:""`
}

func (f *outputFlags) output() batch.DecodeOutput {
	return batch.DecodeOutput{
		Bare: f.Bare, KeepRoot: f.KeepRoot, WrittenNames: f.Names == "copybook", RecordIDs: f.RecordIDs, RecordBytes: f.RecordBytes, FileName: f.FileName, Corrupt: f.Corrupt, HexBytes: f.HexBytes,
		Debug: map[string]record.DebugFormat{"hex": record.DebugHex, "base64": record.DebugBase64, "text": record.DebugText}[f.Debug],
	}
}

// layout is the settings, and the directory that their paths start from.
func (f *layoutFlags) layout() (*configv1.BatchLayout, string, error) {
	l, dir := &configv1.BatchLayout{}, ""
	if f.Settings != "" {
		content, err := os.ReadFile(f.Settings)
		if err != nil {
			return nil, "", fmt.Errorf("reading the settings: %w", err)
		}
		if err := (protoyaml.UnmarshalOptions{Path: f.Settings}).Unmarshal(content, l); err != nil {
			return nil, "", fmt.Errorf("reading the settings: %w", err)
		}
		dir = filepath.Dir(f.Settings)
	}
	if f.Copybook != "" {
		path, err := filepath.Abs(f.Copybook)
		if err != nil {
			return nil, "", fmt.Errorf("finding the copybook: %w", err)
		}
		l.Source = &configv1.BatchLayout_Copybook{Copybook: path}
	}
	for _, step := range []func(*configv1.BatchLayout) error{f.book, f.framing, f.values, f.structure, f.segments} {
		if err := step(l); err != nil {
			return nil, "", err
		}
	}
	if f.Forgiving {
		forgive(l)
	}
	if l.GetSource() != nil {
		if err := protovalidate.Validate(l); err != nil {
			return nil, "", fmt.Errorf("checking the settings: %w", err)
		}
	}
	return l, dir, nil
}

// set puts what a flag gives before what is there.
func set[T comparable](at *T, given T) {
	var none T
	if given != none {
		*at = given
	}
}

func (f *layoutFlags) book(l *configv1.BatchLayout) error {
	set(&l.CopybookFormat, f.CopybookFormat)
	set(&l.Record, f.Record)
	set(&l.Records, f.Records)
	for _, path := range f.MoreCopybooks {
		absolute, err := filepath.Abs(path)
		if err != nil {
			return fmt.Errorf("finding the copybook: %w", err)
		}
		l.MoreCopybooks = append(l.MoreCopybooks, absolute)
	}
	if l.GetDialect() == nil {
		l.Dialect = &configv1.BatchDialect{}
	}
	d := l.GetDialect()
	set(&d.DecimalComma, f.DecimalComma)
	set(&d.CurrencySign, f.CurrencySign)
	set(&d.BinarySizes, f.BinarySizes)
	set(&d.SyncMax, f.SyncMax)
	set(&d.PointerBytes, f.PointerBytes)
	set(&d.FirstColumn, f.FirstColumn)
	set(&d.LastColumn, f.LastColumn)
	if f.NoSync {
		no := false
		d.Sync = &no
	}
	for _, path := range f.CopyDirectory {
		absolute, err := filepath.Abs(path)
		if err != nil {
			return fmt.Errorf("finding the directory: %w", err)
		}
		d.CopyDirectories = append(d.CopyDirectories, absolute)
	}
	return nil
}

// pairs reads NAME=VALUE for each.
func pairs(flag string, given []string, each func(name, value string) error) error {
	for _, text := range given {
		name, value, ok := strings.Cut(text, "=")
		if !ok || name == "" {
			return fmt.Errorf("--%s: %q is not NAME=VALUE", flag, text)
		}
		if err := each(strings.TrimSpace(name), strings.TrimSpace(value)); err != nil {
			return err
		}
	}
	return nil
}

// put adds to a map that may not be there yet.
func put[V any](to *map[string]V, name string, value V) {
	if *to == nil {
		*to = make(map[string]V)
	}
	(*to)[name] = value
}

// number reads a number of a flag.
func number(flag, text string) (uint32, error) {
	n, err := strconv.ParseUint(strings.TrimSpace(text), 10, 31)
	if err != nil {
		return 0, fmt.Errorf("--%s: %q is no number", flag, text)
	}
	return uint32(n), nil
}
