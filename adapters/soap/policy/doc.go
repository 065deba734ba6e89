// Package policy reads what a service demands of its callers in WS-Policy 1.2 and 1.5: by WS-SecurityPolicy 1.1 to 1.3, WS-Addressing, MTOM, WS-ReliableMessaging and
// Microsoft's HTTP authentication.
//
//	policy.go     Requirements: what policies demand, and the operators of WS-Policy
//	assertion.go  single assertions, by namespace and name
//	security.go   WS-SecurityPolicy's bindings, tokens and parts
//	compare.go    Requirements against the settings, as sentences
//
// # Design
//
// A policy says what is demanded, and neither with which password nor with which key. So it can turn on what needs no secrets (WS-Addressing, MTOM), and for
// everything else say which setting is missing. Nothing of it stops an import: policies often stand in a WSDL whose service demands none of it, or are met by
// something on the way there. Only ReliableMessaging and its like, which the adapter does not speak, are refused in words ([Requirements.Refusals]).
//
// The normal form of WS-Policy multiplies alternatives out, and nobody could read the result. Here what all alternatives share is demanded, and the rest of
// them stays a [Choice].
package policy
