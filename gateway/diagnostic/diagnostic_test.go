package diagnostic_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/postern-gateway/postern/gateway/diagnostic"
)

func TestString(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a", 300) + "X" + strings.Repeat("b", 300)
	for _, test := range []struct {
		name string
		d    diagnostic.Diagnostic
		want string
	}{
		{"located", diagnostic.NewText("a/b.yaml", []byte("one\ntwo: x\n")).At(2, 6, "bad %s", "x").Accepting("y"),
			"a/b.yaml:2:6: bad x\n   2 | two: x\n     |      ^\n     = accepted: y"},
		{"whole file", diagnostic.NewText("a.yaml", nil).Whole("bad"), "a.yaml: bad"},
		{"no file", diagnostic.Diagnostic{Message: "bad"}, "bad"},
		{"column unknown", diagnostic.NewText("a", []byte("x")).At(1, 0, "bad"), "a:1:1: bad\n   1 | x"},
		{"tab", diagnostic.NewText("a", []byte("\tx\ty")).At(1, 4, "bad"), "a:1:4: bad\n   1 | \tx\ty\n     | \t \t^"},
		{"wide", diagnostic.NewText("a", []byte("注文: x")).At(1, 5, "bad"), "a:1:5: bad\n   1 | 注文: x\n     |       ^"},
		{"combining", diagnostic.NewText("a", []byte("e\u0301: x")).At(1, 5, "bad"), "a:1:5: bad\n   1 | e\u0301: x\n     |    ^"},
		{"behind the line", diagnostic.NewText("a", []byte("ab")).At(1, 9, "bad"), "a:1:9: bad\n   1 | ab\n     |   ^"},
		{"behind the file", diagnostic.NewText("a", []byte("ab")).At(7, 1, "bad"), "a:7:1: bad"},
		{"control characters", diagnostic.NewText("a", []byte("\x1b[2Jx\u202e")).At(1, 5, "bad \x07"), "a:1:5: bad \ufffd\n   1 | \ufffd[2Jx\ufffd\n     |     ^"},
		{"control characters in the file's name", diagnostic.NewText("a\n\x1b", nil).At(1, 1, "bad"), "a\ufffd\ufffd:1:1: bad"},
		{"carriage return", diagnostic.NewText("a", []byte("x\r\ny\r\n")).At(2, 1, "bad"), "a:2:1: bad\n   2 | y\n     | ^"},
		{"long line", diagnostic.NewText("a", []byte(long)).At(1, 301, "bad"),
			"a:1:301: bad\n   1 | …" + strings.Repeat("a", 60) + "X" + strings.Repeat("b", 99) + "…\n     | " + strings.Repeat(" ", 61) + "^"},
		{"masked", diagnostic.NewText("a", []byte("k: secret")).Masked(1, 4).At(1, 4, "bad"), "a:1:4: bad\n   1 | k: ********\n     |    ^"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if got := test.d.String(); got != test.want {
				t.Errorf("got\n%q\nwant\n%q", got, test.want)
			}
		})
	}
}

func TestListIsSortedAndHasNoRepetitions(t *testing.T) {
	t.Parallel()
	var list diagnostic.List
	if err := list.Err(); err != nil {
		t.Errorf("an empty list is the error %v", err)
	}
	a := diagnostic.NewText("a", []byte("x\ny"))
	b := diagnostic.NewText("b", []byte("x\ny"))
	list.Add(b.At(1, 1, "b1"), a.At(2, 1, "a2"), a.At(1, 2, "a12"), a.At(1, 1, "a11"), a.At(2, 1, "a2"))
	got := diagnostic.From(fmt.Errorf("checking: %w", list.Err()))
	var order []string
	for _, d := range got {
		order = append(order, d.Message)
	}
	if want := "[a11 a12 a2 b1]"; fmt.Sprint(order) != want {
		t.Errorf("got %v, want %s", order, want)
	}
	if list[0].Message != "b1" {
		t.Error("the list itself was changed")
	}
}

func TestFrom(t *testing.T) {
	t.Parallel()
	if got := diagnostic.From(nil); got != nil {
		t.Errorf("From(nil) = %v", got)
	}
	if got := diagnostic.From(errors.New("x")); len(got) != 1 || got[0].Message != "x" {
		t.Errorf("From(error) = %v", got)
	}
	content, err := json.Marshal(diagnostic.From(diagnostic.List{diagnostic.NewText("a", []byte("k: v")).At(1, 4, "bad").Accepting("w")}.Err()))
	if err != nil {
		t.Fatal(err)
	}
	if want := `[{"file":"a","line":1,"column":4,"message":"bad","accepted":"w","excerpt":"k: v"}]`; string(content) != want {
		t.Errorf("got %s, want %s", content, want)
	}
}

func TestTextPosition(t *testing.T) {
	t.Parallel()
	text := diagnostic.NewText("a", []byte("äb\nc\td"))
	for offset, want := range map[int]string{0: "1:1", 2: "1:2", 3: "1:3", 4: "2:1", 6: "2:3", 99: "2:4", -1: "1:1"} {
		if line, column := text.Position(offset); fmt.Sprintf("%d:%d", line, column) != want {
			t.Errorf("Position(%d) = %d:%d, want %s", offset, line, column, want)
		}
	}
	for cell, want := range map[int]int{1: 1, 2: 2, 9: 3, 10: 4, 99: 4} {
		if column := text.ColumnOfCell(2, cell); column != want {
			t.Errorf("ColumnOfCell(2, %d) = %d, want %d", cell, column, want)
		}
	}
}
