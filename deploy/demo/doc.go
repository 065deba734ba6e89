// Package demo is Riverside Council: an estate for the gateway, and the legacy systems behind it, simulated by real servers and files
// in this process.
//
//	demo.go      Start and Close
//	estate.go    laying the estate out for the gateway
//	estate/      the estate itself, to learn from
//	population   the citizens, whom all systems know under one citizen id
//	counciltax   a SOAP service over HTTP
//	housing      an SQLite database
//	benefits     a mainframe that is spoken to in files
//
// A directory holds all of it:
//
//	DATA/estate               what the gateway serves: gateway.yaml, backends, apis
//	DATA/estate/secrets       made at the first start
//	DATA/legacy/counciltax    contacts.jsonl
//	DATA/legacy/housing       housing.db
//	DATA/legacy/benefits      from-mainframe, to-mainframe
//
// # Design
//
// The package knows neither the gateway nor its adapters: it stands for other people's systems. All that the gateway learns of
// them is in the estate, as with a real one.
//
// A file that is there is kept, so a second start in the same directory finds what was written in the first, edits of the estate
// included. The one exception is the WSDL: the council tax service listens on a free port, and its WSDL is fetched anew, as the service
// publishes it, so that it names the right address.
package demo
