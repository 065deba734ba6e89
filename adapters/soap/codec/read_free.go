package codec

import (
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/structpb"

	"github.com/postern-gateway/postern/adapters/soap/xmltoken"
	"github.com/postern-gateway/postern/adapters/soap/xsd"
)

// wildcard reads an element that the schema leaves open.
func (d *decoder) wildcard(f *field, m protoreflect.Message) error {
	name := xsd.Name{Space: d.tokens.Space(), Local: string(d.tokens.Local())}
	content, err := d.freeContent()
	if err != nil {
		return err
	}
	element := (&structpb.Struct{Fields: map[string]*structpb.Value{name.String(): content}}).ProtoReflect()
	setOrAppend(m, f.fd, element)
	return nil
}

// freeElement reads an element of type xs:anyType.
func (d *decoder) freeElement(f *field, m protoreflect.Message) error {
	content, err := d.freeContent()
	if err != nil {
		return err
	}
	setOrAppend(m, f.fd, content.ProtoReflect())
	return nil
}

func setOrAppend(m protoreflect.Message, fd protoreflect.FieldDescriptor, value protoreflect.Message) {
	if fd.IsList() {
		m.Mutable(fd).List().Append(protoreflect.ValueOfMessage(value))
		return
	}
	m.Set(fd, protoreflect.ValueOfMessage(value))
}

func (d *decoder) freeContent() (*structpb.Value, error) {
	fields := make(map[string]*structpb.Value)
	isNull := d.isNil()
	for _, a := range d.tokens.Attributes() {
		if a.Space == xsd.InstanceNamespace {
			if string(a.Local) != "type" || d.isBuiltin(string(a.Value)) {
				continue
			}
			if name, err := decodeQName(strings.TrimSpace(string(a.Value)), d.tokens); err == nil {
				fields[attributeMark+"{"+a.Space+"}type"] = structpb.NewStringValue(name.String())
			}
			continue
		}
		fields[attributeMark+xsd.Name{Space: a.Space, Local: string(a.Local)}.String()] = structpb.NewStringValue(string(a.Value))
	}
	var text []byte
	children := false
	for {
		kind, err := d.tokens.Next()
		if err != nil {
			return nil, err
		}
		switch kind {
		case xmltoken.Text:
			text = append(text, d.tokens.Text()...)
		case xmltoken.Start:
			children = true
			name := xsd.Name{Space: d.tokens.Space(), Local: string(d.tokens.Local())}.String()
			child, err := d.freeContent()
			if err != nil {
				return nil, err
			}
			fields[name] = beside(fields[name], child)
		case xmltoken.End:
			return freeValue(fields, string(text), children, isNull), nil
		}
	}
}

// isBuiltin reports whether a QName is a built-in type, which says nothing that a caller needs.
func (d *decoder) isBuiltin(qname string) bool {
	prefix, _, found := strings.Cut(strings.TrimSpace(qname), ":")
	if !found {
		prefix = ""
	}
	space, ok := d.tokens.Lookup(prefix)
	return ok && space == xsd.Namespace
}

func freeValue(fields map[string]*structpb.Value, text string, children, isNull bool) *structpb.Value {
	switch {
	case len(fields) == 0 && isNull:
		return structpb.NewNullValue()
	case len(fields) == 0:
		return structpb.NewStringValue(text)
	}
	if children {
		text = strings.TrimSpace(text)
	}
	if text != "" {
		fields[textKey] = structpb.NewStringValue(text)
	}
	return structpb.NewStructValue(&structpb.Struct{Fields: fields})
}

func beside(previous, next *structpb.Value) *structpb.Value {
	if previous == nil {
		return next
	}
	if list := previous.GetListValue(); list != nil {
		list.Values = append(list.Values, next)
		return previous
	}
	return structpb.NewListValue(&structpb.ListValue{Values: []*structpb.Value{previous, next}})
}
