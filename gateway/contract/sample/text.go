package sample

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	openapiv3 "github.com/google/gnostic-models/openapiv3"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
)

// text makes a string that the rules accept.
func (m *maker) text(field protoreflect.FieldDescriptor, r rules) string {
	if made := m.wellKnown(r); made != "" {
		return made
	}
	for _, made := range m.formatted(field) {
		if r.allows(protoreflect.ValueOfString(made)) && fitsText(r, made) {
			return made
		}
	}
	plain := fmt.Sprintf("%s %d", strings.ReplaceAll(string(field.Name()), "_", " "), 1+m.random.IntN(99))
	pattern, hasPattern := r.text("pattern")
	for attempt := range attempts {
		made := plain
		if hasPattern {
			made = m.matching(pattern)
		}
		made = m.fill(r, made, attempt)
		if r.allows(protoreflect.ValueOfString(made)) && fitsText(r, made) {
			return made
		}
	}
	return plain
}

// fill brings text to the length that the rules want, with the beginning, end and content that they want.
func (m *maker) fill(r rules, text string, attempt int) string {
	prefix, _ := r.text("prefix")
	suffix, _ := r.text("suffix")
	contains, _ := r.text("contains")
	least, most := lengths(r)
	text = prefix + text + contains + suffix
	if missing := least - utf8.RuneCountInString(text); missing > 0 {
		text = prefix + m.letters(missing) + strings.TrimPrefix(text, prefix)
	}
	if most < utf8.RuneCountInString(text) {
		inner := max(most-utf8.RuneCountInString(prefix+contains+suffix), 0)
		text = prefix + cut(strings.TrimPrefix(text, prefix), inner) + contains + suffix
	}
	if attempt > 0 && text != "" && prefix+suffix+contains == "" && r.message != nil && len(r.all("not_in")) > 0 {
		text = m.letters(utf8.RuneCountInString(text)) // what came first was refused
	}
	return text
}

func cut(text string, length int) string {
	characters := []rune(text)
	return string(characters[:min(length, len(characters))])
}

// lengths returns the bounds on the length of a text, in characters. Of bounds in bytes it takes the upper one as if all characters were ASCII, as
// those that are made here are.
func lengths(r rules) (least, most int) {
	least, most = 0, maxText
	for _, name := range []protoreflect.Name{"len", "min_len", "len_bytes", "min_bytes"} {
		if length, ok := r.length(name); ok {
			least = max(least, int(min(length, maxText)))
		}
	}
	for _, name := range []protoreflect.Name{"len", "max_len", "len_bytes", "max_bytes"} {
		if length, ok := r.length(name); ok {
			most = min(most, int(min(length, maxText)))
		}
	}
	return least, most
}

// fitsText checks the rules of strings and bytes that look at the text.
func fitsText(r rules, text string) bool {
	characters, size := uint64(utf8.RuneCountInString(text)), uint64(len(text)) //nolint:gosec // lengths are not negative
	if r.message != nil && r.message.Descriptor().Name() == "BytesRules" {
		characters = size
	}
	for _, check := range []struct {
		rule protoreflect.Name
		ok   func(length uint64) bool
	}{
		{"len", func(length uint64) bool { return characters == length }},
		{"min_len", func(length uint64) bool { return characters >= length }},
		{"max_len", func(length uint64) bool { return characters <= length }},
		{"len_bytes", func(length uint64) bool { return size == length }},
		{"min_bytes", func(length uint64) bool { return size >= length }},
		{"max_bytes", func(length uint64) bool { return size <= length }},
	} {
		if length, ok := r.length(check.rule); ok && !check.ok(length) {
			return false
		}
	}
	for _, check := range []struct {
		rule protoreflect.Name
		ok   func(part string) bool
	}{
		{"prefix", func(part string) bool { return strings.HasPrefix(text, part) }},
		{"suffix", func(part string) bool { return strings.HasSuffix(text, part) }},
		{"contains", func(part string) bool { return strings.Contains(text, part) }},
		{"not_contains", func(part string) bool { return !strings.Contains(text, part) }},
		{"pattern", func(pattern string) bool {
			expression, err := regexp.Compile(pattern)
			return err == nil && expression.MatchString(text)
		}},
	} {
		if part, ok := r.text(check.rule); ok && !check.ok(part) {
			return false
		}
	}
	return true
}

// formatted returns texts of the format that the field documents (openapi.v3.property).
func (m *maker) formatted(field protoreflect.FieldDescriptor) []string {
	n := m.random.IntN(28)
	switch documentedFormat(field) {
	case "date":
		return []string{fmt.Sprintf("2026-%02d-%02d", 1+n%12, 1+n)}
	case "date-time":
		return []string{fmt.Sprintf("2026-%02d-%02dT09:%02d:00Z", 1+n%12, 1+n, n)}
	case "time":
		return []string{fmt.Sprintf("%02d:30:00", n%24)}
	case "duration":
		return []string{fmt.Sprintf("PT%dM", 1+n)}
	case "decimal":
		return []string{fmt.Sprintf("%d.%02d", 10+n*37, n*3), fmt.Sprintf("%d.%d", 10+n, n%10), fmt.Sprintf("%d", 10+n), fmt.Sprintf("%d", n%10)}
	case "uuid":
		return []string{m.uuid()}
	case "email":
		return []string{fmt.Sprintf("person%d@example.org", n)}
	case "uri", "url":
		return []string{fmt.Sprintf("https://example.org/%d", n)}
	default:
		return nil
	}
}

// documentedFormat returns the OpenAPI format of a field.
func documentedFormat(field protoreflect.FieldDescriptor) string {
	// Options may be dynamic messages, as those of a file that was compiled at load: read afresh they are Go types.
	options := &descriptorpb.FieldOptions{}
	if wire, err := proto.Marshal(field.Options()); err != nil || proto.Unmarshal(wire, options) != nil {
		return ""
	}
	schema, _ := proto.GetExtension(options, openapiv3.E_Property).(*openapiv3.Schema)
	return schema.GetFormat()
}

// wellKnown returns a text of the format that the rules demand, or "".
func (m *maker) wellKnown(r rules) string {
	n := 1 + m.random.IntN(99)
	format := r.format()
	if format == "well_known_regex" { // the name or the value of an HTTP header
		return fmt.Sprintf("x-example-%d", n)
	}
	made := map[protoreflect.Name]string{
		"email":               fmt.Sprintf("person%d@example.org", n),
		"hostname":            fmt.Sprintf("host%d.example.org", n),
		"address":             fmt.Sprintf("host%d.example.org", n),
		"host_and_port":       fmt.Sprintf("host%d.example.org:8080", n),
		"ip":                  fmt.Sprintf("192.0.2.%d", n),
		"ipv4":                fmt.Sprintf("192.0.2.%d", n),
		"ipv6":                fmt.Sprintf("2001:db8::%d", n),
		"ip_with_prefixlen":   fmt.Sprintf("192.0.2.%d/24", n),
		"ipv4_with_prefixlen": fmt.Sprintf("192.0.2.%d/24", n),
		"ipv6_with_prefixlen": fmt.Sprintf("2001:db8::%d/64", n),
		"ip_prefix":           "192.0.2.0/24",
		"ipv4_prefix":         "192.0.2.0/24",
		"ipv6_prefix":         "2001:db8::/32",
		"uri":                 fmt.Sprintf("https://example.org/%d", n),
		"uri_ref":             fmt.Sprintf("/example/%d", n),
		"uuid":                m.uuid(),
		"tuuid":               strings.ReplaceAll(m.uuid(), "-", ""),
		"ulid":                fmt.Sprintf("01HZX3NDEKTSV4RRFFQ69G5F%02d", n),
		"protobuf_fqn":        fmt.Sprintf("example.v1.Message%d", n),
		"protobuf_dot_fqn":    fmt.Sprintf(".example.v1.Message%d", n),
	}
	return made[format]
}

// uuid makes a UUID of version 4 (RFC 9562 section 5.4).
func (m *maker) uuid() string {
	high, low := m.random.Uint64(), m.random.Uint64()
	return fmt.Sprintf("%08x-%04x-4%03x-%04x-%012x", high>>32, high>>16&0xffff, high&0xfff, low>>48&0x3fff|0x8000, low&0xffffffffffff)
}

// letters makes lower case letters.
func (m *maker) letters(count int) string {
	letters := make([]byte, max(count, 0))
	for i := range letters {
		letters[i] = m.letter()
	}
	return string(letters)
}

func (m *maker) letter() byte {
	const alphabet = "abcdefghijklmnopqrstuvwxyz"
	return alphabet[m.random.IntN(len(alphabet))]
}
