package soap

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/postern-gateway/postern/adapters/soap/codec"
	"github.com/postern-gateway/postern/adapters/soap/xmltoken"
)

// A corpusReply is a sample reply of the corpus.
type corpusReply struct {
	body   *codec.Body
	source []byte
}

func corpusReplies(b *testing.B) []corpusReply {
	b.Helper()
	var out []corpusReply
	for _, c := range corpusCases(b) {
		content, err := os.ReadFile(filepath.Join(corpus(b), "samples", c.id+".json"))
		if errors.Is(err, os.ErrNotExist) {
			continue // of those that are not valid
		}
		if err != nil {
			b.Fatal(err)
		}
		var samples struct{ Operations []corpusOperation }
		if err := json.Unmarshal(content, &samples); err != nil {
			b.Fatal(err)
		}
		m, err := mapCorpus(c)
		if err != nil {
			b.Fatal(err)
		}
		for _, o := range samples.Operations {
			if operation := m.find(o.Name); operation != nil && operation.output != nil && o.Response != nil {
				out = append(out, corpusReply{operation.output, []byte("<Body>" + strings.Join(o.Response.Body, "") + "</Body>")})
			}
		}
	}
	return out
}

// BenchmarkDecodeCorpus reads the sample replies of the corpus, one after the other, as they are: mostly of some hundred bytes, and each of a type
// of its own.
func BenchmarkDecodeCorpus(b *testing.B) {
	replies := corpusReplies(b)
	tokens := &xmltoken.Reader{}
	size, leaves := 0, 0
	for _, reply := range replies {
		size += len(reply.source)
		leaves += strings.Count(string(reply.source), "</") + strings.Count(string(reply.source), "/>") - strings.Count(string(reply.source), "></")
	}
	b.SetBytes(int64(size))
	allocations := testing.AllocsPerRun(1, func() { readAll(b, tokens, replies) })
	for b.Loop() {
		readAll(b, tokens, replies)
	}
	b.ReportMetric(allocations/float64(leaves), "allocs/leaf")
	b.ReportMetric(float64(size)/float64(len(replies)), "bytes/reply")
}

func readAll(b *testing.B, tokens *xmltoken.Reader, replies []corpusReply) {
	b.Helper()
	for _, reply := range replies {
		tokens.Reset(reply.source, xmltoken.Options{})
		if _, err := tokens.Next(); err != nil {
			b.Fatal(err)
		}
		if _, _, err := reply.body.Decode(tokens, codec.ReadOptions{}); err != nil {
			b.Fatal(err)
		}
	}
}
