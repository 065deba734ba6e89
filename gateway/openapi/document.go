package openapi

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/postern-gateway/postern/gateway/rest"
)

// Version is the version of the OpenAPI specification that documents follow.
const Version = "3.1.0"

// MediaType is the media type of a document.
const MediaType = "application/vnd.oai.openapi+json;version=3.1"

// Document returns the OpenAPI document of an API version, as indented JSON. The same input gives the same bytes.
func Document(published rest.Published) ([]byte, error) {
	routes, err := rest.Routes(published)
	if err != nil {
		return nil, err
	}
	known, err := newSchemas(published.Services)
	if err != nil {
		return nil, fmt.Errorf("describing %s: %w", published.Name(), err)
	}
	w := &writer{published: published, schemas: known, ids: make(map[string]bool)}
	paths := w.paths(routes)
	components := newObject(
		"schemas", w.components(paths),
		"responses", newObject("Problem", problemResponse()),
	)
	document := newObject(
		"openapi", Version,
		"info", w.info(),
		"servers", []any{newObject("url", "/")},
		"tags", w.tags(),
		"paths", paths,
		"components", components,
	)
	text, err := marshal(document)
	if err != nil {
		return nil, fmt.Errorf("writing the document of %s: %w", published.Name(), err)
	}
	var indented bytes.Buffer
	if err := json.Indent(&indented, text, "", "  "); err != nil {
		return nil, fmt.Errorf("indenting the document of %s: %w", published.Name(), err)
	}
	indented.WriteByte('\n')
	return indented.Bytes(), nil
}

// A writer makes the parts of one document.
type writer struct {
	published rest.Published
	schemas   *schemas
	ids       map[string]bool // operation ids that are taken
}

func (w *writer) info() *object {
	p := w.published
	title := p.Title
	if title == "" {
		title = p.Name()
	}
	info := newObject("title", title, "description", p.Description)
	if p.Owner != "" {
		info.set("contact", contact(p.Owner))
	}
	info.set("version", p.Version)
	info.set("x-lifecycle", p.Lifecycle)
	return info
}

// contact takes the owner for an address if it looks like one.
func contact(owner string) *object {
	if strings.Contains(owner, "@") && !strings.ContainsAny(owner, " <>") {
		return newObject("name", owner, "email", owner)
	}
	return newObject("name", owner)
}

func (w *writer) tags() []any {
	var tags []any
	for _, service := range w.published.Services {
		tags = append(tags, newObject("name", string(service.Name()), "description", Comment(service)))
	}
	return tags
}

var variable = regexp.MustCompile(`\{[^}]*\}`)

// paths are the operations by path. Templates that match the same paths are one path to OpenAPI, so the first one names the variables.
func (w *writer) paths(routes []rest.Route) *object {
	paths := newObject()
	first := make(map[string][]string)
	for _, route := range routes {
		shape := variable.ReplaceAllString(route.Path, "{}")
		names, there := first[shape]
		if !there {
			for _, p := range route.PathParameters() {
				names = append(names, p.Name)
			}
			first[shape] = names
		}
		path := fill(shape, names)
		item := paths.object(path)
		if item == nil {
			item = newObject()
			paths.set(path, item)
		}
		item.set(strings.ToLower(route.Verb), w.operation(route, names))
	}
	return paths
}

// fill puts the names into the braces of a shape.
func fill(shape string, names []string) string {
	parts := strings.Split(shape, "{}")
	var b strings.Builder
	b.WriteString(parts[0])
	for i, part := range parts[1:] {
		b.WriteString("{" + names[i] + "}" + part)
	}
	return b.String()
}

// components are the schemas that the paths use, and that of a problem.
func (w *writer) components(paths *object) *object {
	used := w.schemas.used(paths)
	used.set("Problem", problemSchema())
	return used
}

func problemResponse() *object {
	return newObject(
		"description", "The request was not answered. `code` says why, for programs, and `detail` for people.",
		"content", newObject(rest.ProblemType, newObject("schema", newObject("$ref", schemaPrefix+"Problem"))),
	)
}

// problemSchema describes [rest.Problem].
func problemSchema() *object {
	text := func(description string) *object { return newObject("type", "string", "description", description) }
	violation := newObject(
		"type", "object",
		"properties", newObject(
			"field", text("Path of the field, or name of the query parameter."),
			"description", text("What is wrong, and what would be accepted.")),
		"required", []any{"field", "description"},
	)
	return newObject(
		"type", "object",
		"description", "An error (RFC 9457).",
		"properties", newObject(
			"type", text("Always about:blank."),
			"title", text("Name of the HTTP status."),
			"status", newObject("type", "integer", "description", "The HTTP status.", "examples", []any{http.StatusNotFound}),
			"detail", text("What happened, for people."),
			"instance", text("The path of the request."),
			"code", newObject("type", "string", "description", "Stable name, for programs.", "pattern", "^[A-Z][A-Z0-9_]*$", "examples", []any{"NOT_FOUND"}),
			"retryable", newObject("type", "boolean", "description", "Whether the same request may be sent again and may then succeed."),
			"traceId", text("What the operator finds the request under."),
			"violations", newObject("type", "array", "description", "The mistakes in the request.", "items", violation)),
		"required", []any{"type", "title", "status", "detail", "code", "retryable"},
	)
}

// Comment returns what the .proto file says of something.
func Comment(descriptor protoreflect.Descriptor) string {
	lines := strings.Split(descriptor.ParentFile().SourceLocations().ByDescriptor(descriptor).LeadingComments, "\n")
	for i, line := range lines {
		lines[i] = strings.TrimSpace(line)
	}
	return strings.TrimSpace(strings.Join(lines, "\n"))
}
