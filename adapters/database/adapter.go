package database

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"go.opentelemetry.io/otel/trace"
	"google.golang.org/grpc/codes"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/adapters/database/dialect"
	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

const (
	defaultPoolSize = 10
	defaultLifetime = time.Hour
)

// tracerName is the instrumentation scope of the adapter's own spans.
const tracerName = "github.com/postern-gateway/postern/adapters/database"

// Adapter opens back ends of kind database.
type Adapter struct{}

var _ adapters.Adapter = Adapter{}

// Kind returns "database".
func (Adapter) Kind() string { return "database" }

// Config returns a [configv1.DatabaseBackend].
func (Adapter) Config() adapters.Config { return &configv1.DatabaseBackend{} }

// Open connects, reads the catalogue, and has the engine type the named queries.
func (Adapter) Open(ctx context.Context, config adapters.Config, options adapters.Options) (adapters.Backend, error) {
	settings, ok := config.(*configv1.DatabaseBackend)
	if !ok {
		return nil, fmt.Errorf("configuration is a %T, not a DatabaseBackend", config)
	}
	if err := ctx.Err(); err != nil {
		return nil, adapters.FromContext(err)
	}
	// One span for all that opening asks, so that its statements are no traces of their own.
	ctx, span := options.TracerProvider.Tracer(tracerName).Start(ctx, "reading the catalogue", trace.WithAttributes(dialect.BackendKey.String(options.Name)))
	defer span.End()
	source, err := connect(ctx, settings, options)
	if err != nil {
		return nil, err
	}
	opened, err := source.backend(ctx, settings, options)
	if err != nil {
		source.database.Close()
		return nil, err
	}
	return opened, nil
}

// A source is a database that is connected, and what its engine is.
type source struct {
	database dialect.Database
	syntax   *dialect.Syntax
	limits   limits
}

// connect opens the database that the settings address.
func connect(ctx context.Context, settings *configv1.DatabaseBackend, options adapters.Options) (*source, error) {
	if findings := notOffered(settings); len(findings) > 0 {
		return nil, &adapters.ConfigError{Findings: findings}
	}
	address, field, err := addressOf(settings, options.Dir)
	if err != nil {
		return nil, err
	}
	engine := engineOf(address)
	if engine == nil {
		return nil, adapters.ConfigErrorf(field, "the address belongs to no known engine; it starts with one of %s", schemes())
	}
	location, err := time.LoadLocation(settings.GetTimeZone())
	if err != nil {
		return nil, adapters.ConfigErrorf("time_zone", "%q is no IANA time zone, such as Europe/London", settings.GetTimeZone())
	}
	size := defaultPoolSize
	if settings.PoolSize != nil {
		size = int(settings.GetPoolSize())
	}
	idle := size
	if settings.IdleSize != nil {
		idle = int(settings.GetIdleSize())
	}
	lifetime := defaultLifetime
	if settings.GetConnectionLifetime() != nil {
		lifetime = settings.GetConnectionLifetime().AsDuration()
	}
	database, err := engine.Open(ctx, dialect.Options{
		Address: address, Dir: options.Dir, Schemas: schemasOf(settings), PoolSize: size, Location: location,
		IdleSize: idle, Lifetime: lifetime, Role: settings.GetSession().GetRole(), Variables: variablesOf(settings),
		UnreadableZeroDates: settings.GetZeroDates() == "unreadable",
		Name:                "postern " + options.Name, Backend: options.Name, TracerProvider: options.TracerProvider, MeterProvider: options.MeterProvider,
	})
	if err != nil {
		return nil, openingError(ctx, err, field)
	}
	return &source{database: database, syntax: engine.Syntax(), limits: limitsOf(settings)}, nil
}

// notOffered refuses what can be written in the configuration and has no effect so far: who relies on row-level security must not believe to have it.
func notOffered(settings *configv1.DatabaseBackend) []adapters.Finding {
	session := settings.GetSession()
	var findings []adapters.Finding
	for _, setting := range []struct {
		field string
		given bool
	}{
		{"routines", len(settings.GetRoutines()) > 0},
		{"isolation", settings.GetIsolation() != ""},
		{"write_retries", settings.WriteRetries != nil},
		{"session.claims", len(session.GetClaims()) > 0},
		{"session.headers", len(session.GetHeaders()) > 0},
		{"session.trace_variable", session.GetTraceVariable() != ""},
	} {
		if setting.given {
			findings = append(findings, adapters.Finding{Field: setting.field, Message: "this is not offered so far; leave it out"})
		}
	}
	return findings
}

// variablesOf are the settings of every session, in order of their names.
func variablesOf(settings *configv1.DatabaseBackend) []dialect.Variable {
	given := settings.GetSession().GetVariables()
	var variables []dialect.Variable
	for _, name := range slices.Sorted(maps.Keys(given)) {
		variables = append(variables, dialect.Variable{Name: name, Value: given[name]})
	}
	return variables
}

// addressOf returns the address and the field that it comes from.
func addressOf(settings *configv1.DatabaseBackend, dir string) (address, field string, err error) {
	if file, ok := settings.GetAddress().(*configv1.DatabaseBackend_Path); ok {
		return fileScheme + ":" + file.Path, "path", nil
	}
	address, err = adapters.ReadSecret(settings.GetDsn(), "dsn", dir)
	return address, "dsn", err
}

// openingError tells mistakes in the address from a database that is not there just now.
func openingError(ctx context.Context, err error, field string) error {
	if ended := ctx.Err(); ended != nil {
		return adapters.FromContext(ended)
	}
	if known := adapters.FromContext(err); known != nil {
		return known
	}
	var fault *dialect.Fault
	if errors.As(err, &fault) && fault.Reason == dialect.BadAddress {
		return adapters.ConfigErrorf(field, "%s", fault.Detail)
	}
	return &adapters.Error{Code: codes.Unavailable, Unsent: true, Cause: err}
}

// backend reads the catalogue and the queries, and describes what is to be offered.
func (s *source) backend(ctx context.Context, settings *configv1.DatabaseBackend, options adapters.Options) (*backend, error) {
	schema, err := s.database.Inspect(ctx)
	if err != nil {
		return nil, openingError(ctx, err, "schema")
	}
	chosen, notes, findings := choose(schema, settings)
	queries, found, err := loadQueries(ctx, s, settings.GetQueries(), options.Dir)
	if err != nil {
		return nil, openingError(ctx, err, "queries")
	}
	findings = append(findings, found...)
	if len(findings) > 0 {
		return nil, &adapters.ConfigError{Findings: findings}
	}
	if len(chosen) == 0 && len(queries) == 0 {
		return nil, adapters.ConfigErrorf("schema", "the schema has no table that could be offered")
	}
	described, err := describe(s, options.Name, chosen, queries)
	if err != nil {
		return nil, err
	}
	described.notes = append(notes, described.notes...)
	return described, nil
}

// schemasOf are the schemas to read, the default one first; none means the engine's own.
func schemasOf(settings *configv1.DatabaseBackend) []string {
	if settings.GetSchema() == "" {
		return settings.GetSchemas()
	}
	return append([]string{settings.GetSchema()}, settings.GetSchemas()...)
}
