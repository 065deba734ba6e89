package resttest

import (
	"os"
	"testing"

	_ "buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go/buf/validate" // this and the next are what the files import
	_ "cloud.google.com/go/longrunning/autogen/longrunningpb"
	"github.com/bufbuild/protocompile"
	_ "github.com/google/gnostic-models/openapiv3" // so that sources may import it
	_ "google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
)

// Compile compiles one file, with its comments. What it imports comes from the files that are linked into the test.
func Compile(t testing.TB, path string) protoreflect.FileDescriptor {
	t.Helper()
	compiler := protocompile.Compiler{
		Resolver: protocompile.ResolverFunc(func(name string) (protocompile.SearchResult, error) {
			if name == path {
				source, err := os.Open(path)
				return protocompile.SearchResult{Source: source}, err
			}
			linked, err := protoregistry.GlobalFiles.FindFileByPath(name)
			return protocompile.SearchResult{Desc: linked}, err
		}),
		SourceInfoMode: protocompile.SourceInfoStandard,
	}
	files, err := compiler.Compile(t.Context(), path)
	if err != nil {
		t.Fatalf("compiling %s: %v", path, err)
	}
	return files[0]
}

// Services returns the services of a file, in order.
func Services(file protoreflect.FileDescriptor) []protoreflect.ServiceDescriptor {
	services := make([]protoreflect.ServiceDescriptor, file.Services().Len())
	for i := range services {
		services[i] = file.Services().Get(i)
	}
	return services
}
