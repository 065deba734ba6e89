package counciltax

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/postern-gateway/postern/deploy/demo/population"
)

// An account is the council tax account of one citizen in the current tax year.
type account struct {
	Reference     string
	Citizen       population.Citizen
	Band          string
	TaxYear       string
	AnnualCharge  population.Pence
	Balance       population.Pence
	PaymentMethod string
	Discounts     []string
	Instalments   []instalment
	LastPaymentOn string // a date, or empty
	InArrears     bool
	UpdatedAt     string
}

// An instalment is one of the monthly payments of an account.
type instalment struct {
	DueOn  string
	Amount population.Pence
	Paid   bool
}

const (
	date              = "2006-01-02"
	instalmentsOfYear = 10 // April to January
	dueSoFar          = 8  // April to November
	singlePerson      = "Single person, 25%"
	disabledBand      = "Disabled band reduction"
)

// charges is the charge of a full year for each band.
var charges = []struct {
	band   string
	charge population.Pence
}{
	{"A", 142824}, {"B", 166628}, {"C", 190432}, {"D", 214236}, {"E", 261844}, {"F", 309452}, {"G", 357060}, {"H", 428472},
}

// newAccount makes the account of a citizen up.
func newAccount(c population.Citizen) account {
	random := c.Stream("counciltax")
	// Small homes are more common than large ones.
	band := min(random.IntN(len(charges)), random.IntN(len(charges)))
	a := account{
		Reference:     fmt.Sprintf("70%06d%d", c.Number, c.Number%7),
		Citizen:       c,
		Band:          charges[band].band,
		TaxYear:       "2026/27",
		AnnualCharge:  charges[band].charge,
		PaymentMethod: population.Pick(random, []string{"Direct Debit", "Direct Debit", "Direct Debit", "Standing Order", "Cash/Card"}),
		Discounts:     discounts(random),
		UpdatedAt:     population.BusinessDay().Add(17*time.Hour + 30*time.Minute).Format(time.RFC3339),
	}
	paid := instalmentsPaid(random)
	if c.IsFirst() {
		a.Band, a.AnnualCharge, a.PaymentMethod, a.Discounts, paid = "C", charges[2].charge, "Direct Debit", []string{singlePerson}, 7
	}
	a.charge(paid)
	return a
}

// charge lays the year's charge out over the instalments, of which the first ones are paid.
func (a *account) charge(paid int) {
	total := a.AnnualCharge
	for _, discount := range a.Discounts {
		if discount == singlePerson {
			total -= total / 4
		}
	}
	each := total / instalmentsOfYear
	first := total - each*(instalmentsOfYear-1)
	a.Balance = total
	for i := range instalmentsOfYear {
		due := time.Date(2026, time.April+time.Month(i), 1, 0, 0, 0, 0, time.UTC)
		one := instalment{DueOn: due.Format(date), Amount: each, Paid: i < paid}
		if i == 0 {
			one.Amount = first
		}
		if one.Paid {
			a.Balance -= one.Amount
			a.LastPaymentOn = one.DueOn
		}
		a.Instalments = append(a.Instalments, one)
	}
	a.InArrears = paid < dueSoFar
}

func discounts(random *rand.Rand) []string {
	var all []string
	if random.IntN(3) == 0 {
		all = append(all, singlePerson)
	}
	if random.IntN(40) == 0 {
		all = append(all, disabledBand)
	}
	return all
}

// instalmentsPaid is how many were paid: most citizens pay in time, some are late, few paid nothing or all.
func instalmentsPaid(random *rand.Rand) int {
	switch dice := random.IntN(20); {
	case dice == 0:
		return 0
	case dice <= 3:
		return dueSoFar - 1 - random.IntN(4)
	case dice == 4:
		return instalmentsOfYear
	default:
		return dueSoFar
	}
}

// matches reports whether the holder's surname begins with text, in upper or lower case.
func (a *account) matches(text string) bool {
	return strings.HasPrefix(strings.ToLower(a.Citizen.FamilyName), strings.ToLower(text))
}
