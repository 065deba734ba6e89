package contract

import (
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/types"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/postern-gateway/postern/gateway/registry"
	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

// Variables that every expression, or those behind the steps, may read.
const (
	requestVariable     = "request"
	unavailableVariable = "unavailable"
	asOfVariable        = "as_of"
)

// reserved are the names that a step cannot have: the variables above, CEL's words, and its types and namespaces.
var reserved = []string{
	requestVariable, unavailableVariable, asOfVariable, errorVariable,
	"as", "break", "const", "continue", "else", "false", "for", "function", "if", "import", "in", "let", "loop",
	"namespace", "null", "package", "return", "true", "var", "void", "while",
	"bool", "bytes", "double", "dyn", "int", "list", "map", "null_type", "optional_type", "string", "type", "uint",
	"cel", "decimal", "google", "lists", "math", "optional", "strings",
}

// A method is one bound method of a contract.
type method struct {
	descriptor protoreflect.MethodDescriptor
	steps      []*step
	rules      []*rule
	graph      *graph
	// response makes the reply, or whole does, or, if handsOn is not negative, the step of that number gave it.
	response *construction
	whole    *expression
	handsOn  int
	// saidBy is the number of the only step that the reply is made from, so that the state it is of is the reply's too, or negative.
	saidBy int
	// onlyWrite is the step that the conditions of a call are for (see [Conditional]), or nil.
	onlyWrite *step
	// writes are the numbers of the writing steps.
	writes []int

	adapter types.Adapter
	conn    grpc.ClientConnInterface
	logger  *slog.Logger
}

// A step is one call.
type step struct {
	name     string
	place    string // methods["GetCitizen"].steps[0]
	method   protoreflect.MethodDescriptor
	fullName string // by which gRPC calls the method
	optional bool
	when     *expression
	request  *construction
	reads    map[string]bool
	// rules say what the caller sees of a failure, and detail is what they know of it, or nil.
	rules  []*rule
	detail protoreflect.MessageDescriptor
}

// isOptional reports whether the step's variable is an optional.
func (s *step) isOptional() bool { return s.optional || s.when != nil }

// writes reports whether the step's call may have effects.
func (s *step) writes() bool { return s.method != nil && !registry.OnlyReads(s.method) }

// saidBy returns the number of the only step that the reply reads, or -1.
func (m *methodCompiler) saidBy() int {
	var reads map[string]bool
	switch {
	case m.made.whole != nil:
		reads = m.made.whole.reads
	case m.made.response != nil:
		reads = m.made.response.reads()
	}
	only := -1
	for name := range reads {
		number := slices.IndexFunc(m.made.steps, func(s *step) bool { return s.name == name })
		switch {
		case name == requestVariable:
		case number < 0 || only >= 0: // as_of or unavailable, or a second step
			return -1
		default:
			only = number
		}
	}
	return only
}

// onlyWrite is the only writing step, if it is always taken.
func (m *methodCompiler) onlyWrite() *step {
	var only *step
	for _, s := range m.made.steps {
		if !s.writes() {
			continue
		}
		if only != nil || s.isOptional() {
			return nil
		}
		only = s
	}
	return only
}

// A rule makes the call fail.
type rule struct {
	when    *expression
	code    codes.Code
	reason  string
	message string
}

// A methodCompiler compiles one bound method.
type methodCompiler struct {
	*compiler
	made   *method
	place  string
	before *scope // of the steps
	// variables are what before sees.
	variables map[string]*cel.Type
	after     *scope // of error rules and the reply
	declared  map[string]*step
	uses      uses
}

// method compiles a bound method. It returns nil after a mistake.
func (c *compiler) method(descriptor protoreflect.MethodDescriptor, bound boundMethod) *method {
	found := len(c.found)
	m := &methodCompiler{
		compiler: c,
		made:     &method{descriptor: descriptor, handsOn: -1, saidBy: -1, adapter: c.environment.base.CELTypeAdapter(), conn: c.conn, logger: c.logger},
		place:    bound.place,
		declared: make(map[string]*step),
		uses:     uses{variables: make(map[string]bool)},
	}
	m.declare(bound.binding.GetSteps())
	if err := m.scopes(bound.binding.GetSteps()); err != nil {
		c.found.Add(c.api.BindingSource.AtKey(bound.place, "%v", err))
		return nil
	}
	for i, s := range m.made.steps {
		m.step(s, bound.binding.GetSteps()[i])
		m.stepRules(s, bound.binding.GetSteps()[i].GetErrors())
	}
	for i, binding := range bound.binding.GetErrors() {
		if compiled := m.compileRule(m.after, fmt.Sprintf("%s.errors[%d]", bound.place, i), binding); compiled != nil {
			m.made.rules = append(m.made.rules, compiled)
		}
	}
	m.reply(bound.binding)
	m.made.saidBy = m.saidBy()
	m.unused()
	m.made.graph = m.order()
	m.made.onlyWrite = m.onlyWrite()
	for i, s := range m.made.steps {
		if s.writes() {
			m.made.writes = append(m.made.writes, i)
		}
	}
	if len(c.found) > found {
		return nil
	}
	return m.made
}

// declare finds what each step calls, and checks its name.
func (m *methodCompiler) declare(bindings []*configv1.Step) {
	for i, binding := range bindings {
		s := &step{name: binding.GetName(), place: fmt.Sprintf("%s.steps[%d]", m.place, i), optional: binding.GetOptional(), reads: make(map[string]bool)}
		m.made.steps = append(m.made.steps, s)
		method, err := findCall(m.catalog, binding.GetCall())
		switch {
		case err != nil:
			m.found.Add(m.api.BindingSource.At(s.place+".call", "%v", err))
		case method.IsStreamingClient() || method.IsStreamingServer():
			m.found.Add(m.api.BindingSource.At(s.place+".call", "%s streams, and a step can only call methods with one request and one reply", binding.GetCall()))
		default:
			s.method, s.fullName = method, registry.FullName(method)
		}
		switch {
		case slices.Contains(reserved, s.name):
			m.found.Add(m.api.BindingSource.At(s.place+".name", "a step cannot be named %s: expressions know that name already", s.name))
		case m.declared[s.name] != nil:
			m.found.Add(m.api.BindingSource.At(s.place+".name", "there is another step named %s", s.name))
		default:
			m.declared[s.name] = s
		}
	}
}

// findCall finds what a step calls: BACKEND/Method or API/VERSION/Method.
func findCall(catalog *registry.Catalog, call string) (protoreflect.MethodDescriptor, error) {
	end := max(strings.LastIndexByte(call, '/'), 0)
	return catalog.Find(call[:end], strings.TrimPrefix(call[end:], "/"))
}

// scopes prepares what expressions see.
func (m *methodCompiler) scopes(bindings []*configv1.Step) error {
	variables := map[string]*cel.Type{requestVariable: cel.ObjectType(string(m.made.descriptor.Input().FullName()))}
	names := []string{requestVariable}
	for i, s := range m.made.steps {
		if m.declared[s.name] != s {
			continue
		}
		variable := cel.DynType // after a mistake in its call, so that it does not cause others
		if s.method != nil {
			variable = cel.ObjectType(string(s.method.Output().FullName()))
			if s.optional || bindings[i].GetWhen() != "" {
				variable = cel.OptionalType(variable)
			}
		}
		variables[s.name] = variable
		names = append(names, s.name)
	}
	var err error
	if m.before, err = m.scope(variables, names); err != nil {
		return err
	}
	m.variables = maps.Clone(variables)
	variables[unavailableVariable] = cel.ListType(cel.StringType)
	variables[asOfVariable] = cel.MapType(cel.StringType, cel.TimestampType)
	m.after, err = m.scope(variables, append(slices.Clone(names), unavailableVariable, asOfVariable))
	return err
}

func (m *methodCompiler) scope(variables map[string]*cel.Type, names []string) (*scope, error) {
	env, err := m.environment.extend(m.made.descriptor.ParentFile().Package(), variables)
	if err != nil {
		return nil, err
	}
	return &scope{env: env, source: m.api.BindingSource, variables: names, found: &m.found, uses: &m.uses}, nil
}

// step compiles the expressions of a step.
func (m *methodCompiler) step(s *step, binding *configv1.Step) {
	if binding.GetWhen() != "" {
		if s.when = m.condition(m.before, s.place+".when", binding.GetWhen()); s.when != nil {
			s.read(s.when.reads)
		}
	}
	if s.method != nil {
		s.request = m.construction(s.place+".request", s.method.Input(), binding.GetRequest(), m.before)
		s.read(s.request.reads())
		return
	}
	for field, text := range binding.GetRequest() { // what it calls is not known; what it reads is
		if e := m.before.compile(fmt.Sprintf("%s.request[%q]", s.place, field), text); e != nil {
			s.read(e.reads)
		}
	}
}

func (s *step) read(variables map[string]bool) {
	for name := range variables {
		s.reads[name] = true
	}
}

// condition compiles an expression that must be a bool.
func (m *methodCompiler) condition(scope *scope, place, text string) *expression {
	e := scope.compile(place, text)
	if e == nil {
		return nil
	}
	if !assignable(cel.BoolType, e.output) {
		m.found.Add(scope.source.InValue(place, 1, 1, "a condition is bool, this is %s", describe(e.output)).Accepting("bool"))
		return nil
	}
	return e
}

// compileRule compiles an error rule. It returns nil after a mistake.
func (m *methodCompiler) compileRule(scope *scope, place string, binding *configv1.ErrorRule) *rule {
	e := m.condition(scope, place+".when", binding.GetWhen())
	if e == nil {
		return nil
	}
	return &rule{
		when:    e,
		code:    codes.Code(binding.GetCode()), //nolint:gosec // the numbers of google.rpc.Code are those of gRPC's codes
		reason:  binding.GetReason(),
		message: binding.GetMessage(),
	}
}

// reply compiles response or return.
func (m *methodCompiler) reply(binding *configv1.MethodBinding) {
	output := m.made.descriptor.Output()
	switch {
	case binding.GetReturn() != "":
		m.returned(binding.GetReturn())
	case len(binding.GetResponse()) == 0 && output.Fields().Len() > 0:
		m.found.Add(m.api.BindingSource.AtKey(m.place, "nothing says what %s replies", m.made.descriptor.Name()).
			Accepting("response, with an expression for each field, or return, with one for the whole reply"))
	default:
		m.made.response = m.construction(m.place+".response", output, binding.GetResponse(), m.after)
	}
}

// returned compiles the expression of the whole reply.
func (m *methodCompiler) returned(text string) {
	output, place := m.made.descriptor.Output(), m.place+".return"
	e := m.after.compile(place, text)
	if e == nil {
		return
	}
	want := cel.ObjectType(string(output.FullName()))
	if !assignable(want, e.output) {
		hint := describe(want)
		if inner, optional := unwrapOptional(e.output); optional && assignable(want, inner) {
			hint += ": the step is optional, so say what is replied without it, as in .orValue(...)"
		}
		m.found.Add(m.api.BindingSource.InValue(place, 1, 1, "the expression is %s, the reply of %s is %s",
			describe(e.output), m.made.descriptor.Name(), describe(want)).Accepting(hint))
		return
	}
	m.made.whole = e
	if root := e.tree.Expr(); root.Kind() == ast.IdentKind {
		m.made.handsOn = slices.IndexFunc(m.made.steps, func(s *step) bool { return s.name == root.AsIdent() })
	}
}

// unused reports steps that only read, and whose reply nothing reads.
func (m *methodCompiler) unused() {
	for _, s := range m.made.steps {
		if m.declared[s.name] == s && s.method != nil && !s.writes() && !m.uses.unclear && !m.uses.variables[s.name] {
			m.found.Add(m.api.BindingSource.At(s.place+".name", "nothing reads the step %s, and its call has no effects", s.name).
				Accepting("an expression that reads it, or no such step"))
		}
	}
}

// messageOf returns the message that a variable holds.
func (m *methodCompiler) messageOf(variable string) protoreflect.MessageDescriptor {
	if variable == requestVariable {
		return m.made.descriptor.Input()
	}
	if s := m.declared[variable]; s != nil && s.method != nil {
		return s.method.Output()
	}
	return nil
}
