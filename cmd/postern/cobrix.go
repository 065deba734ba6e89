package main

import "strings"

// A cobrixOption is an option of Cobrix, the COBOL reader of Apache Spark, and the flags that do the same.
type cobrixOption struct{ option, flags string }

// cobrixDefaults are the flags that do what Cobrix does with no option at all.
const cobrixDefaults = "--forgiving --bare --records=sequence --code-page=common --record-word=little+bare --block-word=little+bare"

// cobrixOptions say how people who have settings of Cobrix write them here.
func cobrixOptions() []cobrixOption {
	return []cobrixOption{
		{"copybooks=A,B", "--copybook=A --more-copybooks=B"},
		{"data_paths=A,B", "A --and=B"},
		{"record_format=F, FB, V, VB, VBS", "--record-format=fixed, fixed_blocked, variable, variable_blocked, spanned"},
		{"record_format=D, D2; is_text=true", "--record-format=line --code-page=utf-8"},
		{"is_rdw_big_endian=true", "--record-word=big+bare"},
		{"is_rdw_part_of_record_length=true", "--record-word=little+counted"},
		{"rdw_adjustment=N", "--record-word=little+bare+N"},
		{"is_bdw_big_endian, bdw_adjustment", "--block-word=..., spelled the same"},
		{"block_length=N, records_per_block=N", "--block-length=N, --block-records=N"},
		{"record_length=N", "--record-length=N"},
		{"minimum_record_length, maximum_record_length", "--minimum-length, --maximum-length"},
		{"debug_ignore_file_size=true", "--incomplete=keep"},
		{"record_start_offset, record_end_offset", "--record-start, --record-end"},
		{"file_start_offset, file_end_offset", "--file-start, --file-end"},
		{"record_length_field=F", "--length=F"},
		{`record_length_map={"A":4,"_":7}`, "--lengths=A=4,_=7"},
		{"record_header_name=H, record_trailer_name=T", "--first-record=H, --last-record=T"},
		{"record_header_parser, record_extractor", "--record-header=SIZE:OFFSET:BYTES:ORDER or --turns=LENGTH,..."},
		{"allow_partial_records=true", "--split-lines"},
		{"encoding=ascii, ascii_charset=C", "--code-page=C (utf-8; ascii-printable for US-ASCII)"},
		{"ebcdic_code_page=P", "--code-page=P-printable (common and cp037_extended as they are)"},
		{"ebcdic_code_page_class=C", "--code-page-file=FILE"},
		{"field_code_page:P=F", "--field-code-page=F=P-printable"},
		{"string_trimming_policy=both, left, right, none", "--trim=both, left, right, none"},
		{"string_trimming_policy=keep_all", "--trim=nothing"},
		{"strict_sign_overpunching=false", "--signs=relaxed"},
		{"strict_integral_precision=true", "--number-range=picture"},
		{"improved_null_detection=false", "--low-values=empty --blank=zero_fraction"},
		{"display_pic_always_string=true", "--display-numbers=text"},
		{"floating_point_format=IBM, IEEE754", "--floats=ibm, ieee754"},
		{"floating_point_format=..._little_endian", "--byte-order=little"},
		{"is_utf16_big_endian=false", "--national-order=little"},
		{"variable_size_occurs=true, shift_record", "--occurs=shift, with --record-format=counted where records have no other end"},
		{"variable_size_occurs=pad_record", "--occurs=pad"},
		{"variable_size_occurs=max_size, false", "--occurs=fixed"},
		{`occurs_mappings={"T":{"A":1}}`, "--counts=T:A=1"},
		{"drop_value_fillers=false", "--fillers=all"},
		{"drop_group_fillers=true", "--fillers=none"},
		{"filler_naming_policy=sequence_numbers, previous_field_name", "--filler-names=number, after"},
		{"non_terminals=A,B", "--group-text=A,B"},
		{"redefine_rule:N=G => RULE", "--rule=G=RULE in CEL: ID == 1, ID in ['A', null], &&, ||"},
		{"segment_field=F", "--segment-field=F"},
		{"segment_filter=A,B", "--segment-only=A,B"},
		{"redefine_segment_id_map:N=G => A,B", "--segment=G=A,B"},
		{"segment-children:N=P => G,H", "--segment-parent=G=P,H=P"},
		{"segment_id_root=A, segment_id_level0=A, segment_id_level1=B", "--segment-level=A --segment-level=B"},
		{"segment_id_prefix=P", "--segment-prefix=P"},
		{"schema_retention_policy=keep_original", "--keep-root"},
		{"generate_record_id=true", "--record-ids"},
		{"generate_record_bytes=true", "--record-bytes"},
		{"generate_corrupt_fields=true, hex", "--corrupt, --corrupt --hex-bytes"},
		{"debug=true, string, raw", "--debug=hex, text, base64"},
		{"with_input_file_name_col=N", "--file-name=N"},
		{"comments_lbound, comments_ubound", "--first-column, --last-column (of the text itself)"},
		{"truncate_comments=false", "--copybook-format=free"},
		{"pedantic=true", "always: a flag that is not known is refused"},
		{"input_split_records, input_split_size_mb, enable_indexes, improve_locality, optimize_allocation", "nothing: they change how the work is spread, and not what is read"},
	}
}

// cobrixHelp is all of it in lines.
func cobrixHelp() string {
	var text strings.Builder
	text.WriteString("What the options of Cobrix are here. All of its defaults together:\n\n  " + cobrixDefaults + "\n\n")
	for _, o := range cobrixOptions() {
		text.WriteString("  " + o.option + "\n      " + o.flags + "\n")
	}
	return text.String()
}
