// Package soap is the adapter for SOAP services that a WSDL document describes.
//
//	adapter.go     opening: settings, WSDL, mirrored services
//	services.go    which ports and operations become services and methods, and what is demanded of their requests
//	call.go        the request path
//	envelope.go    SOAP envelopes, written and read
//	attach.go      MIME parts beside an envelope, and what is signed of them
//	headers.go     header blocks from the configuration
//	addressing.go  WS-Addressing
//	fault.go       SOAP faults, read
//	errors.go      faults and HTTP statuses to codes, in tables
//	wire.go        Wirer and WithWire: what goes over the wire, for people to see
//	report.go      what was found in a WSDL and what was not
//	import.go      `postern import wsdl`; install.go and supply.go are parts of it
//	transport      HTTP: connections, authentication, proxies, failover
//	multipart      MIME parts beside an envelope
//	wss            WS-Security
//	policy         what WS-Policy demands
//	xmltoken       XML as a stream of tokens
//	document       WSDL and schema documents as trees with positions; bundle is a set of them
//	xsd, wsdl      what they say
//	codec          messages to XML and back
//	mock           a stand-in for the service
//	soaptest       real SOAP servers for tests
//
// # Errors
//
// What callers are told of a fault, by the first row that fits, or of another failure. The setting `faults` goes before all rows. The reason is the code's
// name where none is given.
//
//	fault                                                        gRPC code            HTTP  reason
//	wsse:UnsupportedSecurityToken, wsse:UnsupportedAlgorithm     INTERNAL             500   BACKEND_ACCESS_REFUSED
//	wsse:InvalidSecurity, wsse:InvalidSecurityToken              INTERNAL             500   BACKEND_ACCESS_REFUSED
//	wsse:FailedAuthentication, wsse:FailedCheck                  INTERNAL             500   BACKEND_ACCESS_REFUSED
//	wsse:SecurityTokenUnavailable, wsse:MessageExpired           INTERNAL             500   BACKEND_ACCESS_REFUSED
//	wsa:InvalidAddressingHeader, wsa:DestinationUnreachable      INTERNAL             500   BACKEND_MISUNDERSTOOD
//	wsa:MessageAddressingHeaderRequired, wsa:ActionNotSupported  INTERNAL             500   BACKEND_MISUNDERSTOOD
//	wsa04:InvalidMessageInformationHeader                        INTERNAL             500   BACKEND_MISUNDERSTOOD
//	wsa04:MessageInformationHeaderRequired                       INTERNAL             500   BACKEND_MISUNDERSTOOD
//	wsa04:DestinationUnreachable, wsa04:ActionNotSupported       INTERNAL             500   BACKEND_MISUNDERSTOOD
//	wsa:EndpointUnavailable, wsa04:EndpointUnavailable           UNAVAILABLE          503
//	wsrm:WSRMRequired                                            INTERNAL             500   BACKEND_MISUNDERSTOOD
//	wcf:DeserializationFailed                                    INVALID_ARGUMENT     400   BACKEND_REFUSED
//	wcf:InternalServiceFault, wcf:SessionTerminated              UNAVAILABLE          503
//	wcf:TransactionAborted                                       UNAVAILABLE          503
//	declared by the WSDL for the operation                       FAILED_PRECONDITION  400   its detail element's name: ACCOUNT_LOCKED
//	Client, Sender                                               INVALID_ARGUMENT     400   BACKEND_REFUSED
//	Server, Receiver                                             UNAVAILABLE          503
//	VersionMismatch, MustUnderstand, DataEncodingUnknown         INTERNAL             500   BACKEND_MISUNDERSTOOD
//	any other                                                    FAILED_PRECONDITION  400   BACKEND_REFUSED
//
//	HTTP status without a fault                                  gRPC code            HTTP  reason
//	401, 403, 407                                                INTERNAL             500   BACKEND_ACCESS_REFUSED
//	408, 425                                                     UNAVAILABLE          503
//	429                                                          RESOURCE_EXHAUSTED   429
//	3xx, 4xx                                                     INTERNAL             500   BACKEND_MISUNDERSTOOD
//	500                                                          DATA_LOSS            502   BACKEND_REPLY_UNREADABLE
//	501                                                          INTERNAL             500   BACKEND_MISUNDERSTOOD
//	504                                                          DEADLINE_EXCEEDED    504
//	5xx                                                          UNAVAILABLE          503
//
//	other failure                                                gRPC code            HTTP  reason
//	the request is not valid, by field path                      INVALID_ARGUMENT     400
//	a caller's header that a SOAP header cannot hold             INVALID_ARGUMENT     400   HEADER_UNUSABLE
//	a caller without the SAML assertion that is passed on        UNAUTHENTICATED      401   SAML_ASSERTION_MISSING
//	an assertion that cannot be read                             UNAUTHENTICATED      401   SAML_ASSERTION_INVALID
//	the service cannot be reached, or hangs up                   UNAVAILABLE          503
//	no address for the port                                      UNAVAILABLE          503   BACKEND_ENDPOINT_MISSING
//	the time is over                                             DEADLINE_EXCEEDED    504
//	the reply is no SOAP, too large, or breaks its schema        DATA_LOSS            502   BACKEND_REPLY_UNREADABLE
//	the reply lacks the signature that is demanded, or the like  DATA_LOSS            502   BACKEND_REPLY_NOT_TRUSTED
//	the policy demands WS-ReliableMessaging                      UNIMPLEMENTED        501   BACKEND_NEEDS_RELIABLE_MESSAGING
//
// Of 503 and 429 the service's Retry-After goes on to callers.
//
// # Design
//
// Of each service and portType the first port that speaks SOAP over HTTP is used: the others say the same in another version. An operation that only another
// port of the portType has, or has in a way that can be mapped, goes to that port. The setting `ports` chooses otherwise.
//
// The request path is [backend.call]: the body, its header blocks, protection, transport, MIME parts, verification, and then a fault or the message.
//
// A fault says who is to blame, and the codes follow that. The caller (Client, Sender) becomes InvalidArgument; a fault that the WSDL declares for the operation, whoever is
// blamed for it, is a refusal that belongs to the interface and becomes FailedPrecondition with the name of its detail element as reason; the server (Server, Receiver) becomes
// Unavailable, since SOAP 1.1 section 4.4.1 says of it that the message may succeed later. Codes that WS-Security, WS-Addressing and WCF have standardised go before
// those. The setting `faults` goes before all that, because many services send everything as Server. What a declared fault holds goes to the rules of bindings
// ([adapters.Error].Detail), also if it comes as a header fault.
//
// A fault is a fault under every HTTP status. A reply that is no SOAP, or breaks its schema, becomes DataLoss with reason BACKEND_REPLY_UNREADABLE, and so does status 500 without a
// fault. Of these the breaker counts those that are no envelope at all: error pages come whatever one asks for, but one record that breaks the schema makes no service ill. Other statuses have a table of their own. Credentials of the gateway that the service refuses become Internal, since no caller can mend them.
//
// A one-way operation is done when the service answers with success, whatever that answer holds beside a fault.
//
// Header blocks of replies that the WSDL declares are in the message's field soap_headers; the others are passed over, even those that are marked mustUnderstand. A strict reader
// would refuse such replies (SOAP 1.1 section 4.2.3); but services mark the Timestamp of WS-Security so, and to refuse would make them unusable for nothing that a caller could gain.
//
// wsa:RelatesTo of a reply is believed if it is missing, and must name the request if it is there. WS-ReliableMessaging sends requests more than once, which the gateway never does:
// operations whose policy demands it are described, and answer Unimplemented.
//
// What people are shown of the wire holds no secrets: passwords, nonces and assertions of WS-Security, and configured secrets, are masked in the finished envelope, so
// nothing depends on how it was made.
package soap
