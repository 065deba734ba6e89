package xmltoken

import (
	"strings"
	"testing"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/encoding/unicode/utf32"
)

func TestEncodings(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		as      encoding.Encoding
		text    string
		charset string
	}{
		{"UTF-8", unicode.UTF8, "größe", ""},
		{"ISO-8859-1", charmap.ISO8859_1, "größe", ""},
		{"ISO8859_15", charmap.ISO8859_15, "5 €", ""},
		{"iso-8859-2", charmap.ISO8859_2, "źródło", ""},
		{"windows-1252", charmap.Windows1252, "“5 €”", ""},
		{"Windows1250", charmap.Windows1250, "źródło", ""},
		{"cp1251", charmap.Windows1251, "имя", ""},
		{"KOI8-R", charmap.KOI8R, "имя", ""},
		{"GBK", simplifiedchinese.GBK, "名称", ""},
		{"GB18030", simplifiedchinese.GB18030, "名称", ""},
		{"gb2312", simplifiedchinese.GBK, "名称", ""},
		{"Big5", traditionalchinese.Big5, "名稱", ""},
		{"Shift_JIS", japanese.ShiftJIS, "名前", ""},
		{"x-sjis", japanese.ShiftJIS, "名前", ""},
		{"EUC-JP", japanese.EUCJP, "名前", ""},
		{"EUC-KR", korean.EUCKR, "이름", ""},
		{"UTF-16", unicode.UTF16(unicode.LittleEndian, unicode.UseBOM), "größe", ""},
		{"UTF-16", unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM), "größe", ""},
		{"UTF-16", unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM), "größe", ""},
		{"UTF-32", utf32.UTF32(utf32.BigEndian, utf32.UseBOM), "größe", ""},
		{"utf-16", unicode.UTF8, "größe", ""},
		{"iso-8859-1", charmap.ISO8859_1, "größe", "utf-8"},
		{"iso-8859-1", charmap.ISO8859_1, "größe", "klingon"},
		{"utf-8", charmap.ISO8859_1, "größe", "ISO-8859-1"},
		{"utf-8", unicode.UTF8, "größe", "utf-8"},
	}
	for _, test := range tests {
		wanted := `<?xml version="1.0" encoding="` + test.name + `"?><a>` + test.text + `</a>`
		source, err := test.as.NewEncoder().Bytes([]byte(wanted))
		if err != nil {
			t.Fatal(err)
		}
		got, err := ToUTF8(source, test.charset)
		if err != nil || strings.TrimPrefix(string(got), "\ufeff") != wanted {
			t.Errorf("%s with the charset %q: got %q, %v", test.name, test.charset, got, err)
		}
	}
	if _, err := ToUTF8([]byte(`<?xml version="1.0" encoding="klingon"?><a/>`), ""); err == nil || !strings.Contains(err.Error(), "klingon") {
		t.Errorf("the error is %v", err)
	}
	if got := FromWindows1252([]byte("\x81\x80\xff")); string(got) != "\ufffd€ÿ" {
		t.Errorf("got %q", got)
	}
}
