package codec

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/adapters/mirror"
	"github.com/postern-gateway/postern/adapters/soap/document"
	"github.com/postern-gateway/postern/adapters/soap/wsdl"
	"github.com/postern-gateway/postern/adapters/soap/xmltoken"
)

// A namedBody is the body of a request or reply of an operation.
type namedBody struct {
	name      string
	operation *wsdl.Operation
	message   *wsdl.Message
	body      *Body
}

// corpusBodies maps all messages of a WSDL of the corpus. One that cannot be read without the network has none: that is its reader's to test.
func corpusBodies(t *testing.T, path string) []namedBody {
	t.Helper()
	definitions, err := wsdl.Read(t.Context(), &document.Loader{Client: &http.Client{Transport: offline{}}}, path)
	if err != nil {
		return nil
	}
	file := mirror.NewFile("corpus")
	mapper := NewMapper(definitions.Schemas, file, time.UTC)
	var out []namedBody
	for _, service := range definitions.Services {
		for _, port := range service.Ports {
			for _, operation := range port.Operations {
				for suffix, message := range map[string]*wsdl.Message{"Request": operation.Input, "Response": operation.Output} {
					if message == nil {
						continue
					}
					wrapper := strings.TrimSuffix(operation.Name+suffix, "Request")
					body, err := mapper.Body(message, operation, operation.Name+suffix, wrapper)
					if err == nil {
						out = append(out, namedBody{operation.Name + suffix, operation, message, body})
					}
				}
			}
		}
	}
	slices.SortFunc(out, func(a, b namedBody) int { return strings.Compare(a.name, b.name) })
	linked, err := file.Build()
	if err != nil {
		t.Fatal(err)
	}
	if err := mapper.Link(linked); err != nil {
		t.Fatal(err)
	}
	return out
}

// eachOfTheCorpus runs a test for each WSDL of the corpus, side by side, and returns once all have run.
func eachOfTheCorpus(t *testing.T, test func(t *testing.T, id, path string)) {
	t.Helper()
	root := corpusRoot(t)
	lines, err := os.ReadFile(filepath.Join(root, "expect.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	t.Run("corpus", func(t *testing.T) {
		for line := range strings.Lines(string(lines)) {
			columns := strings.Split(line, "\t")
			if columns[0] == "id" {
				continue
			}
			t.Run(columns[0], func(t *testing.T) {
				t.Parallel()
				test(t, columns[0], filepath.Join(root, filepath.FromSlash(columns[2])))
			})
		}
	})
}

// TestCorpusRoundTrip writes messages made at random for every operation of the corpus and reads them again: nothing that was given is lost or
// changed, and what was read is written as the same bytes.
func TestCorpusRoundTrip(t *testing.T) {
	t.Parallel()
	var literal, rpc, encoded atomic.Int64
	eachOfTheCorpus(t, func(t *testing.T, _, path string) {
		for _, b := range corpusBodies(t, path) {
			count := &literal
			switch {
			case b.message.Encoded:
				count = &encoded
			case b.operation.RPC:
				count = &rpc
			}
			for seed, richness := range []float64{0.8, 0.4} {
				if roundTrip(t, b, newGenerator(uint64(seed), richness)) {
					count.Add(1)
				}
			}
		}
	})
	t.Logf("%d document, %d rpc/literal and %d encoded messages", literal.Load(), rpc.Load(), encoded.Load())
	if literal.Load() < 1000 || rpc.Load() < 30 || encoded.Load() < 400 {
		t.Errorf("only %d document, %d rpc/literal and %d encoded messages come back", literal.Load(), rpc.Load(), encoded.Load())
	}
}

// roundTrip reports whether a message could be written.
func roundTrip(t *testing.T, b namedBody, g *generator) bool {
	t.Helper()
	given := g.message(b.body.Descriptor(), 0)
	for _, beside := range b.body.plan.extra {
		given.Clear(beside.fd)
	}
	written, err := b.body.Encode(given)
	var refused *adapters.Error
	if errors.As(err, &refused) {
		return false
	}
	if err != nil {
		t.Errorf("%s: %v", b.name, err)
		return false
	}
	tokens := xmltoken.NewReader(fmt.Appendf(nil, "<Body%s>%s</Body>", written.AppendNamespaces(nil), written.Bytes()), xmltoken.Options{})
	if _, err := tokens.Next(); err != nil {
		t.Fatal(err)
	}
	read, report, err := b.body.Decode(tokens, ReadOptions{})
	if err != nil || report.Unexpected > 0 {
		t.Errorf("%s: read with %+v (%v): %.2000s", b.name, report, err, written.Bytes())
		return false
	}
	if lost := lacks(given, read.ProtoReflect()); lost != "" {
		t.Errorf("%s: %s is lost or changed: %.2000s", b.name, lost, written.Bytes())
	}
	again, err := b.body.Encode(read)
	if err != nil {
		t.Errorf("%s: what has been read cannot be written: %v", b.name, err)
	} else if first, second := difference(written.Bytes(), again.Bytes()); first != second {
		t.Errorf("%s: what is written as\n%s\nis written the second time as\n%s", b.name, first, second)
	}
	return true
}

// difference returns where two texts begin to differ.
func difference(a, b []byte) (string, string) {
	at := 0
	for at < len(a) && at < len(b) && a[at] == b[at] {
		at++
	}
	around := func(text []byte) string { return string(text[max(at-200, 0):min(at+200, len(text))]) }
	return around(a), around(b)
}

// lacks returns the path of something in a message that another of its type does not have, or has otherwise. The other may have more: what has a default is
// sent without being given.
func lacks(message, other protoreflect.Message) string {
	path := ""
	message.Range(func(field protoreflect.FieldDescriptor, value protoreflect.Value) bool {
		same := other.Get(field)
		switch {
		case !other.Has(field):
			path = string(field.Name())
		case field.IsMap() || field.Message() == nil:
			if !value.Equal(same) {
				path = fmt.Sprintf("%s (%v, not %v)", field.Name(), value, same)
			}
		case field.IsList() && value.List().Len() != same.List().Len():
			path = string(field.Name())
		case field.IsList():
			for i := 0; i < value.List().Len() && path == ""; i++ {
				if inner := lacks(value.List().Get(i).Message(), same.List().Get(i).Message()); inner != "" {
					path = fmt.Sprintf("%s[%d].%s", field.Name(), i, inner)
				}
			}
		default:
			if inner := lacks(value.Message(), same.Message()); inner != "" {
				path = string(field.Name()) + "." + inner
			}
		}
		return path == ""
	})
	return path
}
