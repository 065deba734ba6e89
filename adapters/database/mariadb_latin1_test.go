package database_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

// TestMariaDBLatin1 reads and writes columns of MariaDB's Latin-1, in which 80 to 9F are what they are in CP1252, and which hold the bytes of other encodings.
func TestMariaDBLatin1(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		encoding, text string
		stored         string // in hexadecimal
	}{
		{"", "€ Ÿ é", "80209F20E9"},
		{"windows-1252", "€ Ÿ é", "80209F20E9"},
		{"windows-1252", "“‘…’”™ žœ", "939185929499209E9C"},
		{"windows-1252", "\u0081\u008d\u008f\u0090\u009d", "818D8F909D"},
		{"utf-8", "€ é Łódź", "E282AC20C3A920C581C3B364C5BA"},
		{"utf-8", "😀 ’“”", "F09F988020E28099E2809CE2809D"},
		{"utf-8", "ŁĄÐ\u0081", "C581C484C390C281"},
		{"windows-1250", "Łódź Žižka", "A3F3649F208E699E6B61"},
		{"windows-1251", "Привет № 1", "CFF0E8E2E5F220B92031"},
		{"iso-8859-2", "Łódź Ž", "A3F364BC20AE"},
	} {
		t.Run(test.encoding+" "+test.text, func(t *testing.T) {
			t.Parallel()
			s := engines()[2].open(t, fmt.Sprintf(`CREATE TABLE notes (id int PRIMARY KEY, note varchar(60), lax text) CHARACTER SET latin1;
				INSERT INTO notes VALUES (1, x'%[1]s', x'%[1]s'), (2, 'plain', NULL)`, test.stored), func(settings *configv1.DatabaseBackend) {
				allWritable(settings)
				settings.TextEncoding = test.encoding
			})
			reply, err := s.call(t, "GetNote", `{"id": 1}`)
			if err != nil {
				t.Fatal(err)
			}
			for _, name := range []string{"note", "lax"} {
				message := reply.ProtoReflect()
				if got := message.Get(message.Descriptor().Fields().ByTextName(name)).String(); got != test.text {
					t.Errorf("%s is told as %q", name, got)
				}
			}
			quoted := func(text string) string {
				encoded, err := json.Marshal(text)
				if err != nil {
					t.Fatal(err)
				}
				return string(encoded)
			}
			if _, err := s.call(t, "CreateNote", `{"id": 3, "note": `+quoted(test.text)+`, "lax": `+quoted(test.text)+`}`); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(fmt.Sprint([][]string{{test.stored, test.stored}}), fmt.Sprintf("%s", s.truth(t, "SELECT HEX(note), HEX(lax) FROM notes WHERE id = 3"))); diff != "" {
				t.Errorf("stored (-want +got):\n%s", diff)
			}
			part := string([]rune(test.text)[1:])
			for _, filter := range []string{"note = " + quoted(test.text), "note:" + quoted(part), "NOT note != " + quoted(test.text)} {
				if rows := s.list(t, "ListNotes", "notes", map[string]any{"filter": filter}); len(rows) != 2 {
					t.Errorf("%s: %v", filter, rows)
				}
			}
		})
	}
}

// TestRightText holds that text which is right already is told as it is, though the settings say that bytes are in another encoding.
func TestRightText(t *testing.T) {
	t.Parallel()
	forEachEngine(t, func(t *testing.T, e engine) {
		const statements = `CREATE TABLE notes (id int NOT NULL PRIMARY KEY, note varchar(60)); INSERT INTO notes VALUES (1, '%s')`
		for _, text := range []string{"日本語", "René", "Łódź 😀", "naïve café"} {
			s := e.open(t, fmt.Sprintf(statements, text), func(settings *configv1.DatabaseBackend) { settings.TextEncoding = "utf-8" })
			s.want(t, "GetNote", `{"id": 1}`, `{"id": 1, "note": "`+text+`"}`)
		}
	})
}
