package soap

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"google.golang.org/grpc/codes"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/adapters/soap/document"
	"github.com/postern-gateway/postern/adapters/soap/wsdl"
	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

var escaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "\r", "&#xD;", "\n", "&#xA;", "\t", "&#x9;")

// headerTemplates are the configured header blocks.
type headerTemplates struct {
	byVersion map[wsdl.Version][]headerSegment
	// secrets are those that stand in them, as they stand there.
	secrets []string
}

// A headerSegment is text of the header, compiled when the back end is opened: literal text, or what is only known in a call.
type headerSegment struct {
	text string
	// fromHeader and fromClaim name what the caller must give for the element between before and after to be written.
	fromHeader, fromClaim string
	before, after         string
}

// compileHeaders makes the templates of the setting `headers`, and finds all mistakes in it.
func compileHeaders(settings []*configv1.SoapHeader, dir string) (*headerTemplates, []adapters.Finding) {
	out := &headerTemplates{byVersion: make(map[wsdl.Version][]headerSegment)}
	var findings []adapters.Finding
	for _, version := range []wsdl.Version{wsdl.SOAP11, wsdl.SOAP12} {
		c := &headerCompiler{version: version, dir: dir}
		for i, setting := range settings {
			c.element(setting, "headers["+strconv.Itoa(i)+"]", "", true)
		}
		c.flush()
		out.byVersion[version], out.secrets, findings = c.out, c.secrets, c.findings // mistakes and secrets are the same in both
	}
	return out, findings
}

type headerCompiler struct {
	version  wsdl.Version
	dir      string
	text     strings.Builder
	out      []headerSegment
	secrets  []string
	findings []adapters.Finding
}

func (c *headerCompiler) find(field, message string) {
	c.findings = append(c.findings, adapters.Finding{Field: field, Message: message})
}

// flush ends a segment of literal text.
func (c *headerCompiler) flush() {
	if c.text.Len() > 0 {
		c.out = append(c.out, headerSegment{text: c.text.String()})
		c.text.Reset()
	}
}

// element compiles one element. outer is the namespace that the prefix h stands for around it.
func (c *headerCompiler) element(setting *configv1.SoapHeader, field, outer string, block bool) {
	name := clarkName(setting.GetName())
	if !isName(name.Local) {
		c.find(field+".name", "it is no name of an element; {namespace}local is accepted")
		return
	}
	tag, start := c.startTag(setting, field, name, outer, block)
	end := "</" + tag + ">"
	inner := outer
	if name.Space != "" {
		inner = name.Space
	}
	switch {
	case setting.GetFromHeader() != "" || setting.GetFromClaim() != "":
		c.flush()
		c.out = append(c.out, headerSegment{fromHeader: setting.GetFromHeader(), fromClaim: setting.GetFromClaim(), before: start, after: end})
	case setting.GetSecret() != nil:
		value, err := adapters.ReadSecret(setting.GetSecret(), field+".secret", c.dir)
		c.findings = append(c.findings, findingsOf(err)...)
		value = c.escaped(field+".secret", value)
		if value != "" {
			c.secrets = append(c.secrets, value)
		}
		c.text.WriteString(start + value + end)
	default:
		c.text.WriteString(start + c.escaped(field+".value", setting.GetValue()))
		for i, child := range setting.GetElements() {
			c.element(child, field+".elements["+strconv.Itoa(i)+"]", inner, false)
		}
		c.text.WriteString(end)
	}
}

// startTag writes the start tag with its attributes, and returns the tag's name too.
func (c *headerCompiler) startTag(setting *configv1.SoapHeader, field string, name document.Name, outer string, block bool) (tag, start string) {
	var b strings.Builder
	tag = name.Local
	if name.Space != "" {
		tag = "h:" + tag
	}
	b.WriteString("<" + tag)
	if name.Space != "" && name.Space != outer {
		b.WriteString(` xmlns:h="` + c.escaped(field+".name", name.Space) + `"`)
	}
	if block {
		b.WriteString(blockAttributes(c.version, setting.GetRole(), setting.GetMustUnderstand()))
	} else if setting.GetRole() != "" || setting.GetMustUnderstand() {
		c.find(field, "role and must_understand are for header blocks, and not for elements inside of one")
	}
	for i, attribute := range slices.Sorted(maps.Keys(setting.GetAttributes())) {
		at := field + ".attributes[" + strconv.Quote(attribute) + "]"
		key := clarkName(attribute)
		if !isName(key.Local) || key.Local == "xmlns" {
			c.find(at, "it is no name of an attribute; {namespace}local is accepted")
			continue
		}
		spelt := key.Local
		if key.Space != "" {
			prefix := "a" + strconv.Itoa(i)
			b.WriteString(` xmlns:` + prefix + `="` + c.escaped(at, key.Space) + `"`)
			spelt = prefix + ":" + spelt
		}
		b.WriteString(" " + spelt + `="` + c.escaped(at, setting.GetAttributes()[attribute]) + `"`)
	}
	b.WriteString(">")
	return tag, b.String()
}

// escaped returns text as it stands in XML.
func (c *headerCompiler) escaped(field, text string) string {
	if err := checkText(text); err != nil {
		c.find(field, err.Error())
	}
	return escaper.Replace(text)
}

// blockAttributes are what says who a header block is for (SOAP 1.1 sections 4.2.2 and 4.2.3; SOAP 1.2 part 1 sections 5.2.2 and 5.2.3).
func blockAttributes(version wsdl.Version, role string, mustUnderstand bool) string {
	var out string
	if role != "" {
		name := "actor"
		if version == wsdl.SOAP12 {
			name = "role"
		}
		out = ` soap:` + name + `="` + escaper.Replace(role) + `"`
	}
	if mustUnderstand {
		out += ` soap:mustUnderstand="1"`
	}
	return out
}

// clarkName reads {namespace}local.
func clarkName(text string) document.Name {
	if space, local, found := strings.Cut(strings.TrimPrefix(text, "{"), "}"); found && strings.HasPrefix(text, "{") {
		return document.Name{Space: space, Local: local}
	}
	return document.Name{Local: text}
}

// isName reports whether text can be the local name of an element (Namespaces in XML section 2), as far as a mistake would break the markup.
func isName(text string) bool {
	for i, r := range text {
		if r == '_' || unicode.IsLetter(r) || i > 0 && (r == '-' || r == '.' || unicode.IsDigit(r) || unicode.IsMark(r)) {
			continue
		}
		return false
	}
	return text != ""
}

// checkText refuses what XML cannot carry (XML 1.0 section 2.2).
func checkText(text string) error {
	if !utf8.ValidString(text) {
		return errors.New("it is not valid UTF-8")
	}
	for _, r := range text {
		if r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == 0xFFFE || r == 0xFFFF {
			return errors.New("it holds a character that XML cannot carry")
		}
	}
	return nil
}

// appendConfigured appends the configured header blocks of one call.
func (t *headerTemplates) appendConfigured(ctx context.Context, out []byte, version wsdl.Version) ([]byte, error) {
	segments := t.byVersion[version]
	for i := range segments {
		segment := &segments[i]
		out = append(out, segment.text...)
		if segment.before == "" {
			continue
		}
		value, given := segment.ofCaller(adapters.CallerFrom(ctx))
		if !given {
			continue
		}
		if err := checkText(value); err != nil {
			return nil, &adapters.Error{
				Code: codes.InvalidArgument, Reason: reasonHeader, Message: "A header of the request cannot be passed on: " + err.Error() + ".",
			}
		}
		out = append(out, segment.before...)
		out = append(out, escaper.Replace(value)...)
		out = append(out, segment.after...)
	}
	return out, nil
}

// ofCaller returns what the caller says, and whether anything.
func (s *headerSegment) ofCaller(caller adapters.Caller) (string, bool) {
	if s.fromClaim != "" {
		value, given := caller.Claims[s.fromClaim]
		return value, given
	}
	values := caller.Header(s.fromHeader)
	if len(values) == 0 {
		return "", false
	}
	return values[0], true
}
