package record_test

import (
	"strings"
	"testing"

	"github.com/postern-gateway/postern/adapters/batch/record"
)

// The error of an unknown code page lists names that are accepted.
func TestCodePageNames(t *testing.T) {
	t.Parallel()
	for _, name := range record.CodePageNames() {
		if _, err := record.LookUpCodePage(name); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, err := record.LookUpCodePage("cp38")
	want := `the code page "cp38" is not known: there are ` + strings.Join(record.CodePageNames(), ", ")
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
	for _, name := range []string{"CP037", "ibm037", "37", "IBM-1047"} {
		if page, err := record.LookUpCodePage(name); err != nil || !page.IsEBCDIC() {
			t.Errorf("%s: %v, want an EBCDIC page", name, err)
		}
	}
	for name, same := range map[string]string{"ISO8859_15": "iso-8859-15", "ISO8859-1-printable": "latin1", "US-ASCII-printable": "ascii-printable", "UTF8": "utf-8", "UTF-8-printable": "utf-8"} {
		page, err := record.LookUpCodePage(name)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		known, err := record.LookUpCodePage(same)
		if text := []byte("a\xA4\x01"); err != nil || page.Text(text) != known.Text(text) || page.IsUTF8() != known.IsUTF8() {
			t.Errorf("%s reads %q, and %s %q (%v)", name, page.Text(text), same, known.Text(text), err)
		}
	}
	if strings.Contains(err.Error(), " 37") {
		t.Errorf("the list has a name that is not documented: %v", err)
	}
}
