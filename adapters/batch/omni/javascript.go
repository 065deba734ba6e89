package omni

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/dop251/goja"
	"github.com/jf-tech/omniparser"
	"github.com/jf-tech/omniparser/customfuncs"
	"github.com/jf-tech/omniparser/extensions/omniv21"
	v21 "github.com/jf-tech/omniparser/extensions/omniv21/customfuncs"
	"github.com/jf-tech/omniparser/idr"
	"github.com/jf-tech/omniparser/transformctx"
)

// Bounds of one call of a script. The library's own functions have none.
const (
	scriptTime  = 5 * time.Second
	scriptDepth = 1000 // calls within calls
)

// nodeArgument is what a script calls the record that it is asked about, as JSON text.
const nodeArgument = "_node"

// extension is the library's omni.2.1 with our javascript functions instead of its own.
func (s *scripts) extension() omniparser.Extension {
	own := customfuncs.CustomFuncs{"javascript": s.plain, "javascript_with_context": s.withContext}
	return omniparser.Extension{CreateSchemaHandler: omniv21.CreateSchemaHandler, CustomFuncs: customfuncs.Merge(customfuncs.CommonCustomFuncs, v21.OmniV21CustomFuncs, own)}
}

// scripts run the JavaScript of one schema, each call within bounds. They serve any number of goroutines.
type scripts struct {
	most     time.Duration
	programs sync.Map  // *goja.Program by its text: those that a schema holds, so that there are few
	machines sync.Pool // of *goja.Runtime, which serves one goroutine at a time
}

func (s *scripts) plain(_ *transformctx.Ctx, text string, arguments ...any) (any, error) {
	return s.run(nil, text, arguments)
}

func (s *scripts) withContext(_ *transformctx.Ctx, node *idr.Node, text string, arguments ...any) (any, error) {
	return s.run(node, text, arguments)
}

// run runs a script. Arguments are names and values by turns.
func (s *scripts) run(node *idr.Node, text string, arguments []any) (any, error) {
	if len(arguments)%2 != 0 {
		return nil, fmt.Errorf("number of args must be even, but got %d", len(arguments))
	}
	program, err := s.program(text)
	if err != nil {
		return nil, fmt.Errorf("invalid javascript: %w", err)
	}
	given := make(map[string]any)
	for i := 0; i < len(arguments); i += 2 {
		name, ok := arguments[i].(string)
		if !ok {
			return nil, errors.New("the name of an argument is no text")
		}
		given[name] = arguments[i+1]
	}
	if node != nil {
		given[nodeArgument] = idr.JSONify2(node)
	}
	value, err := s.execute(program, given)
	var overflow *goja.StackOverflowError // which has no text
	switch {
	case errors.As(err, &overflow):
		return nil, fmt.Errorf("the script has more than %d calls within calls", scriptDepth)
	case err != nil:
		return nil, err
	case goja.IsNaN(value), goja.IsInfinity(value), goja.IsNull(value), goja.IsUndefined(value):
		return nil, fmt.Errorf("result is %s", value.String())
	default:
		return value.Export(), nil
	}
}

func (s *scripts) program(text string) (*goja.Program, error) {
	if known, ok := s.programs.Load(text); ok {
		return known.(*goja.Program), nil //nolint:forcetypeassert // nothing else is stored
	}
	program, err := goja.Compile("", text, false)
	if err == nil {
		s.programs.Store(text, program)
	}
	return program, err
}

func (s *scripts) execute(program *goja.Program, given map[string]any) (goja.Value, error) {
	machine, ok := s.machines.Get().(*goja.Runtime)
	if !ok {
		machine = goja.New()
		machine.SetMaxCallStackSize(scriptDepth)
	}
	for name, value := range given {
		if err := machine.Set(name, value); err != nil {
			return nil, fmt.Errorf("setting %s: %w", name, err)
		}
	}
	timer := time.AfterFunc(s.most, func() { machine.Interrupt(fmt.Sprintf("the script ran longer than %v", s.most)) })
	value, err := machine.RunProgram(program)
	if !timer.Stop() {
		return value, err // the machine is left behind: it may be interrupted yet
	}
	for name := range given {
		_ = machine.GlobalObject().Delete(name) // it has been set
	}
	s.machines.Put(machine)
	return value, err
}
