package swiftmt

import (
	"errors"
	"fmt"
	"strings"
)

// A Message is a message in its blocks.
type Message struct {
	// Basic and Application are blocks 1 and 2.
	Basic, Application string
	// User, Trailer and System are the tags of blocks 3, 5 and S.
	User, Trailer, System []Tag
	// Text are the fields of block 4; those of a service message have tags in braces.
	Text []Tag
}

// A Tag is a field: 32A, and its value with lines separated by a line feed.
type Tag struct{ Name, Value string }

// Parse splits a message into blocks and tags.
func Parse(raw string) (*Message, error) {
	message := &Message{}
	for rest := strings.TrimSpace(raw); rest != ""; rest = strings.TrimLeft(rest, " \r\n") {
		block, after, err := cutBlock(rest)
		if err != nil {
			return nil, err
		}
		if err := message.add(block); err != nil {
			return nil, err
		}
		rest = after
	}
	if message.Basic == "" {
		return nil, errors.New("the message has no block 1")
	}
	return message, nil
}

// cutBlock returns the content of the block that begins here, without its braces.
func cutBlock(text string) (block, rest string, err error) {
	if !strings.HasPrefix(text, "{") {
		return "", "", errors.New("something stands between blocks")
	}
	if hasText(text) {
		end := strings.Index(text, "\n-}")
		if end < 0 {
			return "", "", errors.New("block 4 does not end")
		}
		return strings.TrimSuffix(text[1:end], "\r"), text[end+len("\n-}"):], nil
	}
	depth := 0
	for i := range len(text) {
		switch text[i] {
		case '{':
			depth++
		case '}':
			depth--
		}
		if depth == 0 {
			return text[1:i], text[i+1:], nil
		}
	}
	return "", "", errors.New("a block does not end")
}

// hasText reports whether this is a block 4 of lines, and not of braces.
func hasText(block string) bool {
	content, ok := strings.CutPrefix(block, "{4:")
	return ok && (strings.HasPrefix(content, "\r\n") || strings.HasPrefix(content, "\n"))
}

func (m *Message) add(block string) error {
	id, content, ok := strings.Cut(block, ":")
	if !ok {
		return errors.New("a block has no identifier")
	}
	var err error
	switch id {
	case "1":
		m.Basic = content
	case "2":
		m.Application = content
	case "3":
		m.User, err = braced(content)
	case "4":
		if hasText("{" + block) {
			m.Text, err = lines(content)
		} else {
			m.Text, err = braced(content)
		}
	case "5":
		m.Trailer, err = braced(content)
	case "S":
		m.System, err = braced(content)
	default:
		return fmt.Errorf("there is no block %.8q", id)
	}
	if err != nil {
		return fmt.Errorf("block %s: %w", id, err)
	}
	return nil
}

// braced reads tags in braces: {108:REF}{121:...}.
func braced(content string) ([]Tag, error) {
	var tags []Tag
	for rest := strings.TrimSpace(content); rest != ""; rest = strings.TrimSpace(rest) {
		block, after, err := cutBlock(rest)
		if err != nil {
			return nil, err
		}
		name, value, _ := strings.Cut(block, ":")
		tags = append(tags, Tag{name, value})
		rest = after
	}
	return tags, nil
}

// lines reads the fields of a text block: each begins on a line of its own with its tag between colons.
func lines(content string) ([]Tag, error) {
	var tags []Tag
	content = strings.Trim(strings.ReplaceAll(content, "\r\n", "\n"), "\n")
	if content == "" {
		return nil, nil
	}
	for line := range strings.SplitSeq(content, "\n") {
		if name, value, ok := cutTag(line); ok {
			tags = append(tags, Tag{name, value})
			continue
		}
		if len(tags) == 0 {
			return nil, errors.New("the text does not begin with a tag")
		}
		tags[len(tags)-1].Value += "\n" + line
	}
	return tags, nil
}

// cutTag splits :32A:value. A tag has two digits and perhaps a letter.
func cutTag(line string) (name, value string, ok bool) {
	rest, ok := strings.CutPrefix(line, ":")
	if !ok {
		return "", "", false
	}
	name, value, ok = strings.Cut(rest, ":")
	if !ok || len(name) < 2 || len(name) > 3 || !isDigit(name[0]) || !isDigit(name[1]) || len(name) == 3 && (name[2] < 'A' || name[2] > 'Z') {
		return "", "", false
	}
	return name, value, true
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
