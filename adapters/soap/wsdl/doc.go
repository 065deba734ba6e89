// Package wsdl reads WSDL 1.1 as it is found: one document or many, any mix of bindings, references that are not quite right. WSDL 2.0 is read into the same model,
// as far as it has the same things.
//
//	model.go       Definitions: services, ports, operations, messages
//	read.go        the documents, their imports and what each declares
//	binding.go     ports and bindings
//	operation.go   operations and their faults
//	message.go     messages: parts of the body, headers, attachments
//	addressing.go  what is said of WS-Addressing
//	policy.go      the policies that are attached to what
//	wsdl2.go       WSDL 2.0
//
// # Design
//
// What cannot be used (an HTTP GET binding, an operation whose message is missing) is [Skipped] with its place and reason, and
// everything else is read. A port of JMS or another transport is noted there too, and read all the same, without an address. So is an import of a file that is not there: what it would have declared is missing, and whatever needs that says so. A document that
// cannot be fetched is an error, because it may be there the next time and the service would be another then; so is one that is unreadable or no WSDL.
//
// Names are looked up by namespace first, and then by local name alone where only one fits: hand-written WSDLs get the namespace of their own
// messages wrong, and no tool complained.
package wsdl
