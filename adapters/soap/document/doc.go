// Package document reads WSDL and schema documents into trees that know where each of their parts stands.
//
//	node.go    Node: elements with positions and QNames in their values
//	load.go    Loader: files and URLs, with bounds
//	locate.go  references between documents
//
// # Design
//
// A WSDL is read once and then walked back and forth, so it becomes a tree. Replies never do: see package codec.
//
// A document's identity is its location: an absolute path or a URL. A Loader reads each location once, so circular imports end. A document
// that came over the network may not refer to local files.
package document
