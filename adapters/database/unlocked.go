package database

import (
	"slices"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/adapters/database/queryfile"
	"github.com/postern-gateway/postern/adapters/mirror"
	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

// Unlocked says which named queries are in none of the services of a lock file, each sentence with the query's place. dir is the directory of
// backends/NAME.yaml. The database is not asked. Mistakes in the files that can be seen without it are an [adapters.ConfigError].
func Unlocked(settings *configv1.DatabaseBackend, dir string, locked []protoreflect.ServiceDescriptor) ([]string, error) {
	// The address is a secret that need not be here, so the engine is not known; only how a statement is spelled depends on it.
	options := queryfile.Options{Placeholder: func(int) string { return "?" }, Arrays: true}
	reader := &queryReader{options: options, dir: dir, names: make(map[string]string)}
	var added []string
	for _, file := range reader.files(settings.GetQueries()) {
		queries, at := reader.read(file)
		for _, query := range queries {
			method := protoreflect.Name(mirror.TypeName(query.Name))
			if slices.ContainsFunc(locked, func(service protoreflect.ServiceDescriptor) bool { return service.Methods().ByName(method) != nil }) {
				continue
			}
			added = append(added, at(query.Offset, "the query "+query.Name+" is not in the lock file, so it is left out here; `postern check --connect` adds it").String())
		}
	}
	if len(reader.findings) > 0 {
		return nil, &adapters.ConfigError{Findings: reader.findings}
	}
	return added, nil
}
