package xsd

import (
	"strconv"
	"strings"

	"github.com/postern-gateway/postern/adapters/soap/document"
)

// The namespaces of SOAP encoding, whose types are those of XML Schema under another name.
const (
	encodingNamespace   = "http://schemas.xmlsoap.org/soap/encoding/"
	encodingNamespace12 = "http://www.w3.org/2003/05/soap-encoding"
)

// anyType is xsd:anyType.
var anyType = &Type{Name: Name{Space: Namespace, Local: "anyType"}, Any: true, Mixed: true, Complex: true}

// AnyType returns xsd:anyType.
func AnyType() *Type { return anyType }

// builtinNames are the built-in types (XML Schema part 2 section 3).
var builtinNames = func() map[string]bool {
	names := make(map[string]bool)
	for name := range strings.FieldsSeq(`anySimpleType anyAtomicType string normalizedString token language Name NCName ID IDREF ENTITY NMTOKEN
		boolean decimal integer nonPositiveInteger negativeInteger nonNegativeInteger positiveInteger long int short byte
		unsignedLong unsignedInt unsignedShort unsignedByte float double
		duration dateTime time date gYearMonth gYear gMonthDay gDay gMonth hexBinary base64Binary anyURI QName NOTATION
		timeDuration timeInstant uriReference recurringDuration binary CDATA base64 dayTimeDuration yearMonthDuration dateTimeStamp`) {
		names[name] = true
	}
	return names
}()

// modernNames are the names that types of the drafts of XML Schema have now.
var modernNames = map[string]string{
	"timeDuration": "duration", "timeInstant": "dateTime", "uriReference": "anyURI", "recurringDuration": "string", "binary": "base64Binary",
	"CDATA": "normalizedString", "base64": "base64Binary", "dayTimeDuration": "duration", "yearMonthDuration": "duration", "dateTimeStamp": "dateTime",
	"anyAtomicType": "anySimpleType",
}

// builtinTypes are the built-in types by their local names. Nobody changes them.
var builtinTypes = func() map[string]*Type {
	types := map[string]*Type{"anyType": anyType, "ur-type": anyType}
	for name := range builtinNames {
		local := name
		if modern, ok := modernNames[name]; ok {
			local = modern
		}
		types[name] = &Type{Name: Name{Space: Namespace, Local: name}, Value: &Value{Builtin: local}}
	}
	for _, name := range []string{"NMTOKENS", "IDREFS", "ENTITIES"} {
		types[name] = &Type{Name: Name{Space: Namespace, Local: name}, Value: &Value{Builtin: "string", Item: &Value{Builtin: "token"}}}
	}
	return types
}()

// builtin returns a built-in type, or nil.
func builtin(name Name) *Type {
	if !isSchemaNamespace(name.Space) {
		return nil
	}
	return builtinTypes[name.Local]
}

func (s *Set) simple(node *document.Node, sc *schema) (*Value, error) {
	for _, child := range node.Children {
		switch child.Name.Local {
		case "restriction":
			base, err := s.referredValue(child, "base", sc)
			if err != nil {
				return nil, err
			}
			return restrict(base, child)
		case "list":
			item, err := s.referredValue(child, "itemType", sc)
			if err != nil {
				return nil, err
			}
			return &Value{Builtin: "string", Item: item}, nil
		case "union":
			return s.union(child, sc)
		}
	}
	return &Value{Builtin: "string"}, nil
}

// referredValue is the simple type that an attribute names, or that is given inside the node.
func (s *Set) referredValue(node *document.Node, attribute string, sc *schema) (*Value, error) {
	if node.Attribute(attribute) == "" {
		if inner := node.Child(Name{Space: node.Name.Space, Local: "simpleType"}); inner != nil {
			t, err := s.anonymousType(inner, sc)
			if err != nil {
				return nil, err
			}
			return t.Value, nil
		}
		return &Value{Builtin: "string"}, nil
	}
	name, err := s.name(node, attribute, sc)
	if err != nil {
		return nil, err
	}
	t, err := s.typeByName(name, sc, node)
	if err != nil {
		return nil, err
	}
	if t.Value == nil {
		return &Value{Builtin: "string"}, nil
	}
	return t.Value, nil
}

// union is a string; if all members are enumerations, it is one too.
func (s *Set) union(node *document.Node, sc *schema) (*Value, error) {
	out := &Value{Builtin: "string", Union: true}
	var members []*Value
	for name := range strings.FieldsSeq(node.Attribute("memberTypes")) {
		qname, err := node.QName(name)
		if err != nil {
			return nil, err
		}
		if qname.Space == "" && sc.chameleon {
			qname.Space = sc.namespace
		}
		t, err := s.typeByName(qname, sc, node)
		if err != nil {
			return nil, err
		}
		if t.Value != nil {
			members = append(members, t.Value)
		}
	}
	for _, child := range node.Children {
		if child.Name.Local == "simpleType" {
			t, err := s.anonymousType(child, sc)
			if err != nil {
				return nil, err
			}
			members = append(members, t.Value)
		}
	}
	for _, member := range members {
		if len(member.Enumeration) == 0 || member.Item != nil {
			out.Enumeration = nil
			return out, nil
		}
		out.Enumeration = append(out.Enumeration, member.Enumeration...)
	}
	return out, nil
}

// restrict returns base with the facets of a restriction. A facet of a list holds for the list, and none is kept.
func restrict(base *Value, node *document.Node) (*Value, error) {
	out := *base
	if base.Item != nil {
		return &out, nil
	}
	var enumeration, patterns []string
	for _, facet := range node.Children {
		value, given := facet.Lookup(Name{Local: "value"})
		if !given {
			continue
		}
		var err error
		switch facet.Name.Local {
		case "enumeration":
			enumeration = append(enumeration, value)
		case "pattern":
			patterns = append(patterns, value)
		case "whiteSpace":
			out.WhiteSpace = strings.TrimSpace(value)
		case "length":
			if out.MinLength, err = count(facet, value); err == nil {
				out.MaxLength = out.MinLength
			}
		case "minLength":
			out.MinLength, err = count(facet, value)
		case "maxLength":
			out.MaxLength, err = count(facet, value)
		case "totalDigits", "precision":
			out.TotalDigits, err = count(facet, value)
		case "fractionDigits", "scale":
			out.FractionDigits, err = count(facet, value)
		default:
			bound(&out.Facets, facet.Name.Local, strings.TrimSpace(value))
		}
		if err != nil {
			return nil, err
		}
	}
	if enumeration != nil {
		out.Enumeration = enumeration
	}
	if patterns != nil {
		out.Patterns = patterns
	}
	return &out, nil
}

func bound(facets *Facets, name, value string) {
	switch name {
	case "minInclusive":
		facets.MinInclusive, facets.MinExclusive = &value, nil
	case "maxInclusive":
		facets.MaxInclusive, facets.MaxExclusive = &value, nil
	case "minExclusive":
		facets.MinExclusive, facets.MinInclusive = &value, nil
	case "maxExclusive":
		facets.MaxExclusive, facets.MaxInclusive = &value, nil
	}
}

func count(node *document.Node, value string) (*int, error) {
	n, err := strconv.Atoi(strings.TrimSpace(value))
	if err != nil || n < 0 {
		return nil, node.Errorf("%s is %q; a number from 0 is accepted", node.Name.Local, value)
	}
	return &n, nil
}
