package batch

import (
	"bytes"
	"cmp"
	"math/big"
	"strings"

	"github.com/postern-gateway/postern/adapters/batch/framing"
	"github.com/postern-gateway/postern/adapters/batch/record"
	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

// A controlTotal is a sum over the details that the trailer states.
type controlTotal struct {
	name   string            // in checks
	of     *record.Field     // in the details
	when   *record.Condition // of the details that are summed; nil for all
	equals *record.Field     // in the trailer
	digits uint32            // of the sum, from the last; 0 for all
}

// total compiles a total of records of one layout, stated in another.
func (c *compiler) total(field string, config *configv1.BatchTotal, of, stated *record.Layout) controlTotal {
	return controlTotal{
		name: cmp.Or(config.GetName(), config.GetOf()), digits: config.GetDigits(),
		of:     c.number(field+".of", of, config.GetOf()),
		when:   c.condition(field+".when", of, config.GetWhen()),
		equals: c.number(field+".equals", stated, config.GetEquals()),
	}
}

// addSums adds the sums of a block to those of the file.
func (s *scanner) addSums(sums []sum) {
	for i := range sums {
		s.sums[i].join(&sums[i])
	}
}

// take adds a record, if it is one that the total is of.
func (s *sum) take(layout *record.Layout, data []byte, total *controlTotal, value *record.Value) {
	if total.when == nil || total.when.Matches(layout, data, value) {
		s.add(layout, data, total.of, value)
	}
}

// checkTotals compares the sums with what the trailer says.
func (s *scanner) checkTotals(trailer framing.Record) error {
	e := s.envelope
	for i, total := range e.totals {
		if n := s.sums[i].broken; n > 0 {
			return refuse("the trailer's %s cannot be checked: %s in %d of the records is no number", total.equals.Name, total.of.Name, n)
		}
		var stated sum
		stated.add(e.trailer.layout, trailer.Data, total.equals, &s.value)
		if stated.broken > 0 {
			return refuse("the trailer's %s holds no number", total.equals.Name)
		}
		if !stated.equals(&s.sums[i], total.digits) {
			return refuse("the trailer's %s says %s, and the records' %s sum to %s", total.equals.Name, stated.text(), total.of.Name, s.sums[i].lastText(total.digits))
		}
	}
	return nil
}

// A sum adds exact numbers of one field.
type sum struct {
	scale  int
	small  int64 // not yet in total
	total  big.Int
	broken int // how many fields held no number
}

// add adds a field of a record. A field with no number breaks the sum; an absent one is zero.
func (s *sum) add(layout *record.Layout, data []byte, f *record.Field, value *record.Value) {
	if err := layout.Extract(data, f, value); err != nil {
		s.broken++
		return
	}
	if value.Null {
		return
	}
	n := value.Integer
	if f.Type == record.Decimal {
		var ok bool
		if n, ok = s.unscaled(value.Text); !ok {
			return
		}
	}
	added := s.small + n
	if (added > s.small) != (n > 0) && n != 0 {
		s.total.Add(&s.total, big.NewInt(s.small))
		added = n
	}
	s.small = added
}

// join adds all that another sum has added.
func (s *sum) join(other *sum) {
	s.align(other)
	other.settle()
	s.total.Add(&s.total, &other.total)
	s.broken += other.broken
}

// align gives two sums as many digits behind the point.
func (s *sum) align(other *sum) {
	for s.scale < other.scale {
		s.grow()
	}
	for other.scale < s.scale {
		other.grow()
	}
}

// unscaled reads decimal text. What is too long for an int64 goes straight into the total.
func (s *sum) unscaled(text []byte) (int64, bool) {
	whole, fraction, _ := bytes.Cut(text, []byte{'.'})
	for len(fraction) > s.scale {
		s.grow()
	}
	if len(whole)+s.scale > smallSumDigits {
		return s.unscaledLarge(string(whole)+string(fraction), s.scale-len(fraction))
	}
	var n int64
	negative := len(whole) > 0 && whole[0] == '-'
	if negative {
		whole = whole[1:]
	}
	for i := range len(whole) + s.scale {
		d := byte('0')
		switch {
		case i < len(whole):
			d = whole[i]
		case i-len(whole) < len(fraction):
			d = fraction[i-len(whole)]
		}
		if d -= '0'; d > 9 {
			s.broken++
			return 0, false
		}
		n = n*10 + int64(d)
	}
	if negative {
		n = -n
	}
	return n, true
}

// smallSumDigits is how many digits always fit an int64.
const smallSumDigits = 18

func (s *sum) unscaledLarge(digits string, zeros int) (int64, bool) {
	n, ok := new(big.Int).SetString(digits+strings.Repeat("0", zeros), 10)
	if !ok {
		s.broken++
		return 0, false
	}
	s.total.Add(&s.total, n)
	return 0, false
}

// grow adds a digit behind the point to what is there.
func (s *sum) grow() {
	s.settle()
	s.total.Mul(&s.total, big.NewInt(10))
	s.scale++
}

func (s *sum) settle() {
	s.total.Add(&s.total, big.NewInt(s.small))
	s.small = 0
}

// equals compares what two sums are, or, with digits, so many of their last ones, as hash totals have it.
func (s *sum) equals(other *sum, digits uint32) bool {
	s.align(other)
	return s.last(digits).Cmp(other.last(digits)) == 0
}

func (s *sum) last(digits uint32) *big.Int {
	s.settle()
	if digits == 0 {
		return &s.total
	}
	modulus := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(digits)), nil)
	return modulus.Rem(&s.total, modulus)
}

// text spells the sum as a decimal.
func (s *sum) text() string { return s.lastText(0) }

// lastText is text, of the last digits.
func (s *sum) lastText(last uint32) string {
	total := s.last(last)
	digits := new(big.Int).Abs(total).String()
	if pad := s.scale + 1 - len(digits); pad > 0 {
		digits = strings.Repeat("0", pad) + digits
	}
	if s.scale > 0 {
		digits = digits[:len(digits)-s.scale] + "." + digits[len(digits)-s.scale:]
	}
	if total.Sign() < 0 {
		digits = "-" + digits
	}
	return digits
}
