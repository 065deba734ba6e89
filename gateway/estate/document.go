package estate

import (
	"bytes"
	"errors"
	"io"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"github.com/postern-gateway/postern/gateway/diagnostic"
)

// parseDocument reads the one YAML document of a file. A document that is empty, or only holds comments, is an empty mapping.
func parseDocument(dir, file string, content []byte) (*Source, diagnostic.List) {
	content = bytes.TrimPrefix(content, []byte("\ufeff"))
	text := diagnostic.NewText(file, content)
	if list := checkCharacters(text, content); len(list) > 0 {
		return nil, list
	}
	decoder := yaml.NewDecoder(bytes.NewReader(content))
	var document, second yaml.Node
	switch err := decoder.Decode(&document); {
	case errors.Is(err, io.EOF):
		document = yaml.Node{Content: []*yaml.Node{{Kind: yaml.MappingNode, Line: 1, Column: 1}}}
	case err != nil:
		return nil, diagnostic.List{locateSyntaxError(text, content, err)}
	}
	if err := decoder.Decode(&second); err == nil {
		return nil, diagnostic.List{text.At(second.Line, second.Column, "a second document starts here; a file holds one")}
	} else if !errors.Is(err, io.EOF) {
		return nil, diagnostic.List{locateSyntaxError(text, content, err)}
	}
	root := document.Content[0]
	if root.Kind == yaml.ScalarNode && root.Tag == "!!null" {
		root = &yaml.Node{Kind: yaml.MappingNode, Line: 1, Column: 1}
	}
	if root.Kind != yaml.MappingNode {
		return nil, diagnostic.List{text.At(root.Line, root.Column, "the file must hold `key: value` lines, not %s", describeKind(root))}
	}
	return &Source{text: text, dir: dir, root: root}, nil
}

// checkCharacters finds what YAML does not accept, and line breaks that nobody sees as such (YAML 1.1 section 4.2), which would
// put every later position on another line than editors show.
func checkCharacters(text *diagnostic.Text, content []byte) diagnostic.List {
	for offset := 0; offset < len(content); {
		r, size := utf8.DecodeRune(content[offset:])
		problem := ""
		switch {
		case r == utf8.RuneError && size <= 1:
			problem = "this is not UTF-8"
		case r == '\r' && !bytes.HasPrefix(content[offset:], []byte("\r\n")):
			problem = "a carriage return without a line feed"
		case r == '\u0085' || r == '\u2028' || r == '\u2029':
			problem = "an invisible line break; in quotes it can be written as an escape"
		case r == '\ufeff' || r == '\ufffe' || r == '\uffff' || unicode.IsControl(r) && !strings.ContainsRune("\t\n\r", r):
			problem = "a control character; in quotes it can be written as an escape"
		}
		if problem != "" {
			return diagnostic.List{atByte(text, content, offset, problem)}
		}
		offset += size
	}
	return nil
}

// checkUTF8 finds the first byte that is no UTF-8.
func checkUTF8(text *diagnostic.Text, content []byte) diagnostic.List {
	for offset := 0; offset < len(content); {
		r, size := utf8.DecodeRune(content[offset:])
		if r == utf8.RuneError && size <= 1 {
			return diagnostic.List{atByte(text, content, offset, "this is not UTF-8")}
		}
		offset += size
	}
	return nil
}

func atByte(text *diagnostic.Text, content []byte, offset int, problem string) diagnostic.Diagnostic {
	line, column := text.Position(offset)
	return text.At(line, column, "%s (byte %d of the file is %#02x)", problem, offset+1, content[offset])
}

var syntaxErrorPlace = regexp.MustCompile(`^yaml: (line [0-9]+: )?`)

// locateSyntaxError places an error of the YAML parser. The parser's own line is often that of the beginning of the
// construct, or of the line before, so the place is found by trying: it is the line after the longest run of lines that is YAML.
func locateSyntaxError(text *diagnostic.Text, content []byte, err error) diagnostic.Diagnostic {
	line := longestValidPrefix(content) + 1
	if line > text.Len() {
		line = text.Len()
	}
	source := text.Line(line)
	column := len(source) - len(strings.TrimLeft(source, " ")) + 1
	problem := syntaxErrorPlace.ReplaceAllString(err.Error(), "")
	if place := suspect(problem, source); place >= 0 {
		column = len([]rune(source[:place])) + 1
	}
	if strings.HasPrefix(strings.TrimLeft(source, " "), "\t") {
		return text.At(line, column, "YAML is indented by spaces; this is a tab")
	}
	return text.At(line, column, "this is not YAML: %s", problem).Accepting(syntaxAdvice(problem))
}

var specialStart = regexp.MustCompile("[:-] +([@`%])")

// suspect returns the byte of a line that the parser's problem is most likely about, or -1.
func suspect(problem, line string) int {
	switch {
	case strings.Contains(problem, "mapping values are not allowed"):
		return strings.LastIndex(line, ": ")
	case strings.Contains(problem, "cannot start any token"):
		if found := specialStart.FindStringSubmatchIndex(line); found != nil {
			return found[2]
		}
	}
	return -1
}

// syntaxAdvice says what people usually did when the parser says problem.
func syntaxAdvice(problem string) string {
	switch {
	case strings.Contains(problem, "did not find expected key"), strings.Contains(problem, "did not find expected '-' indicator"):
		return "a line as far to the right as the lines it belongs to"
	case strings.Contains(problem, "mapping values are not allowed"):
		return "one `key: value` to a line, the text in quotes where it holds a colon and a blank"
	case strings.Contains(problem, "could not find expected ':'"):
		return "`key: value`, or `- value` in a list"
	case strings.Contains(problem, "cannot start any token"):
		return "text in quotes where it starts with a special character"
	case strings.Contains(problem, "unexpected end of stream"):
		return "a quote that is closed"
	case strings.Contains(problem, "expected ',' or"):
		return "a bracket that is closed"
	default:
		return ""
	}
}

// prefixStretch is how many lines a bracket or a quoted text may take without hiding that the YAML behind it is good.
const prefixStretch = 64

// longestValidPrefix returns the number of lines at the start of content that are YAML by themselves.
func longestValidPrefix(content []byte) int {
	lines := bytes.SplitAfter(content, []byte("\n"))
	ends := make([]int, len(lines)+1)
	for i, line := range lines {
		ends[i+1] = ends[i] + len(line)
	}
	valid := func(count int) bool {
		var document yaml.Node
		return yaml.Unmarshal(content[:ends[count]], &document) == nil
	}
	good := 0
	for {
		good = lastValid(good, len(lines), valid)
		next := good + 2
		for next < len(lines) && next <= good+prefixStretch && !valid(next) {
			next++
		}
		if next >= len(lines) || next > good+prefixStretch {
			return good
		}
		good = next
	}
}

// lastValid halves its way from good, which is valid, to bad, which is not.
func lastValid(good, bad int, valid func(int) bool) int {
	for bad-good > 1 {
		if middle := good + (bad-good)/2; valid(middle) {
			good = middle
		} else {
			bad = middle
		}
	}
	return good
}

func describeKind(node *yaml.Node) string {
	switch {
	case node.Kind == yaml.SequenceNode:
		return "a list"
	case node.Kind == yaml.MappingNode:
		return "fields"
	case node.Kind == yaml.AliasNode:
		return "an alias"
	case node.Tag == "!!null":
		return "nothing"
	default:
		return "a single value"
	}
}
