package swiftmt

import (
	"fmt"
	"strings"

	"github.com/postern-gateway/postern/adapters/batch/format"
)

var _ format.Written = (*Format)(nil)

// Envelope implements [format.Written]: a line end stands behind each message.
func (f *Format) Envelope() (format.Envelope, error) {
	return format.Envelope{End: []byte("\r\n")}, nil
}

// Encode implements [format.Written]. Blocks with nothing in them are left out.
func (f *Format) Encode(to []byte, members format.Members) ([]byte, error) {
	if err := members.Check(f.layout.Fields); err != nil {
		return to, err
	}
	text := func(name string) string {
		value, _, _ := format.Text(members.Get(name)) // its type has been checked
		return value
	}
	basic, err := fixed(text, part{"application", 1}, part{"service", 2}, part{"terminal", 12}, part{"session", 4}, part{"sequence", 6})
	if err != nil {
		return to, err
	}
	if basic == "" {
		return to, format.Wrong("application", "is missing, and so is block 1")
	}
	to = append(to, "{1:"+basic+"}"...)
	header := []part{{"direction", 1}, {"type", 3}, {"correspondent", 12}, {"priority", 1}}
	if text("direction") == "O" {
		header = []part{{"direction", 1}, {"type", 3}, {"input_time", 4}, {"input_reference", 28}, {"output_date", 6}, {"output_time", 4}, {"priority", 1}}
	}
	if application, err := fixed(text, header...); err != nil {
		return to, err
	} else if application != "" {
		to = append(to, "{2:"+application+"}"...)
	}
	for _, block := range []struct{ id, name string }{{"3", "user_header"}, {"4", "text"}, {"5", "trailer"}, {"S", "system"}} {
		tags := tagsOf(members.Get(block.name))
		if len(tags) == 0 {
			continue
		}
		if to, err = appendBlock(to, block.id, block.name, tags); err != nil {
			return to, err
		}
	}
	return to, nil
}

// fixed joins the parts of a header. What is missing may only be at its end.
func fixed(text func(string) string, parts ...part) (string, error) {
	var header strings.Builder
	ended := ""
	for _, p := range parts {
		value := text(p.name)
		switch {
		case value == "":
			if ended == "" {
				ended = p.name
			}
		case ended != "":
			return "", format.Wrong(ended, "is missing in front of %s", p.name)
		case len(value) != p.length || strings.ContainsAny(value, "{}"):
			return "", format.Wrong(p.name, "has %d characters and no braces", p.length)
		}
		header.WriteString(value)
	}
	return header.String(), nil
}

func tagsOf(value any) []Tag {
	var tags []Tag
	for _, element := range format.List(value) {
		members, _ := element.(format.Members)
		name, _, _ := format.Text(members.Get("tag"))
		content, _, _ := format.Text(members.Get("value"))
		tags = append(tags, Tag{name, content})
	}
	return tags
}

// appendBlock writes a block: of lines if it is block 4 and all of its tags are those of lines, and otherwise of braces.
func appendBlock(to []byte, id, name string, tags []Tag) ([]byte, error) {
	lined := id == "4"
	for _, tag := range tags {
		_, _, ok := cutTag(":" + tag.Name + ":")
		lined = lined && ok
	}
	to = append(to, "{"+id+":"...)
	for i, tag := range tags {
		path := fmt.Sprintf("%s[%d]", name, i)
		switch {
		case !lined && (tag.Name == "" || strings.ContainsAny(tag.Name, "{}:") || strings.Count(tag.Value, "{") != strings.Count(tag.Value, "}")):
			return to, format.Wrong(path, "cannot stand in braces")
		case !lined:
			to = append(to, "{"+tag.Name+":"+tag.Value+"}"...)
			continue
		}
		for i, line := range strings.Split(tag.Value, "\n") {
			_, _, isTag := cutTag(line)
			if i > 0 && (isTag || strings.HasPrefix(line, "-}")) || strings.Contains(line, "\r") {
				return to, format.Wrong(path, "holds a line that would be read as something else")
			}
		}
		to = append(to, "\r\n:"+tag.Name+":"+strings.ReplaceAll(tag.Value, "\n", "\r\n")...)
	}
	if lined {
		to = append(to, "\r\n-"...)
	}
	return append(to, '}'), nil
}
