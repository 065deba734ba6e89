package codec

import (
	"strings"
	"testing"

	"buf.build/go/protovalidate"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/types/dynamicpb"
)

// TestLimits holds values against facets that no rule of a field can say exactly.
func TestLimits(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, base, facets, accepted, refused, says string }{
		{
			"a decimal beyond a double", "decimal", `<xs:maxInclusive value="922337203685477.5807"/>`,
			"922337203685477.5807 +0922337203685477.58070 -1 0", "922337203685477.58070000000001 922337203685477.5808", "at most 922337203685477.5807",
		},
		{"close to an exclusive bound", "decimal", `<xs:minExclusive value="0.1"/>`, "0.10000000000000000001 1", "0.1 0.100 -0.1 .1 0", "more than 0.1"},
		{"negative", "decimal", `<xs:minInclusive value="-10.5"/>`, "-10.5 -9 0", "-10.51 -11 -100", "at least -10.5"},
		{"large integers", "integer", `<xs:maxExclusive value="100000000000000000000"/>`, "99999999999999999999 -1", "100000000000000000000", "less than"},
		{"total digits", "decimal", `<xs:totalDigits value="4"/>`, "1234 12.34 0012.3400 0.1234 -.5 0", "123.45 0.12345 10000.5", "at most 4"},
		{"durations", "duration", `<xs:minInclusive value="P1D"/><xs:maxInclusive value="P366D"/>`, "P1D PT24H P366D P1Y P11M30D", "PT23H59M59.999S -P1D", "at least P1D"},
		{"durations without an order", "duration", `<xs:maxInclusive value="P30D"/>`, "P1M P4W P29D P30DT0S", "P1M3D P1Y P30DT0.000001S P999999999999999999999Y", ""},
		{"the durations of .NET", "duration", `<xs:maxInclusive value="P10675199DT2H48M5.4775807S"/>`, "P10675199DT2H48M5.4775807S -P99999999D", "P10675199DT2H48M5.4775808S", "at most"},
		{"times", "time", `<xs:minInclusive value="08:00:00"/><xs:maxExclusive value="18:00:00"/>`, "08:00:00 17:59:59.999 00:00:00Z", "07:59:59.9 18:00:00", ""},
		{"times with a zone", "time", `<xs:minInclusive value="08:00:00Z"/>`, "09:00:00+01:00 07:00:00", "08:30:00+01:00", "at least"},
		{"years", "gYear", `<xs:minInclusive value="1900"/>`, "1900 2026 1800Z", "1899", "at least 1900"},
		{"days of the year", "gMonthDay", `<xs:maxInclusive value="--06-30"/>`, "--01-31 --06-30", "--07-01", "at most"},
		{"dates", "date", `<xs:minExclusive value="2020-02-28"/>`, "2020-02-29", "2020-02-28 2019-12-31", "more than 2020-02-28"},
		{"moments without a zone, sent with one", "dateTime", `<xs:minInclusive value="1900-01-01T00:00:00"/>`, "1899-12-31T10:00:00Z 0001-01-01T00:00:00Z 2026-01-31T00:00:00Z", "1899-12-31T09:59:59Z", "at least"},
		{
			"moments sent without a zone", "dateTime", `<xs:pattern value="[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]*"/><xs:maxExclusive value="2026-07-01T00:00:00"/>`,
			"2026-06-30T22:59:59Z", "2026-06-30T23:00:00Z", "less than",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			b := bodyOf(t, in(`<xs:sequence><xs:element name="v"><xs:simpleType><xs:restriction base="xs:`+test.base+`">`+test.facets+`</xs:restriction></xs:simpleType></xs:element></xs:sequence>`))
			for value := range strings.FieldsSeq(test.accepted) {
				if _, err := encode(b, `{"v":"`+value+`"}`); err != nil {
					t.Errorf("%s is refused: %v", value, err)
				}
			}
			for value := range strings.FieldsSeq(test.refused) {
				holdViolation(t, b, `{"v":"`+value+`"}`, "v", test.says)
			}
		})
	}
}

// TestTotalDigitsOfIntegers holds that integers that fit a machine word have their digits counted by a rule.
func TestTotalDigitsOfIntegers(t *testing.T) {
	t.Parallel()
	for _, base := range []string{"int", "long", "unsignedInt", "unsignedLong"} {
		b := bodyOf(t, in(`<xs:sequence><xs:element name="v"><xs:simpleType><xs:restriction base="xs:`+base+`"><xs:totalDigits value="3"/></xs:restriction></xs:simpleType></xs:element></xs:sequence>`))
		for value, accepted := range map[string]bool{"999": true, "1000": false} {
			message := dynamicpb.NewMessage(b.Descriptor())
			if err := protojson.Unmarshal([]byte(`{"v":`+value+`}`), message); err != nil {
				t.Fatal(err)
			}
			if err := protovalidate.Validate(message); (err == nil) != accepted {
				t.Errorf("%s %s: %v", base, value, err)
			}
		}
	}
}
