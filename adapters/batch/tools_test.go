package batch_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/adapters/batch"
	"github.com/postern-gateway/postern/adapters/batch/delimited"
	"github.com/postern-gateway/postern/adapters/batch/unwrap"
	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

func TestDecode(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	claims := append([]claim{}, twoClaims...)
	claims[1].born = "19611332"
	whole := extractOf("20261120", claims...)
	s.write(t, "claims.dat", whole[60:180]) // without header and trailer
	var out bytes.Buffer
	var done int64
	summary, err := batch.Decode(t.Context(), &out, batch.DecodeOptions{
		Data: filepath.Join(s.dir, "claims.dat"), Dir: s.dir, Progress: func(at, _ int64) { done = at },
		Layout: &configv1.BatchLayout{
			Source: &configv1.BatchLayout_Copybook{Copybook: "claims.cpy"}, Record: "CLAIM-RECORD", Formats: map[string]string{"BORN": "yyyymmdd"},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := `{"record":1,"offset":0,"fields":{"REC_TYPE":"D","CLAIM_REF":"CL000001","CITIZEN_ID":"C000001","CLAIMANT":{"SURNAME":"Doyle","BORN":"1961-02-14"},` +
		`"CLAIM_STATUS":"A","AMOUNT":87.40,"PAYMENTS":12,"LAST_PAID":[87,87,85]}}` + "\n" +
		`{"record":2,"offset":60,"error":{"field":"CLAIMANT.BORN","offset":88,"reason":"holds no date in its format"}}` + "\n"
	if out.String() != want {
		t.Errorf("got\n%swant\n%s", out.String(), want)
	}
	if summary.Records != 2 || summary.Bad != 1 || done != 120 {
		t.Errorf("%+v and %d bytes, want 2 records, 1 bad, 120 bytes", summary, done)
	}
}

func TestDecodeCSV(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.write(t, "people.csv", []byte("\ufeffid,last name\r\n1,\"O'Neil, \"\"Al\"\"\"\n2\n"))
	var out bytes.Buffer
	summary, err := batch.Decode(t.Context(), &out, batch.DecodeOptions{Data: filepath.Join(s.dir, "people.csv")})
	if err != nil {
		t.Fatal(err)
	}
	want := `{"record":2,"offset":17,"fields":{"id":"1","last name":"O'Neil, \"Al\""}}` + "\n" +
		`{"record":3,"offset":36,"error":{"reason":"the line has 1 values, and there are 2 columns"}}` + "\n"
	if out.String() != want || summary.Bad != 1 {
		t.Errorf("got\n%swant\n%s", out.String(), want)
	}
}

// What a file is packed in comes off as it does in inboxes; one that is cut off is an error, behind the records before.
func TestDecodePacked(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	whole := packedWith(t, []byte("id,name\n1,Ada\n"))
	s.write(t, "people.csv", whole)
	s.write(t, "cut.csv", whole[:len(whole)-4])
	for _, decode := range []func(w io.Writer, name string) error{
		func(w io.Writer, name string) error {
			_, err := batch.Decode(t.Context(), w, batch.DecodeOptions{Data: filepath.Join(s.dir, name)})
			return err
		},
		func(w io.Writer, name string) error {
			_, err := batch.DecodeFormat(t.Context(), w, batch.DecodeFormatOptions{
				FormatOptions: batch.FormatOptions{Format: "csv", Dialect: delimited.Dialect{Delimiter: ",", Quote: '"', Header: true}}, Data: filepath.Join(s.dir, name),
			})
			return err
		},
	} {
		var out bytes.Buffer
		if err := decode(&out, "people.csv"); err != nil || out.String() != `{"record":2,"offset":8,"fields":{"id":"1","name":"Ada"}}`+"\n" {
			t.Errorf("%q (%v)", out.String(), err)
		}
		var wrong *unwrap.Error
		if err := decode(io.Discard, "cut.csv"); !errors.As(err, &wrong) {
			t.Errorf("cut off: %v, want what is wrong with the file", err)
		}
	}
}

func TestImport(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	whole := extractOf("20261120", manyClaims(30)...)
	s.write(t, "claims.dat", whole[60:len(whole)-60])
	options := batch.ImportOptions{
		Copybook: filepath.Join(s.dir, "claims.cpy"), Data: filepath.Join(s.dir, "claims.dat"), Record: "CLAIM-RECORD", Key: "CLAIM-REF",
		Into: filepath.Join(s.dir, "estate"), Name: "benefits",
	}
	result, err := batch.Import(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	if result.CodePage != "cp037" || result.RecordFormat != "fixed" || result.Records != 30 || result.Bad != 0 {
		t.Errorf("got %+v, want fixed records in cp037, 30 of them, none bad", result)
	}
	text, err := os.ReadFile(result.Config)
	if err != nil {
		t.Fatal(err)
	}
	if kind := strings.TrimLeft(string(text), "#\n"); !strings.Contains(kind, "\nkind: batch\n") {
		t.Errorf("the configuration does not begin with its kind:\n%s", text)
	}
	opened := *s
	opened.dir = filepath.Dir(result.Config)
	backend := opened.open(t, string(text))
	drain(t, backend)
	message, _, err := call(t, backend, "GetBenefit", `{"claimRef": "CL000007"}`)
	if err != nil {
		t.Fatal(err)
	}
	if got := message.ProtoReflect().Get(message.ProtoReflect().Descriptor().Fields().ByName("amount")).String(); got != "0.07" {
		t.Errorf("the amount is %s, want 0.07", got)
	}
	if _, err := batch.Import(t.Context(), options); err == nil || !strings.Contains(err.Error(), "is not overwritten") {
		t.Errorf("a second import: %v, want that nothing is overwritten", err)
	}
}

func TestImportWritesNothingOnFailure(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.write(t, "claims.dat", []byte("far too short"))
	estate := filepath.Join(s.dir, "estate")
	_, err := batch.Import(t.Context(), batch.ImportOptions{
		Copybook: filepath.Join(s.dir, "changes.cpy"), Data: filepath.Join(s.dir, "none.dat"), Into: estate, Name: "x",
	})
	if err == nil {
		t.Error("importing a file that is not there worked")
	}
	if _, err := os.Stat(estate); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("something was written: %v", err)
	}
}

// Every mistake of the configuration is found, with the field that it is in.
func TestConfigurationMistakes(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ old, new, want string }{
		"time zone":          {"Europe/London", "Mars/Olympus", `time_zone: the time zone "Mars/Olympus" is not known; names are like Europe/London`},
		"key":                {"key: [CLAIM-REF]", "key: [CLAIM-REFF]", "extracts[0].key[0]: there is no field CLAIM-REFF in the layout"},
		"record":             {"record: CLAIM-HEADER", "record: HEAD", "extracts[0].header.record: the copybook has no level 01 HEAD; it has CLAIM-HEADER, CLAIM-RECORD, CLAIM-TRAILER"},
		"format":             {"BORN: yyyymmdd", "BORN: yyyymm", `extracts[0].layout.formats["BORN"]: the format "yyyymm" does not say one day: it needs yyyy or yy, and mm with dd, or ddd`},
		"format of none":     {"BORN: yyyymmdd", "BIRTH: yyyymmdd", `extracts[0].layout.formats["BIRTH"]: there is no field BIRTH in the records in use`},
		"total":              {"equals: TOTAL-AMOUNT", "equals: REC-TYPE", "extracts[0].trailer.totals[0].equals: REC-TYPE is no number"},
		"copybook":           {"copybook: claims.cpy", "copybook: none.cpy", "extracts[0].layout.copybook: cannot read the copybook"},
		"value":              {"values: {REC-TYPE: D}", "values: {REC-TYPE: DD}", `submissions[0].values["REC-TYPE"]: the value "DD" is 2 bytes long in the code page cp037, and there is room for 1`},
		"date":               {"date: RUN-DATE", "date: REC-TYPE", "extracts[0].header.date: REC-TYPE is no date: give it a format in layout.formats, such as yyyymmdd"},
		"name taken":         {"name: changes", "name: claims", `submissions[0].name: the name "claims" is taken: every extract and submission has a route of its own, and operations too`},
		"result in both":     {"accepted: [OK]", "accepted: [NO]", `submissions[0].acknowledgement.rejected: the result "NO" is in accepted too`},
		"required of none":   {"required: [CITIZEN-ID", "required: [CITIZEN", "submissions[0].required[0]: there is no field CITIZEN in the layout"},
		"required and fixed": {"required: [CITIZEN-ID", "required: [REC-TYPE", "submissions[0].required[0]: callers do not give REC-TYPE: it is in values, or the reference"},
		"index in a table":   {"indexes: [CITIZEN-ID", "indexes: [LAST-PAID", "extracts[0].indexes[0]: LAST-PAID does not stand at the same place in every record, so it cannot be a key or index"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			_, err := batch.Adapter{}.Open(t.Context(), parse(t, strings.Replace(settings, test.old, test.new, 1)), s.options(t))
			var mistakes *adapters.ConfigError
			if !errors.As(err, &mistakes) || !strings.HasPrefix(mistakes.Findings[0].String(), test.want) {
				t.Errorf("got  %v\nwant %s", err, test.want)
			}
		})
	}
}

// Two kinds of submission with the same file names would be taken for each other.
func TestOutboxesAreKeptApart(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	_, submissions, _ := strings.Cut(settings, "submissions:\n")
	both := settings + strings.Replace(strings.Replace(submissions, "name: changes", "name: more-changes", 1), "{sequence:4}", "{sequence}", 1)
	_, err := batch.Adapter{}.Open(t.Context(), parse(t, both), s.options(t))
	want := "submissions[1].outbox.name: the files of changes have these names already, in the same directory"
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestCopybookMistakesAreLocated(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.write(t, "claims.cpy", []byte("       01 CLAIM-RECORD.\n          05 A PIC Q.\n          05 B.\n"))
	_, err := batch.Adapter{}.Open(t.Context(), parse(t, settings), s.options(t))
	var mistakes *adapters.ConfigError
	if !errors.As(err, &mistakes) {
		t.Fatalf("got %v, want a ConfigError", err)
	}
	if f := mistakes.Findings[0]; f.File != filepath.Join(s.dir, "claims.cpy") || f.Line != 2 || f.Column != 20 {
		t.Errorf("got %v, want claims.cpy:2:20", f)
	}
}

// A CSV extract is served like any other.
const people = `
kind: batch
extracts:
  - plural: people
    singular: person
    layout:
      delimited:
        header: true
        columns: [{name: id, type: integer}, {name: name}, {name: balance, type: decimal}]
    inbox: {directory: in, pattern: "*.csv"}
    key: [id]
    indexes: [name]
    max_bad_share: 0.5
`

func TestCSVExtract(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.write(t, "in/people.csv", []byte("id,name,balance\n2,Ann,1.50\n1,\"B, C\",-2\n3,x,none\n"))
	backend := s.open(t, people)
	drain(t, backend)
	message, _, err := call(t, backend, "ListPeople", `{}`)
	if err != nil {
		t.Fatal(err)
	}
	fields := message.ProtoReflect().Descriptor().Fields()
	message = proto.Clone(message)
	message.ProtoReflect().Clear(fields.ByName("as_of"))
	wantJSON(t, message, `{"people": [{"id":"1","name":"B, C","balance":"-2"},{"id":"2","name":"Ann","balance":"1.50"}]}`)
	message, _, err = call(t, backend, "GetPerson", `{"id": 2}`)
	if err != nil {
		t.Fatal(err)
	}
	wantJSON(t, message, `{"id":"2","name":"Ann","balance":"1.50"}`)
}

// Where nothing in a file says when it was true, the newest file counts, also if its content has been there before.
func TestContentThatComesBack(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	backend := s.open(t, people)
	for i, want := range []string{"1.50", "2.00", "1.50"} {
		name := fmt.Sprintf("in/%d.csv", i)
		s.write(t, name, []byte("id,name,balance\n2,Ann,"+want+"\n"))
		s.age(t, name, time.Duration(3-i)*time.Hour)
		drain(t, backend)
		message, _, err := call(t, backend, "GetPerson", `{"id": 2}`)
		if err != nil {
			t.Fatal(err)
		}
		wantJSON(t, message, `{"id": "2", "name": "Ann", "balance": "`+want+`"}`)
	}
}
