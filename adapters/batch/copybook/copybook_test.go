package copybook_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/postern-gateway/postern/adapters/batch/copybook"
)

// outline writes one line for each item: level, name, offset, length, and what is special.
func outline(item *copybook.Item, depth int, b *strings.Builder) {
	name := item.Name
	if name == "" {
		name = "FILLER"
	}
	fmt.Fprintf(b, "%s%02d %s %d+%d", strings.Repeat(" ", depth), item.Level, name, item.Offset, item.Length)
	if item.Occurs != nil {
		fmt.Fprintf(b, " x%d..%d", item.Occurs.Min, item.Occurs.Max)
		if item.Occurs.DependingOn != nil {
			fmt.Fprintf(b, " by %s", item.Occurs.DependingOn.Path())
		}
	}
	if item.Redefines != nil {
		fmt.Fprintf(b, " over %s", item.Redefines.Name)
	}
	for _, condition := range item.Conditions {
		fmt.Fprintf(b, " %s=%v", condition.Name, condition.Values)
	}
	b.WriteString("\n")
	for _, child := range item.Children {
		outline(child, depth+1, b)
	}
}

func TestLayouts(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ source, want string }{
		"fixed format with sequence numbers and identification": {
			"000100 01  REC.                                                         PROGNAME\n" +
				"000200*    A COMMENT\n" +
				"000300     05  A        PIC X(3).                                       PROGNAME\n" +
				"000400     05  B        PIC 9(4)\n" +
				"000500         COMP.\n",
			"01 REC 0+5\n 05 A 0+3\n 05 B 3+2\n",
		},
		"free format": {
			"01 rec.\n  05 a pic x(3). *> a comment\n05 b pic s9(5)v99 comp-3.\n",
			"01 REC 0+7\n 05 A 0+3\n 05 B 3+4\n",
		},
		"usages and signs": {
			"       01 R.\n" +
				"          05 A PIC S9(4) COMP. 05 B PIC S9(9) BINARY.\n" +
				"          05 C PIC 9(18) COMP-5.\n" +
				"          05 D COMP-1. 05 E COMP-2.\n" +
				"          05 F PIC S9(5) SIGN LEADING SEPARATE.\n" +
				"          05 G USAGE PACKED-DECIMAL. 10 H PIC 9(6).\n" +
				"          05 I PIC N(3). 05 J PIC X(2) JUST RIGHT.\n" +
				"          05 K PIC 9(3) COMP-6. 05 L BINARY-LONG UNSIGNED.\n",
			"01 R 0+50\n 05 A 0+2\n 05 B 2+4\n 05 C 6+8\n 05 D 14+4\n 05 E 18+8\n 05 F 26+6\n 05 G 32+4\n  10 H 32+4\n" +
				" 05 I 36+6\n 05 J 42+2\n 05 K 44+2\n 05 L 46+4\n",
		},
		"redefinitions": {
			"       01 R.\n          05 A PIC X(4).\n          05 B REDEFINES A PIC 9(4).\n          05 C REDEFINES B.\n" +
				"             10 D PIC X(6).\n          05 E PIC X.\n",
			"01 R 0+7\n 05 A 0+4\n 05 B 0+4 over A\n 05 C 0+6 over A\n  10 D 0+6\n 05 E 6+1\n",
		},
		"tables": {
			"       01 R.\n          05 N PIC 99.\n          05 G.\n             10 N PIC 9.\n          05 T OCCURS 1 TO 5 TIMES DEPENDING ON N OF R\n" +
				"             ASCENDING KEY IS K INDEXED BY I, J.\n             10 K PIC X(2) OCCURS 3.\n          05 L PIC X.\n",
			"01 R 0+34\n 05 N 0+2\n 05 G 2+1\n  10 N 2+1\n 05 T 3+6 x1..5 by R.G.N\n  10 K 3+2 x3..3\n 05 L 33+1\n",
		},
		"conditions and values": {
			"       01 R.\n          05 A PIC X VALUE 'Y'.\n             88 YES VALUE 'Y' 'y'.\n             88 RANGE VALUES ARE 'A' THRU 'M', 'Z'.\n",
			"01 R 0+1\n 05 A 0+1 YES=[{Y Y} {y y}] RANGE=[{A M} {Z Z}]\n",
		},
		"synchronized": {
			"       01 R.\n          05 A PIC X.\n          05 B PIC S9(8) COMP SYNC.\n          05 C OCCURS 2.\n             10 D PIC S9(4) COMP SYNC.\n             10 E PIC X.\n",
			"01 R 0+16\n 05 A 0+1\n 05 B 4+4\n 05 C 8+4 x2..2\n  10 D 8+2\n  10 E 10+1\n",
		},
		"a fragment, level 66 and 77, several records": {
			"       05 A PIC X.\n       66 Z RENAMES A.\n       01 R PIC X(2).\n       77 S PIC 9.\n",
			"00 FILLER 0+1\n 05 A 0+1\n01 R 0+2\n01 S 0+1\n",
		},
		"a continued literal": {
			"       01 R.\n          05 A PIC X(70) VALUE 'THIS LITERAL GOES ON BEYOND COLUMN SEVENT\n      -    'Y TWO'.\n",
			"01 R 0+70\n 05 A 0+70\n",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			book, err := copybook.Parse("test.cpy", []byte(test.source), copybook.Options{})
			if err != nil {
				t.Fatal(err)
			}
			var b strings.Builder
			for _, r := range book.Records {
				outline(r, 0, &b)
			}
			if got := b.String(); got != test.want {
				t.Errorf("got\n%swant\n%s", got, test.want)
			}
		})
	}
}

func TestPictures(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"X(10)":      "alphanumeric size 10 digits 0 scale 0 signed false",
		"S9(5)V99":   "numeric size 7 digits 7 scale 2 signed true",
		"9(3)PP":     "numeric size 3 digits 3 scale -2 signed false",
		"VPP9(2)":    "numeric size 2 digits 2 scale 4 signed false",
		"-9(3).99":   "numeric size 6 digits 5 scale 2 signed true",
		"ZZ9.99":     "numeric size 6 digits 5 scale 2 signed false",
		"$ZZ,ZZ9.99": "edited size 10 digits 7 scale 2 signed false",
		"9(5)CR":     "edited size 7 digits 5 scale 0 signed true",
		"XX/XX":      "alphanumeric edited size 5 digits 0 scale 0 signed false",
		"N(4)":       "national size 4 digits 0 scale 0 signed false",
		"A(3)9":      "alphanumeric size 4 digits 1 scale 0 signed false",
	} {
		book, err := copybook.Parse("t", []byte("       01 R PIC "+text+".\n"), copybook.Options{})
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		names := map[copybook.Category]string{
			copybook.Numeric: "numeric", copybook.Alphanumeric: "alphanumeric", copybook.NumericEdited: "edited",
			copybook.AlphanumericEdited: "alphanumeric edited", copybook.NationalText: "national",
		}
		p := book.Records[0].Picture
		if got := fmt.Sprintf("%s size %d digits %d scale %d signed %v", names[p.Category], p.Size, p.Digits, p.Scale, p.Signed); got != want {
			t.Errorf("%s: got %s, want %s", text, got, want)
		}
	}
}

// Every mistake is found, with its place.
func TestMistakes(t *testing.T) {
	t.Parallel()
	for source, want := range map[string]string{
		"": "x.cpy:1:1: there is no data description entry: one is a level number, a name and clauses, as in 01 CUSTOMER.",
		"       01 R.\n          05 A PIC Q(3).\n          05 B PIC 9(2.\n": "x.cpy:2:20: the picture Q(3) has a symbol that is none: Q\n" +
			"x.cpy:3:20: the picture 9(2 has a ( without a )",
		"       01 R.\n          05 A.\n":                                 "x.cpy:2:11: A has neither a PICTURE nor fields below it",
		"       01 R.\n          99 A PIC X.\n":                           "x.cpy:2:11: a level number (01 to 49, 66, 77 or 88) belongs here, not \"99\"",
		"       01 R.\n          05 A REDEFINES Z PIC X.\n":               "x.cpy:2:26: REDEFINES Z: there is no Z in front of it in the same group",
		"       01 R.\n          05 T OCCURS 3 DEPENDING ON N PIC X.\n":   "x.cpy:2:38: DEPENDING ON N: there is no field N in front of the table in this record",
		"       01 R.\n          05 A PIC X(9999999) OCCURS 16777216.\n":  "x.cpy:2:11: A takes more than 67108864 bytes",
		"       01 R PIC X(3) WOBBLE.\n":                                  "x.cpy:1:22: \"WOBBLE\" is no clause that is known here (PICTURE, USAGE, SIGN, OCCURS, REDEFINES, VALUE, JUSTIFIED, BLANK WHEN ZERO, SYNCHRONIZED)",
		"       01 R PIC X":                                               "x.cpy:1:18: the entry of R has no period at its end",
		"       01 R.\n          05 A PIC X.\n             10 B PIC X.\n": "x.cpy:3:14: A has a PICTURE, so it cannot have fields below it",
		"       COPY OTHER.\n       01 R PIC X.\n":                        "x.cpy:1:8: COPY OTHER cannot be followed: no directory is given for it, or texts copy each other",
		"       01 R PIC X VALUE 'A.\n":                                   "x.cpy:1:25: the literal is not closed on its line, and the next line does not continue it",
	} {
		_, err := copybook.Parse("x.cpy", []byte(source), copybook.Options{})
		var mistakes copybook.Errors
		if !errors.As(err, &mistakes) || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q:\ngot  %v\nwant %s", source, err, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("       01 R.\n          05 A PIC S9(5)V99 COMP-3 OCCURS 3 TO 5 DEPENDING ON N.\n"))
	f.Add([]byte("01 r.\n 05 n pic 9. 05 a redefines n pic x value 'it''s'.\n 88 c value 1 thru 3.\n"))
	f.Add([]byte("       01 R PIC X VALUE 'A\n      -    'B'.\n"))
	f.Add([]byte("       01 R.\n          05 A PIC $$,$$9.99CR BLANK ZERO.\n          05 B COMP SYNC PIC S9(9) OCCURS 2.\n       66 C RENAMES A THRU B.\n       78 D VALUE ALL 'X' & X'41'.\n"))
	f.Add([]byte("       ID DIVISION.\n       SPECIAL-NAMES. CURRENCY SIGN 'F'.\n       DATA DIVISION.\n       FD F.\n       01 R GROUP-USAGE NATIONAL.\n          05 A PIC FF9PP-.\n       PROCEDURE DIVISION.\n"))
	f.Add([]byte(">>SOURCE FREE\nexec sql x end-exec. 01 r. 05 a pic 9 value zero. copy b replacing ==a== by ==b==.\n"))
	f.Add([]byte("       01 R PIC 9(3) X\"\n"))
	f.Add([]byte("       >>DEFINE A AS 1\n       >>IF A = 1 AND (NOT B DEFINED OR A >= 'x')\n       01 R PIC U.\n       >>ELIF 1 <> A\n       >>ELSE\n       >>END-IF\n       >>EVALUATE A\n       >>WHEN 1 THRU 2\n       >>WHEN OTHER\n       >>END-EVALUATE\n       78 C VALUE 1 * 2.\n"))
	f.Fuzz(func(t *testing.T, source []byte) {
		book, err := copybook.Parse("fuzz", source, copybook.Options{})
		if err != nil {
			return
		}
		for _, r := range book.Records {
			if r.Length < 0 || r.Size() < 0 {
				t.Errorf("%s is %d bytes long", r.Name, r.Length)
			}
		}
	})
}
