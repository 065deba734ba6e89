package batch

import (
	"fmt"

	"buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go/buf/validate"
	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/adapters/listing"
	"github.com/postern-gateway/postern/adapters/mirror"
)

// maxListed is how many submissions one call takes.
const maxListed = 1000

// A submissionShape is the descriptors of a submission.
type submissionShape struct {
	request  *described
	metadata *mirror.Message
	result   *mirror.Message
	method   *mirror.Method
	list     *mirror.Message
	reply    *mirror.Message
	listed   *mirror.Method
}

// submission describes the messages and methods of a submission.
func (d *describer) submission(s *submissions) *submissionShape {
	name := s.config.GetName()
	shape := &submissionShape{request: d.layout(name, "One record of "+name+" to be sent.", s.layout, true, s.hidden())}

	shape.metadata = d.file.Message(name+"-metadata", "How far a submission has come.")
	shape.metadata.Field(mirror.Field{Original: "state", Comment: "Where it is.", Type: mirror.Enum(states...)})
	shape.metadata.Field(mirror.Field{Original: "file", Comment: "The file that it leaves in, once that is decided.", Type: mirror.String})
	shape.metadata.Field(mirror.Field{Original: "position", Comment: "Its place among the submissions in the file, from 1.", Type: mirror.Int32})
	shape.metadata.Field(mirror.Field{Original: "create_time", Comment: "When it was taken.", Type: mirror.Timestamp})
	shape.metadata.Field(mirror.Field{Original: "update_time", Comment: "When its state last changed.", Type: mirror.Timestamp})
	shape.metadata.Field(mirror.Field{Original: "kind", Comment: "What was sent: " + name + ".", Type: mirror.String})
	shape.metadata.Field(mirror.Field{Original: "late_code", Comment: "The result that came after it had expired, as the other side spells it.", Type: mirror.String})

	shape.result = d.file.Message(name+"-result", "A submission that was accepted.")
	shape.result.Field(mirror.Field{Original: "reference", Comment: "The reference by which both sides know it.", Type: mirror.String})
	shape.result.Field(mirror.Field{Original: "code", Comment: "The result, as the other side spells it.", Type: mirror.String})
	shape.result.Field(mirror.Field{Original: "file", Comment: "The file that it left in.", Type: mirror.String})
	shape.result.Field(mirror.Field{Original: "position", Comment: "Its place among the submissions in the file, from 1.", Type: mirror.Int32})

	shape.method = d.service.Method(mirror.Method{
		Original: "submit-" + name, Comment: "Takes one record, which leaves in the next file. The operation says where it is, and how it ended.",
		Input: mirror.Of(shape.request.message), Output: mirror.Operation, Route: postRoute("/" + name),
	})
	d.listed(shape, name)
	return shape
}

// listed describes the method that takes a list.
func (d *describer) listed(shape *submissionShape, name string) {
	shape.list = d.file.Message("batch-submit-"+name+"-request", "Records of "+name+" to be sent, all or none of them.")
	shape.list.Field(mirror.Field{Original: itemsField, Comment: fmt.Sprintf("The records: from 1 to %d.", maxListed), Type: mirror.Of(shape.request.message), Repeated: true,
		Rules: &validate.FieldRules{Type: &validate.FieldRules_Repeated{Repeated: &validate.RepeatedRules{MinItems: proto.Uint64(1), MaxItems: proto.Uint64(maxListed)}}}})
	shape.reply = d.file.Message("batch-submit-"+name+"-response", "What became of a list of records.")
	shape.reply.Field(mirror.Field{Original: operationsField, Comment: "An operation for each record, in the order of the records.", Type: mirror.Operation, Repeated: true})
	shape.listed = d.service.Method(mirror.Method{
		Original: "batch-submit-" + name, Comment: "Takes a list of records, all or none of them.",
		Input: mirror.Of(shape.list), Output: mirror.Of(shape.reply), Route: postRoute("/" + name + ":batch"),
	})
}

func postRoute(path string) *annotations.HttpRule {
	return &annotations.HttpRule{Pattern: &annotations.HttpRule_Post{Post: path}, Body: "*"}
}

// An operationsShape is the descriptors of the methods that follow submissions.
type operationsShape struct {
	get, list, cancel, watch *mirror.Method
}

// operations describes the methods that follow submissions.
func (d *describer) operations() *operationsShape {
	id := mirror.Field{Original: operationIDField, Comment: "The last part of the operation's name.", Type: mirror.MaxLength(64), Rules: &validate.FieldRules{Required: proto.Bool(true)}}
	named := func(message, comment string) *mirror.Message {
		request := d.file.Message(message, comment)
		request.Field(id)
		return request
	}
	one := "/operations/{" + operationIDField + "}"
	shape := &operationsShape{}
	shape.get = d.service.Method(mirror.Method{
		Original: "get-operation", Comment: "Says how far a submission has come.", Input: mirror.Of(named("get-operation-request", "Names one operation.")), Output: mirror.Operation,
		Idempotency: descriptorpb.MethodOptions_NO_SIDE_EFFECTS, Route: getRoute(one),
	})
	shape.cancel = d.service.Method(mirror.Method{
		Original: "cancel-operation", Comment: "Takes a submission back that is in no file yet. It can be repeated; once the submission is in a file, it is refused.",
		Input: mirror.Of(named("cancel-operation-request", "Names the operation to be cancelled.")), Output: mirror.Operation,
		Idempotency: descriptorpb.MethodOptions_IDEMPOTENT, Route: postRoute(one + ":cancel"),
	})
	shape.watch = d.service.Method(mirror.Method{
		Original: "watch-operation", Comment: "Sends an operation as it is, and again at each change of its state until it has ended. A stream whose last operation is not done has only run out of time: ask again.",
		Input: mirror.Of(named("watch-operation-request", "Names the operation to be watched.")), Output: mirror.Operation, Stream: true,
		Idempotency: descriptorpb.MethodOptions_NO_SIDE_EFFECTS, Route: getRoute(one + ":watch"),
	})
	list := d.file.Message("list-operations-request", "Asks for a page of operations.")
	list.Field(mirror.Field{Original: filterField, Comment: "Only operations that fit (AIP-160): by kind, state, done, file, createTime and updateTime, as in state = \"REJECTED\" AND kind = \"...\".", Type: mirror.String})
	listing.AddPage(list, listing.MaxPageSize)
	reply := d.file.Message("list-operations-response", "A page of operations.")
	reply.Field(mirror.Field{Original: operationsField, Comment: "The operations, in the order in which their submissions were taken.", Type: mirror.Operation, Repeated: true})
	reply.Field(mirror.Field{Original: nextTokenField, Comment: "page_token of the next page; empty on the last. A page with a filter may be short, and have one all the same.", Type: mirror.String})
	shape.list = d.service.Method(mirror.Method{
		Original: "list-operations", Comment: "Reads a page of operations.", Input: mirror.Of(list), Output: mirror.Of(reply),
		Idempotency: descriptorpb.MethodOptions_NO_SIDE_EFFECTS, Route: getRoute("/operations"),
	})
	return shape
}

const (
	operationIDField = "operation_id"
	operationsField  = "operations"
	itemsField       = "items"
	filterField      = "filter"
	pageSizeField    = "page_size"
	pageTokenField   = "page_token"
	nextTokenField   = "next_page_token"
)

// tie makes the handlers of one kind of submission.
func (s *submissions) tie(shape *submissionShape, file protoreflect.FileDescriptor) []adapters.Method {
	s.mapping = shape.request.mapping(file)
	s.metadata = file.Messages().ByName(shape.metadata.Name())
	s.result = file.Messages().ByName(shape.result.Name())
	reply := file.Messages().ByName(shape.reply.Name())
	s.listed = listedShape{
		items: file.Messages().ByName(shape.list.Name()).Fields().ByName(itemsField),
		reply: reply, operations: reply.Fields().ByName(operationsField),
	}
	return []adapters.Method{{Name: shape.method.Name, Unary: s.submit}, {Name: shape.listed.Name, Unary: s.submitAll}}
}

// tie makes the handlers of operations.
func (o *operations) tie(shape *operationsShape, service protoreflect.ServiceDescriptor) []adapters.Method {
	method := func(m *mirror.Method) protoreflect.MethodDescriptor { return service.Methods().ByName(m.Name) }
	o.getID = method(shape.get).Input().Fields().ByName(operationIDField)
	o.cancelID = method(shape.cancel).Input().Fields().ByName(operationIDField)
	o.watchID = method(shape.watch).Input().Fields().ByName(operationIDField)
	asked, reply := method(shape.list).Input().Fields(), method(shape.list).Output()
	o.list = listRequest{
		filter: asked.ByName(filterField), size: asked.ByName(pageSizeField), token: asked.ByName(pageTokenField),
		reply: reply, operations: reply.Fields().ByName(operationsField), next: reply.Fields().ByName(nextTokenField),
	}
	return []adapters.Method{
		{Name: shape.get.Name, Unary: o.get}, {Name: shape.cancel.Name, Unary: o.cancel},
		{Name: shape.watch.Name, Stream: o.watch}, {Name: shape.list.Name, Unary: o.listAll},
	}
}
