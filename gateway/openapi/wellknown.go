package openapi

import "google.golang.org/protobuf/reflect/protoreflect"

// wellKnown returns the schema of a message of google.protobuf whose JSON is its own (the proto3 JSON mapping), or nil.
func wellKnown(name protoreflect.FullName) *object {
	switch name {
	case "google.protobuf.Timestamp":
		return newObject("type", "string", "format", "date-time", "examples", []any{"2026-01-31T09:30:00Z"})
	case "google.protobuf.Duration":
		return newObject("type", "string", "description", "Seconds, with the unit s.", "pattern", `^-?[0-9]+(\.[0-9]{1,9})?s$`, "examples", []any{"3.5s"})
	case "google.protobuf.FieldMask":
		return newObject("type", "string", "description", "Names of fields, joined by commas.")
	case "google.protobuf.Empty":
		return newObject("type", "object", "additionalProperties", false)
	case "google.protobuf.Struct":
		return newObject("type", "object", "additionalProperties", true)
	case "google.protobuf.Value":
		return newObject("description", "Any JSON value.")
	case "google.protobuf.ListValue":
		return newObject("type", "array", "items", newObject())
	case "google.protobuf.Any":
		return newObject("type", "object", "description", "A message, with the name of its type.",
			"properties", newObject("@type", newObject("type", "string")), "required", []any{"@type"}, "additionalProperties", true)
	case "google.protobuf.NullValue":
		return newObject("type", "null")
	case "google.protobuf.BoolValue":
		return newObject("type", "boolean")
	case "google.protobuf.StringValue":
		return newObject("type", "string")
	case "google.protobuf.BytesValue":
		return newObject("type", "string", "contentEncoding", "base64")
	case "google.protobuf.Int32Value":
		return newObject("type", "integer", "format", "int32")
	case "google.protobuf.UInt32Value":
		return newObject("type", "integer", "format", "int64", "minimum", 0)
	case "google.protobuf.Int64Value":
		return newObject("type", []any{"string", "integer"}, "format", "int64")
	case "google.protobuf.UInt64Value":
		return newObject("type", []any{"string", "integer"}, "format", "uint64")
	case "google.protobuf.FloatValue":
		return newObject("type", "number", "format", "float")
	case "google.protobuf.DoubleValue":
		return newObject("type", "number", "format", "double")
	default:
		return nil
	}
}
