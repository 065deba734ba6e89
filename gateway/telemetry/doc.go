// Package telemetry sets up traces, metrics and logs for the whole process, and hands the providers to those who record.
//
// Exporters are set by the standard OTEL_* variables (OpenTelemetry specification, "Environment Variable
// Specification"): OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_TRACES_EXPORTER, OTEL_METRICS_EXPORTER, OTEL_LOGS_EXPORTER,
// OTEL_SERVICE_NAME, OTEL_RESOURCE_ATTRIBUTES, OTEL_TRACES_SAMPLER and their kin. Metrics are served for Prometheus besides, by
// [Telemetry.MetricsHandler].
//
//	telemetry.go  Telemetry: what the process records with, from start to shutdown
//	tracing.go    spans, recorded while somebody listens
//	log.go        log records: with their trace, many written at once
//	grpclog.go    the log of grpc-go
//
// # Design
//
// Nothing is exported unless a variable asks for it. The specification's default is to send OTLP to localhost, which would fill the log of
// everybody who has no collector there.
//
// A span that nobody exports costs as much as parsing the request, so none is recorded then: the call has a trace id and one span id, in the log, in
// traceparent and in problems, and no more. [Telemetry.Listen] switches recording on at run time.
//
// Log records of level Info and below wait for up to 5 ms, or until there are 32 KiB of them. Those of level Warn and above are written at once, with what
// came before. So a process that is killed loses the access log of 5 ms, and one that panics has had its say.
//
// No global provider is set: what records is given its provider, so two gateways in one process (as in tests) do not mix. The one exception is the
// program's own to make: grpc-go and grpc-gateway log through a global, which [RouteGRPCLogs] sets, so that all of the log is JSON.
//
// What is recorded holds no personal values: routes and not paths, methods and not requests. The cause of an error is an exception, as it is what the
// operator must see; it is recorded only where the gateway or a back end is at fault.
package telemetry
