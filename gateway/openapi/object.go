package openapi

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
)

// An object is a JSON object that keeps the order in which its members were set. Values are *object, []any, and what encoding/json
// makes of scalars.
type object struct {
	names  []string
	values map[string]any
}

// newObject makes an object of names and values, one after the other.
func newObject(members ...any) *object {
	o := &object{values: make(map[string]any, len(members)/2)}
	for i := 0; i+1 < len(members); i += 2 {
		o.set(fmt.Sprint(members[i]), members[i+1])
	}
	return o
}

// set adds a member, or changes it where it stands. An empty text, list or object is not worth a member.
func (o *object) set(name string, value any) {
	switch value := value.(type) {
	case string:
		if value == "" {
			return
		}
	case []any:
		if len(value) == 0 {
			return
		}
	case nil:
		return
	}
	if _, there := o.values[name]; !there {
		o.names = append(o.names, name)
	}
	o.values[name] = value
}

func (o *object) remove(name string) {
	delete(o.values, name)
	o.names = slices.DeleteFunc(o.names, func(n string) bool { return n == name })
}

// object returns the member if it is an object, else nil.
func (o *object) object(name string) *object {
	if o == nil {
		return nil
	}
	member, _ := o.values[name].(*object)
	return member
}

func (o *object) list(name string) []any {
	list, _ := o.values[name].([]any)
	return list
}

// clone copies the object, but not its members' own members.
func (o *object) clone() *object {
	c := newObject()
	for _, name := range o.names {
		c.names = append(c.names, name)
		c.values[name] = o.values[name]
	}
	return c
}

// sort puts the members in order of name.
func (o *object) sort() { slices.Sort(o.names) }

// MarshalJSON writes the members in their order.
func (o *object) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, name := range o.names {
		if i > 0 {
			b.WriteByte(',')
		}
		key, err := marshal(name)
		if err != nil {
			return nil, err
		}
		value, err := marshal(o.values[name])
		if err != nil {
			return nil, err
		}
		b.Write(key)
		b.WriteByte(':')
		b.Write(value)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// marshal writes JSON without HTML's escapes.
func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// parse reads JSON into objects, lists and scalars.
func parse(data []byte) (any, error) {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	return parseValue(decoder)
}

func parseValue(decoder *json.Decoder) (any, error) {
	token, err := decoder.Token()
	if err != nil {
		return nil, err
	}
	switch token {
	case json.Delim('{'):
		return parseObject(decoder)
	case json.Delim('['):
		return parseList(decoder)
	default:
		return token, nil
	}
}

func parseObject(decoder *json.Decoder) (any, error) {
	o := newObject()
	for decoder.More() {
		name, err := decoder.Token()
		if err != nil {
			return nil, err
		}
		value, err := parseValue(decoder)
		if err != nil {
			return nil, err
		}
		key := fmt.Sprint(name)
		if _, there := o.values[key]; !there {
			o.names = append(o.names, key)
		}
		o.values[key] = value
	}
	_, err := decoder.Token()
	return o, err
}

func parseList(decoder *json.Decoder) (any, error) {
	list := []any{}
	for decoder.More() {
		value, err := parseValue(decoder)
		if err != nil {
			return nil, err
		}
		list = append(list, value)
	}
	_, err := decoder.Token()
	return list, err
}
