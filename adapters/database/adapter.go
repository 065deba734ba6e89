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
	database     dialect.Database
	syntax       *dialect.Syntax
	limits       limits
	transactions transactions
	gates        gates
}

// connect opens the database that the settings address.
func connect(ctx context.Context, settings *configv1.DatabaseBackend, options adapters.Options) (*source, error) {
	address, field, err := addressOf(settings, options.Dir)
	if err != nil {
		return nil, err
	}
	engine := engineOf(address)
	if engine == nil {
		return nil, adapters.ConfigErrorf(field, "the address belongs to no known engine; it starts with one of %s", schemes())
	}
	transactions, err := transactionsOf(settings)
	if err != nil {
		return nil, err
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
		Encoding:            encodingOf(settings.GetTextEncoding(), "text_encoding", func(string, string, ...any) {}), // of which choose tells the mistakes
		UnreadableZeroDates: settings.GetZeroDates() == "unreadable",
		Name:                "postern " + options.Name, Backend: options.Name, TracerProvider: options.TracerProvider, MeterProvider: options.MeterProvider,
	})
	if err != nil {
		return nil, openingError(ctx, err, field)
	}
	opened := &source{database: database, syntax: engine.Syntax(), limits: limitsOf(settings), transactions: transactions, gates: gatesOf(size, engine.Syntax())}
	if speaker, ok := database.(dialect.Speaker); ok {
		opened.syntax = speaker.Syntax()
	}
	if err := opened.checkVariables(ctx); err != nil {
		database.Close()
		return nil, openingError(ctx, err, "session")
	}
	return opened, nil
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
	var mistakes *adapters.ConfigError
	if errors.As(err, &mistakes) {
		return err
	}
	if known := adapters.FromContext(err); known != nil {
		return known
	}
	var fault *dialect.Fault
	if errors.As(err, &fault) && fault.Reason == dialect.NoSetting {
		return adapters.ConfigErrorf("session", "%s", fault.Detail)
	}
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
	settings = folded(settings, schema, s.syntax)
	chosen, notes, findings := choose(schema, settings, s.syntax)
	queries, found, err := loadQueries(ctx, s, settings.GetQueries(), options.Dir)
	if err != nil {
		return nil, openingError(ctx, err, "queries")
	}
	findings = append(findings, found...)
	_, calls := s.database.(dialect.Caller)
	routines, left, found := chooseRoutines(schema, settings.GetRoutines(), calls)
	notes, findings = append(notes, left...), append(findings, found...)
	if len(findings) > 0 {
		return nil, &adapters.ConfigError{Findings: findings}
	}
	if len(chosen) == 0 && len(queries) == 0 && len(routines) == 0 {
		return nil, adapters.ConfigErrorf("schema", "the schema has no table that could be offered")
	}
	described, err := describe(s, options.Name, offer{tables: chosen, queries: queries, routines: routines})
	if err != nil {
		return nil, err
	}
	described.notes, described.found = append(notes, described.notes...), schema.Routines
	return described, nil
}

// schemasOf are the schemas to read, the default one first; none means the engine's own.
func schemasOf(settings *configv1.DatabaseBackend) []string {
	if settings.GetSchema() == "" {
		return settings.GetSchemas()
	}
	return append([]string{settings.GetSchema()}, settings.GetSchemas()...)
}
