// Package counciltax simulates the council tax system: a SOAP 1.1 service of the kind that a supplier installed years ago and
// nobody dares to touch.
//
//	account.go   the accounts, made up from the citizens
//	contacts.go  what recordContact writes: a file that outlives the process
//	service.go   HTTP, and one function for each operation
//	envelope.go  reading requests
//	reply.go     writing replies and faults
//	security.go  WS-Security UsernameToken
//	switch.go    the switch that makes the system slow or lets it fail
//
// It follows SOAP 1.1, WSDL 1.1 document/literal wrapped as WS-I Basic Profile 1.1 has it, and the UsernameToken
// Profile 1.0 of WS-Security (plain text and digest).
//
// # Design
//
// The service is written as its supplier would have written it: a hand-made WSDL, templates for replies, and
// nothing shared with the gateway's SOAP adapter. So the demo shows that two programs that know only the standards understand
// each other, and a mistake in one of them shows.
package counciltax
