package gateway

import (
	"errors"
	"testing"

	"buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go/buf/validate"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/adapters/mirror"
)

func TestViolationsAreForCallers(t *testing.T) {
	t.Parallel()
	file := mirror.NewFile("legacy")
	line := file.Message("Line", "")
	line.Field(mirror.Field{Original: "LINE_TEXT", Type: mirror.MaxLength(5)})
	request := file.Message("Request", "")
	request.Field(mirror.Field{Original: "BIRTH-DATE", Type: mirror.Date()})
	request.Field(mirror.Field{Original: "balance", Type: mirror.Decimal(5, 2), Repeated: true})
	request.Field(mirror.Field{Original: "band", Type: mirror.Enum("A", "B")})
	request.Field(mirror.Field{Original: "ADDRESS_LINES", Type: mirror.Of(line), Repeated: true})
	request.Field(mirror.Field{Original: "id", Type: mirror.String, Rules: &validate.FieldRules{Required: proto.Bool(true)}})
	linked, err := file.Build()
	if err != nil {
		t.Fatal(err)
	}
	checking, err := newValidator()
	if err != nil {
		t.Fatal(err)
	}
	check := func(text string) error {
		message := dynamicpb.NewMessage(linked.Messages().ByName("Request"))
		if err := protojson.Unmarshal([]byte(text), message); err != nil {
			t.Fatal(err)
		}
		return checking.check(message)
	}

	if err := check(`{"id":"1","birthDate":"2026-01-31","balance":["1.50"],"band":"B","addressLines":[{"lineText":"abcde"}]}`); err != nil {
		t.Errorf("a good request: %v", err)
	}
	var invalid *adapters.Error
	if err := check(`{"birthDate":"31.01.2026","balance":["1.50","1.505"],"band":"C","addressLines":[{},{"lineText":"abcdef"}]}`); !errors.As(err, &invalid) {
		t.Fatalf("got %v", err)
	}
	want := map[string]string{
		"birthDate":                "must be a date, as in 2026-01-31",
		"balance[1]":               "must be a decimal of at most 3 digits before the point and 2 behind it, as in 0.00",
		"band":                     "must be in list [A, B]",
		"addressLines[1].lineText": "must be at most 5 characters",
		"id":                       "value is required",
	}
	for _, violation := range invalid.Violations {
		if want[violation.Field] != violation.Description {
			t.Errorf("%s: %q, want %q", violation.Field, violation.Description, want[violation.Field])
		}
		delete(want, violation.Field)
	}
	if len(want) > 0 || invalid.Code != codes.InvalidArgument {
		t.Errorf("missing %v in %+v", want, invalid)
	}
}
