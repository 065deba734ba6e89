package main

import (
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"

	"github.com/postern-gateway/postern/adapters/batch"
	"github.com/postern-gateway/postern/adapters/batch/corpustest"
)

// parserOf reads the flags of one command alone.
func parserOf(t *testing.T, command any) *kong.Kong {
	t.Helper()
	parser, err := kong.New(command, kong.Vars{"formats": strings.Join(batch.FormatNames(), ", ")})
	if err != nil {
		t.Fatal(err)
	}
	return parser
}

// simpleOptions are those of one flag whose values are the same, or are in the map.
func simpleOptions() map[string]struct {
	flag   string
	values map[string]string
} {
	type option = struct {
		flag   string
		values map[string]string
	}
	return map[string]option{
		"block_length": {"--block-length", nil}, "records_per_block": {"--block-records", nil}, "record_length": {"--record-length", nil},
		"minimum_record_length": {"--minimum-length", nil}, "maximum_record_length": {"--maximum-length", nil},
		"record_start_offset": {"--record-start", nil}, "record_end_offset": {"--record-end", nil},
		"file_start_offset": {"--file-start", nil}, "file_end_offset": {"--file-end", nil},
		"record_length_field": {"--length", nil}, "record_header_name": {"--first-record", nil}, "record_trailer_name": {"--last-record", nil},
		"non_terminals": {"--group-text", nil}, "segment_field": {"--segment-field", nil}, "segment_filter": {"--segment-only", nil},
		"segment_id_prefix": {"--segment-prefix", nil},
		"record_format": {"--record-format", map[string]string{
			"F": "fixed", "FB": "fixed_blocked", "V": "variable", "VB": "variable_blocked", "VBS": "spanned", "D": "line", "D2": "line",
		}},
		"is_text":                   {"--record-format", map[string]string{"true": "line"}},
		"string_trimming_policy":    {"--trim", map[string]string{"both": "both", "left": "left", "right": "right", "none": "none", "keep_all": "nothing"}},
		"strict_sign_overpunching":  {"--signs", map[string]string{"true": "", "false": "relaxed"}},
		"strict_integral_precision": {"--number-range", map[string]string{"true": "picture"}},
		"record_extractor":          {"--turns", map[string]string{"mock_2_3": "2,3"}},
		"debug":                     {"--debug", map[string]string{"true": "hex", "string": "text", "raw": "base64"}},
		"drop_value_fillers":        {"--fillers", map[string]string{"true": "", "false": "all"}},
		"drop_group_fillers":        {"--fillers", map[string]string{"false": "", "true": "none"}},
		"filler_naming_policy":      {"--filler-names", map[string]string{"sequence_numbers": "number", "previous_field_name": "after"}},
	}
}

// switches are the options that are a flag without a value.
func switches() map[string]string {
	return map[string]string{
		"generate_record_id=true": "--record-ids", "generate_record_bytes=true": "--record-bytes", "generate_corrupt_fields=hex": "--corrupt --hex-bytes",
		"schema_retention_policy=keep_original": "--keep-root", "allow_partial_records=true": "--split-lines",
		"improved_null_detection=false": "--low-values=empty --blank=zero_fraction",
		"floating_point_format=IEEE754": "--floats=ieee754", "floating_point_format=IBM_little_endian": "--byte-order=little",
		"floating_point_format=IEEE754_little_endian": "--floats=ieee754 --byte-order=little",
		"variable_size_occurs=true":                   "--occurs=shift", "variable_size_occurs=shift_record": "--occurs=shift", "variable_size_occurs=pad_record": "--occurs=pad",
	}
}

// cobrixFlags are the flags of a case, by the table in the help.
func cobrixFlags(t *testing.T, dir string, c corpustest.Case) []string {
	t.Helper()
	books := strings.Split(c.Schema, ";")
	flags := []string{"--copybook=" + filepath.Join(dir, books[0])}
	for _, more := range books[1:] {
		flags = append(flags, "--more-copybooks="+filepath.Join(dir, more))
	}
	if c.Kind == "json" {
		return append(flags, "--bare", "--names=copybook", "--keep-root", "--records=sequence", "--code-page=ascii", "--short-records=pad")
	}
	flags = append(flags, "--forgiving", "--bare", "--records=sequence")
	if c.DecimalComma() {
		flags = append(flags, "--decimal-comma")
	}
	for _, name := range slices.Sorted(maps.Keys(c.Options)) {
		key, argument, _ := strings.Cut(name, ":")
		flags = append(flags, optionFlags(t, key, argument, c.Options[name])...)
	}
	flags = append(flags, codePageFlag(c.Options), wordFlag("--record-word", "rdw", c), wordFlag("--block-word", "bdw", c))
	if counted := c.Options["variable_size_occurs"]; counted == "true" && slices.Contains([]string{"", "F"}, c.Options["record_format"]) && c.Kind != "encode" {
		flags = append(flags, "--record-format=counted")
	}
	return slices.DeleteFunc(flags, func(flag string) bool { return flag == "" })
}

// optionFlags are those of one option that stands alone.
func optionFlags(t *testing.T, name, argument, value string) []string {
	t.Helper()
	left, right, _ := strings.Cut(value, "=>")
	left, right = strings.TrimSpace(left), strings.TrimSpace(right)
	switch {
	case name == "field_code_page":
		var flags []string
		for field := range strings.SplitSeq(value, ",") {
			flags = append(flags, "--field-code-page="+strings.TrimSpace(field)+"="+argument+"-printable")
		}
		return flags
	case name == "record_length_map":
		return []string{"--lengths=" + strings.Join(jsonPairs(t, value), ",")}
	case name == "occurs_mappings":
		return []string{"--counts=" + strings.Join(jsonPairs(t, value), ",")}
	case name == "redefine_rule":
		return []string{"--rule=" + left + "=" + celRule(right)}
	case name == "redefine_segment_id_map":
		return []string{"--segment=" + left + "=" + right}
	case name == "segment_children":
		var flags []string
		for child := range strings.SplitSeq(right, ",") {
			flags = append(flags, "--segment-parent="+strings.TrimSpace(child)+"="+left)
		}
		return flags
	case strings.HasPrefix(name, "segment_id_level"), name == "segment_id_root":
		return []string{"--segment-level=" + value}
	}
	if o, ok := simpleOptions()[name]; ok {
		spelled, given := o.values[value]
		if o.values == nil {
			spelled, given = value, true
		}
		if !given {
			t.Fatalf("the option %s=%s has no flag", name, value)
		}
		if spelled == "" {
			return nil
		}
		return []string{o.flag + "=" + spelled}
	}
	return strings.Fields(switches()[name+"="+value])
}

func codePageFlag(options map[string]string) string {
	text := options["record_format"] == "D" || options["record_format"] == "D2" || options["is_text"] == "true" || options["encoding"] == "ascii"
	switch page := options["ebcdic_code_page"]; {
	case options["ascii_charset"] == "US-ASCII":
		return "--code-page=ascii-printable"
	case options["ascii_charset"] != "":
		return "--code-page=" + options["ascii_charset"]
	case text && options["encoding"] != "ebcdic":
		return "--code-page=utf-8"
	case page == "", page == "common", strings.HasSuffix(page, "_extended"):
		return "--code-page=" + page + map[bool]string{true: "common"}[page == ""]
	default:
		return "--code-page=" + page + "-printable"
	}
}

// wordFlag is that of a descriptor word. What upstream writes as little endian has its low byte in front.
func wordFlag(flag, name string, c corpustest.Case) string {
	order := map[bool]string{true: "big", false: "little"}[c.Options["is_"+name+"_big_endian"] == "true"]
	if c.Kind == "encode" && order == "little" {
		order = "little_first"
	}
	counted := map[bool]string{true: "+counted", false: "+bare"}[c.Options["is_"+name+"_part_of_record_length"] == "true"]
	adjustment := c.Options[name+"_adjustment"]
	if adjustment != "" && !strings.HasPrefix(adjustment, "-") {
		adjustment = "+" + adjustment
	}
	return flag + "=" + order + counted + adjustment
}
