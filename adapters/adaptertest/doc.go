// Package adaptertest is the suite that every adapter passes. A test of an adapter is one call:
//
//	func TestConformance(t *testing.T) {
//		adaptertest.Run(t, adaptertest.Subject{
//			Adapter: memory.Adapter{},
//			Config:  func(*testing.T) adapters.Config { return ... },
//			Read:    adaptertest.Call{Method: "GetItem", Request: `{"id":"a"}`, Reply: `{"id":"a","title":"first"}`},
//			Missing: adaptertest.Call{Method: "GetItem", Request: `{"id":"none"}`},
//		})
//	}
//
// What an adapter cannot show is waived by name with a reason ([Subject.Waivers]), so a waiver is data to be read, and never a test skipped in silence.
//
//	suite.go   Subject and Run; the guarantees, one function each
//	conditional.go  the guarantees of methods that write under conditions
//	accepted.go  the guarantees of methods that answer with an operation
//	fault.go   the guarantees that need a proxy between adapter and legacy system
//	store.go   an adapters.Store in memory
//	jobs.go    adapters.Jobs over a store
//
// # Design
//
// The suite speaks JSON: requests and wanted replies are written as a REST caller would see them, and compared as protobuf messages, so
// that an adapter's choice of Go types does not matter.
//
// Faults are made by toxiproxy between the adapter and a real legacy system, not by a double of it: what is tested is that
// the adapter's own client library lets go.
package adaptertest
