package sample_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"buf.build/go/protovalidate"
	"github.com/bufbuild/protocompile"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/dynamicpb"
	"pgregory.net/rapid"

	"github.com/postern-gateway/postern/gateway/contract/sample"
	_ "github.com/postern-gateway/postern/proto/postern/adapter/v1" // its options stand in the contracts of back ends
)

// service compiles testdata/rules.proto.
func service(t *testing.T) protoreflect.ServiceDescriptor {
	t.Helper()
	return compileFile(t, filepath.Join("testdata", "rules.proto")).Services().Get(0)
}

func compileFile(t *testing.T, path string) protoreflect.FileDescriptor {
	t.Helper()
	source, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Base(path)
	compiler := protocompile.Compiler{Resolver: protocompile.ResolverFunc(func(wanted string) (protocompile.SearchResult, error) {
		if wanted == name {
			return protocompile.SearchResult{Source: strings.NewReader(string(source))}, nil
		}
		file, err := protoregistry.GlobalFiles.FindFileByPath(wanted)
		return protocompile.SearchResult{Desc: file}, err
	})}
	files, err := compiler.Compile(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	return files[0]
}

// TestRepliesKeepTheirRules makes replies to any request, and validates them.
func TestRepliesKeepTheirRules(t *testing.T) {
	t.Parallel()
	validator, err := protovalidate.New()
	if err != nil {
		t.Fatal(err)
	}
	services := []protoreflect.ServiceDescriptor{service(t)}
	for _, contract := range []string{"../testdata/citizen/citizen.proto", "../testdata/backends/counciltax.proto", "../testdata/backends/housing.proto"} {
		services = append(services, compileFile(t, contract).Services().Get(0))
	}
	for _, service := range services {
		for i := range service.Methods().Len() {
			method := service.Methods().Get(i)
			t.Run(string(method.FullName()), func(t *testing.T) {
				t.Parallel()
				rapid.Check(t, func(t *rapid.T) {
					request := drawRequest(t, method.Input())
					reply := sample.Reply(method, request, rapid.Bool().Draw(t, "reads"))
					if err := validator.Validate(reply); err != nil {
						t.Fatalf("%v\n%s", err, protojson.Format(reply))
					}
					if _, err := protojson.Marshal(reply); err != nil {
						t.Fatal(err)
					}
				})
			})
		}
	}
}

// drawRequest fills the scalar fields of a request.
func drawRequest(t *rapid.T, descriptor protoreflect.MessageDescriptor) proto.Message {
	request := dynamicpb.NewMessage(descriptor)
	for i := range descriptor.Fields().Len() {
		field := descriptor.Fields().Get(i)
		if field.IsList() || field.IsMap() {
			continue
		}
		switch field.Kind() {
		case protoreflect.StringKind:
			request.Set(field, protoreflect.ValueOfString(rapid.StringN(0, 6, -1).Draw(t, string(field.Name()))))
		case protoreflect.Int32Kind:
			request.Set(field, protoreflect.ValueOfInt32(rapid.Int32().Draw(t, string(field.Name()))))
		case protoreflect.EnumKind:
			request.Set(field, protoreflect.ValueOfEnum(protoreflect.EnumNumber(rapid.Int32Range(0, 9).Draw(t, string(field.Name())))))
		}
	}
	return request
}

// replyTo makes the reply of a method of testdata/rules.proto to a request in JSON, as JSON.
func replyTo(t *testing.T, name protoreflect.Name, request string, reads bool) string {
	t.Helper()
	method := service(t).Methods().ByName(name)
	message := dynamicpb.NewMessage(method.Input())
	if err := protojson.Unmarshal([]byte(request), message); err != nil {
		t.Fatal(err)
	}
	text, err := protojson.Marshal(sample.Reply(method, message, reads))
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(strings.ReplaceAll(string(text), ", ", ","), ": ", ":")
}

func TestTheSameRequestGetsTheSameReply(t *testing.T) {
	t.Parallel()
	for _, name := range []protoreflect.Name{"Strings", "Formats", "Numbers", "Others", "Lists", "Trees"} {
		first := replyTo(t, name, `{"citizenId": "C1"}`, true)
		if again := replyTo(t, name, `{"citizenId": "C1"}`, true); again != first {
			t.Errorf("%s: the second reply is\n%s, the first was\n%s", name, again, first)
		}
		if other := replyTo(t, name, `{"citizenId": "C2"}`, true); other == first {
			t.Errorf("%s: another request has the same reply\n%s", name, first)
		}
	}
}

func TestRepliesSpeakOfWhatWasAskedFor(t *testing.T) {
	t.Parallel()
	got := replyTo(t, "Echoes", `{"citizenId": "C1", "short": "too long", "mail": "no mail", "kind": "KIND_SECOND", "tags": ["a"], "amount": "7"}`, true)
	for _, want := range []string{`"citizenId":"C1","short":"`, `"kind":"KIND_SECOND"`, `"inner":[{"citizenId":"C1"}`} {
		if !strings.Contains(got, want) {
			t.Errorf("got %s, want %s in it", got, want)
		}
	}
	for _, unwanted := range []string{"too long", "no mail", `"amount":"7"`} {
		if strings.Contains(got, unwanted) {
			t.Errorf("got %s, with %s in it", got, unwanted)
		}
	}
}

func TestWhatIsLeftOut(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name     protoreflect.Name
		unwanted []string
	}{
		{"Lists", []string{"nextPageToken"}},
		{"Trees", []string{"left", "children", "byName", "tree"}},
		{"Choices", []string{"second", "again", "right"}},
	} {
		got := replyTo(t, test.name, `{}`, true)
		for _, unwanted := range test.unwanted {
			if strings.Contains(got, `"`+unwanted+`":`) {
				t.Errorf("%s: got %s, with %s in it", test.name, got, unwanted)
			}
		}
	}
}

func TestOperations(t *testing.T) {
	t.Parallel()
	if got := replyTo(t, "Read", `{"name": "operations/7"}`, true); got != `{"name":"operations/7","done":true,"response":{"@type":"type.googleapis.com/google.protobuf.Empty"}}` {
		t.Errorf("an operation that is read is %s", got)
	}
	if got := replyTo(t, "Write", `{}`, false); strings.Contains(got, "done") || !strings.Contains(got, `"name":"operations/`) {
		t.Errorf("an operation that was started is %s", got)
	}
}

// FuzzPatterns makes text for any pattern: it must end, and not panic.
func FuzzPatterns(f *testing.F) {
	for _, pattern := range []string{"^[A-Z]{2}[0-9]{4}$", "(a|b)*c+", `\d{3,5}?`, "[^a]", "(?i)x{2,}", "((((a{9}){9}){9}){9})", "[", "", `\p{Greek}+`, "[^\\x00-\\x{10FFFF}]"} {
		f.Add(pattern)
	}
	f.Fuzz(func(t *testing.T, pattern string) {
		if text := sample.Matching(pattern); len(text) > 1<<16 {
			t.Errorf("%q makes %d bytes", pattern, len(text))
		}
	})
}
