package admin

import (
	"context"
	"errors"

	"google.golang.org/grpc/status"

	"github.com/postern-gateway/postern/adapters"
	adminv1 "github.com/postern-gateway/postern/proto/postern/admin/v1"
)

// batchService passes each request on to the back end that it names.
type batchService struct {
	adminv1.UnimplementedBatchServiceServer
	state State
}

// ListExtracts implements [adminv1.BatchServiceServer].
func (s *batchService) ListExtracts(ctx context.Context, request *adminv1.ListExtractsRequest) (*adminv1.ListExtractsResponse, error) {
	return passOn(ctx, s.state, request, adminv1.BatchServiceServer.ListExtracts)
}

// ListRuns implements [adminv1.BatchServiceServer].
func (s *batchService) ListRuns(ctx context.Context, request *adminv1.ListRunsRequest) (*adminv1.ListRunsResponse, error) {
	return passOn(ctx, s.state, request, adminv1.BatchServiceServer.ListRuns)
}

// ListRejects implements [adminv1.BatchServiceServer].
func (s *batchService) ListRejects(ctx context.Context, request *adminv1.ListRejectsRequest) (*adminv1.ListRejectsResponse, error) {
	return passOn(ctx, s.state, request, adminv1.BatchServiceServer.ListRejects)
}

// ReplayRejects implements [adminv1.BatchServiceServer].
func (s *batchService) ReplayRejects(ctx context.Context, request *adminv1.ReplayRejectsRequest) (*adminv1.ReplayRejectsResponse, error) {
	return passOn(ctx, s.state, request, adminv1.BatchServiceServer.ReplayRejects)
}

// RollBackExtract implements [adminv1.BatchServiceServer].
func (s *batchService) RollBackExtract(ctx context.Context, request *adminv1.RollBackExtractRequest) (*adminv1.RollBackExtractResponse, error) {
	return passOn(ctx, s.state, request, adminv1.BatchServiceServer.RollBackExtract)
}

// ListSubmissions implements [adminv1.BatchServiceServer].
func (s *batchService) ListSubmissions(ctx context.Context, request *adminv1.ListSubmissionsRequest) (*adminv1.ListSubmissionsResponse, error) {
	return passOn(ctx, s.state, request, adminv1.BatchServiceServer.ListSubmissions)
}

// passOn has the back end that a request names answer it.
func passOn[Request interface{ GetBackend() string }, Response any](
	ctx context.Context, state State, request Request, method func(adminv1.BatchServiceServer, context.Context, Request) (Response, error),
) (response Response, err error) {
	err = state.Operate(ctx, request.GetBackend(), func(ctx context.Context, operator adminv1.BatchServiceServer) (err error) {
		response, err = method(operator, ctx, request)
		return err
	})
	return response, explain(err)
}

// explain gives operators the cause too, which callers of the back end never see.
func explain(err error) error {
	var known *adapters.Error
	if !errors.As(err, &known) {
		return err
	}
	text := known.Error()
	for _, violation := range known.Violations {
		text += "; " + violation.Field + ": " + violation.Description
	}
	return status.Error(known.Code, text)
}
