package population

import "fmt"

// Pence is an exact amount of money in pence. Negative amounts are owed to the citizen.
type Pence int64

// String returns the amount in pounds with two decimals, as in 1234.50 or -0.05.
func (p Pence) String() string {
	sign, magnitude := "", uint64(p) //nolint:gosec // the sign is dealt with below
	if p < 0 {
		sign, magnitude = "-", -magnitude
	}
	return fmt.Sprintf("%s%d.%02d", sign, magnitude/100, magnitude%100)
}
