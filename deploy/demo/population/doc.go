// Package population makes the citizens of Riverside up: the same people, under the same citizen ids, for every legacy system of
// the demo.
//
//	population.go  Citizen, Generate and the random streams of the systems
//	names.go       the names, streets and wards that citizens are made from
//	money.go       Pence
//
// # Design
//
// Each citizen is drawn from a random stream of its own, made from the seed and the citizen's number. So the same
// seed gives the same bytes for ever, and a field that is added for one citizen changes no other. The legacy systems
// draw from streams of their own ([Citizen.Stream]) in the same way.
//
// Nothing depends on the clock: the last working day of the council is [BusinessDay], and all dates are counted from it.
//
// The people do not exist. RV is no postcode area of Royal Mail, and the telephone numbers are those that Ofcom sets
// aside for drama.
package population
