package xsd

import (
	"errors"
	"fmt"

	"github.com/postern-gateway/postern/adapters/soap/document"
)

// A Problem is something in a schema that is not as it should be, and could be read past: a reference to nothing, a facet that is no number.
type Problem struct {
	Position document.Position
	// Message says what is wrong, and what is done about it.
	Message string
}

// maxProblems bounds what is told of: where everything is wrong, the first are enough.
const maxProblems = 200

// Problems returns what was found wrong so far, each once. Schemas are read when they are asked for, so mapping the operations may add some.
func (s *Set) Problems() []Problem { return s.problems }

func (s *Set) problem(at *document.Node, format string, arguments ...any) {
	p := Problem{Position: at.Position(), Message: fmt.Sprintf(format, arguments...)}
	if s.told[p] || len(s.told) >= maxProblems {
		return
	}
	s.told[p] = true
	s.problems = append(s.problems, p)
}

func (s *Set) undeclared(what string, name Name, at *document.Node) {
	s.problem(at, "the %s %s is not declared in any schema; what it describes is free", what, name)
}

// message is what an error says without its position.
func message(err error) string {
	var located *document.Error
	if errors.As(err, &located) {
		return located.Message
	}
	return err.Error()
}
