package estate

import (
	"strings"

	"go.yaml.in/yaml/v3"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// mask hides values that stand where a reference to a secret should: a diagnostic never prints one.
func (s *Source) mask(node *yaml.Node, message protoreflect.MessageDescriptor) {
	if node.Kind == yaml.SequenceNode {
		for _, element := range node.Content {
			s.mask(element, message)
		}
		return
	}
	if message.FullName() == secretMessage {
		s.maskSecret(node)
		return
	}
	if node.Kind != yaml.MappingNode {
		return
	}
	for i := 0; i+1 < len(node.Content); i += 2 {
		field := findField(message, node.Content[i].Value)
		if field == nil || field.Message() == nil {
			continue
		}
		if !field.IsMap() {
			s.mask(node.Content[i+1], field.Message())
			continue
		}
		if field.MapValue().Message() == nil {
			continue
		}
		for j := 1; j < len(node.Content[i+1].Content); j += 2 {
			s.mask(node.Content[i+1].Content[j], field.MapValue().Message())
		}
	}
}

// maskSecret hides everything in a secret that is not the single value of env or file.
func (s *Source) maskSecret(node *yaml.Node) {
	if node.Kind == yaml.ScalarNode {
		s.maskScalar(node)
		return
	}
	for i, inner := range node.Content {
		if node.Kind == yaml.MappingNode && (i%2 == 0 || inner.Kind == yaml.ScalarNode && isReference(node.Content[i-1].Value)) {
			continue
		}
		s.maskAll(inner)
	}
}

func (s *Source) maskAll(node *yaml.Node) {
	if node.Kind == yaml.ScalarNode {
		s.maskScalar(node)
	}
	for _, inner := range node.Content {
		s.maskAll(inner)
	}
}

func isReference(key string) bool { return key == "env" || key == "file" }

// maskScalar hides a value up to the end of its line, and the lines behind that are indented deeper.
func (s *Source) maskScalar(node *yaml.Node) {
	outer := indentation(s.text.Line(node.Line))
	s.text = s.text.Masked(node.Line, node.Column)
	for line := node.Line + 1; line <= s.text.Len(); line++ {
		if content := s.text.Line(line); strings.TrimSpace(content) != "" {
			if indentation(content) <= outer {
				return
			}
			s.text = s.text.Masked(line, indentation(content)+1)
		}
	}
}

func indentation(line string) int { return len(line) - len(strings.TrimLeft(line, " ")) }
