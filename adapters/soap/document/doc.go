// Package document reads WSDL and schema documents into trees that know where each of their parts stands.
//
//	node.go     Node: elements with positions and QNames in their values
//	load.go     Loader: files and URLs, with bounds
//	locate.go   references between documents
//	guard.go    which addresses documents from the network may refer to
//	archive.go  ZIP archives, and which WSDL in them is the main one
//
// # Design
//
// A WSDL is read once and then walked back and forth, so it becomes a tree. Replies never do: see package codec.
//
// A document's identity is its location: an absolute path or a URL. A Loader reads each location once, so circular imports end. References are resolved from
// where redirects led to.
//
// A document that came from a public address may not refer to local files, nor to private addresses, unless the user lets it: whoever writes a WSDL would
// else choose what this process asks inside of the user's network. Connections are judged, not names, so that a name which changes its meaning gains nothing. Through
// a proxy only addresses that are written out are judged, because the proxy looks up the names.
package document
