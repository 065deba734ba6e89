package corpustest

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// Dir is the directory of real cases, beside the project.
func Dir(t testing.TB) string {
	t.Helper()
	directory, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(directory, "go.mod")); err == nil {
			return filepath.Join(directory, "..", "shared", "corpus", "batch")
		}
		parent := filepath.Dir(directory)
		if parent == directory {
			t.Fatal("there is no go.mod above the test")
		}
		directory = parent
	}
}

// A Case is a row of cases.tsv.
type Case struct {
	ID, Kind string
	// Schema, Data and Expected are paths relative to [Dir]; several are separated by semicolons.
	Schema, Data, Expected string
	Options                map[string]string
	// Order are the fields that the expected records are sorted by; none means that of the file.
	Order []string
	// Take is how many of the records are expected; 0 means all.
	Take int
	// Post is what was done to the expected records, in words.
	Post string
	Rows int
}

// IsBook reports whether a copybook describes the records.
func (c Case) IsBook() bool {
	return strings.HasSuffix(c.Schema, ".cob") || strings.HasSuffix(c.Schema, ".cpy")
}

// DecimalComma reports whether the copybook of the case is written with DECIMAL-POINT IS COMMA, which its options do not say.
func (c Case) DecimalComma() bool { return c.ID == "cobrix/r05_comma" }

// Cases reads all cases.
func Cases(t testing.TB) []Case {
	t.Helper()
	file, err := os.Open(filepath.Join(Dir(t), "cases.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var all []Case
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	for first := true; lines.Scan(); first = false {
		if first {
			continue
		}
		columns := strings.Split(lines.Text(), "\t")
		c := Case{ID: columns[0], Kind: columns[1], Schema: columns[2], Data: columns[3], Expected: columns[4]}
		if err := json.Unmarshal([]byte(columns[5]), &c.Options); err != nil {
			t.Fatalf("%s: %v", c.ID, err)
		}
		if columns[6] != "" {
			c.Order = strings.Split(columns[6], ",")
		}
		c.Post, c.Rows = columns[8], number(t, columns[9])
		c.Take = number(t, columns[7])
		all = append(all, c)
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}

// number is 0 if there is none.
func number(t testing.TB, text string) int {
	t.Helper()
	if text == "" {
		return 0
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}
