package population

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"strings"
	"time"
)

// Size is how many citizens the demo knows.
const Size = 5000

// BusinessDay is the council's last working day: the mainframe ran its batch that night.
func BusinessDay() time.Time { return time.Date(2026, time.November, 20, 0, 0, 0, 0, time.UTC) }

// A Citizen is one person as all systems of the council know them.
type Citizen struct {
	// Number counts from 1.
	Number int
	// ID is the citizen id: C000001.
	ID         string
	Title      string
	GivenName  string
	FamilyName string
	BornOn     time.Time
	Address    Address
	Telephone  string
	Email      string

	seed uint64
}

// An Address is where a citizen lives.
type Address struct {
	Line1, Line2, Town, Postcode string
}

// Generate makes the citizens C000001 up to count. The same seed gives the same citizens, and a larger count
// only adds to them. The first citizen is the same for every seed, since documentation names her.
func Generate(seed uint64, count int) []Citizen {
	citizens := make([]Citizen, count)
	for i := range citizens {
		citizens[i] = generate(seed, i+1)
	}
	if count > 0 {
		introduce(&citizens[0])
	}
	return citizens
}

// Stream returns the random numbers from which a system makes what it knows of the citizen up. They depend on
// the seed, the citizen and the system's name alone.
func (c Citizen) Stream(system string) *rand.Rand {
	hash := fnv.New64a()
	_, _ = hash.Write([]byte(system))                                   // a hash never fails
	return rand.New(rand.NewPCG(c.seed^hash.Sum64(), uint64(c.Number))) //nolint:gosec // made-up data needs no secrecy
}

// IsFirst reports whether the citizen is C000001, about whom every system has something to tell.
func (c Citizen) IsFirst() bool { return c.Number == 1 }

// ID returns the citizen id of a number.
func ID(number int) string { return fmt.Sprintf("C%06d", number) }

func generate(seed uint64, number int) Citizen {
	c := Citizen{Number: number, ID: ID(number), seed: seed}
	random := c.Stream("population")
	given := Pick(random, givenNames)
	c.GivenName = given.name
	c.FamilyName = Pick(random, familyNames)
	c.Title = title(random, given.female)
	c.BornOn = BusinessDay().AddDate(-18-random.IntN(72), 0, -random.IntN(365))
	c.Address = address(random)
	c.Telephone = fmt.Sprintf("01632 960%03d", random.IntN(1000))
	c.Email = fmt.Sprintf("%s.%d@example.org", strings.ToLower(c.GivenName[:1]), number)
	return c
}

// introduce turns the first citizen into the person of the documentation.
func introduce(c *Citizen) {
	c.Title, c.GivenName, c.FamilyName = "Ms", "Amelia", "Okafor"
	c.BornOn = time.Date(1987, time.March, 14, 0, 0, 0, 0, time.UTC)
	c.Address = Address{Line1: "Flat 2, 17 Weir Street", Line2: "Weirbank", Town: "Riverside", Postcode: "RV4 7QT"}
	c.Telephone, c.Email = "01632 960118", "amelia.okafor@example.org"
}

func title(random *rand.Rand, female bool) string {
	switch {
	case random.IntN(20) == 0:
		return "Dr"
	case !female:
		return "Mr"
	default:
		return Pick(random, []string{"Mrs", "Ms", "Miss"})
	}
}

func address(random *rand.Rand) Address {
	ward := Pick(random, wards)
	house := fmt.Sprintf("%d %s", 1+random.IntN(160), Pick(random, streets))
	if random.IntN(4) == 0 {
		house = fmt.Sprintf("Flat %d, %s", 1+random.IntN(12), house)
	}
	return Address{
		Line1: house,
		Line2: ward.name,
		Town:  "Riverside",
		Postcode: fmt.Sprintf("%s %d%c%c", ward.district, random.IntN(10),
			postcodeLetters[random.IntN(len(postcodeLetters))], postcodeLetters[random.IntN(len(postcodeLetters))]),
	}
}

// Pick returns one of the choices.
func Pick[T any](random *rand.Rand, choices []T) T { return choices[random.IntN(len(choices))] }

// Between returns an amount from low up to, but without, high.
func Between(random *rand.Rand, low, high Pence) Pence {
	return low + Pence(random.Int64N(int64(high-low)))
}
