package batch

import (
	"fmt"
	"math/big"
	"reflect"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
)

// decimalType is the type of exact numbers in expressions.
func decimalType() *cel.Type {
	return types.NewObjectType("decimal", traits.ComparerType|traits.AdderType|traits.SubtractorType)
}

// decimals lets expressions compare, add and subtract exact numbers, and make them of text and whole numbers: decimal("12.50").
func decimals() []cel.EnvOption {
	d := decimalType()
	options := []cel.EnvOption{cel.Function("decimal",
		cel.Overload("decimal_string", []*cel.Type{cel.StringType}, d, cel.UnaryBinding(toDecimal)),
		cel.Overload("decimal_int", []*cel.Type{cel.IntType}, d, cel.UnaryBinding(toDecimal)))}
	for _, name := range []string{operators.Less, operators.LessEquals, operators.Greater, operators.GreaterEquals} {
		options = append(options, cel.Function(name, cel.Overload(name+"decimal", []*cel.Type{d, d}, cel.BoolType)))
	}
	for _, name := range []string{operators.Add, operators.Subtract} {
		options = append(options, cel.Function(name, cel.Overload(name+"decimal", []*cel.Type{d, d}, d)))
	}
	return options
}

func toDecimal(value ref.Val) ref.Val {
	made := exactOf(fmt.Sprint(value.Value()))
	if made.Rat == nil {
		return types.NewErr("%v is no decimal number", value.Value())
	}
	return made
}

// An exact is a decimal number in an expression.
type exact struct{ *big.Rat }

func exactOf(text string) exact {
	if strings.ContainsAny(text, "/eEpPxXbBoO_") {
		return exact{}
	}
	number, ok := new(big.Rat).SetString(text)
	if !ok {
		return exact{}
	}
	return exact{number}
}

// ConvertToNative implements [ref.Val].
func (d exact) ConvertToNative(wanted reflect.Type) (any, error) {
	if wanted == reflect.TypeFor[*big.Rat]() {
		return d.Rat, nil
	}
	return nil, fmt.Errorf("a decimal cannot be a %v", wanted)
}

// ConvertToType implements [ref.Val].
func (d exact) ConvertToType(wanted ref.Type) ref.Val {
	if wanted == types.StringType {
		return types.String(d.RatString())
	}
	return types.NewErr("a decimal cannot be a %s", wanted.TypeName())
}

// Equal implements [ref.Val].
func (d exact) Equal(other ref.Val) ref.Val {
	o, ok := other.(exact)
	return types.Bool(ok && d.Cmp(o.Rat) == 0)
}

// Type implements [ref.Val].
func (d exact) Type() ref.Type { return decimalType() }

// Value implements [ref.Val].
func (d exact) Value() any { return d.Rat }

// Compare implements [traits.Comparer].
func (d exact) Compare(other ref.Val) ref.Val {
	o, ok := other.(exact)
	if !ok {
		return types.MaybeNoSuchOverloadErr(other)
	}
	return types.Int(d.Cmp(o.Rat))
}

// Add implements [traits.Adder].
func (d exact) Add(other ref.Val) ref.Val {
	o, ok := other.(exact)
	if !ok {
		return types.MaybeNoSuchOverloadErr(other)
	}
	return exact{new(big.Rat).Add(d.Rat, o.Rat)}
}

// Subtract implements [traits.Subtractor].
func (d exact) Subtract(other ref.Val) ref.Val {
	o, ok := other.(exact)
	if !ok {
		return types.MaybeNoSuchOverloadErr(other)
	}
	return exact{new(big.Rat).Sub(d.Rat, o.Rat)}
}
