package record

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// Singles returns the fields that [Decoder.Single] can decode: those that stand at the same place in every record, and belong to no table, alternative or segment.
func (l *Layout) Singles() map[*Field]bool {
	out := make(map[*Field]bool)
	if !l.options.Partial && l.decodedBy == nil {
		l.singles(l.Fields, out)
	}
	return out
}

func (l *Layout) singles(fields []*Field, out map[*Field]bool) {
	for _, f := range fields {
		switch {
		case f.skipped || f.Repeated || f.segment || f.whole != nil || f.Type == Union:
		case f.Type == Group:
			l.singles(f.Children, out)
		case f.IsFixed():
			out[f] = true
		}
	}
}

// Single decodes one of [Layout.Singles] as [Decoder.Decode] would. The value is good until the decoder goes on. The error is a [*FieldError].
func (d *Decoder) Single(record []byte, f *Field) (*Value, error) {
	raw, err := d.layout.raw(record, f)
	if err != nil {
		return nil, err
	}
	d.mild, d.value = 0, Value{Text: d.value.Text[:0]}
	if err := f.codec.decode(raw, &d.value); err != nil {
		if err := d.judge(f, err, f.offset); err != nil {
			return nil, err
		}
	}
	return &d.value, nil
}

// KeyBounds returns the least and the greatest key ([Layout.AppendKey]) that a record can have whose field equals what text spells: decimal digits for a number,
// seconds since 1970 for a time, and text, dates and booleans as [Field.Spell] has them. Where low and high are the same, such records have that key. Of numbers, dates
// and times, those that are less have keys up to high, and those that are greater from low on. ok is false where keys do not tell.
func (l *Layout) KeyBounds(f *Field, text string) (low, high []byte, ok bool) {
	width, err := f.KeyWidth()
	if err != nil {
		return nil, nil, false
	}
	switch f.Type {
	case Text:
		return l.textBounds(f, text, width)
	case Boolean, Date:
		key, err := l.AppendKeyText(nil, f, text)
		return key, key, err == nil
	case Decimal:
		if f.Scale < 0 {
			return nil, nil, false
		}
		return l.numberBounds(text, f.Scale)
	default:
		return l.numberBounds(text, 0)
	}
}

// numberBounds does not tell where a policy makes zeros of what has another key.
func (l *Layout) numberBounds(text string, scale int) (low, high []byte, ok bool) {
	for _, policy := range []Policy{l.options.Blank, l.options.Invalid} {
		if policy == Zero || policy == ZeroFraction {
			return nil, nil, false
		}
	}
	whole, fraction, negative, err := splitDecimal(text)
	if err != nil {
		return nil, nil, false
	}
	kept := fraction[:min(scale, len(fraction))]
	exact := strings.Trim(fraction[len(kept):], "0") == ""
	n, err := parseSmall([]byte(whole+kept+strings.Repeat("0", scale-len(kept))), negative)
	switch {
	case err != nil:
		return nil, nil, false
	case exact:
		key := appendInt(nil, n)
		return key, key, true
	case negative:
		return appendInt(nil, n-1), appendInt(nil, n), true
	default:
		return appendInt(nil, n), appendInt(nil, n+1), true
	}
}

// textBounds tells only where each character is spelled by one byte sequence, and blanks are taken off behind the text alone.
func (l *Layout) textBounds(f *Field, text string, width int) (low, high []byte, ok bool) {
	if cell, ok := f.codec.(*cellCodec); ok {
		return cellBounds(cell, text, width)
	}
	codec, plain := f.codec.(*textCodec)
	if !plain || codec.justified || codec.drop || codec.trim != TrimRight && codec.trim != TrimNone || strings.Contains(text, "\x00") {
		return nil, nil, false
	}
	for _, r := range text {
		if !codec.page.spellsOnce(r) {
			return nil, nil, false
		}
	}
	key, err := codec.page.appendBytes(nil, text)
	if err != nil || len(key) > width {
		return nil, nil, false
	}
	low, high = slices.Clone(key), slices.Clone(key)
	for len(low) < width {
		low, high = append(low, codec.page.blank), append(high, codec.page.blank)
	}
	return low, high, true
}

// cellBounds is textBounds for a text that is as long as it is.
func cellBounds(codec *cellCodec, text string, width int) (low, high []byte, ok bool) {
	for _, r := range text {
		if r == 0 || !codec.page.spellsOnce(r) {
			return nil, nil, false
		}
	}
	key := make([]byte, width)
	if codec.encode(key, text) != nil {
		return nil, nil, false
	}
	return key, key, true
}

// spellsOnce reports whether the character has one spelling.
func (p *CodePage) spellsOnce(r rune) bool {
	if p.utf8 {
		return r != utf8.RuneError
	}
	count := 0
	for _, c := range p.table {
		if c == r {
			count++
		}
	}
	return count == 1
}
