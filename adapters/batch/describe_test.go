package batch_test

import (
	"strings"
	"testing"

	"buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go/buf/validate"
	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/proto"
)

const bookings = `
kind: batch
submissions:
  - name: bookings
    layout: {copybook: bookings.cpy, record: BOOKING%s}
    reference: BOOKING-REF
    required: [DESK, CITY]
    outbox: {directory: out, name: "BKG.{sequence:4}"}
    acknowledgement: {inbox: {directory: in, pattern: "ACK.*"}, layout: {copybook: bookings.cpy, record: ANSWER}, reference: BOOKING-REF, code: RESULT, accepted: [OK]}
`

// Whoever leaves out what is required, or sends a number that its picture has no digits for, hears of it together with all else that is wrong, and reads it in the description.
func TestSubmissionsAreDescribedWithTheirRules(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.write(t, "bookings.cpy", []byte(`       01 BOOKING.
          05 BOOKING-REF PIC 9(10).
          05 DESK PIC 9(4).
          05 OFFSET-DAYS PIC S9(3) COMP-3.
          05 LEDGER PIC 9(11).
          05 CHANGE-BY PIC S9(12) COMP.
          05 PLACE.
             10 CITY PIC X(9).
          05 HOW-OFTEN PIC 9(4) COMP OCCURS 3.
       01 ANSWER.
          05 BOOKING-REF PIC 9(10).
          05 RESULT PIC XX.
`))
	for _, test := range []struct {
		settings string
		want     map[string]string
	}{
		{"", map[string]string{
			"desk": "required:true int32:{lte:9999 gte:0}", "place": "required:true", "offset_days": "int32:{lte:999 gte:-999}", "ledger": "int64:{lte:99999999999 gte:0}", "change_by": "int64:{lte:999999999999 gte:-999999999999}",
			"how_often": "repeated:{max_items:3 items:{int32:{lte:9999 gte:0}}}",
		}},
		{", number_range: storage", map[string]string{ // whose bytes have room for more
			"desk": "required:true int32:{gte:0}", "place": "required:true", "offset_days": "<nil>", "ledger": "int64:{gte:0}", "change_by": `string:{pattern:"^-?[0-9]{1,20}$" example:"0"}`, "how_often": "repeated:{max_items:3 items:{int32:{gte:0}}}",
		}},
	} {
		backend := s.open(t, strings.Replace(bookings, "%s", test.settings, 1))
		request := backend.Services()[0].Descriptor.Methods().ByName("SubmitBookings").Input()
		for i := range request.Fields().Len() {
			field := request.Fields().Get(i)
			rules, _ := proto.GetExtension(field.Options(), validate.E_Field).(*validate.FieldRules)
			got := strings.Join(strings.Fields(prototext.MarshalOptions{}.Format(rules)), " ") // prototext puts in blanks at random
			want, known := test.want[string(field.Name())]
			if !known || got != want {
				t.Errorf("with %q, %s has the rules %q, want %q", test.settings, field.Name(), got, want)
			}
		}
		if request.Fields().Len() != len(test.want) {
			t.Errorf("there are %d fields, want %d", request.Fields().Len(), len(test.want))
		}
	}
}
