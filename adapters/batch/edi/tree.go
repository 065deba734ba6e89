package edi

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"

	"github.com/postern-gateway/postern/adapters/batch/framing"
)

// A Node is a loop, a segment or a composite of a document. Data holds nodes, text, numbers, and nil for what is empty.
type Node struct {
	Name string `json:"name"`
	Type string `json:"type"`
	Data []any  `json:"data"`
}

// numeric are the elements of envelopes that are whole numbers: N0 of X12.6, n of ISO 9735.
func (s Standard) numeric(tag string) []int {
	switch {
	case s == X12:
		return map[string][]int{"ISA": {13}, "IEA": {1, 2}, "GS": {6}, "GE": {1, 2}, "SE": {1}, "BIN": {1}}[tag]
	case s == EDIFACT:
		return map[string][]int{"UNZ": {1}, "UNE": {1}, "UNT": {1}}[tag]
	default:
		return nil
	}
}

// Document implements [format.Documented]: INTERCHANGE, within it GROUP and TRANSACTION, each a loop with its segments, as StAEDI writes them in JSON. Several
// interchanges are a list. Only the envelopes are known, so elements of messages are text.
func (f *Format) Document(ctx context.Context, r io.Reader) ([]byte, error) {
	tree := tree{scanner: NewScanner(r)}
	for {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		segment, err := tree.scanner.Next()
		if errors.Is(err, io.EOF) {
			return tree.end(f.lenient)
		}
		if err != nil {
			return nil, err
		}
		if err := tree.add(segment); err != nil {
			return nil, err
		}
	}
}

// A tree is a document that is being read.
type tree struct {
	scanner *Scanner
	all     []*Node
	open    []*Node // from the interchange inwards
	last    int64   // number of the last segment
}

// add puts a segment where it belongs.
func (t *tree) add(segment *Segment) error {
	t.last = segment.Number
	kinds := t.scanner.Syntax.Standard.envelopes()
	if segment.Tag == "UNA" {
		return nil
	}
	loop, depth := "", 0
	switch segment.Tag {
	case kinds.interchange.header:
		loop = "INTERCHANGE"
	case kinds.group.header:
		loop, depth = "GROUP", 1
	case kinds.message.header:
		loop, depth = "TRANSACTION", len(t.open)
	}
	if loop != "" {
		if depth != len(t.open) || loop == "TRANSACTION" && (depth == 0 || t.open[depth-1].Name == loop) {
			return t.errorf(segment, "begins where no %s can", loop)
		}
		t.begin(&Node{Name: loop, Type: "loop"})
	}
	if len(t.open) == 0 {
		return t.errorf(segment, "stands outside of an interchange")
	}
	innermost := t.open[len(t.open)-1]
	node, err := t.segment(segment)
	if err != nil {
		return err
	}
	innermost.Data = append(innermost.Data, node)
	ends := map[string]string{kinds.interchange.trailer: "INTERCHANGE", kinds.group.trailer: "GROUP", kinds.message.trailer: "TRANSACTION"}[segment.Tag]
	if ends != "" {
		if innermost.Name != ends {
			return t.errorf(segment, "ends no %s", ends)
		}
		t.open = t.open[:len(t.open)-1]
	}
	return nil
}

func (t *tree) begin(loop *Node) {
	if len(t.open) == 0 {
		t.all = append(t.all, loop)
	} else {
		outer := t.open[len(t.open)-1]
		outer.Data = append(outer.Data, loop)
	}
	t.open = append(t.open, loop)
}

func (t *tree) errorf(segment *Segment, text string, values ...any) error {
	return &framing.Error{Number: segment.Number, Offset: segment.Offset, Reason: segment.Tag + " " + fmt.Sprintf(text, values...)}
}

// segment makes the node of a segment. An element that is repeated gives a list.
func (t *tree) segment(segment *Segment) (*Node, error) {
	node := &Node{Name: segment.Tag, Type: "segment", Data: []any{}}
	numeric, known := t.scanner.Syntax.Standard.numeric(segment.Tag), composites(segment.Tag)
	for i, element := range segment.Elements {
		number := i + 1
		if slices.Contains(numeric, number) && element[0][0] != "" {
			count, err := strconv.ParseUint(element[0][0], 10, 64)
			if err != nil {
				return nil, t.errorf(segment, "has an element %d that is no number", number)
			}
			node.Data = append(node.Data, count)
			continue
		}
		if isBinary(segment.Tag, number) && t.scanner.Syntax.Standard == X12 {
			node.Data = append(node.Data, base64.StdEncoding.EncodeToString([]byte(element[0][0])))
			continue
		}
		repeats := make([]any, len(element))
		for j, components := range element {
			repeats[j] = value(fmt.Sprintf("%s%02d", segment.Tag, number), components, slices.Contains(known, number))
		}
		if len(repeats) == 1 {
			node.Data = append(node.Data, repeats[0])
		} else {
			node.Data = append(node.Data, repeats)
		}
	}
	return node, nil
}

// value is one occurrence of an element.
func value(name string, components Components, composite bool) any {
	if len(components) == 1 && (!composite || components[0] == "") {
		return textOf(components[0])
	}
	node := &Node{Name: name, Type: "composite"}
	for _, component := range components {
		node.Data = append(node.Data, textOf(component))
	}
	return node
}

func textOf(text string) any {
	if text == "" {
		return nil
	}
	return text
}

// end returns the document.
func (t *tree) end(lenient bool) ([]byte, error) {
	if len(t.open) > 0 && !lenient {
		return nil, &framing.Error{Number: t.last + 1, Offset: t.scanner.Offset(), Reason: "the file ends, and its interchange does not"}
	}
	if len(t.all) == 1 {
		return json.Marshal(t.all[0])
	}
	return json.Marshal(append([]*Node{}, t.all...))
}
