package contract

import (
	"fmt"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/ext"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/postern-gateway/postern/gateway/registry"
)

// Bounds on expressions, so that a hostile or mistaken one costs nobody much.
const (
	maxExpressionSize  = 64 << 10  // code points of text
	maxExpressionDepth = 100       // nesting
	maxEvaluationCost  = 1_000_000 // CEL's own measure: about one for each element or ten characters that are looked at
	maxRange           = 10_000    // elements of lists.range
	interruptFrequency = 1000      // iterations of a macro between two looks at the context
)

// An environment knows the messages of all services of one load, and the functions that expressions may call.
type environment struct {
	base *cel.Env
}

func newEnvironment(catalog *registry.Catalog, services []protoreflect.ServiceDescriptor) (*environment, error) {
	files := make(map[string]protoreflect.FileDescriptor)
	for _, declaration := range catalog.Services() {
		collect(files, declaration.Service.ParentFile())
	}
	for _, service := range services {
		collect(files, service.ParentFile())
	}
	descriptors := make([]any, 0, len(files))
	for _, file := range files {
		descriptors = append(descriptors, file)
	}
	base, err := cel.NewEnv(
		cel.TypeDescs(descriptors...),
		cel.OptionalTypes(),
		ext.Strings(),
		ext.Lists(ext.ListsMaxRangeSize(maxRange)),
		ext.Bindings(),
		ext.TwoVarComprehensions(),
		decimals(),
		cel.DefaultUTCTimeZone(true),
		cel.ParserExpressionSizeLimit(maxExpressionSize),
		cel.ParserRecursionLimit(maxExpressionDepth),
	)
	if err != nil {
		return nil, fmt.Errorf("preparing expressions: %w", err)
	}
	return &environment{base: base}, nil
}

// collect adds a file and all that it imports. CEL does not follow imports itself.
func collect(files map[string]protoreflect.FileDescriptor, file protoreflect.FileDescriptor) {
	if files[file.Path()] != nil || file.IsPlaceholder() {
		return
	}
	files[file.Path()] = file
	for i := range file.Imports().Len() {
		collect(files, file.Imports().Get(i).FileDescriptor)
	}
}

// extend returns an environment whose names are resolved from a package, with variables.
func (e *environment) extend(container protoreflect.FullName, variables map[string]*cel.Type) (*cel.Env, error) {
	options := []cel.EnvOption{cel.Container(string(container))}
	for name, variable := range variables {
		options = append(options, cel.Variable(name, variable))
	}
	extended, err := e.base.Extend(options...)
	if err != nil {
		return nil, fmt.Errorf("preparing variables: %w", err)
	}
	return extended, nil
}

// fieldType returns the CEL type of a field, or false if the message has no such field.
func (e *environment) fieldType(field protoreflect.FieldDescriptor) (*cel.Type, bool) {
	found, ok := e.base.CELTypeProvider().FindStructFieldType(string(field.ContainingMessage().FullName()), string(field.Name()))
	if !ok {
		return nil, false
	}
	return found.Type, true
}
