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
			return s.restrict(base, child), nil
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
	if node.Attribute("base") != "" { // the draft of 1999
		base, err := s.referredValue(node, "base", sc)
		if err != nil {
			return nil, err
		}
		if node.Attribute("derivedBy") == "list" {
			return &Value{Builtin: "string", Item: base}, nil
		}
		return s.restrict(base, node), nil
	}
	return &Value{Builtin: "string"}, nil
}

// referredValue is the simple type that an attribute names, or that is given inside the node.
func (s *Set) referredValue(node *document.Node, attribute string, sc *schema) (*Value, error) {
	var (
		t   *Type
		err error
	)
	if node.Attribute(attribute) == "" {
		inner := node.Child(Name{Space: node.Name.Space, Local: "simpleType"})
		if inner == nil {
			return &Value{Builtin: "string"}, nil
		}
		t, err = s.anonymousType(inner, sc)
	} else {
		t, err = s.referredType(node, attribute, sc)
	}
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
		if t := s.typeNamed(name, node, sc); t.Value != nil {
			members = append(members, t.Value)
		} else {
			members = append(members, &Value{Builtin: "string"})
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
	out.Members = members
	for _, member := range members {
		if len(member.Enumeration) == 0 || member.Item != nil {
			out.Enumeration = nil
			return out, nil
		}
		out.Enumeration = append(out.Enumeration, member.Enumeration...)
	}
	return out, nil
}

// restrict returns base with the facets of a restriction. A facet of a list holds for the list, and only its lengths are kept. Of a facet that is not as it should be,
// a problem is told, and the value stays free of it.
func (s *Set) restrict(base *Value, node *document.Node) *Value {
	out := *base
	var enumeration, patterns []string
	for _, facet := range node.Children {
		value, given := facet.Lookup(Name{Local: "value"})
		if !given {
			continue
		}
		switch facet.Name.Local {
		case "enumeration":
			enumeration = append(enumeration, value)
		case "pattern":
			patterns = append(patterns, value)
		case "whiteSpace":
			out.WhiteSpace = strings.TrimSpace(value)
		case "encoding": // of xsd:binary, in the drafts of 1999 and 2000
			if strings.TrimSpace(value) == "hex" && out.Builtin == "base64Binary" {
				out.Builtin = "hexBinary"
			}
		case "length", "minLength", "maxLength", "totalDigits", "fractionDigits", "precision", "scale":
			if n, err := strconv.Atoi(strings.TrimSpace(value)); err == nil && n >= 0 {
				count(&out.Facets, facet.Name.Local, n)
			} else {
				s.problem(facet, "%s is %q, which is no number from 0; it does not count", facet.Name.Local, value)
			}
		default:
			bound(&out.Facets, facet.Name.Local, strings.TrimSpace(value))
		}
	}
	if base.Item != nil {
		out.Facets = Facets{MinLength: out.MinLength, MaxLength: out.MaxLength}
		return &out
	}
	if enumeration != nil {
		out.Enumeration = enumeration
	}
	if patterns != nil {
		out.Patterns = patterns
	}
	return &out
}

func count(facets *Facets, name string, n int) {
	switch name {
	case "length":
		facets.MinLength, facets.MaxLength = &n, &n
	case "minLength":
		facets.MinLength = &n
	case "maxLength":
		facets.MaxLength = &n
	case "totalDigits", "precision":
		facets.TotalDigits = &n
	default:
		facets.FractionDigits = &n
	}
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
