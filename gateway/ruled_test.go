package gateway

import (
	"strings"
	"testing"

	"github.com/bufbuild/protocompile"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
)

const circles = `syntax = "proto3";
package a;
import "buf/validate/validate.proto";
message Bare { string text = 1; Bare again = 2; }
message Field { string text = 1 [(buf.validate.field).string.min_len = 1]; Bare bare = 2; }
message Whole { option (buf.validate.message).cel = {id: "x", message: "x", expression: "this.text != ''"}; string text = 1; }
message Choice { oneof either { option (buf.validate.oneof).required = true; string a = 1; string b = 2; } }
message Holds { Between between = 1; }
message Between { Holds back = 1; map<string, Circle> more = 2; }
message Circle { repeated Between up = 1; Field field = 2; }
message Empty { Hollow hollow = 1; }
message Hollow { Empty empty = 1; map<string, Bare> bare = 2; }
message Late { Circle circle = 1; Hollow hollow = 2; }
`

// TestRuled looks at messages that hold each other in circles, in every order.
func TestRuled(t *testing.T) {
	t.Parallel()
	compiler := protocompile.Compiler{Resolver: protocompile.ResolverFunc(func(wanted string) (protocompile.SearchResult, error) {
		if wanted == "a.proto" {
			return protocompile.SearchResult{Source: strings.NewReader(circles)}, nil
		}
		file, err := protoregistry.GlobalFiles.FindFileByPath(wanted)
		return protocompile.SearchResult{Desc: file}, err
	})}
	files, err := compiler.Compile(t.Context(), "a.proto")
	if err != nil {
		t.Fatal(err)
	}
	want := map[protoreflect.Name]bool{
		"Bare": false, "Field": true, "Whole": true, "Choice": true, "Holds": true, "Between": true, "Circle": true, "Empty": false, "Hollow": false, "Late": true,
	}
	messages := files[0].Messages()
	for first := range messages.Len() { // the one that is asked for first
		known := make(ruled)
		for i := range messages.Len() {
			message := messages.Get((first + i) % messages.Len())
			if got := known.has(message); got != want[message.Name()] {
				t.Errorf("%s: %t, when %s was the first", message.Name(), got, messages.Get(first).Name())
			}
		}
	}
}
