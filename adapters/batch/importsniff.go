package batch

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

// sniff tries record formats and code pages on the data, and keeps what decodes most. Of two that decode as many records the first is kept: every ASCII file is one of UTF-8 and
// of Latin-1 too. Pages of one kind differ in so few characters that they decode alike, and are told apart by what the text would be ([tellPage]).
func sniff(ctx context.Context, options ImportOptions) (*ImportResult, error) {
	formats, pages := []string{"fixed", "line", "variable", "variable_blocked"}, []string{"cp037", "ascii", "utf-8", "latin1", "windows-1252"}
	if options.RecordFormat != "" {
		formats = []string{options.RecordFormat}
	}
	if options.CodePage != "" {
		pages = []string{options.CodePage}
	}
	var best, second *ImportResult
	var why []error
	for _, format := range formats {
		for _, page := range pages {
			tried, err := try(ctx, options, format, page)
			if err != nil {
				if ctx.Err() != nil {
					return nil, context.Cause(ctx)
				}
				why = append(why, fmt.Errorf("as %s records in %s: %w", format, page, err))
				continue
			}
			switch {
			case best == nil || tried.Share() > best.Share():
				best, second = tried, best
			case second == nil || tried.Share() > second.Share():
				second = tried
			}
		}
	}
	if best == nil {
		return nil, fmt.Errorf("the data does not fit the copybook: %w", errors.Join(why...))
	}
	if second != nil && second.Share() > 0 {
		best.Next = second
	}
	if options.CodePage != "" {
		return best, nil
	}
	return best, tellPage(ctx, options, best)
}

// Share is how many of the tried records could be decoded, from 0 to 1.
func (r *ImportResult) Share() float64 {
	if r.Records == 0 {
		return 0
	}
	return float64(r.Records-r.Bad) / float64(r.Records)
}

// likelyShare is how many records must fit for those at the ends that do not to be taken for header and trailer.
const likelyShare = 0.5

// try decodes the data with one pair of settings. Text that holds what is no text counts as bad.
func try(ctx context.Context, options ImportOptions, format, page string) (*ImportResult, error) {
	var counter badText
	summary, err := Decode(ctx, &counter, DecodeOptions{
		Data: options.Data, Limit: importSample, Progress: options.Progress,
		Layout: &configv1.BatchLayout{
			Source: &configv1.BatchLayout_Copybook{Copybook: options.Copybook}, Record: options.Record, RecordFormat: format, CodePage: page,
		},
	})
	if err != nil {
		return nil, err
	}
	tried := &ImportResult{CodePage: page, RecordFormat: format, Records: summary.Records, Bad: min(summary.Bad+counter.garbled, summary.Records)}
	if tried.Share() > likelyShare {
		tried.HeaderLikely, tried.TrailerLikely = counter.edges()
		tried.TrailerLikely = tried.TrailerLikely && summary.Records < importSample
	}
	return tried, nil
}

// badText looks at lines of JSON for control characters and for what is no character, as text in the wrong code page has.
type badText struct {
	lines       int64
	garbled     int64  // lines that could be decoded, but hold no text
	first, last bool   // whether these lines are bad in either way
	rest        []byte // of a line that goes on

	// The first field of the first line, of the second, and of the last; and whether those between differ.
	firstType, innerType, lastType string
	mixed                          bool
}

// fewestTyped is how many records there must be for a first field that is the same in all but those at the ends to be taken for a record type.
const fewestTyped = 5

// edges reports whether the first record and the last are likely none like the others: they cannot be decoded, or have another value in a first field that is the same in all others.
func (b *badText) edges() (header, trailer bool) {
	typed := !b.mixed && b.lines >= fewestTyped
	return b.first || typed && b.firstType != b.innerType, b.last || typed && b.lastType != b.innerType
}

// Write implements [io.Writer].
func (b *badText) Write(p []byte) (int, error) {
	b.rest = append(b.rest, p...)
	for {
		line, rest, ended := bytes.Cut(b.rest, []byte("\n"))
		if !ended {
			return len(p), nil
		}
		b.line(line)
		b.rest = rest
	}
}

func (b *badText) line(line []byte) {
	decoded := bytes.Contains(line, []byte(`"fields":`))
	garbled := decoded && (bytes.Contains(line, []byte(`\u00`)) || bytes.Contains(line, []byte(`\n`)) || bytes.ContainsRune(line, '\ufffd') || bytes.ContainsFunc(line, isControl))
	if garbled {
		b.garbled++
	}
	b.last = garbled || !decoded
	_, fields, _ := bytes.Cut(line, []byte(`"fields":{`))
	kind, _, _ := bytes.Cut(fields, []byte(","))
	switch b.lines {
	case 0:
		b.first, b.firstType = b.last, string(kind)
	case 1:
		b.innerType = string(kind)
	default:
		b.mixed = b.mixed || b.lastType != b.innerType
	}
	b.lastType = string(kind)
	b.lines++
}

func isControl(r rune) bool { return r >= 0x80 && r < 0xA0 }
