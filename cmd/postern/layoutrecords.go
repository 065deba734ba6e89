package main

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

// framing takes over the flags about records in the file.
func (f *layoutFlags) framing(l *configv1.BatchLayout) error {
	set(&l.RecordFormat, f.RecordFormat)
	set(&l.RecordLength, f.RecordLength)
	if l.GetFraming() == nil {
		l.Framing = &configv1.BatchFraming{}
	}
	r := l.GetFraming()
	for _, pair := range []struct {
		at    *uint32
		given uint32
	}{
		{&r.BlockLength, f.BlockLength}, {&r.RecordsPerBlock, f.BlockRecords}, {&r.FileStart, f.FileStart}, {&r.FileEnd, f.FileEnd}, {&r.RecordStart, f.RecordStart},
		{&r.RecordEnd, f.RecordEnd}, {&r.MinimumLength, f.MinimumLength}, {&r.MaximumLength, f.MaximumLength},
	} {
		set(pair.at, pair.given)
	}
	set(&r.Length, f.Length)
	set(&r.LengthAdjustment, f.LengthAdjust)
	set(&r.FirstRecord, f.FirstRecord)
	set(&r.LastRecord, f.LastRecord)
	set(&r.LineEnd, f.LineEnd)
	set(&r.OpenEnd, f.OpenEnd)
	set(&r.SplitLines, f.SplitLines)
	set(&r.Incomplete, f.Incomplete)
	if len(f.Turns) > 0 {
		r.Turns = f.Turns
	}
	var err error
	if f.RecordWord != "" {
		if r.RecordWord, err = descriptorWord("record-word", f.RecordWord); err != nil {
			return err
		}
	}
	if f.BlockWord != "" {
		if r.BlockWord, err = descriptorWord("block-word", f.BlockWord); err != nil {
			return err
		}
	}
	if f.Header != "" {
		if r.Header, err = recordHeader(f.Header); err != nil {
			return err
		}
	}
	return pairs("lengths", f.Lengths, func(name, value string) error {
		n, err := number("lengths", value)
		put(&r.Lengths, name, n)
		return err
	})
}

// descriptorWord reads ORDER[+counted|+bare][+N|-N].
func descriptorWord(flag, text string) (*configv1.BatchWord, error) {
	parts := regexp.MustCompile(`^(big|little|little_first)?(\+?counted|\+?bare)?([+-][0-9]+)?$`).FindStringSubmatch(text)
	if parts == nil {
		return nil, fmt.Errorf("--%s: %q is not an order (big, little, little_first) with +counted or +bare and an adjustment", flag, text)
	}
	word := &configv1.BatchWord{Order: parts[1]}
	if parts[2] != "" {
		counted := strings.HasSuffix(parts[2], "counted")
		word.Counted = &counted
	}
	if parts[3] != "" {
		n, err := strconv.ParseInt(parts[3], 10, 32)
		if err != nil {
			return nil, fmt.Errorf("--%s: %q is no adjustment", flag, parts[3])
		}
		word.Adjustment = int32(n)
	}
	return word, nil
}

// recordHeader reads SIZE[:OFFSET[:BYTES[:ORDER]]].
func recordHeader(text string) (*configv1.BatchRecordHeader, error) {
	header := &configv1.BatchRecordHeader{}
	parts := strings.Split(text, ":")
	if len(parts) > 4 {
		return nil, fmt.Errorf("--record-header: %q is not SIZE:OFFSET:BYTES:ORDER", text)
	}
	if len(parts) == 4 {
		header.Order, parts = parts[3], parts[:3]
	}
	for i, at := range []*uint32{&header.Size, &header.Offset, &header.Bytes} {
		if i == len(parts) {
			break
		}
		n, err := number("record-header", parts[i])
		if err != nil {
			return nil, err
		}
		*at = n
	}
	return header, nil
}

// values takes over the flags about values.
func (f *layoutFlags) values(l *configv1.BatchLayout) error {
	for _, pair := range []struct {
		at    *string
		given string
	}{
		{&l.CodePage, f.CodePage}, {&l.CodePageFile, f.CodePageFile}, {&l.BlankNumbers, f.Blank}, {&l.InvalidNumbers, f.Invalid}, {&l.Trim, f.Trim},
		{&l.LowValues, f.LowValues}, {&l.ControlCharacters, f.ControlCharacters}, {&l.Signs, f.Signs}, {&l.NumberRange, f.NumberRange},
		{&l.DisplayNumbers, f.DisplayNumbers}, {&l.ByteOrder, f.ByteOrder}, {&l.NationalOrder, f.NationalOrder}, {&l.Floats, f.Floats},
		{&l.ShortRecords, f.ShortRecords}, {&l.LongRecords, f.LongRecords}, {&l.OccursDepending, f.Occurs}, {&l.Fillers, f.Fillers}, {&l.FillerNames, f.FillerNames},
	} {
		set(pair.at, pair.given)
	}
	if l.GetCopybook() != "" && l.GetRecordFormat() == "line" && l.GetCodePage() == "" && l.GetCodePageFile() == "" {
		l.CodePage = "ascii"
	}
	err := pairs("field-code-page", f.FieldCodePage, func(name, value string) error {
		put(&l.FieldCodePages, name, value)
		return nil
	})
	if err != nil {
		return err
	}
	return pairs("formats", f.Formats, func(name, value string) error {
		put(&l.Formats, name, value)
		return nil
	})
}

// structure takes over the flags about tables, groups and alternatives.
func (f *layoutFlags) structure(l *configv1.BatchLayout) error {
	if len(f.GroupText) > 0 {
		l.GroupTexts = f.GroupText
	}
	err := pairs("rule", f.Rule, func(name, value string) error {
		l.Choices = append(l.Choices, &configv1.BatchChoice{Field: name, Expression: value})
		return nil
	})
	if err != nil {
		return err
	}
	return pairs("counts", f.Counts, func(name, value string) error {
		table, text, ok := strings.Cut(name, ":")
		n, err := number("counts", value)
		if !ok || err != nil {
			return fmt.Errorf("--counts: %s=%s is not TABLE:TEXT=NUMBER", name, value)
		}
		if l.GetCounts()[table] == nil {
			put(&l.Counts, table, &configv1.BatchCounts{})
		}
		put(&l.GetCounts()[table].Elements, text, n)
		return nil
	})
}

// segments takes over the flags about kinds of records.
func (f *layoutFlags) segments(l *configv1.BatchLayout) error {
	if f.SegmentField == "" && l.GetSegments() == nil {
		if len(f.Segment)+len(f.SegmentOnly)+len(f.SegmentLevel)+len(f.SegmentParent) > 0 {
			return fmt.Errorf("--segment-field says by which field records are told apart; it is missing")
		}
		return nil
	}
	if l.GetSegments() == nil {
		l.Segments = &configv1.BatchSegments{}
	}
	s := l.GetSegments()
	set(&s.Field, f.SegmentField)
	set(&s.Prefix, f.SegmentPrefix)
	if len(f.SegmentOnly) > 0 {
		s.Only = f.SegmentOnly
	}
	if len(f.SegmentLevel) > 0 {
		s.Levels = f.SegmentLevel
	}
	err := pairs("segment", f.Segment, func(name, value string) error {
		s.Kinds = append(s.Kinds, &configv1.BatchSegment{Group: name, Values: strings.Split(value, ",")})
		return nil
	})
	if err != nil {
		return err
	}
	return pairs("segment-parent", f.SegmentParent, func(name, value string) error {
		for _, kind := range s.GetKinds() {
			if strings.EqualFold(kind.GetGroup(), name) {
				kind.Parent = value
				return nil
			}
		}
		return fmt.Errorf("--segment-parent: there is no --segment %s", name)
	})
}

// forgive lets pass what nothing else is said about.
func forgive(l *configv1.BatchLayout) {
	for _, pair := range []struct {
		at       *string
		fallback string
	}{
		{&l.BlankNumbers, "absent"}, {&l.InvalidNumbers, "absent"}, {&l.Trim, "both"}, {&l.Signs, "strict"}, {&l.NumberRange, "storage"},
		{&l.ShortRecords, "partial"}, {&l.LongRecords, "ignore"}, {&l.ControlCharacters, "drop"},
	} {
		if *pair.at == "" {
			*pair.at = pair.fallback
		}
	}
	if f := l.GetFraming(); f.GetIncomplete() == "" && (f.GetLength() != "" || len(f.GetTurns()) > 0 || l.GetRecordFormat() == "counted") {
		f.Incomplete = "keep" // a file of fixed records that has no whole number of them is one of others
	}
	if l.GetOccursDepending() == "" && l.GetRecordFormat() != "counted" {
		l.OccursDepending = "fixed"
	}
}
