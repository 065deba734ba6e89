package listing

import (
	"fmt"

	"buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go/buf/validate"
	"google.golang.org/grpc/codes"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/adapters/mirror"
)

// Sizes of a page, where settings have no others.
const (
	DefaultPageSize = 50
	MaxPageSize     = 1000
)

// PageSize is how many rows a page has, of which so many are wanted and at most most are allowed. 0 wanted means [DefaultPageSize].
func PageSize(wanted int64, most int) (int, error) {
	if wanted < 0 {
		return 0, Invalid("pageSize", "it is at least 0")
	}
	if wanted == 0 {
		wanted = DefaultPageSize
	}
	return int(min(wanted, int64(most))), nil
}

// AddPage adds the fields that ask for a page of at most so many rows: page_size and page_token.
func AddPage(request *mirror.Message, most int) (size, token *mirror.Field) {
	notNegative := &validate.FieldRules{Type: &validate.FieldRules_Int32{Int32: &validate.Int32Rules{GreaterThan: &validate.Int32Rules_Gte{Gte: 0}}}}
	size = request.Field(mirror.Field{
		Original: "page_size", Comment: fmt.Sprintf("The most rows to answer; 0 means %d, and more than %d means %d.", min(DefaultPageSize, most), most, most),
		Type: mirror.Int32.With(notNegative),
	})
	token = request.Field(mirror.Field{Original: "page_token", Comment: "next_page_token of the page before.", Type: mirror.String})
	return size, token
}

// AddNext adds the field that leads to the next page.
func AddNext(reply *mirror.Message) *mirror.Field {
	return reply.Field(mirror.Field{Original: "next_page_token", Comment: "page_token of the next page; absent on the last.", Type: mirror.String})
}

// AddFilter adds the field that says which rows.
func AddFilter(request *mirror.Message) *mirror.Field {
	return request.Field(mirror.Field{Original: "filter", Comment: "Which rows, as AIP-160 has it: a = 1 AND b > \"2026-01-31\".", Type: mirror.MaxLength(MaxFilter)})
}

// AddOrder adds the field that says in which order. rest is what holds beyond it.
func AddOrder(request *mirror.Message, rest string) *mirror.Field {
	return request.Field(mirror.Field{Original: "order_by", Comment: "In which order, as AIP-132 has it: a desc, b. " + rest, Type: mirror.MaxLength(MaxOrder)})
}

// AddMask adds the field that says which fields of rows are wanted. rest is what holds beyond it.
func AddMask(request *mirror.Message, rest string) *mirror.Field {
	return request.Field(mirror.Field{Original: "fields", Comment: "Which fields to answer, with commas between them: a, b. Default: all. " + rest, Type: mirror.MaxLength(MaxMask)})
}

// AddCount adds the field that asks for the number of all rows. cost is what that takes.
func AddCount(request *mirror.Message, cost string) *mirror.Field {
	return request.Field(mirror.Field{Original: "include_total_size", Comment: "Asks for total_size, which " + cost + ".", Type: mirror.Bool})
}

// AddTotal adds the number of all rows.
func AddTotal(reply *mirror.Message) *mirror.Field {
	return reply.Field(mirror.Field{Original: "total_size", Comment: "How many rows all pages have together, where it was asked for.", Type: mirror.Int64, Optional: true})
}

// Invalid is the error of one mistake in a request.
func Invalid(field, description string) error {
	return &adapters.Error{Code: codes.InvalidArgument, Violations: []adapters.Violation{{Field: field, Description: description}}}
}

// InvalidToken is the error of a page token that was altered, or belongs to another query.
func InvalidToken(why error) error {
	return &adapters.Error{
		Code: codes.InvalidArgument, Reason: "INVALID_PAGE_TOKEN", Message: "The page token is not valid for this query.",
		Violations: []adapters.Violation{{Field: "pageToken", Description: why.Error()}}, Cause: why,
	}
}
