package contract

import (
	"math/big"
	"testing"

	"pgregory.net/rapid"
)

func TestDecimals(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		a, b, sum string
		compared  int
	}{
		{"12.50", "0.5", "13.00", 1},
		{"0", "0.00", "0.00", 0},
		{"-1", "0.999", "-0.001", -1},
		{"+5", ".5", "5.5", 1},
		{"-0.005", "0.005", "0.000", -1},
		{"99999999999999999999.99", "0.01", "100000000000000000000.00", 1},
		{"7.", "-7", "0", 1},
	} {
		a, err := parseDecimal(test.a)
		if err != nil {
			t.Fatal(err)
		}
		b, err := parseDecimal(test.b)
		if err != nil {
			t.Fatal(err)
		}
		if got := a.add(b).String(); got != test.sum {
			t.Errorf("%s + %s = %s, want %s", test.a, test.b, got, test.sum)
		}
		if got := a.compare(b); got != test.compared {
			t.Errorf("%s compared with %s is %d, want %d", test.a, test.b, got, test.compared)
		}
	}
}

func TestTextThatIsNoDecimal(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "-", ".", "1e5", "1,5", " 1", "--1", "+-1", "1.2.3", "0x1", "٣", "NaN", string(make([]byte, 2000))} {
		if d, err := parseDecimal(text); err == nil {
			t.Errorf("%q was read as %s", text, d)
		}
	}
}

// TestDecimalsAgreeWithRationals compares the arithmetic with that of math/big.
func TestDecimalsAgreeWithRationals(t *testing.T) {
	t.Parallel()
	number := rapid.StringMatching(`[+-]?[0-9]{1,30}(\.[0-9]{1,12})?`)
	rapid.Check(t, func(t *rapid.T) {
		left, right := number.Draw(t, "left"), number.Draw(t, "right")
		a, err := parseDecimal(left)
		if err != nil {
			t.Fatal(err)
		}
		b, err := parseDecimal(right)
		if err != nil {
			t.Fatal(err)
		}
		x, _ := new(big.Rat).SetString(left)
		y, _ := new(big.Rat).SetString(right)
		sum, ok := new(big.Rat).SetString(a.add(b).String())
		if !ok || sum.Cmp(new(big.Rat).Add(x, y)) != 0 {
			t.Fatalf("%s + %s = %s", left, right, a.add(b))
		}
		if a.compare(b) != x.Cmp(y) {
			t.Fatalf("%s compared with %s is %d", left, right, a.compare(b))
		}
	})
}
