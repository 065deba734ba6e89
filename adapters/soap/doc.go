// Package soap is the adapter for SOAP services that a WSDL 1.1 document describes.
//
//	adapter.go   opening: WSDL, mirrored services, transport
//	services.go  which ports and operations become services and methods
//	call.go      the request path
//	envelope.go  SOAP envelopes, written and read
//	security.go  WS-Security headers
//	transport.go HTTP: pooled connections, safe re-sending, bounds, TLS
//	errors.go    faults and HTTP statuses to codes, in tables
//	report.go    what was found in a WSDL and what was not
//	import.go    `postern import wsdl`
//	xmltoken     XML as a stream of tokens
//	document     WSDL and schema documents as trees with positions
//	xsd, wsdl    what they say
//	codec        messages to XML and back
//
// # Design
//
// Of each service and portType the first port that speaks SOAP over HTTP is used: the others say the same in another version. The
// setting `ports` chooses otherwise.
//
// A fault says who is to blame, and the codes follow that. The caller (Client, Sender) becomes InvalidArgument; a fault that the WSDL declares for the operation, whoever is
// blamed for it, is a refusal that belongs to the interface and becomes FailedPrecondition with the name of its detail element as reason; the server (Server, Receiver) becomes
// Unavailable, since SOAP 1.1 section 4.4.1 says of it that the message may succeed later. The setting `faults` goes before all that, because
// many services send everything as Server.
//
// A reply that is no SOAP, or breaks its schema, becomes DataLoss with reason BACKEND_REPLY_UNREADABLE. Credentials of the gateway that the service refuses
// become Internal, since no caller can mend them.
//
// A request is sent again only when it was certainly not sent: no connection could be made, or nothing was written to it. Everything else may have
// reached the service. HTTP/2 is not spoken, because net/http sends its requests again by itself in a case where that is not certain.
//
// Header blocks of replies are passed over, even those that are marked mustUnderstand. A strict reader would refuse such replies (SOAP 1.1 section
// 4.2.3); but services mark the Timestamp of WS-Security so, and to refuse would make them unusable for nothing that a caller could gain.
//
// Not offered so far, and said so in the [Report]: rpc/encoded, SOAP headers that the WSDL declares, attachments.
package soap
