// Package gateway puts an estate in force: it opens the back ends that a directory declares, adds the contracts that stand over
// them, and serves all of it as REST and as gRPC. It knows services and methods, and nothing of SOAP, SQL or files; whatever is
// particular to a kind of legacy system is an adapter's.
//
//	gateway.go     Gateway: from a directory to an estate in force, and back
//	backend.go     one back end: open, or standing from its lock file
//	generation.go  what is in force: services, contracts and REST API, made together and swapped together
//	publish.go     what of it is published over REST
//	chain.go       what wraps every call, in order
//	validate.go    the link of the chain that holds requests against their rules
//	ruled.go       which requests have rules at all
//	monitor.go     what checks say of the back ends
//	serve.go       the three listeners, from binding to graceful stop
//	watch.go       which changes of the directory count, and for which back end
//	reload.go      a changed directory, put in force without refusing a call
//	http.go        what is recorded of a REST request
//	observed.go    and what of it is the same for many
//	transfer.go    how long callers may take to send and to read
//	grpc.go        gRPC: any service of the registry, reflection, health
//	state.go       what operations see: the admin API and the metrics of the back ends
//	operate.go     and what they do with the files of one
//	describe.go    all of it short of listening, for check, import and openapi
//
// # Layers
//
// Imports run one way: cmd to gateway to adapters, and from each kind of adapter to adapters. This is all that a package may
// import of this module, tests aside. DIR/* is every package below DIR, at any depth; KIND is one name, the same in both columns; the first
// row that a package fits is its own.
//
//	package               may import
//	cmd/*                 gateway, gateway/*, adapters, adapters/*, deploy/demo, proto/*
//	gateway               gateway/*, adapters, proto/*
//	gateway/*             gateway/*, adapters, adapters/wire, proto/*
//	adapters              proto/*
//	adapters/mirror       adapters, proto/*
//	adapters/wire         proto/*
//	adapters/listing      adapters, adapters/mirror, proto/*
//	adapters/adaptertest  adapters, adapters/mirror, proto/*
//	adapters/debiantest
//	adapters/KIND         adapters, adapters/mirror, adapters/wire, adapters/listing, adapters/KIND/*, proto/*
//	adapters/KIND/*       adapters, adapters/mirror, adapters/wire, adapters/listing, adapters/KIND/*, adapters/debiantest, proto/*
//	deploy/demo           deploy/demo/*
//	deploy/demo/*         deploy/demo/*
//	proto/internal/*
//	proto/*               proto/*
//
// Tests may import besides:
//
//	tests of              may import
//	gateway               adapters/memory, adapters/mirror, adapters/adaptertest, adapters/database/postgrestest
//	gateway/*             adapters/memory, adapters/mirror, adapters/adaptertest, adapters/database/postgrestest
//	adapters              adapters/memory, adapters/mirror
//	adapters/KIND         adapters/adaptertest
//	adapters/KIND/*       adapters/adaptertest, adapters/debiantest
//
// The demo simulates other people's systems, so it shares nothing with what wraps them. A package whose name ends in test helps tests,
// and is imported by nothing else.
//
// architecture_test.go reads these tables and holds them against the imports of every package. It also resolves every name in brackets
// in this document and in those of all other packages, so a function named below exists.
//
// # From a directory to a gateway
//
//  1. [Open] reads the directory ([estate.Read]), which finds all mistakes that can be found without a network.
//  2. [Gateway.openBackEnds] opens all back ends at once ([backEnd.open]). One whose legacy system cannot be reached stands from its lock
//     file: its methods are there, and answer that they are unavailable ([standIn]).
//  3. [Gateway.rebuild] makes a [generation] of what is there ([Gateway.build]): a [registry.Catalog] of all descriptors, the contracts compiled
//     against it ([contract.Compile]), the chain around every method ([registry.New] with [chain.wrap]), and the REST API over it ([rest.New]).
//  4. [Gateway.Listen] binds the listeners, and [Server.Serve] serves. Meanwhile [Gateway.keepOpening] tries the back ends that are missing, and
//     [Gateway.watch] sees to it that a changed directory is read again ([Gateway.reload]). Either makes a new generation. [Gateway.monitor] checks
//     those that are open, for people to see. [idempotency.Keeper.Run] forgets keys whose time is over.
//  5. When its context ends, [Server.Serve] takes no new calls, waits for those under way ([Gateway.stop]), and returns. [Gateway.Close] closes the
//     back ends and the store.
//
// # The way of a request
//
// Over REST:
//
//  1. [httpObserver.around] opens the server span, counts, and logs the answer.
//  2. [Gateway.serveREST] enters the generation in force ([Gateway.enter]). The request stays with it to its end.
//  3. [rest.Handler.ServeHTTP] finds the API version by its prefix and the route by its path, makes the request message, and
//     calls the method over a [registry.Conn]: in process, with nothing serialised. The same code writes the reply, or a problem+json.
//
// Over gRPC:
//
//  1. [Gateway.newGRPCServer] has grpc-go hand over every service that it does not know, which are all but reflection and health.
//  2. [Gateway.serveGRPC] enters the generation in force likewise, finds the method in its registry and calls it. [fault.Public] makes
//     the status of an error.
//
// From there both are one:
//
//  1. [chain.around] is the order of what wraps a call: span, metrics, log, recovery, deadline, validation, idempotency, guard.
//  2. A contract's method runs its binding. Each step is a call over the same [registry.Conn], so it goes through the chain of the
//     method that it calls; see package contract.
//  3. A back end's method passes its guard ([resilience.Guard.Call]: breaker, bulkhead, timeout) and reaches the adapter's handler.
//  4. An error comes back as it was made, with its cause, for spans and logs. [fault.Public] decides what the caller sees of it.
//
// # Design
//
// What is served is a [generation]: complete, and never changed once it is made. It takes the place of the one before in one step, so no request
// sees half of two estates. If the next one cannot be made, the one before stays. Calls under way are counted by a generation's read lock, which
// nobody waits for: so the gateway knows when the last call of an old one has ended, and its back ends can be closed.
//
// A reload keeps every back end whose part of the directory is as it was, with its connections and its breaker. Of two of one name the old one
// is closed before the new one is opened, because a back end may hold what only one can hold (a queue, a port, files on their way); calls that
// come in between wait ([arrival]). What comes in is tried before anything is changed.
//
// There is one registry of methods and one chain, and REST, gRPC and bindings are three ways to them. So a rule that
// holds for a call holds for it wherever it came from, and a binding's step is traced, bounded and guarded like a caller's own call.
//
// Only back ends that are open are guarded. The breaker of one that was never reached has nothing to judge, and its methods say
// UNAVAILABLE themselves. A guard is made once for each back end and outlives generations, so a breaker does not forget.
//
// A back end that comes in late may differ from its lock file. If the contracts do not fit what it is now, it is withdrawn again and the generation in
// force stays: a drifted legacy system takes itself out of service, and nobody else.
//
// Two failures to open are told apart. A legacy system that is down is a state, to be tried again; anything else is a mistake in
// the estate, found together with all others and located ([diagnostic.List]).
//
// Rules of requests are compiled at load for contracts, which people write, so that a rule that does not compile is a located mistake. A request is
// validated before the guard, so that bad input neither costs a back end anything nor counts against it.
//
// grpc-go takes no services once it serves, so ours are all behind its UnknownServiceHandler, and reflection reads the registry in force.
//
// The listeners are bound before anything is served ([Server]), so that the addresses are known, port 0 included, and a port in use is an error
// at start. At the end the admin listener goes last, so that the shutdown can be watched.
//
// [Describe] goes through [Open] as serving does, so check and serve cannot disagree about an estate.
package gateway
