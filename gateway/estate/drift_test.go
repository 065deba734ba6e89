package estate_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/postern-gateway/postern/gateway/estate"
)

const lockedSource = `-- a/v1/a.proto --
syntax = "proto3";
package a.v1;
import "buf/validate/validate.proto";
import "google/api/annotations.proto";

service Accounts {
  rpc Get(Request) returns (Account) {
    option idempotency_level = NO_SIDE_EFFECTS;
    option (google.api.http) = {get: "/accounts/{id}"};
  }
  rpc Close(Request) returns (Account);
  rpc Watch(Request) returns (Account);
}

service Archive {
  rpc Find(Request) returns (Account);
}

message Request {
  string id = 1 [(buf.validate.field).string.max_len = 8];
}

message Account {
  string id = 1;
  string balance = 2;
  optional string note = 3;
  oneof holder {
    string person = 4;
  }
  repeated string tags = 5;
  Account parent = 6;
  Kind kind = 7;
  map<string, int32> totals = 8;
  string old = 9;
}

enum Kind {
  KIND_UNSPECIFIED = 0;
  KIND_RENT = 1;
  KIND_LEASE = 2;
}
`

func services(t *testing.T, lock string) []protoreflect.ServiceDescriptor {
	t.Helper()
	path := filepath.Join(t.TempDir(), "a.lock")
	writeFile(t, path, lock)
	files, err := estate.ReadLock(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	var all []protoreflect.ServiceDescriptor
	for _, file := range files {
		for i := range file.Services().Len() {
			all = append(all, file.Services().Get(i))
		}
	}
	return all
}

func TestDrift(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		old, new string
		want     []string
	}{
		{"syntax", "// A comment.\nsyntax", nil},
		{"  rpc Close(Request) returns (Account);\n", "", []string{"method Close is gone"}},
		{"rpc Close(", "rpc Shut(", []string{"method Close is gone", "method Shut was added"}},
		{"rpc Close(Request)", "rpc Close(Account)", []string{"method Close: its request changed from Request to Account"}},
		{"rpc Close(Request) returns (Account)", "rpc Close(Request) returns (Request)", []string{"method Close: its reply changed from Account to Request"}},
		{"rpc Watch(Request) returns (Account)", "rpc Watch(Request) returns (stream Account)", []string{"method Watch: the reply changed from one message to a stream"}},
		{"NO_SIDE_EFFECTS", "IDEMPOTENT", []string{"method Get: idempotency_level changed from NO_SIDE_EFFECTS to IDEMPOTENT"}},
		{"get: \"/accounts/{id}\"", "post: \"/accounts\"", []string{"method Get: its default route changed from GET /accounts/{id} to POST /accounts"}},
		{"service Archive", "service Attic", []string{"service Archive is gone", "service Attic was added"}},
		{"string balance = 2", "int64 balance = 2", []string{"message Account: field balance changed from string to int64"}},
		{"string balance = 2", "string balance = 12", []string{"message Account: field balance changed its number from 2 to 12"}},
		{"repeated string tags", "string tags", []string{"message Account: field tags changed from list of string to string"}},
		{"map<string, int32>", "map<string, int64>", []string{"message Account: field totals changed from map<string, int32> to map<string, int64>"}},
		{"optional string note", "string note", []string{"message Account: field note changed from optional to always there"}},
		{"string person = 4", "string body = 4", []string{"message Account: field person is gone", "message Account: field body was added"}},
		{"oneof holder", "oneof owner", []string{"message Account: field person changed its choice from holder to owner"}},
		{"string id = 1;\n  string balance", "string id = 1 [json_name = \"ID\"];\n  string balance", []string{"message Account: field id changed its JSON name from id to ID"}},
		{"  string old = 9;\n", "", []string{"message Account: field old is gone"}},
		{"max_len = 8", "max_len = 9", []string{"message Request: what field id accepts changed"}},
		{"KIND_LEASE = 2", "KIND_LOAN = 3", []string{"enum Kind: value KIND_LEASE is gone", "enum Kind: value KIND_LOAN was added"}},
		{"KIND_LEASE = 2", "KIND_LEASE = 3", []string{"enum Kind: value KIND_LEASE changed its number from 2 to 3"}},
	} {
		t.Run(test.new, func(t *testing.T) {
			t.Parallel()
			current := strings.Replace(lockedSource, test.old, test.new, 1)
			if current == lockedSource {
				t.Fatalf("%q is not in the source", test.old)
			}
			if got := estate.Drift(services(t, lockedSource), services(t, current)); !slices.Equal(got, test.want) {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}
