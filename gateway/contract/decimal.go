package contract

import (
	"fmt"
	"math/big"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
)

// maxDecimalDigits bounds the numbers that arithmetic takes.
const maxDecimalDigits = 1000

// A decimal is an exact number: unscaled / 10^scale.
type decimal struct {
	unscaled *big.Int
	scale    int
}

// parseDecimal reads text such as -12.50. There are no exponents and no separators.
func parseDecimal(text string) (decimal, error) {
	unsigned := strings.TrimPrefix(strings.TrimPrefix(text, "+"), "-")
	if len(text)-len(unsigned) > 1 {
		unsigned = ""
	}
	whole, fraction, _ := strings.Cut(unsigned, ".")
	digits := whole + fraction
	if digits == "" || len(digits) > maxDecimalDigits || strings.Trim(digits, "0123456789") != "" {
		return decimal{}, fmt.Errorf("%.40q is no decimal number", text)
	}
	unscaled, ok := new(big.Int).SetString(digits, 10)
	if !ok {
		return decimal{}, fmt.Errorf("%.40q is no decimal number", text)
	}
	if strings.HasPrefix(text, "-") {
		unscaled.Neg(unscaled)
	}
	return decimal{unscaled: unscaled, scale: len(fraction)}, nil
}

// String spells the number with all digits of its scale.
func (d decimal) String() string {
	digits := new(big.Int).Abs(d.unscaled).String()
	if missing := d.scale + 1 - len(digits); missing > 0 {
		digits = strings.Repeat("0", missing) + digits
	}
	if d.scale > 0 {
		digits = digits[:len(digits)-d.scale] + "." + digits[len(digits)-d.scale:]
	}
	if d.unscaled.Sign() < 0 {
		return "-" + digits
	}
	return digits
}

// rescale returns the unscaled number at a scale that is not smaller.
func (d decimal) rescale(scale int) *big.Int {
	factor := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(scale-d.scale)), nil)
	return factor.Mul(factor, d.unscaled)
}

func (d decimal) add(other decimal) decimal {
	scale := max(d.scale, other.scale)
	return decimal{unscaled: new(big.Int).Add(d.rescale(scale), other.rescale(scale)), scale: scale}
}

func (d decimal) negate() decimal {
	return decimal{unscaled: new(big.Int).Neg(d.unscaled), scale: d.scale}
}

func (d decimal) compare(other decimal) int {
	scale := max(d.scale, other.scale)
	return d.rescale(scale).Cmp(other.rescale(scale))
}

// decimals declares decimal.compare, decimal.add, decimal.subtract and decimal.sum.
func decimals() cel.EnvOption {
	return func(env *cel.Env) (*cel.Env, error) {
		for _, option := range []cel.EnvOption{
			binary("decimal.compare", cel.IntType, func(a, b decimal) ref.Val { return types.Int(a.compare(b)) }),
			binary("decimal.add", cel.StringType, func(a, b decimal) ref.Val { return types.String(a.add(b).String()) }),
			binary("decimal.subtract", cel.StringType, func(a, b decimal) ref.Val { return types.String(a.add(b.negate()).String()) }),
			cel.Function("decimal.sum", cel.Overload("decimal_sum", []*cel.Type{cel.ListType(cel.StringType)}, cel.StringType, cel.UnaryBinding(sum))),
		} {
			var err error
			if env, err = option(env); err != nil {
				return nil, err
			}
		}
		return env, nil
	}
}

func binary(name string, result *cel.Type, compute func(a, b decimal) ref.Val) cel.EnvOption {
	return cel.Function(name, cel.Overload(strings.ReplaceAll(name, ".", "_"), []*cel.Type{cel.StringType, cel.StringType}, result,
		cel.BinaryBinding(func(left, right ref.Val) ref.Val {
			a, err := decimalOf(left)
			if err != nil {
				return types.WrapErr(err)
			}
			b, err := decimalOf(right)
			if err != nil {
				return types.WrapErr(err)
			}
			return compute(a, b)
		})))
}

func sum(list ref.Val) ref.Val {
	elements, ok := list.(traits.Lister)
	if !ok {
		return types.MaybeNoSuchOverloadErr(list)
	}
	total := decimal{unscaled: new(big.Int)}
	for it := elements.Iterator(); it.HasNext() == types.True; {
		next, err := decimalOf(it.Next())
		if err != nil {
			return types.WrapErr(err)
		}
		total = total.add(next)
	}
	return types.String(total.String())
}

func decimalOf(value ref.Val) (decimal, error) {
	text, ok := value.(types.String)
	if !ok {
		return decimal{}, fmt.Errorf("a %s is no decimal number", value.Type().TypeName())
	}
	return parseDecimal(string(text))
}
