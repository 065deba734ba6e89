package gateway

import (
	"context"

	"google.golang.org/grpc/codes"

	"github.com/postern-gateway/postern/adapters"
	adminv1 "github.com/postern-gateway/postern/proto/postern/admin/v1"
)

// Operate implements [admin.State]. The call enters the generation in force like any other, so that nobody closes the back end under it.
func (g *Gateway) Operate(ctx context.Context, backend string, do func(context.Context, adminv1.BatchServiceServer) error) error {
	inForce := g.enter()
	defer inForce.leave()
	for _, b := range inForce.backEnds {
		if b.declared.Name == backend {
			return b.operate(ctx, do)
		}
	}
	return adapters.Errorf(codes.NotFound, "", "the estate has no back end %q", backend)
}

// operate calls do with what answers for the back end's files.
func (b *backEnd) operate(ctx context.Context, do func(context.Context, adminv1.BatchServiceServer) error) error {
	opened := b.current()
	if opened == nil {
		return adapters.Errorf(codes.Unavailable, ReasonUnavailable, "the back end %s is not open: %w", b.declared.Name, b.reason())
	}
	operated, ok := opened.(adapters.Operated)
	if !ok {
		return adapters.Errorf(codes.Unimplemented, "", "the back end %s is of kind %s, and has no files", b.declared.Name, b.declared.Adapter.Kind())
	}
	return recovered(func(ctx context.Context, _ *call) error { return do(ctx, operated.Operator()) })(ctx, nil)
}
