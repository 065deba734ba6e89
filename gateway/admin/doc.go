// Package admin serves platform operations on a listener of their own:
//
//	/livez              200 while the process serves at all
//	/readyz             200 while an estate is in force; says which back ends are missing
//	/metrics            Prometheus metrics
//	/admin/v1/...       the admin API (proto/postern/admin/v1) as REST
//
// admin.go has the listener's handler and AdminService, batch.go BatchService.
//
// # Design
//
// A gateway with a missing back end is ready. The others are served, and an orchestrator that took the gateway out of service
// would turn one legacy system's outage into an outage of all. What is missing is in the answer, for people and monitors.
//
// The admin API is an ordinary gRPC service published by generated grpc-gateway code, in process. What it says of files is the
// back ends' own answer ([adapters.Operated]): the gateway finds the back end and keeps it open meanwhile.
//
// The listener knows no callers: who reaches it is an operator, so it listens on the loopback interface unless it is told otherwise. A web page that an operator's browser shows
// does not count as one: its requests that change something are refused.
package admin
