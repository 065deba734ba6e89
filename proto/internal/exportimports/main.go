// Command exportimports writes the .proto files that ours import (google/api, buf/validate, ...) into the directory
// named by its argument, printed from the descriptors inside their Go modules. So buf needs no
// registry, and no copy of anybody's .proto is kept in the repository. It must not import our own generated code.
package main

import (
	"log"
	"os"
	"path/filepath"
	"strings"

	_ "buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go/buf/validate"
	_ "cloud.google.com/go/longrunning/autogen/longrunningpb"
	_ "google.golang.org/genproto/googleapis/api/annotations"
	_ "google.golang.org/genproto/googleapis/rpc/code"

	"github.com/jhump/protoreflect/v2/protoprint"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
)

func main() {
	log.SetFlags(0)
	if len(os.Args) != 2 {
		log.Fatal("usage: exportimports DIRECTORY")
	}
	if err := export(os.Args[1]); err != nil {
		log.Fatal(err)
	}
}

func export(directory string) error {
	printer := protoprint.Printer{}
	var err error
	protoregistry.GlobalFiles.RangeFiles(func(file protoreflect.FileDescriptor) bool {
		if strings.HasPrefix(file.Path(), "google/protobuf/") {
			return true // buf carries these itself
		}
		var text string
		if text, err = printer.PrintProtoToString(file); err != nil {
			return false
		}
		path := filepath.Join(directory, filepath.FromSlash(file.Path()))
		if err = os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
			return false
		}
		err = os.WriteFile(path, []byte(text), 0o600)
		return err == nil
	})
	return err
}
