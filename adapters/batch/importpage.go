package batch

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

// pageSample is how many records are looked at to tell code pages of one kind apart.
const pageSample = 4_000

// kin are the code pages that read the same files as this one, with other letters; those in front are meant where the data does not tell.
func kin(page string) []string {
	switch page {
	case "cp037":
		return []string{
			"cp037", "cp1047", "cp500", "cp1140", "cp1148", "cp273", "cp297", "cp280", "cp284", "cp285", "cp277", "cp278", "cp871", "cp870", "cp875", "cp1025", "cp1026",
			"cp1141", "cp1147", "cp1144", "cp1145", "cp1146", "cp1142", "cp1143", "cp1149",
		}
	case "latin1", "windows-1252":
		return []string{page, "windows-1252", "iso-8859-15", "iso-8859-2", "windows-1250", "windows-1251", "cp850"}
	default:
		return nil
	}
}

// tellPage looks for the code page in which the fewest characters are odd where they stand.
func tellPage(ctx context.Context, options ImportOptions, best *ImportResult) error {
	pages := kin(best.CodePage)
	odd := make([]int64, len(pages))
	for i, page := range pages {
		var counter oddText
		_, err := Decode(ctx, &counter, DecodeOptions{
			Data: options.Data, Limit: pageSample,
			Layout: &configv1.BatchLayout{
				Source: &configv1.BatchLayout_Copybook{Copybook: options.Copybook}, Record: options.Record, RecordFormat: best.RecordFormat, CodePage: page,
			},
		})
		if err != nil {
			return fmt.Errorf("trying the code page %s: %w", page, err)
		}
		odd[i] = counter.odd
	}
	if len(pages) == 0 {
		return nil
	}
	fewest := slices.Min(odd)
	first := best.CodePage
	for i, page := range slices.Backward(pages) {
		if odd[i] == fewest {
			best.CodePage = page
		}
	}
	for i, page := range pages {
		if odd[i] == fewest && page != best.CodePage {
			best.SamePages = append(best.SamePages, page)
		}
	}
	best.Telling = odd[slices.Index(pages, first)] - fewest
	return nil
}

// Page says in words how sure the code page is.
func (r *ImportResult) Page() string {
	switch {
	case len(r.SamePages) == 0 && r.Telling == 0:
		return ""
	case len(r.SamePages) == 0:
		return fmt.Sprintf("%d characters tell %s from other code pages", r.Telling, r.CodePage)
	case r.Telling == 0:
		return fmt.Sprintf("nothing in the data tells %s from %s", r.CodePage, someOf(r.SamePages))
	default:
		return fmt.Sprintf("%d characters speak for %s, and as much for %s", r.Telling, r.CodePage, someOf(r.SamePages))
	}
}

// someOf names the first few code pages, and says how many more there are.
func someOf(pages []string) string {
	const few = 4
	if len(pages) <= few {
		return strings.Join(pages, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(pages[:few], ", "), len(pages)-few)
}

// oddText counts characters that hardly any text has where they stand: symbols within words, and letters of another script or case than those around them.
type oddText struct {
	odd  int64
	rest []byte
}

// Write implements [io.Writer].
func (o *oddText) Write(p []byte) (int, error) {
	o.rest = append(o.rest, p...)
	for {
		line, rest, ended := bytes.Cut(o.rest, []byte("\n"))
		if !ended {
			return len(p), nil
		}
		o.line(line)
		o.rest = rest
	}
}

func (o *oddText) line(line []byte) {
	before, at := rune(0), rune(0)
	for len(line) > 0 {
		next, size := utf8.DecodeRune(line)
		line = line[size:]
		inFront, behind := unicode.IsLetter(before), unicode.IsLetter(next)
		if isControl(at) || at == '¤' || inFront && behind && isOdd(before, at, next) || (inFront || behind) && isRareSymbol(at) {
			o.odd++
		}
		before, at = at, next
	}
}

// isOdd reports whether the character is odd between these letters.
func isOdd(before, at, next rune) bool {
	switch {
	case unicode.IsLetter(at):
		return script(before) == script(next) && script(at) != script(before) ||
			unicode.IsUpper(before) && unicode.IsUpper(next) && unicode.IsLower(at) || unicode.IsLower(before) && unicode.IsLower(next) && unicode.IsUpper(at)
	case unicode.IsDigit(at):
		return false
	default:
		return !strings.ContainsRune(` -'’./&_"\`, at)
	}
}

// isRareSymbol reports whether the character is a symbol of a code page's upper half that no word begins or ends with.
func isRareSymbol(r rune) bool {
	return r >= utf8.RuneSelf && !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("€£§°ªº’\u00a0", r)
}

// script is the alphabet that a letter is of.
func script(r rune) *unicode.RangeTable {
	for _, table := range []*unicode.RangeTable{unicode.Latin, unicode.Cyrillic, unicode.Greek} {
		if unicode.Is(table, r) {
			return table
		}
	}
	return nil
}
