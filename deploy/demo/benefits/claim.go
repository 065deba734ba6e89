package benefits

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/postern-gateway/postern/deploy/demo/population"
)

// A claim is one benefit of one citizen.
type claim struct {
	reference    string
	citizen      population.Citizen
	benefit      string // HB, CR, DP
	status       string // A, S, C
	weekly       population.Pence
	startedOn    time.Time
	next         payment // zero when none is due
	paymentsMade int16
	recent       [3]payment
}

// A payment is money on a day.
type payment struct {
	on     time.Time
	amount population.Pence
}

const (
	housingBenefit       = "HB"
	councilTaxReduction  = "CR"
	discretionaryPayment = "DP"

	active    = "A"
	suspended = "S"
	closed    = "C"

	fortnight = 14
)

// newClaims makes the claims of a citizen up: one to three.
func newClaims(c population.Citizen) []claim {
	random := c.Stream("benefits")
	if c.IsFirst() {
		return claimsOfTheFirst(c, random)
	}
	claims := []claim{newClaim(c, random, 1, housingBenefit, status(random), population.Between(random, 3500, 14500))}
	if random.IntN(2) == 0 {
		claims = append(claims, newClaim(c, random, 2, councilTaxReduction, status(random), population.Between(random, 400, 2200)))
	}
	if random.IntN(12) == 0 {
		claims = append(claims, newClaim(c, random, 3, discretionaryPayment, closed, population.Between(random, 1000, 5000)))
	}
	return claims
}

// claimsOfTheFirst are those that documentation shows.
func claimsOfTheFirst(c population.Citizen, random *rand.Rand) []claim {
	housing := newClaim(c, random, 1, housingBenefit, active, 8740)
	housing.next.on = population.BusinessDay().AddDate(0, 0, 7)
	housing.startedOn = time.Date(2024, time.June, 7, 0, 0, 0, 0, time.UTC)
	housing.pay()
	return []claim{
		housing,
		newClaim(c, random, 2, councilTaxReduction, suspended, 915),
		newClaim(c, random, 3, discretionaryPayment, closed, 2500),
	}
}

// newClaim makes one claim up. Benefits are paid every fortnight.
func newClaim(c population.Citizen, random *rand.Rand, number int, benefit, status string, weekly population.Pence) claim {
	made := claim{
		reference: fmt.Sprintf("BC%06d%02d", c.Number, number),
		citizen:   c,
		benefit:   benefit,
		status:    status,
		weekly:    weekly,
		startedOn: population.BusinessDay().AddDate(0, 0, -fortnight*(2+random.IntN(130))),
	}
	if status == active {
		made.next = payment{on: population.BusinessDay().AddDate(0, 0, 1+random.IntN(fortnight)), amount: 2 * weekly}
	}
	made.pay()
	return made
}

// pay makes the payments so far: one every fortnight from the start, the last of them a fortnight before the next one.
func (c *claim) pay() {
	on := c.next.on
	if on.IsZero() {
		on = population.BusinessDay().AddDate(0, 0, -2*fortnight)
	}
	c.paymentsMade, c.recent = 0, [3]payment{}
	for on = on.AddDate(0, 0, -fortnight); on.After(c.startedOn); on = on.AddDate(0, 0, -fortnight) {
		if int(c.paymentsMade) < len(c.recent) {
			c.recent[c.paymentsMade] = payment{on: on, amount: 2 * c.weekly}
		}
		c.paymentsMade++
	}
}

func status(random *rand.Rand) string {
	return population.Pick(random, []string{active, active, active, active, active, active, suspended, closed})
}
