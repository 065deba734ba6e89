package adapters

import (
	"context"
	"time"
)

// Conditions are what a call that writes is made under (RFC 9110 section 13.1): it must do nothing, and fail with FailedPrecondition and [ReasonChanged],
// where they do not hold. The gateway hands them only to methods whose option postern.adapter.v1.conditional says that they look at them.
type Conditions struct {
	// IfMatch are the entity tags of the states that the resource may be in, without quotes; "*" is any state, as long as it is there. None means no
	// such condition. Tags that can match nothing, such as weak ones, are among them in quotes, as they were sent: W/"5".
	IfMatch []string
	// IfUnmodifiedSince is when the resource may last have changed; zero means no such condition.
	IfUnmodifiedSince time.Time
}

// IsZero reports whether there are no conditions.
func (c Conditions) IsZero() bool { return len(c.IfMatch) == 0 && c.IfUnmodifiedSince.IsZero() }

// ReasonChanged is the reason of a write that is not made because the resource is in another state than the caller thought. REST answers it with 412.
const ReasonChanged = "RESOURCE_CHANGED"

type conditionsKey struct{}

// WithConditions returns a context in which [ConditionsFrom] finds conditions.
func WithConditions(ctx context.Context, conditions Conditions) context.Context {
	return context.WithValue(ctx, conditionsKey{}, conditions)
}

// ConditionsFrom returns the call's [Conditions], or none.
func ConditionsFrom(ctx context.Context) Conditions {
	conditions, _ := ctx.Value(conditionsKey{}).(Conditions)
	return conditions
}
