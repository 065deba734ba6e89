package rest_test

import (
	"errors"
	"slices"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/dynamicpb"
	"google.golang.org/protobuf/types/known/apipb"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/gateway/rest"
)

func TestReadRequest(t *testing.T) {
	t.Parallel()
	input := (&apipb.Method{}).ProtoReflect().Type()
	for _, test := range []struct {
		body   string
		fields []string // of the violations
		failed bool
	}{
		{body: `{"name": "a", "options": [{"name": "o"}]}`},
		{body: ``},
		{body: `{"nam": "a", "requestStreaming": "perhaps", "options": [{"name": 1}]}`, fields: []string{"nam", "requestStreaming", "options[0].name"}, failed: true},
		{body: `{"name": `, failed: true},
		{body: `[]`, failed: true},
	} {
		message, err := rest.ReadRequest(input, []byte(test.body), dynamicpb.NewTypes(nil))
		if !test.failed {
			if err != nil || message.ProtoReflect().Descriptor().Name() != "Method" {
				t.Errorf("%s: %v, %v", test.body, message, err)
			}
			continue
		}
		var refused *adapters.Error
		if !errors.As(err, &refused) || refused.Code != codes.InvalidArgument {
			t.Errorf("%s: the error is %v", test.body, err)
			continue
		}
		var fields []string
		for _, v := range refused.Violations {
			fields = append(fields, v.Field)
		}
		if test.fields != nil && !slices.Equal(fields, test.fields) {
			t.Errorf("%s: the violations are of %v", test.body, fields)
		}
	}
}
