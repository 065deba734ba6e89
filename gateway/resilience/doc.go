// Package resilience protects back ends from their callers, and callers from back ends: per back end a circuit breaker, a
// bulkhead and a timeout.
//
//	guard.go    Guard: the order in which a call passes them
//	breaker.go  the circuit breaker
//	settings.go Settings, and their defaults
//
// # Design
//
// The breaker is sony/gobreaker, twice: one judges failures and one slowness, over the same rolling window, and a call
// needs the leave of both. So a slow answer can be a good answer, and both rates can be read apart.
//
// Only what shows an ill back end counts against it: UNAVAILABLE, RESOURCE_EXHAUSTED, DEADLINE_EXCEEDED where the back end had its full
// time, and what its adapter calls ill ([adapters.Error].Ill). A caller's mistake, a caller who left, or a caller whose own deadline was
// too short says nothing either way. A call that the bulkhead refused never reached the back end, and is not counted.
//
// A refused call is UNAVAILABLE with a reason, a time to come back, and the mark that nothing was sent.
package resilience
