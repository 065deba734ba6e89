package batch_test

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/postern-gateway/postern/adapters/batch"
	"github.com/postern-gateway/postern/adapters/batch/corpustest"
	"github.com/postern-gateway/postern/adapters/batch/record"
	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

// decodeOptions turns the options of a case into ours. They are those of Cobrix, whose way is to let a record pass, whatever it holds.
func decodeOptions(dir string, c corpustest.Case) (batch.DecodeOptions, error) {
	l := &configv1.BatchLayout{
		BlankNumbers: "absent", InvalidNumbers: "absent", Trim: "both", Signs: "strict", NumberRange: "storage", ShortRecords: "partial", LongRecords: "ignore",
		OccursDepending: "fixed", CodePage: "common", Framing: &configv1.BatchFraming{RecordWord: word(), BlockWord: word(), Incomplete: "keep"},
		Dialect: &configv1.BatchDialect{DecimalComma: c.DecimalComma()}, Records: "sequence", ControlCharacters: "drop",
	}
	books := strings.Split(c.Schema, ";")
	l.Source = &configv1.BatchLayout_Copybook{Copybook: books[0]}
	l.MoreCopybooks = books[1:]
	data := strings.Split(c.Data, ";")
	for i := range data {
		data[i] = filepath.Join(dir, data[i])
	}
	options := batch.DecodeOptions{Data: data[0], More: data[1:], Layout: l, Dir: dir, Output: batch.DecodeOutput{Bare: true}}
	if format := c.Options["record_format"]; format == "D" || format == "D2" || c.Options["is_text"] == "true" {
		l.RecordFormat = "line"
	}
	if l.GetRecordFormat() == "line" || c.Options["encoding"] == "ascii" {
		l.CodePage = "utf-8"
	}
	for name, value := range c.Options {
		key, argument, _ := strings.Cut(name, ":")
		if err := decodeOption(&options, key, argument, value); err != nil {
			return options, err
		}
	}
	slices.SortFunc(l.GetSegments().GetKinds(), func(a, b *configv1.BatchSegment) int { return strings.Compare(a.GetGroup(), b.GetGroup()) })
	return options, addParents(l, c.Options)
}

func word() *configv1.BatchWord {
	no := false
	return &configv1.BatchWord{Order: "little", Counted: &no}
}

// decodeOption translates one option.
func decodeOption(options *batch.DecodeOptions, name, argument, value string) error {
	l := options.Layout
	yes := value == "true"
	switch name {
	case "schema_retention_policy":
		options.Output.KeepRoot = value == "keep_original"
	case "generate_record_id":
		options.Output.RecordIDs = yes
	case "generate_record_bytes":
		options.Output.RecordBytes = yes
	case "generate_corrupt_fields":
		options.Output.Corrupt, options.Output.HexBytes = true, value == "hex"
	case "debug":
		options.Output.Debug = map[string]record.DebugFormat{"true": record.DebugHex, "string": record.DebugText, "raw": record.DebugBase64}[value]
	case "encoding", "ebcdic_code_page", "ascii_charset", "field_code_page":
		codePageOption(l, name, argument, value)
	case "string_trimming_policy":
		l.Trim = map[string]string{"both": "both", "left": "left", "right": "right", "none": "none", "keep_all": "nothing"}[value]
	case "strict_sign_overpunching":
		l.Signs = map[bool]string{true: "strict", false: "relaxed"}[yes]
	case "improved_null_detection":
		if !yes {
			l.LowValues, l.BlankNumbers = "empty", "zero_fraction"
		}
	case "floating_point_format":
		l.Floats = map[bool]string{true: "ieee754", false: "ibm"}[strings.HasPrefix(value, "IEEE")]
		l.ByteOrder = map[bool]string{true: "little", false: "big"}[strings.HasSuffix(value, "little_endian")]
	case "variable_size_occurs":
		if yes && l.GetRecordFormat() == "" {
			l.RecordFormat = "counted"
		}
		if value != "false" && value != "max_size" {
			l.OccursDepending = map[bool]string{true: "pad", false: "shift"}[value == "pad_record"]
		}
	case "drop_group_fillers", "drop_value_fillers", "filler_naming_policy":
		fillerOption(l, name, yes)
	case "non_terminals":
		l.GroupTexts = strings.Split(value, ",")
	case "occurs_mappings":
		return countsOption(l, value)
	case "redefine_rule":
		group, rule, _ := strings.Cut(value, "=>")
		l.Choices = append(l.Choices, &configv1.BatchChoice{Field: strings.TrimSpace(group), Expression: celRule(rule)})
	case "strict_integral_precision":
		l.NumberRange = "picture"
	case "is_text":
	default:
		return framingOption(l, name, argument, value)
	}
	return nil
}

func codePageOption(l *configv1.BatchLayout, name, argument, value string) {
	switch {
	case name == "ebcdic_code_page":
		l.CodePage = printable(value)
	case name == "ascii_charset":
		l.CodePage = map[bool]string{true: "ascii-printable", false: value}[value == "US-ASCII"]
	case name == "field_code_page":
		for field := range strings.SplitSeq(value, ",") {
			if l.GetFieldCodePages() == nil {
				l.FieldCodePages = make(map[string]string)
			}
			l.FieldCodePages[strings.TrimSpace(field)] = printable(argument)
		}
	}
}

// printable is our name of a page that shows blanks for control characters.
func printable(page string) string {
	if page == "common" || strings.HasSuffix(page, "_extended") {
		return page
	}
	return page + "-printable"
}

func fillerOption(l *configv1.BatchLayout, name string, yes bool) {
	switch {
	case name == "drop_value_fillers" && !yes:
		l.Fillers = "all"
	case name == "drop_group_fillers" && yes:
		l.Fillers = "none"
	}
}

func countsOption(l *configv1.BatchLayout, value string) error {
	var counts map[string]map[string]uint32
	if err := json.Unmarshal([]byte(value), &counts); err != nil {
		return err
	}
	l.Counts = make(map[string]*configv1.BatchCounts)
	for table, elements := range counts {
		l.Counts[table] = &configv1.BatchCounts{Elements: elements}
	}
	return nil
}

var inRule = regexp.MustCompile(`in\((\w+),\s*([^)]*)\)`)

// celRule writes a rule in CEL: = is ==, and in(A, 1, 2) is A in [1, 2].
func celRule(rule string) string {
	rule = inRule.ReplaceAllString(rule, "$1 in [$2]")
	return regexp.MustCompile(`([^=!<>])=([^=])`).ReplaceAllString(rule, "$1==$2")
}

// framingOption translates an option about the records of a file.
func framingOption(l *configv1.BatchLayout, name, _, value string) error {
	f := l.GetFraming()
	n, _ := strconv.Atoi(value)
	u := uint32(max(n, 0))
	yes := value == "true"
	switch name {
	case "record_format":
		if format := map[string]string{"V": "variable", "VB": "variable_blocked", "VBS": "spanned", "FB": "fixed_blocked"}[value]; format != "" {
			l.RecordFormat = format
		}
	case "is_rdw_big_endian":
		f.RecordWord.Order = map[bool]string{true: "big", false: "little"}[yes]
	case "is_bdw_big_endian":
		f.BlockWord.Order = map[bool]string{true: "big", false: "little"}[yes]
	case "is_rdw_part_of_record_length":
		f.RecordWord.Counted = &yes
	case "rdw_adjustment":
		f.RecordWord.Adjustment = int32(n)
	case "bdw_adjustment":
		f.BlockWord.Adjustment = int32(n)
	case "block_length":
		f.BlockLength = u
	case "records_per_block":
		f.RecordsPerBlock = u
	case "record_length":
		l.RecordLength = u
	case "minimum_record_length":
		f.MinimumLength = u
	case "maximum_record_length":
		f.MaximumLength = u
	case "record_start_offset":
		f.RecordStart = u
	case "record_end_offset":
		f.RecordEnd = u
	case "file_start_offset":
		f.FileStart = u
	case "file_end_offset":
		f.FileEnd = u
	case "record_length_field":
		f.Length = value
	case "record_length_map":
		return json.Unmarshal([]byte(value), &f.Lengths)
	case "record_header_name":
		f.FirstRecord = value
	case "record_trailer_name":
		f.LastRecord = value
	case "allow_partial_records":
		f.SplitLines = yes
	case "record_extractor":
		f.Turns = []uint32{2, 3}
	default:
		return segmentOption(l, name, value)
	}
	return nil
}

func segmentOption(l *configv1.BatchLayout, name, value string) error {
	if l.GetSegments() == nil {
		l.Segments = &configv1.BatchSegments{}
	}
	s := l.GetSegments()
	switch {
	case name == "segment_field":
		s.Field = value
	case name == "segment_filter":
		s.Only = strings.Split(value, ",")
	case name == "segment_id_prefix":
		s.Prefix = value
	case name == "redefine_segment_id_map":
		group, values, _ := strings.Cut(value, "=>")
		s.Kinds = append(s.Kinds, &configv1.BatchSegment{Group: strings.TrimSpace(group), Values: strings.Split(values, ",")})
	case name == "segment_id_root" || strings.HasPrefix(name, "segment_id_level"):
		level, _ := strconv.Atoi(strings.TrimPrefix(name, "segment_id_level"))
		for len(s.GetLevels()) <= level {
			s.Levels = append(s.Levels, "")
		}
		s.Levels[level] = value
	case name == "segment_children":
	default:
		return fmt.Errorf("the option %s has no equivalent", name)
	}
	return nil
}

// addParents says of each kind of record to which other kind it belongs.
func addParents(l *configv1.BatchLayout, options map[string]string) error {
	var keys []string
	for name := range options {
		if strings.HasPrefix(name, "segment_children") {
			keys = append(keys, name)
		}
	}
	slices.Sort(keys)
	for _, name := range keys {
		parent, children, _ := strings.Cut(options[name], "=>")
		for child := range strings.SplitSeq(children, ",") {
			for _, kind := range l.GetSegments().GetKinds() {
				if kind.GetGroup() == strings.TrimSpace(child) {
					kind.Parent = strings.TrimSpace(parent)
				}
			}
		}
	}
	return nil
}
