package estate_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go/buf/validate"
	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoregistry"

	"github.com/postern-gateway/postern/gateway/diagnostic"
	"github.com/postern-gateway/postern/gateway/estate"
)

const contract = `syntax = "proto3";

package orders.v1;

import "google/api/annotations.proto";
import "google/longrunning/operations.proto";
import "google/type/money.proto";
import "types.proto";

// Orders are what customers want.
service Orders {
  // GetOrder reads one.
  rpc GetOrder(GetOrderRequest) returns (Order) {
    option (google.api.http) = {get: "/orders/v1/orders/{order_id}"};
  }
  rpc CancelOrder(GetOrderRequest) returns (google.longrunning.Operation);
  rpc WatchOrder(GetOrderRequest) returns (stream Order);
}

message GetOrderRequest {
  string order_id = 1;
}

message Order {
  string order_id = 1;
  google.type.Money total = 2;
  Note note = 3;
}
`

const types = `syntax = "proto3";

package orders.v1;

import "buf/validate/validate.proto";

message Note {
  // The text.
  string text = 1 [(buf.validate.field).string.max_len = 80];
}
`

func readEstate(t *testing.T, files map[string]string) *estate.Estate {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		writeFile(t, filepath.Join(dir, filepath.FromSlash(name)), content)
	}
	read, err := estate.Read(t.Context(), dir, known())
	if err != nil {
		t.Fatal(err)
	}
	return read
}

func TestContractDescriptors(t *testing.T) {
	t.Parallel()
	read := readEstate(t, map[string]string{
		"apis/orders/v1/orders.proto": contract, "apis/orders/v1/types.proto": types,
		"apis/orders/v1/google/api/annotations.proto": "a copy that nobody reads",
	})
	api := read.APIs[0]
	var paths []string
	for _, file := range api.Files {
		paths = append(paths, file.Path())
		if _, err := protoregistry.GlobalFiles.FindFileByPath(file.Path()); err == nil {
			t.Errorf("%s is registered in the globals", file.Path())
		}
	}
	if got := strings.Join(paths, " "); got != "apis/orders/v1/orders.proto apis/orders/v1/types.proto" {
		t.Errorf("files are %s", got)
	}
	method := api.Method("GetOrder")
	rule, ok := proto.GetExtension(method.Options(), annotations.E_Http).(*annotations.HttpRule)
	if !ok || rule.GetGet() != "/orders/v1/orders/{order_id}" {
		t.Errorf("google.api.http is %v", rule)
	}
	text := method.Output().Fields().ByName("note").Message().Fields().ByName("text")
	rules, ok := proto.GetExtension(text.Options(), validate.E_Field).(*validate.FieldRules)
	if !ok || rules.GetString().GetMaxLen() != 80 {
		t.Errorf("buf.validate.field is %v", rules)
	}
	if got := method.ParentFile().SourceLocations().ByDescriptor(method).LeadingComments; got != " GetOrder reads one.\n" {
		t.Errorf("the comment is %q", got)
	}
	if got := api.At(text, "wrong").String(); got != "apis/orders/v1/types.proto:9:3: wrong\n   9 |   string text = 1 [(buf.validate.field).string.max_len = 80];\n     |   ^" {
		t.Errorf("a declaration is at %s", got)
	}
	if api.Method("Nothing") != nil || api.Binding == nil || api.BindingSource != nil {
		t.Error("a contract without a binding has an empty one, and no method that it does not declare")
	}
}

func TestDefaults(t *testing.T) {
	t.Parallel()
	read := readEstate(t, map[string]string{
		"gateway.yaml":        "listeners: {rest: '127.0.0.1:0'}\ndefaults:\n  max_concurrent: 8\n  breaker: {window: 1m}\n",
		"backends/stock.yaml": "kind: memory\npublish: {version: v2}\nresilience:\n  timeout: 1500ms\n  breaker: {failure_rate: 0.25}\n",
		"backends/plain.yaml": "kind: memory\n",
	})
	if l := read.Gateway.GetListeners(); l.GetRest() != "127.0.0.1:0" || l.GetGrpc() != "127.0.0.1:9090" || l.GetAdmin() != "127.0.0.1:9091" {
		t.Errorf("listeners are %v", l)
	}
	if got := read.DataDir(); got != filepath.Join(read.Dir, ".data") {
		t.Errorf("data directory is %s", got)
	}
	plain, stock := read.Backends[0], read.Backends[1]
	r := read.Resilience(stock)
	if r.GetTimeout().AsDuration() != 1500*time.Millisecond || r.GetMaxConcurrent() != 8 || r.GetBreaker().GetWindow().AsDuration() != time.Minute ||
		r.GetBreaker().GetFailureRate() != 0.25 || r.GetBreaker().GetMinimumCalls() != 5 {
		t.Errorf("resilience is %v", r)
	}
	if r := read.Resilience(plain); r.GetTimeout().AsDuration() != 10*time.Second || r.GetBreaker().GetFailureRate() != 0.5 {
		t.Errorf("resilience without settings is %v", r)
	}
	if api, version, ok := stock.Publication(); api != "stock" || version != "v2" || !ok {
		t.Errorf("published as %s/%s, %v", api, version, ok)
	}
	if _, _, ok := plain.Publication(); ok {
		t.Error("published without being asked to")
	}
}

func TestReadOfNothing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if _, err := estate.Read(t.Context(), filepath.Join(dir, "missing"), known()); err == nil {
		t.Error("a directory that is not there was read")
	}
	writeFile(t, filepath.Join(dir, "gateway.yaml", "x"), "")
	writeFile(t, filepath.Join(dir, "backends"), "")
	_, err := estate.Read(t.Context(), dir, known())
	want := "backends: cannot be read as a folder: not a directory\ngateway.yaml: gateway.yaml is not a file\n     = accepted: a file"
	if got := diagnostic.From(err).Error(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// TestContractThatIsNotUTF8 holds that a file in another encoding is one mistake, and not one for each of its characters.
func TestContractThatIsNotUTF8(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, "apis/orders/v1/orders.proto"), "\xff\xfes\x00y\x00")
	_, err := estate.Read(t.Context(), dir, known())
	list := diagnostic.From(err)
	if want := "apis/orders/v1/orders.proto:1:1: this is not UTF-8 (byte 1 of the file is 0xff)"; len(list) != 1 || !strings.HasPrefix(list.Error(), want) {
		t.Errorf("got %s", list.Error())
	}
}

// TestMountedEstate reads an estate as Kubernetes mounts config maps: every name is a link into a hidden folder, which is a link to the newest.
func TestMountedEstate(t *testing.T) {
	t.Parallel()
	mounts := map[string]map[string]string{ // folder of a mount to its files
		"":               {"gateway.yaml": ""},
		"backends":       {"stock.yaml": "kind: memory\n"},
		"apis/orders/v1": {"orders.proto": contract, "types.proto": types, "binding.yaml": "owner: sales\n"},
	}
	dir := t.TempDir()
	for mount, files := range mounts {
		for name, content := range files {
			writeFile(t, filepath.Join(dir, mount, "..2026_01_31", name), content)
			if err := os.Symlink(filepath.Join("..data", name), filepath.Join(dir, mount, name)); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.Symlink("..2026_01_31", filepath.Join(dir, mount, "..data")); err != nil {
			t.Fatal(err)
		}
	}
	whole := t.TempDir() // all of it as one mount
	for from, to := range map[string]string{dir: "..data", filepath.Join("..data", "backends"): "backends", filepath.Join("..data", "apis"): "apis"} {
		if err := os.Symlink(from, filepath.Join(whole, to)); err != nil {
			t.Fatal(err)
		}
	}
	for _, mounted := range []string{dir, whole} {
		read, err := estate.Read(t.Context(), mounted, known())
		if err != nil {
			t.Fatal(err)
		}
		if len(read.Backends) != 1 || len(read.APIs) != 1 || len(read.APIs[0].Files) != 2 || read.APIs[0].Binding.GetOwner() != "sales" {
			t.Errorf("read %+v", read)
		}
	}
}

func TestCharactersThatYAMLDoesNotTake(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ content, want string }{
		"latin 1":        {"data_dir: a\nlisteners: b\xe4r\n", "gateway.yaml:2:13: this is not UTF-8 (byte 25 of the file is 0xe4)"},
		"bell":           {"data_dir: a\x07\n", "gateway.yaml:1:12: a control character"},
		"mac line end":   {"data_dir: a\rx: b\n", "gateway.yaml:1:12: a carriage return without a line feed"},
		"line separator": {"data_dir: a\u2028b\n", "gateway.yaml:1:12: an invisible line break"},
		"UTF-16":         {"\xff\xfed\x00", "gateway.yaml:1:1: this is not UTF-8"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			writeFile(t, filepath.Join(dir, "gateway.yaml"), test.content)
			_, err := estate.Read(t.Context(), dir, known())
			if got := diagnostic.From(err).Error(); !strings.HasPrefix(got, test.want) {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}
