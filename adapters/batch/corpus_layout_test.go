package batch_test

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/postern-gateway/postern/adapters/batch/copybook"
	"github.com/postern-gateway/postern/adapters/batch/corpustest"
)

// A layoutElement is a cb:cobolElement of an XSD that LegStar made of a copybook.
type layoutElement struct {
	Name      string `xml:"cobolName,attr"`
	Level     int    `xml:"levelNumber,attr"`
	Picture   string `xml:"picture,attr"`
	Signed    string `xml:"signed,attr"`
	Digits    string `xml:"totalDigits,attr"`
	Fraction  string `xml:"fractionDigits,attr"`
	Usage     string `xml:"usage,attr"`
	Redefines string `xml:"redefines,attr"`
	Min       string `xml:"minOccurs,attr"`
	Max       string `xml:"maxOccurs,attr"`
	Depending string `xml:"dependingOn,attr"`
	Line      int    `xml:"srceLine,attr"`
}

// runLayoutCase compares a copybook's tree with the annotations of the XSD, item by item in the order of the text.
func runLayoutCase(dir string, c corpustest.Case) error {
	wanted, err := layoutElements(filepath.Join(dir, c.Expected))
	if err != nil {
		return err
	}
	source, err := os.ReadFile(filepath.Join(dir, c.Schema))
	if err != nil {
		return err
	}
	book, err := copybook.Parse(c.Schema, source, copybook.Options{})
	if err != nil {
		return err
	}
	byLine := make(map[int]*copybook.Item)
	for _, r := range book.Records {
		collect(r, byLine)
	}
	for _, want := range wanted {
		item := byLine[want.Line]
		if item == nil {
			return fmt.Errorf("line %d: there is no item, want %s", want.Line, want.Name)
		}
		if err := sameItem(item, want); err != nil {
			return fmt.Errorf("line %d: %s: %w", want.Line, want.Name, err)
		}
	}
	return nil
}

func collect(item *copybook.Item, byLine map[int]*copybook.Item) {
	byLine[item.Line] = item
	for _, child := range item.Children {
		collect(child, byLine)
	}
}

func layoutElements(path string) ([]layoutElement, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	var all []layoutElement
	decoder := xml.NewDecoder(file)
	for {
		t, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return nil, err
		}
		start, ok := t.(xml.StartElement)
		if !ok || start.Name.Local != "cobolElement" {
			continue
		}
		var element layoutElement
		if err := decoder.DecodeElement(&element, &start); err != nil {
			return nil, err
		}
		all = append(all, element)
	}
}

func sameItem(item *copybook.Item, want layoutElement) error {
	if strings.TrimPrefix(strings.ToUpper(want.Name), "FILLER") != item.Name || item.Level != want.Level {
		return fmt.Errorf("got %02d %s, want level %d", item.Level, item.Name, want.Level)
	}
	checks := []struct{ name, got, want string }{
		{"redefines", nameOf(item.Redefines), want.Redefines},
	}
	if item.Picture != nil && item.Picture.Category == copybook.Numeric {
		if want.Signed != "" {
			checks = append(checks, struct{ name, got, want string }{"signed", strconv.FormatBool(item.Picture.Signed), want.Signed})
		}
		if want.Digits != "" {
			checks = append(checks, struct{ name, got, want string }{"digits", strconv.Itoa(item.Picture.Digits), want.Digits})
		}
		if want.Fraction != "" {
			checks = append(checks, struct{ name, got, want string }{"scale", strconv.Itoa(item.Picture.Scale), want.Fraction})
		}
	}
	if usage, ok := usageNames[want.Usage]; ok && !item.IsGroup() && item.Usage != usage {
		return fmt.Errorf("got usage %d, want %s", item.Usage, want.Usage)
	}
	if want.Max != "" && item.Occurs != nil {
		checks = append(checks, struct{ name, got, want string }{"maximum", strconv.Itoa(item.Occurs.Max), want.Max})
		if item.Occurs.DependingOn != nil || want.Depending != "" {
			checks = append(checks, struct{ name, got, want string }{"counter", nameOf(item.Occurs.DependingOn), want.Depending})
		}
	}
	if want.Max != "" && want.Max != "1" && item.Occurs == nil {
		return fmt.Errorf("got no table, want one of %s", want.Max)
	}
	for _, check := range checks {
		if check.got != check.want {
			return fmt.Errorf("%s: got %q, want %q", check.name, check.got, check.want)
		}
	}
	return nil
}

var usageNames = map[string]copybook.Usage{
	"BINARY": copybook.Binary, "DISPLAY": copybook.Display, "PACKED-DECIMAL": copybook.Packed, "COMP-1": copybook.Single, "COMP-2": copybook.Double,
	"COMP-5": copybook.NativeBinary,
}

func nameOf(item *copybook.Item) string {
	if item == nil {
		return ""
	}
	return item.Name
}
