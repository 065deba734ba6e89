package record_test

import (
	"testing"

	"github.com/postern-gateway/postern/adapters/batch/record"
)

// Fillers that are fields are numbered, or called by what stands in front of them; names may stay as the copybook writes them.
func TestNames(t *testing.T) {
	t.Parallel()
	book := `       01 REC.
          05 FILLER PIC X.
          05 Unit-Price PIC 9.
          05 FILLER PIC X.
          05 FILLER.
             10 FILLER PIC X.
             10 B PIC X.
`
	for _, test := range []struct {
		options record.Options
		want    string
	}{
		{record.Options{Fillers: record.AllFillers}, `{"FILLER_P1":"a","UNIT_PRICE":1,"FILLER_P2":"b","FILLER_1":{"FILLER_P3":"c","B":"d"}}`},
		{
			record.Options{Fillers: record.AllFillers, FillersAfter: true},
			`{"FILLER_AFTER_REC":"a","UNIT_PRICE":1,"FILLER_AFTER_UNIT_PRICE":"b",` +
				`"FILLER_AFTER_FILLER_AFTER_UNIT_PRICE":{"FILLER_AFTER_FILLER_AFTER_FILLER_AFTER_UNIT_PRICE":"c","B":"d"}}`,
		},
		{record.Options{WrittenNames: true}, `{"Unit-Price":1,"FILLER_1":{"B":"d"}}`},
	} {
		test.options.CodePage = page(t, "ascii")
		layout := compile(t, book, test.options)
		writer := record.JSONWriter{}
		writer.Start()
		if err := layout.NewDecoder().DecodeJSON([]byte("a1bcd"), &writer); err != nil {
			t.Fatal(err)
		}
		writer.Finish()
		if got := string(writer.Buffer); got != test.want {
			t.Errorf("got %s, want %s", got, test.want)
		}
	}
}
