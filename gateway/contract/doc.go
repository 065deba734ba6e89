// Package contract answers the methods of a published API: from back ends as its binding says, or with a mock where
// there is no binding yet.
//
//	compile.go      Compile: one API with its binding, as services; every mistake located
//	method.go       one bound method: its parts, and what they need from one another
//	graph.go        which part waits for which
//	conditional.go  Conditional: methods that write under the conditions of their callers
//	calls.go        Cycles: contracts that call one another in a circle
//	environment.go  the CEL environment of one load
//	expression.go   one CEL expression: checked and located
//	references.go   what an expression reads
//	fields.go       messages made of one expression for each field
//	path.go         plain paths (request.citizen_id), which are copied without CEL
//	value.go        CEL values as protobuf values
//	decimal.go      exact arithmetic on decimal text
//	run.go          one call: its variables, and what becomes of its parts
//	schedule.go     which parts can run, and which are running
//	step.go         one step's call: its deadline, span, freshness and errors
//	steperror.go    error rules of a step: what the caller sees when its call has failed
//	example.go      examples, checked at load and matched at run time
//	mock.go         methods answered without a back end
//	sample          messages made from their schema
//
// # Bindings
//
// This answers one method from three back ends, and a second one with the reply of a step, handed on whole:
//
//	owner: customer-experience@riverside.example
//	lifecycle: LIFECYCLE_ACTIVE
//	methods:
//	  GetCitizen:
//	    steps:
//	      - name: account
//	        call: counciltax/GetAccount
//	        request: {citizen_id: request.citizen_id, year: request.year}
//	        optional: true
//	      - name: tenancy
//	        call: housing/GetTenancy
//	        request: {citizen_id: request.citizen_id}
//	        optional: true
//	      - name: repairs
//	        call: housing/ListRepairs
//	        when: tenancy.hasValue()
//	        request:
//	          tenancy_id: tenancy.?tenancy_id
//	          page_size: "20"
//	        optional: true
//	    errors:
//	      - when: "!account.hasValue() && !tenancy.hasValue() && unavailable.size() == 0"
//	        code: NOT_FOUND
//	        reason: CITIZEN_NOT_FOUND
//	        message: No citizen is known under this id.
//	    response:
//	      citizen_id: request.citizen_id
//	      channel: Channel.CHANNEL_WEB
//	      council_tax: |
//	        account.optMap(a, CouncilTax{
//	          band: a.band,
//	          ?balance: a.?balance,
//	          as_of: as_of["account"],
//	          ?last_payment: a.?last_payment,
//	        })
//	      home: |
//	        tenancy.optMap(t, Home{
//	          tenancy_id: t.tenancy_id,
//	          open_repairs: repairs.optMap(r, r.repairs).orValue([])
//	            .filter(r, r.status != "DONE")
//	            .map(r, r.repair_id),
//	        })
//	      unavailable: unavailable
//	  ChangeAddress:
//	    steps:
//	      - name: account
//	        call: counciltax/GetAccount
//	        request: {citizen_id: request.citizen_id}
//	      - name: submission
//	        call: benefits/SubmitAddressChange
//	        request:
//	          citizen_id: request.citizen_id
//	          line_1: "request.address.lines[0]"
//	          postcode: request.address.postcode
//	    errors:
//	      - when: account.status == counciltax.v1.Status.STATUS_CLOSED
//	        code: FAILED_PRECONDITION
//	        reason: ACCOUNT_CLOSED
//	        message: The account is closed.
//	    return: submission
//
// A step calls BACKEND/Method or, for a method of another contract, API/VERSION/Method. Where several services of one back end have a
// method of that name, it is BACKEND/Service.Method. Only methods with one reply can be called, and bound.
//
// Text that YAML would read as something else is quoted: "20", "true", and what starts with ! or holds ": " or " #".
//
// # Expressions
//
// Expressions are CEL (https://cel.dev), checked at load against the descriptors. Field names are proto names (citizen_id). Messages of the
// contract are named as in its package (CouncilTax), all others by their full name: counciltax.v1.GetAccountResponse; the package of back end
// council-tax is council_tax.v1. Enumeration values are written out: Status.STATUS_OPEN.
//
// An expression sees:
//
//	request      the method's request
//	STEP         the reply of each step, by its name. For a step with `optional` or `when` it is an optional of the reply.
//	unavailable  list(string): the optional steps that were not answered because their back end is ill, in order.
//	             In errors, response and return only.
//	as_of        map(string, timestamp): for each step that was answered, when its reply was true: what the back end
//	             says, else the time of the reply. In errors, response and return only.
//
// Beside standard CEL there are its optionals (account.?balance, opt.hasValue(), opt.value(), opt.orValue(x), opt.or(other),
// opt.optMap(x, f(x)), opt.optFlatMap(x, f(x)), Message{?field: opt}, optional.of(x), optional.none()), its extensions for strings
// ("a,b".split(","), trim, replace, lowerAscii, join, "%s".format([x]), ...), lists (sort, sortBy, distinct, flatten, slice, reverse, ...), cel.bind and
// the two-variable comprehensions, and exact decimals as text, for money is never a float:
//
//	decimal.compare(a, b)   -1, 0 or 1:  decimal.compare(a.balance, "0") > 0
//	decimal.add(a, b)       "12.50" and "0.5" is "13.00": the scale is the larger one
//	decimal.subtract(a, b)
//	decimal.sum(list)       of list(string); the sum of none is "0"
//
// The expression of a field must have the field's type, or be an optional of it: the field is then set only if there is a value. int and uint
// fields of 32 bits, and enumerations (which take int), are checked for range when the value is there. Nothing converts by itself: string(x),
// int(x) and uint(x) do.
//
// A plain path, like request.citizen_id or account.person.name, copies: what is absent in the source stays absent, and what is reached
// through an optional step that gave nothing is absent. In any other expression protobuf's own rule holds: reading
// an absent field gives its default. So inside a message write {?phone: a.?phone} to keep absent apart from empty, above
// all for timestamps, whose default is 1970.
//
// An evaluation that goes wrong (an index out of range, a value too large for its field) is Internal for the caller; the cause is logged. Evaluation
// has a cost limit, and ends with the call's context.
//
// # Order
//
// A step runs as soon as the steps that its request and when read have ended; steps that do not depend on each
// other run in parallel. The first failure ends the call and cancels what is under way.
//
// Reads come before writes: a step whose method may have effects (it neither has idempotency_level NO_SIDE_EFFECTS nor is a GET) starts
// only when all steps that are not behind a write have ended, and all error rules over them have passed. So a call that fails because of
// what a read said has written nothing.
//
// Error rules are evaluated in their order, each as soon as the steps that it reads have ended; so one that only reads the request
// is listed first, and then fails the call before any step is called. A rule that reads unavailable waits for all optional steps, one that reads as_of
// for all steps. Code, reason and message are what the caller sees.
//
// # Steps that fail
//
// An optional step that is answered NOT_FOUND is empty. Where the back end is ill (UNAVAILABLE, DEADLINE_EXCEEDED,
// RESOURCE_EXHAUSTED, or an error page in place of a reply) it is empty and listed in unavailable, and the cause is logged. It may take four fifths of the time that the call has left
// when it starts, so that an answer without it is still in time. Any other error fails the call, as does every error of
// a step that is not optional.
//
// A step may say what the caller sees where its call fails the method's, by rules that are asked in their order:
//
//	steps:
//	  - name: account
//	    call: counciltax/GetAccount
//	    request: {citizen_id: request.citizen_id}
//	    errors:
//	      - when: error.code == "FAILED_PRECONDITION" && error.reason == "ACCOUNT_SEALED"
//	        code: PERMISSION_DENIED
//	        reason: ACCOUNT_SEALED
//	        message: The account is not for everybody.
//
// Their conditions see request, the other steps that they name (which the step then waits for), and of the failure
//
//	error.code    NOT_FOUND, as the gRPC specification spells it
//	error.reason  ACCOUNT_SEALED; the code's name if the back end gives no reason
//	error.detail  an optional of what the legacy system itself said, such as the detail of a SOAP fault, as the message that the called method's
//	              option postern.adapter.v1.error_detail names; not known for methods without that option
//
// The detail is for rules only: callers see what the rule says. Where no rule holds, it is as without rules:
//
// The caller sees code, reason and message of the step's error, and never its cause. Violations of a step's request are about fields that the caller does not
// know: those of a field whose expression reads one request path, and nothing else (citizen_id: request.citizen_id, or line_1: request.address.lines[0]),
// are renamed to it, and an INVALID_ARGUMENT that has only others is a mistake in the binding, and becomes INTERNAL.
//
// A call that fails says whether it may have written ([adapters.Error] Unsent and Partial): so it is known whether it can be made again, whatever code a rule gave it.
//
// # Conditions
//
// A call with If-Match or If-Unmodified-Since ([adapters.Conditions]) is only made of methods that hand them on ([Conditional]): all that such a method writes is one
// step, with neither optional nor when, and what the step calls looks at conditions. They are handed to that step alone. Any other method refuses such a call before it starts.
//
// # Mistakes
//
// All are found at load, with file, line and column inside the expression: unknown methods, steps, fields and types, wrong types, cycles (also
// between contracts), a step named twice or like something that expressions see already, a step that only reads and that nothing
// reads, streams, and examples that do not fit the contract.
//
// # Mocks
//
// A method that is not bound is answered by its examples: the first whose request holds nothing that the call does
// not, else the first without a request. With no example for the call, the reply is made from the schema: see package sample. The
// gateway marks such replies ([adapters.Reply.Mock]); so it does when any step of a binding was answered by a mock.
//
//	examples:
//	  - request: {citizenId: C000001}
//	    response: {citizenId: C000001, name: Alex Example}
//	  - response: {citizenId: C000002, name: Somebody Else}
//
// # Design
//
// All expressions have a cost limit, since text can grow without any loop (by replace, or by adding a variable to itself). It costs some six
// allocations an expression, as BenchmarkCall shows; plain paths do without.
//
// One expression for each field, rather than one for the whole reply, gives every field its own place for mistakes, and lets plain paths, which are most
// of a real binding, be copied at a fraction of CEL's cost.
//
// Parts of a call are run by the caller's own goroutine, which evaluates all expressions; only calls to back ends get goroutines, and the
// last of them that is ready runs in the caller's. So no variable is shared between goroutines, and a method with one step starts none.
//
// CEL has its own registry of types for each load. Nothing is registered globally.
package contract
