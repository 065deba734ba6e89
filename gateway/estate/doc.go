// Package estate reads the directory that a user owns: gateway.yaml, the back ends, the contracts with their bindings, and the lock
// files. It needs no network. Everything that is wrong with the directory is found at once, each with file:line:col, and
// an estate with a mistake in it does not exist: [Read] returns all of it or nothing.
//
//	estate.go     Estate, Backend, API, Read
//	layout.go     which files there are, and which look as if they should be elsewhere; names.go what they are called
//	backends.go   gateway.yaml and backends/NAME.yaml, by kind
//	defaults.go   what holds where gateway.yaml says nothing
//	contract.go   apis/NAME/VERSION: the contract and its binding
//	compile.go    .proto files to linked descriptors; relink.go links them anew, with options of Go types;
//	              imports.go is what they may import
//	route.go      google.api.http rules; template.go their paths
//	clash.go      what two files cannot both say
//	document.go   YAML text to nodes: characters, syntax
//	structure.go  nodes against the message they are to become: unknown and repeated keys, lists; accepted.go what they take
//	decode.go     nodes to messages: protoyaml, protovalidate
//	mask.go       no diagnostic prints a secret
//	source.go     Source: from a field path to a place in the file; path.go and scalar.go do the work
//	lock.go       backends/NAME.lock; order.go and exact.go see to it that printing loses nothing
//	drift.go      how a back end differs from its lock file
//
// # Design
//
// A YAML file is decoded by protoyaml, strictly, and its message is validated by protovalidate. Three things are done before and around it. The
// structure of the document is compared with the message's descriptor, because protoyaml accepts keys that are there
// twice, reads nothing as the text "null", and names only the first seven fields of a message. The place of a YAML syntax error
// is found by trying prefixes, because the parser's line is where the construct began, or the line before. And a violation
// of a field whose key is misspelt is not reported beside the misspelling.
//
// Anchors, aliases, merging and tags are refused: the line at which a value is written is the line at which it is found
// wrong. Both spellings of a field are accepted (max_concurrent, maxConcurrent), as everywhere in protobuf; field
// numbers are not.
//
// A value that stands where a reference to a secret should is never printed.
//
// Contracts are compiled against their own folder and the files that are linked into the program (google/api, google/type,
// google/longrunning, google/protobuf, buf/validate), never against the network. A contract's file is known to the program by its path in
// the estate, so two contracts may both have a types.proto. A file that lies in the folder and is also linked into the
// program, such as a copy of google/api/annotations.proto, is not compiled a second time.
//
// What a compilation finds depends on nothing but the files: they are compiled one by one, in the order of their imports.
//
// A lock file is text: a txtar archive of .proto source. A reviewer reads in the pull request what changed in the legacy system.
// 5,000 messages of four fields are written in 0.7 s and read in 2.4 s (BenchmarkLockOf5000Messages, two cores).
package estate
