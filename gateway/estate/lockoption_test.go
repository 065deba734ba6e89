package estate_test

import (
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoregistry"

	"github.com/postern-gateway/postern/gateway/estate"
	adapterv1 "github.com/postern-gateway/postern/proto/postern/adapter/v1"
)

// What an adapter says of a method in options of our own is in the lock file too.
func TestLockKeepsTheOptionsOfAdapters(t *testing.T) {
	t.Parallel()
	description := protodesc.ToFileDescriptorProto(mirrored(t, 1, 1))
	description.Dependency = append(description.Dependency, "postern/adapter/v1/method.proto")
	proto.SetExtension(description.GetService()[0].GetMethod()[0].GetOptions(), adapterv1.E_ErrorDetail, "rent_accounts.v1.Filler0")
	file, err := protodesc.NewFile(description, protoregistry.GlobalFiles)
	if err != nil {
		t.Fatal(err)
	}
	files, err := estate.ReadLock(t.Context(), writeLock(t, file))
	if err != nil {
		t.Fatal(err)
	}
	method := files[0].Services().Get(0).Methods().Get(0)
	if got, _ := proto.GetExtension(method.Options(), adapterv1.E_ErrorDetail).(string); got != "rent_accounts.v1.Filler0" {
		t.Errorf("the option is %q", got)
	}
}
