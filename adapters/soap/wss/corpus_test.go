package wss_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

// TestXMLSecVerifiesCorpus signs every sample of the corpus, and has libxmlsec verify them: so its canonical form of real bodies is ours.
func TestXMLSecVerifiesCorpus(t *testing.T) {
	t.Parallel()
	b := setUp(t)
	files, err := filepath.Glob(filepath.Join("..", "..", "..", "..", "shared", "corpus", "wsdl", "samples", "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("the corpus is not there: %v", err)
	}
	s := b.open(t, &configv1.SoapSecurity{Signature: b.signature(nil)})
	bodies := 0
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var all strings.Builder
		for _, body := range bodiesOf(t, content) {
			all.WriteString(body)
			bodies++
		}
		envelope := `<e:Envelope xmlns:e="` + space11 + `" xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><e:Body>` + all.String() + `</e:Body></e:Envelope>`
		protected, err := s.Protect(t.Context(), []byte(envelope), time.Now())
		if err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		output, err := b.xmlsec(t, protected, "--verify", "--pubkey-cert-pem", b.path("client-alone.pem"), "--id-attr:Id", "Body")
		if err != nil {
			t.Errorf("%s: %v: %.500s", file, err, output)
		}
	}
	if bodies < 300 {
		t.Errorf("the corpus has only %d bodies", bodies)
	}
}

// bodiesOf finds all values of "body" in a file of samples.
func bodiesOf(t *testing.T, content []byte) []string {
	t.Helper()
	var document any
	if err := json.Unmarshal(content, &document); err != nil {
		t.Fatal(err)
	}
	var out []string
	var visit func(any)
	visit = func(value any) {
		switch value := value.(type) {
		case []any:
			for _, item := range value {
				visit(item)
			}
		case map[string]any:
			for name, item := range value {
				texts, ok := item.([]any)
				if name != "body" || !ok {
					visit(item)
					continue
				}
				for _, text := range texts {
					if body, ok := text.(string); ok {
						out = append(out, body)
					}
				}
			}
		}
	}
	visit(document)
	return out
}
