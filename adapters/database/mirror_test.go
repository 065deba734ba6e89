package database_test

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jhump/protoreflect/v2/protoprint"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// TestDescriptors holds everything that callers are told about the test schema against a golden file for each engine.
func TestDescriptors(t *testing.T) {
	t.Parallel()
	forEachEngine(t, func(t *testing.T, e engine) {
		s := e.openHousing(t, allWritable)
		printer := protoprint.Printer{SortElements: true}
		text, err := printer.PrintProtoToString(s.backend.Services()[0].Descriptor.ParentFile())
		if err != nil {
			t.Fatal(err)
		}
		golden := filepath.Join("testdata", e.name+".proto.golden")
		if *update {
			if err := os.WriteFile(golden, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), text); diff != "" {
			t.Errorf("the descriptors differ (-want +got); -update rewrites the golden file:\n%s", diff)
		}
	})
}
