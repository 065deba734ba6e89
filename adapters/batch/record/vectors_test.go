package record_test

import (
	"encoding/csv"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/postern-gateway/postern/adapters/batch/record"
)

// vectorGaps are the vectors that come out differently on purpose, by what they ask for.
var vectorGaps = []struct {
	function, input string
	reason          string
}{
	{"encodeDisplayNumberSignOverpunched", "0.005", "we refuse to round"},
	{"encodeDisplayNumberSignOverpunched", "123.456", "we refuse to round"},
	{"encodeDisplayNumberSignSeparate", "123.456", "we refuse to round"},
	{"encodeDisplayNumberSignOverpunched", "1.23", "upstream counts the P in front from the digits, not from the point"},
}

var argument = regexp.MustCompile(`-?[0-9]+`)

// The vectors of the corpus that encode a number: what cannot be encoded is zero bytes there, and an error here.
func TestEncodeVectors(t *testing.T) {
	t.Parallel()
	file, err := os.Open(filepath.Join(corpusDir(t), "cobrix", "vectors.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	reader := csv.NewReader(file)
	reader.Comma, reader.LazyQuotes = '\t', true
	rows, err := reader.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	tried, closed := 0, make([]bool, len(vectorGaps))
	for _, row := range rows[1:] {
		picture, ok := vectorPicture(row[1], row[3])
		if row[0] != "encode" || !ok {
			continue
		}
		tried++
		layout := compile(t, "       01 R.\n          05 F PIC "+picture+".\n", record.Options{CodePage: page(t, "cp037")})
		got := make([]byte, layout.Length)
		if row[2] != "null" {
			if encoded, err := layout.Encode(nil, one(row[2])); err == nil {
				got = encoded
			}
		}
		gap := ""
		for i, g := range vectorGaps {
			if g.function == row[1] && g.input == row[2] {
				gap, closed[i] = g.reason, true
			}
		}
		if same := strings.EqualFold(hex.EncodeToString(got), row[4]); same == (gap != "") {
			t.Errorf("%s of %s as %s (%s): got %X, want %s (%s)", row[1], row[2], picture, row[3], got, row[4], gap)
		}
	}
	for i, g := range vectorGaps {
		if !closed[i] {
			t.Errorf("the gap of %s for %s is never met", g.function, g.input)
		}
	}
	if tried < 30 {
		t.Errorf("only %d vectors were tried", tried)
	}
}

// vectorPicture is the COBOL for the arguments of a vector; false for those that no picture can say.
func vectorPicture(function, arguments string) (string, bool) {
	var n []int
	for _, text := range argument.FindAllString(arguments, -1) {
		i, err := strconv.Atoi(text)
		if err != nil {
			return "", false
		}
		n = append(n, i)
	}
	signed, explicit := strings.Contains(arguments, "signed = true"), strings.Contains(arguments, "explicitDecimalPoint = true")
	switch function {
	case "encodeBCDNumber": // precision, scale, scale factor
		usage := " COMP-3"
		if strings.Contains(arguments, "mandatorySignNibble = false") {
			usage = " COMP-6"
		}
		digits, ok := pictureDigits(n[0], n[1], n[2], false)
		return sign(signed) + digits + usage, ok && !(signed && usage == " COMP-6")
	case "encodeDisplayNumberSignOverpunched", "encodeDisplayNumberSignSeparate": // output size, precision, scale, scale factor
		signed := !strings.Contains(arguments, "signPosition = None")
		room, place := n[0], ""
		if function == "encodeDisplayNumberSignSeparate" && signed {
			place = map[bool]string{true: " SIGN LEADING SEPARATE", false: " SIGN TRAILING SEPARATE"}[strings.Contains(arguments, "Left")]
			room--
		}
		if explicit {
			room--
		}
		if room < n[1] {
			return "", false // a size that its own precision does not fit
		}
		digits, ok := pictureDigits(room, n[2], n[3], explicit) // zeros in front fill the room; an overpunch is always on the last digit
		return sign(signed) + digits + place, ok
	default:
		return "", false
	}
}

func sign(signed bool) string {
	if signed {
		return "S"
	}
	return ""
}

func pictureDigits(precision, scale, factor int, explicit bool) (string, bool) {
	point := "V"
	if explicit {
		point = "."
	}
	switch {
	case precision <= 0 || scale < 0 || scale > precision || factor != 0 && (scale != 0 || explicit):
		return "", false
	case factor > 0:
		return fmt.Sprintf("9(%d)P(%d)", precision, factor), true
	case factor < 0:
		return fmt.Sprintf("VP(%d)9(%d)", -factor, precision), true
	case scale == 0:
		return fmt.Sprintf("9(%d)", precision), !explicit
	case scale == precision:
		return fmt.Sprintf("%s9(%d)", point, scale), true
	default:
		return fmt.Sprintf("9(%d)%s9(%d)", precision-scale, point, scale), true
	}
}

// corpusDir is the directory of real cases, beside the project.
func corpusDir(t testing.TB) string {
	t.Helper()
	directory, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(directory, "go.mod")); err == nil {
			return filepath.Join(directory, "..", "shared", "corpus", "batch")
		}
		if parent := filepath.Dir(directory); parent != directory {
			directory = parent
			continue
		}
		t.Fatal("there is no go.mod above the test")
	}
}
