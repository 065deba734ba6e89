package housing

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/postern-gateway/postern/deploy/demo/population"
)

const (
	date     = "2006-01-02"
	dateTime = "2006-01-02 15:04:05" // in UTC, as SQLite's own functions write it
)

// A tenancy is all that the housing system knows of one citizen. Empty text is NULL in the database.
type tenancy struct {
	citizen                 population.Citizen
	id, propertyRef, kind   string
	propertyType            string
	bedrooms                int
	hasGarden               bool
	startedOn, endedOn      string
	rentAccount, balancedAt string
	weeklyRent, balance     population.Pence
	repairs                 []repair
}

// A repair is one job.
type repair struct {
	number                               int
	trade, description, priority, status string
	reportedAt, appointment              string
	estimate                             population.Pence // 0 when nobody looked yet
}

// jobs are what breaks, by trade.
var jobs = []struct{ trade, description string }{
	{"PLU", "Kitchen tap drips"}, {"PLU", "Toilet cistern does not refill"}, {"PLU", "Water under the bath"},
	{"ELE", "No power in the bedroom sockets"}, {"ELE", "Extractor fan does not start"}, {"ELE", "Hall light flickers"},
	{"CAR", "Front door sticks"}, {"CAR", "Window does not close"}, {"CAR", "Loose stair tread"},
	{"GAS", "Boiler loses pressure"}, {"GAS", "No hot water"}, {"ROO", "Damp patch on the ceiling"}, {"ROO", "Gutter overflows"},
}

// newTenancy makes up what the housing system knows of a citizen.
func newTenancy(c population.Citizen) tenancy {
	random := c.Stream("housing")
	t := tenancy{
		citizen:      c,
		id:           fmt.Sprintf("T%07d", c.Number),
		propertyRef:  fmt.Sprintf("P%07d", c.Number),
		kind:         population.Pick(random, []string{"SECURE", "SECURE", "SECURE", "INTRODUCTORY", "TEMPORARY"}),
		propertyType: propertyType(c, random),
		bedrooms:     1 + random.IntN(4),
		startedOn:    population.BusinessDay().AddDate(-random.IntN(25), 0, -random.IntN(365)).Format(date),
		rentAccount:  fmt.Sprintf("R%08d", 10*c.Number+c.Number%9),
		balancedAt:   population.BusinessDay().Add(18 * time.Hour).Format(dateTime),
		weeklyRent:   population.Between(random, 7800, 16500),
		balance:      balance(random),
	}
	t.hasGarden = t.propertyType != "FLAT"
	if random.IntN(25) == 0 {
		t.endedOn = population.BusinessDay().AddDate(0, 0, -1-random.IntN(300)).Format(date)
		t.startedOn = population.BusinessDay().AddDate(-2-random.IntN(20), 0, 0).Format(date)
	}
	t.repairs = newRepairs(c, random)
	if c.IsFirst() {
		t.introduce()
	}
	return t
}

// introduce makes it the tenancy that documentation shows: with two open repairs, one that is done, and some rent owed.
func (t *tenancy) introduce() {
	t.kind, t.bedrooms, t.startedOn, t.endedOn = "SECURE", 2, "2019-04-01", ""
	t.weeklyRent, t.balance = 11840, 6315
	t.repairs = []repair{
		{
			number: 10, trade: "GAS", description: "Boiler loses pressure", priority: "U", status: "BOOKED",
			reportedAt: "2026-11-17 08:42:00", appointment: "2026-11-24", estimate: 18550,
		},
		{number: 11, trade: "CAR", description: "Window does not close", priority: "R", status: "OPEN", reportedAt: "2026-11-19 19:05:00"},
		{number: 12, trade: "PLU", description: "Kitchen tap drips", priority: "R", status: "DONE", reportedAt: "2026-08-03 10:11:00", estimate: 4500},
	}
}

func propertyType(c population.Citizen, random *rand.Rand) string {
	if strings.HasPrefix(c.Address.Line1, "Flat") {
		return "FLAT"
	}
	return population.Pick(random, []string{"HOUSE", "HOUSE", "BUNGALOW"})
}

// balance is what a tenant owes: many are paid up, some are behind, some are in credit.
func balance(random *rand.Rand) population.Pence {
	switch random.IntN(4) {
	case 0:
		return population.Between(random, 1, 90000)
	case 1:
		return -population.Between(random, 1, 20000)
	default:
		return 0
	}
}

func newRepairs(c population.Citizen, random *rand.Rand) []repair {
	repairs := make([]repair, max(random.IntN(6)-2, 0))
	for i := range repairs {
		job := population.Pick(random, jobs)
		reported := population.BusinessDay().Add(-time.Duration(1+random.IntN(60*24*60)) * time.Minute)
		repairs[i] = repair{
			number: jobNumber(c, i), trade: job.trade, description: job.description,
			priority:   population.Pick(random, []string{"E", "U", "U", "R", "R", "R"}),
			status:     population.Pick(random, []string{"OPEN", "BOOKED", "DONE", "DONE", "DONE", "CANCELLED"}),
			reportedAt: reported.Format(dateTime),
		}
		if repairs[i].status == "BOOKED" {
			repairs[i].appointment = population.BusinessDay().AddDate(0, 0, 1+random.IntN(20)).Format(date)
			repairs[i].estimate = population.Between(random, 4000, 60000)
		}
	}
	return repairs
}

// jobNumber leaves room for ten jobs of each citizen.
func jobNumber(c population.Citizen, index int) int { return 10*c.Number + index }
