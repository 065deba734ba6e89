package mirror_test

import (
	"strings"
	"testing"

	"buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go/buf/validate"
	openapiv3 "github.com/google/gnostic-models/openapiv3"
	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
	"pgregory.net/rapid"

	"github.com/postern-gateway/postern/adapters/mirror"
	adapterv1 "github.com/postern-gateway/postern/proto/postern/adapter/v1"
)

func TestNames(t *testing.T) {
	t.Parallel()
	tests := []struct{ original, field, json, message string }{
		{"CustID", "cust_id", "custId", "CustId"},
		{"CUST-ID", "cust_id", "custId", "CustId"},
		{"cust_id", "cust_id", "custId", "CustId"},
		{"Cust Id", "cust_id", "custId", "CustId"},
		{"getAccount", "get_account", "getAccount", "GetAccount"},
		{"HTTPServer2", "http_server2", "httpServer2", "HttpServer2"},
		{"address_line_1", "address_line_1", "addressLine1", "AddressLine1"},
		{"Straße", "strasse", "strasse", "Strasse"},
		{"Ærø-Nº", "aero_no", "aeroNo", "AeroNo"},
		{"2ndLine", "field_2nd_line", "field2ndLine", "X2ndLine"},
		{"№", "no", "no", "No"},
		{"日付", "field_", "field", "X"},
		{"", "field_", "field", "X"},
		{"__x__", "x", "x", "X"},
	}
	for _, test := range tests {
		field := mirror.FieldName(test.original)
		if field != test.field || mirror.JSONName(field) != test.json || mirror.TypeName(test.original) != test.message {
			t.Errorf("%q: field %q, JSON %q, type %q; want %q, %q, %q", test.original,
				field, mirror.JSONName(field), mirror.TypeName(test.original), test.field, test.json, test.message)
		}
	}
}

func TestUniqueNames(t *testing.T) {
	t.Parallel()
	var names mirror.Names
	for _, step := range []struct{ name, want string }{
		{"cust_id", "cust_id"}, {"cust_id", "cust_id_2"}, {"custid", "custid_3"}, {"cust_id_2", "cust_id_2_2"}, {"Cust", "Cust"}, {"Cust", "Cust2"},
	} {
		if got := names.Unique(step.name); got != step.want {
			t.Errorf("Unique(%q) = %q, want %q", step.name, got, step.want)
		}
	}
}

// Whatever the legacy names are, the file links, and no two JSON names of a message are the same.
func TestAnyNamesLink(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		file := mirror.NewFile("legacy")
		for _, name := range rapid.SliceOfN(rapid.String(), 1, 5).Draw(t, "messages") {
			message := file.Message(name, name)
			choice := message.Oneof(name, name, true)
			for _, name := range rapid.SliceOfN(rapid.String(), 1, 10).Draw(t, "fields") {
				message.Field(mirror.Field{Original: name, Comment: name, Type: mirror.Decimal(5, 2), Optional: true})
				message.Field(mirror.Field{Original: name, Type: mirror.Of(message), Oneof: choice})
			}
		}
		linked, err := file.Build()
		if err != nil {
			t.Fatal(err)
		}
		for i := range linked.Messages().Len() {
			seen := make(map[string]bool)
			fields := linked.Messages().Get(i).Fields()
			for j := range fields.Len() {
				name := fields.Get(j).JSONName()
				if seen[name] {
					t.Fatalf("two fields are %q in JSON", name)
				}
				seen[name] = true
			}
		}
	})
}

func TestBuild(t *testing.T) {
	t.Parallel()
	file := mirror.NewFile("council-tax")
	account := file.Message("ACCOUNT", "An account.")
	account.Field(mirror.Field{Original: "CITIZEN-ID", Type: mirror.MaxLength(7), Rules: &validate.FieldRules{Required: proto.Bool(true)}})
	account.Field(mirror.Field{Original: "balance", Comment: "What is owed.", Type: mirror.Decimal(9, 2), Optional: true})
	account.Field(mirror.Field{Original: "due", Type: mirror.Date(), Repeated: true})
	account.Field(mirror.Field{Original: "band", Type: mirror.Enum("A", "B")})
	contact := account.Oneof("contact", "How to reach them.", true)
	account.Field(mirror.Field{Original: "phone", Type: mirror.String, Oneof: contact})
	account.Field(mirror.Field{Original: "parent", Type: mirror.Of(account), Oneof: contact})
	service := file.Service("Accounts", "Reads accounts.")
	service.Method(mirror.Method{
		Original: "getAccount", Comment: "Reads one.", Input: mirror.Of(account), Output: mirror.Operation,
		Idempotency: descriptorpb.MethodOptions_NO_SIDE_EFFECTS,
		Route:       &annotations.HttpRule{Pattern: &annotations.HttpRule_Get{Get: "/accounts/{citizen_id}"}},
		ErrorDetail: account,
		Conditional: true,
	})
	linked, err := file.Build()
	if err != nil {
		t.Fatal(err)
	}

	if linked.Path() != "council_tax/v1/council_tax.proto" || linked.Package() != "council_tax.v1" {
		t.Errorf("the file is %s, its package %s", linked.Path(), linked.Package())
	}
	fields := linked.Messages().ByName("Account").Fields()
	id, balance, due, band, parent := fields.ByName("citizen_id"), fields.ByName("balance"), fields.ByName("due"), fields.ByName("band"), fields.ByName("parent")
	if !rules(id).GetRequired() || rules(id).GetString().GetMaxLen() != 7 {
		t.Errorf("rules of citizen_id: %v", rules(id))
	}
	if !strings.Contains(comment(id), "Original name: CITIZEN-ID") {
		t.Errorf("comment of citizen_id: %q", comment(id))
	}
	if !balance.HasPresence() || balance.ContainingOneof().IsSynthetic() == false || rules(balance).GetString().GetPattern() == "" || comment(balance) != " What is owed.\n" {
		t.Errorf("balance: presence %v, rules %v, comment %q", balance.HasPresence(), rules(balance), comment(balance))
	}
	if property, ok := proto.GetExtension(due.Options(), openapiv3.E_Property).(*openapiv3.Schema); !ok || property.GetFormat() != "date" {
		t.Errorf("format of due: %v", property)
	}
	if rules(due).GetRepeated().GetItems().GetString().GetPattern() == "" || !due.IsList() {
		t.Errorf("rules of due: %v", rules(due))
	}
	if rules(band).GetIgnore() != validate.Ignore_IGNORE_IF_ZERO_VALUE || len(rules(band).GetString().GetIn()) != 2 {
		t.Errorf("rules of band: %v", rules(band))
	}
	if parent.Message() != linked.Messages().ByName("Account") || parent.ContainingOneof().Name() != "contact" {
		t.Errorf("parent is a %v in %v", parent.Message().FullName(), parent.ContainingOneof())
	}
	method := linked.Services().Get(0).Methods().Get(0)
	route, _ := proto.GetExtension(method.Options(), annotations.E_Http).(*annotations.HttpRule)
	if detail, _ := proto.GetExtension(method.Options(), adapterv1.E_ErrorDetail).(string); detail != "council_tax.v1.Account" {
		t.Errorf("the error detail is %q", detail)
	}
	if conditional, _ := proto.GetExtension(method.Options(), adapterv1.E_Conditional).(bool); !conditional {
		t.Error("the method is not conditional")
	}
	if method.Name() != "GetAccount" || route.GetGet() != "/accounts/{citizen_id}" || method.Output().FullName() != "google.longrunning.Operation" {
		t.Errorf("method %s, route %v, output %s", method.Name(), route, method.Output().FullName())
	}
}

func TestFieldNumbers(t *testing.T) {
	t.Parallel()
	message := mirror.NewFile("legacy").Message("M", "")
	for i, step := range []struct{ given, want protoreflect.FieldNumber }{{0, 1}, {7, 7}, {0, 8}, {3, 3}, {0, 9}, {18999, 18999}, {0, 20000}, {0, 20001}} {
		if got := message.Field(mirror.Field{Original: "f", Type: mirror.Bool, Number: step.given}).Number; got != step.want {
			t.Errorf("field %d with the number %d has %d, wanted %d", i, step.given, got, step.want)
		}
	}
}

func TestNumberGivenTwice(t *testing.T) {
	t.Parallel()
	file := mirror.NewFile("legacy")
	message := file.Message("M", "")
	message.Field(mirror.Field{Original: "a", Type: mirror.Bool, Number: 2})
	message.Field(mirror.Field{Original: "b", Type: mirror.Bool, Number: 2})
	if _, err := file.Build(); err == nil {
		t.Error("two fields have the number 2")
	}
}

func TestOneofGivesWay(t *testing.T) {
	t.Parallel()
	file := mirror.NewFile("legacy")
	message := file.Message("M", "")
	choice := message.Oneof("choice", "", false)
	message.Field(mirror.Field{Original: "a", Type: mirror.String, Oneof: choice})
	if field := message.Field(mirror.Field{Original: "choice", Type: mirror.String, Oneof: choice}); field.JSONName != "choice" {
		t.Errorf("the field is %s", field.JSONName)
	}
	linked, err := file.Build()
	if err != nil {
		t.Fatal(err)
	}
	if name := linked.Messages().Get(0).Oneofs().Get(0).Name(); name != "choice_2" {
		t.Errorf("the oneof is %s", name)
	}
}

func TestDecimalPattern(t *testing.T) {
	t.Parallel()
	tests := []struct {
		precision, scale int
		want             string
	}{
		{9, 2, `^-?[0-9]{1,7}(\.[0-9]{1,2})?$`},
		{5, 0, `^-?[0-9]{1,5}$`},
		{2, 2, `^-?[0-9]{1,1}(\.[0-9]{1,2})?$`},
		{0, 0, `^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)$`},
	}
	for _, test := range tests {
		file := mirror.NewFile("legacy")
		file.Message("M", "").Field(mirror.Field{Original: "value", Type: mirror.Decimal(test.precision, test.scale)})
		linked, err := file.Build()
		if err != nil {
			t.Fatal(err)
		}
		if got := rules(linked.Messages().Get(0).Fields().Get(0)).GetString().GetPattern(); got != test.want {
			t.Errorf("Decimal(%d, %d) accepts %s, want %s", test.precision, test.scale, got, test.want)
		}
	}
}

func rules(field protoreflect.FieldDescriptor) *validate.FieldRules {
	rules, _ := proto.GetExtension(field.Options(), validate.E_Field).(*validate.FieldRules)
	return rules
}

func comment(descriptor protoreflect.Descriptor) string {
	return descriptor.ParentFile().SourceLocations().ByDescriptor(descriptor).LeadingComments
}
