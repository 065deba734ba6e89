package copybook_test

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"testing"

	"github.com/postern-gateway/postern/adapters/batch/copybook"
)

// Whole programs, precompilers' texts and free format are read for their record descriptions.
func TestTexts(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ source, want string }{
		"a program": {
			"       PROCESS XOPTS(SP APOST)\n       IDENTIFICATION DIVISION.\n       PROGRAM-ID. P.\n       ENVIRONMENT DIVISION.\n       CONFIGURATION SECTION.\n       SPECIAL-NAMES.\n" +
				"           CURRENCY SIGN IS 'F'\n           DECIMAL-POINT IS COMMA.\n       DATA DIVISION.\n       FILE SECTION.\n       FD  F RECORDING MODE IS F.\n       01 A PIC FF9,99.\n" +
				"       WORKING-STORAGE SECTION.\n       77 B PIC X.\n       LINKAGE SECTION.\n       01 C.\n          05 D PIC X.\n       PROCEDURE DIVISION.\n           DISPLAY 'NOT CLOSED.\n           COPY NOWHERE.\n",
			"01 A 0+6\n01 B 0+1\n01 C 0+1\n 05 D 0+1\n",
		},
		"what DCLGEN makes": {
			"           EXEC SQL DECLARE DEPT TABLE\n           ( DEPTNO CHAR(3) NOT NULL,\n             NAME VARCHAR(36))\n           END-EXEC.\n       01 DCLDEPT.\n" +
				"          10 DEPTNO PIC X(3).\n          10 DEPTNAME.\n             49 DEPTNAME-LEN PIC S9(4) USAGE COMP.\n             49 DEPTNAME-TEXT PIC X(36).\n",
			"01 DCLDEPT 0+41\n 10 DEPTNO 0+3\n 10 DEPTNAME 3+38\n  49 DEPTNAME-LEN 3+2\n  49 DEPTNAME-TEXT 5+36\n",
		},
		"free format from a directive on": {
			"       >>SOURCE FORMAT IS FREE\n01 r. *> a comment\n05 a pic x.\n>>SOURCE FORMAT IS FIXED\n       05 B PIC X.\n",
			"01 R 0+2\n 05 A 0+1\n 05 B 1+1\n",
		},
		"free format as Micro Focus has it": {
			"      $SET SOURCEFORMAT\"FREE\"\n01 r.\n                                                                          05 a pic x.\n",
			"01 R 0+1\n 05 A 0+1\n",
		},
		"no column ends the text": {
			"       >>SOURCE FORMAT IS VARIABLE\n       01 R.\n                                                                          05 A PIC X.\n",
			"01 R 0+1\n 05 A 0+1\n",
		},
		"no-break spaces, and directives for the listing": {
			"       01 R.\n          05 A\u00a0\u00a0PIC X.\n          05 B\n       EJECT\n             PIC X.\n         SKIP2.\n          05 C PIC; X(5), VALUE, '5'.\n",
			"01 R 0+7\n 05 A 0+1\n 05 B 1+1\n 05 C 2+5\n",
		},
		"a picture that runs into USAGE": {"       01 R PIC S9(6)USAGE COMP-3.\n", "01 R 0+4\n"},
		"clauses that take no storage": {
			"       01 R EXTERNAL AS 'X' VOLATILE.\n          05 D DATE FORMAT YYXXXX PIC 9(6) VALUE 450101.\n          05 T OCCURS 2 TIMES ASCENDING KEY IS A DESCENDING B\n             INDEXED BY I, J PIC X.\n",
			"01 R 0+8\n 05 D 0+6\n 05 T 6+1 x2..2\n",
		},
		"slack bytes in front of a group": {
			"       01 L.\n          05 M PIC X(5).\n          05 N PIC XX.\n          05 O.\n             10 P COMP PIC S9(6) SYNC.\n          05 Q REDEFINES O PIC X(6).\n          05 S COMP-2 SYNC.\n",
			"01 L 0+24\n 05 M 0+5\n 05 N 5+2\n 05 O 8+4\n  10 P 8+4\n 05 Q 8+6 over O\n 05 S 16+8\n",
		},
		"lines that directives choose": {
			"       >>DEFINE WIDE AS 3\n       01 R.\n       >>IF WIDE > 2 AND NOT NARROW IS DEFINED\n          05 A PIC X(10).\n       >>IF WIDE = 4\n          05 B PIC X.\n       >>ELIF WIDE IS LESS THAN OR EQUAL TO 3\n" +
				"          05 C PIC X.\n       >>ELSE\n          05 D PIC X.\n       >>END-IF\n       >>ELSE\n          05 E PIC X.\n       >>DEFINE NARROW AS 1\n       >>END-IF\n" +
				"       >>EVALUATE WIDE\n       >>WHEN 1\n          05 F PIC X.\n       >>WHEN 2 THRU 3\n          05 G PIC X.\n       >>WHEN OTHER\n          05 H PIC X.\n       >>END-EVALUATE\n" +
				"       >>EVALUATE TRUE\n       >>WHEN NARROW DEFINED\n          05 I PIC X.\n       >>WHEN (WIDE = 'x' OR WIDE <> 3.0)\n          05 J PIC X.\n       >>END-EVALUATE\n",
			"01 R 0+12\n 05 A 0+10\n 05 C 10+1\n 05 G 11+1\n",
		},
		"lines that Micro Focus chooses": {
			"      $SET CONSTANT WIDE (1)\n       01 R.\n      $IF WIDE = 1\n          05 A PIC X(10).\n      $ELSE\n          05 A PIC X(2).\n      $END\n      $IF OTHER DEFINED\n          05 B PIC X.\n      $END\n",
			"01 R 0+10\n 05 A 0+10\n",
		},
		"numbers of compilers, and UTF-8": {
			"       01 R.\n          05 A FLOAT-BINARY-32.\n          05 B USAGE FLOAT-BINARY-64.\n          05 C UNSIGNED-SHORT.\n          05 D BINARY-LONG-LONG.\n          05 E PIC U(3).\n          05 F PIC U BYTE-LENGTH 7 USAGE UTF-8.\n",
			"01 R 0+41\n 05 A 0+4\n 05 B 4+8\n 05 C 12+2\n 05 D 14+8\n 05 E 22+12\n 05 F 34+7\n",
		},
		"constants that are computed": {
			"       78 A VALUE 3.\n       78 B VALUE A * 2 + 1.\n       01 R PIC X(B).\n", "01 R 0+7\n",
		},
		"counted in another record": {
			"       01 A.\n          05 N PIC 9.\n       01 B.\n          05 T PIC X OCCURS 1 TO 3 DEPENDING ON N OF A.\n",
			"01 A 0+1\n 05 N 0+1\n01 B 0+3\n 05 T 0+1 x1..3 by A.N\n",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			book, err := copybook.Parse("test.cbl", []byte(test.source), copybook.Options{})
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

// Pictures that mean nothing, and entries whose clauses exclude each other, are refused where they stand.
func TestRefusedPictures(t *testing.T) {
	t.Parallel()
	for _, picture := range []string{
		"Y", "(10)9", "XVX", "X.X", "9.A", "SXXX", "S(10)999", "9(10)S99", "9(2(3))", "9(2)(3)", "9((3))", "9(5", "9()", "95", "9(9V9)", "9.9.9", "99V99.99", "9(10)VV9", "S9(5)V(5)",
		"9P9", "9(5)P(5)9(5)", "P(5)", "SP(5)", "S9P(5)9", "P9P", "V", "SV", "+9(8)+", "9+(8)", "+-9", "9Z", "Z*9", "Z$$9", "SZ9", "9CRDB", "9CR9", "B", "0", "N9", "9(5)CR9",
		"9(3).9 COMP-3", "ZZ9 COMP", "$$9 COMP-3", "X(4) COMP-3", "S9(3) COMP-3 SIGN LEADING SEPARATE",
	} {
		_, err := copybook.Parse("x.cpy", []byte("       01 R.\n          05 A PIC "+picture+".\n"), copybook.Options{})
		var mistakes copybook.Errors
		if !errors.As(err, &mistakes) || !strings.HasPrefix(err.Error(), "x.cpy:2:") {
			t.Errorf("%s: got %v, want an error in line 2", picture, err)
		}
	}
}

func TestRefusedEntries(t *testing.T) {
	t.Parallel()
	for source, want := range map[string]string{
		"       EXEC SQL INCLUDE SQLCA END-EXEC.\n       01 R PIC X.\n":                                  "x.cpy:1:17: EXEC SQL INCLUDE is not followed: put the text that it includes here, or use COPY",
		"       EXEC SQL DECLARE T TABLE.\n":                                                             "x.cpy:1:8: EXEC has no END-EXEC",
		"       01 R.\n          05 A PIC X.\n       66 B RENAMES C.\n":                                  "x.cpy:3:21: RENAMES C: there is no C in this record",
		"       01 R.\n          05 A PIC X.\n          05 B PIC X.\n       66 C RENAMES B THRU A.\n":    "x.cpy:4:28: RENAMES ends with A, which stands in front of B",
		"       01 R.\n          05 A PIC X OCCURS 2.\n       66 B RENAMES A.\n":                         "x.cpy:3:21: RENAMES cannot name A, which is in a table",
		"       66 B RENAMES A.\n":                                                                       "x.cpy:1:11: level 66 B has no record in front of it",
		"       01 R COMP-3.\n          05 A PIC 9(7) COMP.\n":                                           "x.cpy:2:11: A has another USAGE than its group R",
		"       01 R PIC X.\n       66 B PIC X.\n":                                                       "x.cpy:2:13: RENAMES belongs here",
		"       78 A PIC X.\n":                                                                           "x.cpy:1:13: VALUE belongs here",
		"       01 R PIC X(NONE).\n":                                                                     "x.cpy:1:17: the picture X(NONE) has (NONE) where a number of at least 1 belongs",
		"       01 R PIC X VALUE X'4'.\n":                                                                "x.cpy:1:25: a hexadecimal literal has pairs of the digits 0 to 9 and A to F",
		"       >>IF A IS DEFINED\n       01 R PIC X.\n":                                                 "x.cpy:1:8: this directive has no end: >>END-IF, >>END-EVALUATE or $END",
		"       >>ELSE\n       01 R PIC X.\n":                                                            "x.cpy:1:8: there is no >>IF, >>EVALUATE or $IF to which this directive belongs",
		"       >>IF A > 1\n       >>END-IF\n       01 R PIC X.\n":                                       "x.cpy:1:8: A is not defined: >>DEFINE says what it is",
		"       >>IF 1 1\n       >>END-IF\n       01 R PIC X.\n":                                         "x.cpy:1:8: a condition belongs here, such as NAME IS DEFINED or NAME = 1",
		"       >>IF 1 = 1 1\n       >>END-IF\n       01 R PIC X.\n":                                     "x.cpy:1:8: 1 is not understood in this condition",
		"       >>DEFINE A AS PARAMETER\n       01 R PIC X.\n":                                           "x.cpy:1:8: A is a parameter of a compilation, and there is none: define it here",
		"       01 R.\n          05 T OCCURS 1 TO UNBOUNDED DEPENDING ON N.\n             10 A PIC X.\n": "x.cpy:2:28: a table without a bound has no place in a record: write how many elements there can be at most",
		"       01 R.\n          05 T OCCURS DYNAMIC PIC X.\n":                                           "x.cpy:2:23: a table without a bound has no place in a record: OCCURS 0 TO n DEPENDING ON says how many elements there can be",
		"       01 R OBJECT REFERENCE.\n":                                                                "x.cpy:1:13: OBJECT cannot be read: an object is nothing that a file holds",
		"       01 R FLOAT-DECIMAL-16.\n":                                                                "x.cpy:1:13: FLOAT-DECIMAL-16 cannot be read: decimal floating point is not read",
		"       01 R IS TYPEDEF PIC X.\n":                                                                "x.cpy:1:16: TYPEDEF cannot be read: types are not followed: write out the fields",
		"       01 R PIC X BYTE-LENGTH 3.\n":                                                             "x.cpy:1:19: BYTE-LENGTH is the bytes of a picture U in front of it",
		"       78 A VALUE 3 / 0.\n       01 R PIC X.\n":                                                 "x.cpy:1:21: the constant A is one literal, or whole numbers with +, -, * and / between them, and a period belongs behind it",
		"       ID DIVISION.\n       ENVIRONMENT DIVISION.\n       SPECIAL-NAMES. CURRENCY SIGN IS 'EUR' WITH PICTURE SYMBOL 'E'.\n       DATA DIVISION.\n       01 R PIC X.\n": "x.cpy:3:40: a currency sign of other than one character is not read",
	} {
		_, err := copybook.Parse("x.cpy", []byte(source), copybook.Options{})
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q:\ngot  %v\nwant %s", source, err, want)
		}
	}
}

// Conditions have the values that their field can have.
func TestConditions(t *testing.T) {
	t.Parallel()
	book, err := copybook.Parse("t.cpy", []byte("       78 LIMIT-OF VALUE 9.\n       01 R.\n          05 A PIC X(3).\n             88 EMPTY-A VALUE SPACES.\n             88 LOW-A VALUE LOW-VALUES, HIGH-VALUES.\n"+
		"             88 ZERO-A VALUE ZERO.\n             88 ALL-A VALUES ARE ALL 'AB' THRU ALL 'C' 'D' & 'E'.\n             88 HEX-A VALUE X'414243' FALSE 'NO'.\n          05 B PIC S9V9.\n"+
		"             88 SOME-B VALUE -1.5, 0 THRU LIMIT-OF, ZERO.\n"), copybook.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, item := range book.Records[0].Children {
		for _, c := range item.Conditions {
			fmt.Fprintf(&b, "%s %v\n", c.Name, c.Values)
		}
	}
	want := "EMPTY-A [{ }]\nLOW-A [{LOW-VALUES LOW-VALUES} {HIGH-VALUES HIGH-VALUES}]\nZERO-A [{000 000}]\nALL-A [{ABA CCC} {DE DE}]\nHEX-A [{ABC ABC}]\nSOME-B [{-1.5 -1.5} {0 9} {0 0}]\n"
	if got := b.String(); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

// COPY puts in other texts, changed as REPLACING says.
func TestCopyReplacing(t *testing.T) {
	t.Parallel()
	texts := map[string]string{
		"OUTER": "          05 :TAG:-A PIC X(LEN).\n           COPY INNER REPLACING LEADING ==IN-== BY ==:TAG:-==\n                               TRAILING ==-OLD== BY ==-NEW==.\n",
		"INNER": "          05 IN-B PIC 9.\n          05 C-OLD PIC (TAG)9(3).\n",
	}
	library := func(name, _ string) (string, []byte, error) {
		text, ok := texts[name]
		if !ok {
			return "", nil, fs.ErrNotExist
		}
		return name, []byte(text), nil
	}
	book, err := copybook.Parse("t.cpy", []byte("       01 R.\n           COPY OUTER OF LIB REPLACING ==:TAG:== BY ==X==\n               ==LEN== BY ==12==\n               ==(TAG)== BY ==S==.\n"), copybook.Options{Library: library})
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	outline(book.Records[0], 0, &b)
	if got, want := b.String(), "01 R 0+16\n 05 X-A 0+12\n 05 X-B 12+1\n 05 C-NEW 13+3\n"; got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}
