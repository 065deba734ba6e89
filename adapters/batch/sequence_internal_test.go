package batch

import "testing"

func TestIsNext(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		number, last int64
		digits       int
		want         bool
	}{
		{2, 1, 4, true}, {3, 1, 4, false}, {1, 1, 4, false}, {0, 1, 4, false},
		{0, 9999, 4, true}, {1, 9999, 4, true}, {2, 9999, 4, false}, {10_000, 9999, 5, true}, {1, 9999, 5, false},
	} {
		if got := isNext(test.number, test.last, test.digits); got != test.want {
			t.Errorf("%d behind %d in %d digits: %v", test.number, test.last, test.digits, got)
		}
	}
}
