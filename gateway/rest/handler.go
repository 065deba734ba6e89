package rest

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"runtime/debug"
	"slices"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/reflect/protoregistry"

	"github.com/postern-gateway/postern/adapters"
)

// DefaultMaxBody is how many bytes a request's body may have where nothing else is set.
const DefaultMaxBody = 4 << 20

// Options is what a [Handler] is made of.
type Options struct {
	// Published are the API versions.
	Published []Published
	// Conn calls the methods. Messages are passed as they are if it is a registry.Conn.
	Conn grpc.ClientConnInterface
	// Resolver finds what a google.protobuf.Any holds. Default: what is linked into the program.
	Resolver Resolver
	// Pages answers what is for people: "/", and below each version's prefix "", "openapi.json", "docs" and all below "docs". Without it these
	// are not found.
	Pages http.Handler
	// MaxBody is how many bytes a request's body may have. Default: [DefaultMaxBody].
	MaxBody int64
	// Logger gets the causes of errors that callers only see as internal. Default: slog.Default.
	Logger *slog.Logger
}

// A Handler answers REST requests for one generation of the estate. It never changes.
type Handler struct {
	versions map[string]router
	pages    http.Handler
	logger   *slog.Logger
}

// New makes the handler. The error joins a [RouteError] for everything that cannot be published.
func New(options Options) (*Handler, error) {
	if options.MaxBody <= 0 {
		options.MaxBody = DefaultMaxBody
	}
	if options.Logger == nil {
		options.Logger = slog.Default()
	}
	if options.Resolver == nil {
		options.Resolver = protoregistry.GlobalTypes
	}
	h := &Handler{versions: make(map[string]router), pages: options.Pages, logger: options.Logger}
	codec := newCodec(options.Resolver)
	var mistakes []error
	for _, published := range options.Published {
		if _, taken := h.versions[published.Name()]; taken {
			mistakes = append(mistakes, fmt.Errorf("%s is published twice", published.Name()))
			continue
		}
		v, err := newVersion(published, options, codec)
		if err != nil {
			mistakes = append(mistakes, err)
		}
		h.versions[published.Name()] = v
	}
	if err := errors.Join(mistakes...); err != nil {
		return nil, err
	}
	return h, nil
}

func newVersion(published Published, options Options, codec *codec) (router, error) {
	routes, err := Routes(published)
	if err != nil {
		return router{}, err
	}
	slices.SortStableFunc(routes, func(a, b Route) int { return compareTemplates(a.template, b.template) })
	operations := operationRoute(routes)
	endpoints := make([]*endpoint, len(routes))
	for i, route := range routes {
		endpoints[i] = newEndpoint(published, route, options, codec)
		endpoints[i].operations = operations
	}
	return newRouter(endpoints), nil
}

var errNoRoute = httpError(http.StatusNotFound, codes.NotFound, "ROUTE_NOT_FOUND", "There is nothing at this path. The catalogue at / lists what there is.")

// ServeHTTP answers one request.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	x := begin(w, r)
	defer h.recovered(x, r)

	canonical, err := canonicalPath(r.URL.EscapedPath())
	if err != nil {
		x.problem(r, adapters.Errorf(codes.InvalidArgument, "MALFORMED_PATH", "The path holds a malformed escape: %w", err))
		return
	}
	var buffer [maxOnStack]string
	path := split(canonical, buffer[:0])
	version, published := h.versions[path.version()]
	switch {
	case h.pages != nil && (canonical == "/" || published && isPage(path.segments)):
		h.pages.ServeHTTP(x, r)
	case !published || slices.Contains(path.segments, ""):
		x.problem(r, errNoRoute)
	default:
		version.serve(x, r, path)
	}
}

// maxOnStack is how many segments and variables a path may have before it costs more.
const maxOnStack = 8

// version is the first two segments of the path.
func (p splitPath) version() string {
	if len(p.segments) <= distinguishing {
		return p.text[1:]
	}
	return p.text[1 : p.start(distinguishing)-1]
}

// isPage reports whether the path, which begins with a version's prefix, is for people.
func isPage(segments []string) bool {
	return len(segments) == 2 || reserved(segments[2]) || len(segments) == 3 && segments[2] == ""
}

// reserved reports whether a name right below a version's prefix is the gateway's own.
func reserved(name string) bool { return name == "openapi.json" || name == "docs" }

// serve answers by the endpoint of verb and path.
func (r router) serve(x *exchange, request *http.Request, path splitPath) {
	verb := request.Method
	if verb == http.MethodHead {
		verb = http.MethodGet // net/http sends no body to a HEAD request
	}
	var buffer [maxOnStack]string
	found, variables := r.find(verb, path, buffer[:0])
	if found == nil {
		r.refuse(x, request, path)
		return
	}
	found.serve(x, request, variables)
}

// refuse answers a request that no route takes: its path is not known, or has other verbs.
func (r router) refuse(x *exchange, request *http.Request, path splitPath) {
	allowed := r.allowed(path)
	if len(allowed) == 0 || slices.Contains(allowed, request.Method) {
		x.problem(request, errNoRoute) // where a last segment is nothing but a custom verb, it is no path at all
		return
	}
	if slices.Contains(allowed, http.MethodGet) {
		allowed = append(allowed, http.MethodHead)
	}
	allowed = append(allowed, http.MethodOptions)
	slices.Sort(allowed)
	x.Header().Set("Allow", strings.Join(allowed, ", "))
	if request.Method == http.MethodOptions {
		x.WriteHeader(http.StatusNoContent)
		return
	}
	x.problem(request, httpError(http.StatusMethodNotAllowed, codes.Unimplemented, "METHOD_NOT_ALLOWED",
		"This path takes "+strings.Join(allowed, ", ")+"."))
}

// recovered answers a request whose handling panicked: a mistake of ours that one request must not turn into a broken connection.
func (h *Handler) recovered(x *exchange, r *http.Request) {
	reason := recover()
	if reason == nil {
		return
	}
	if err, ok := reason.(error); ok && errors.Is(err, http.ErrAbortHandler) {
		panic(reason) // net/http's own way to cut a connection
	}
	h.logger.ErrorContext(r.Context(), "recovering from a panic", "panic", reason, "stack", string(debug.Stack()))
	if x.wrote {
		panic(http.ErrAbortHandler) // the caller must not take half an answer for a whole one
	}
	x.problem(r, &adapters.Error{Code: codes.Internal})
}

// canonicalPath resolves the escapes of unreserved characters and spells the others in upper case (RFC 3986 sections 6.2.2.1 and 6.2.2.2).
// Equal paths are then equal strings, and no escape that means something is resolved.
func canonicalPath(escaped string) (string, error) {
	if !strings.HasPrefix(escaped, "/") {
		escaped = "/" + escaped
	}
	if !strings.Contains(escaped, "%") {
		return escaped, nil
	}
	var b strings.Builder
	for i := 0; i < len(escaped); i++ {
		if escaped[i] != '%' {
			b.WriteByte(escaped[i])
			continue
		}
		text := escaped[i:min(i+3, len(escaped))]
		decoded, err := url.PathUnescape(text)
		if err != nil {
			return "", err
		}
		if isUnreserved(decoded[0]) {
			b.WriteByte(decoded[0])
		} else {
			b.WriteString(strings.ToUpper(text))
		}
		i += 2
	}
	return b.String(), nil
}
