// Package admin serves platform operations on a listener of their own:
//
//	/livez              200 while the process serves at all
//	/readyz             200 while an estate is in force; says which back ends are missing
//	/metrics            Prometheus metrics
//	/admin/v1/backends  the admin API (proto/postern/admin/v1) as REST
//
// # Design
//
// A gateway with a missing back end is ready. The others are served, and an orchestrator that took the gateway out of service
// would turn one legacy system's outage into an outage of all. What is missing is in the answer, for people and monitors.
//
// The admin API is an ordinary gRPC service published by generated grpc-gateway code, in process.
package admin
