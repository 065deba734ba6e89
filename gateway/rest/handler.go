package rest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/reflect/protoregistry"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/gateway/fault"
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
	versions map[string]*version
	pages    http.Handler
	logger   *slog.Logger
}

// version is one API version: its mux, and its routes for what the mux does not tell.
type version struct {
	mux    *runtime.ServeMux
	routes []compiled
}

type compiled struct {
	verb    string
	pattern runtime.Pattern
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
	h := &Handler{versions: make(map[string]*version), pages: options.Pages, logger: options.Logger}
	var mistakes []error
	for _, published := range options.Published {
		if _, taken := h.versions[published.Name()]; taken {
			mistakes = append(mistakes, fmt.Errorf("%s is published twice", published.Name()))
			continue
		}
		v, err := newVersion(published, options)
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

func newVersion(published Published, options Options) (*version, error) {
	routes, err := Routes(published)
	if err != nil {
		return nil, err
	}
	v := &version{}
	v.mux = newMux(options, v.refuse)
	slices.SortStableFunc(routes, func(a, b Route) int { return compareTemplates(b.template, a.template) })
	operations := operationRoute(routes)
	for _, route := range routes {
		pattern, err := route.template.pattern()
		if err != nil {
			return nil, &RouteError{API: published.Name(), Method: route.Method.FullName(), Message: err.Error()}
		}
		e := newEndpoint(route, options)
		e.mux = v.mux
		e.operations = operations
		v.mux.Handle(route.Verb, pattern, e.serve)
		v.routes = append(v.routes, compiled{verb: route.Verb, pattern: pattern})
	}
	return v, nil
}

// newMux makes a mux whose answers, errors included, are ours. refuse answers requests that no route takes.
func newMux(options Options, refuse func(x *exchange, r *http.Request)) *runtime.ServeMux {
	return runtime.NewServeMux(
		runtime.WithMarshalerOption(runtime.MIMEWildcard, newCodec(options.Resolver)),
		runtime.WithErrorHandler(func(ctx context.Context, _ *runtime.ServeMux, _ runtime.Marshaler, _ http.ResponseWriter, r *http.Request, err error) {
			options.Logger.ErrorContext(ctx, "answering a request", "error", err)
			exchangeFrom(ctx).problem(r, err)
		}),
		runtime.WithStreamErrorHandler(func(ctx context.Context, err error) *status.Status {
			exchangeFrom(ctx).streamError = err
			return fault.Public(err)
		}),
		runtime.WithRoutingErrorHandler(func(ctx context.Context, _ *runtime.ServeMux, _ runtime.Marshaler, _ http.ResponseWriter, r *http.Request, _ int) {
			refuse(exchangeFrom(ctx), r)
		}),
		runtime.WithWriteContentLength(),
		runtime.WithDisablePathLengthFallback(),
		runtime.WithDisableHTTPMethodOverride(),
		runtime.WithDisableChunkedEncoding(),
	)
}

var errNoRoute = httpError(http.StatusNotFound, codes.NotFound, "ROUTE_NOT_FOUND", "There is nothing at this path. The catalogue at / lists what there is.")

// ServeHTTP answers one request.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	x := begin(w, r)
	ctx := context.WithValue(r.Context(), exchangeKey{}, x)
	r = r.WithContext(ctx)
	defer h.recovered(x, r)

	path, err := canonicalPath(r.URL.EscapedPath())
	if err != nil {
		x.problem(r, adapters.Errorf(codes.InvalidArgument, "MALFORMED_PATH", "The path holds a malformed escape: %w", err))
		return
	}
	segments := strings.Split(path[1:], "/")
	v := h.versions[strings.Join(segments[:min(2, len(segments))], "/")]
	switch {
	case h.pages != nil && (path == "/" || v != nil && isPage(segments)):
		h.pages.ServeHTTP(x, r)
	case v == nil || slices.Contains(segments, ""):
		x.problem(r, errNoRoute)
	default:
		v.serve(x, r, path)
	}
}

// isPage reports whether the path, which begins with a version's prefix, is for people.
func isPage(segments []string) bool {
	return len(segments) == 2 || reserved(segments[2]) || len(segments) == 3 && segments[2] == ""
}

// reserved reports whether a name right below a version's prefix is the gateway's own.
func reserved(name string) bool { return name == "openapi.json" || name == "docs" }

// serve gives the request to the mux under its canonical path.
func (v *version) serve(x *exchange, r *http.Request, path string) {
	rewritten := *r
	rewritten.URL = &url.URL{Path: path, RawQuery: r.URL.RawQuery}
	if r.Method == http.MethodHead {
		rewritten.Method = http.MethodGet // net/http sends no body to a HEAD request
	}
	v.mux.ServeHTTP(x, &rewritten)
}

// refuse answers a request that no route takes: its path is not known, or has other verbs.
func (v *version) refuse(x *exchange, r *http.Request) {
	allowed := v.allowed(strings.Split(r.URL.Path[1:], "/"))
	if len(allowed) == 0 || slices.Contains(allowed, r.Method) && r.Method != http.MethodOptions {
		x.problem(r, errNoRoute) // the mux takes a last segment of nothing but a custom verb for no path at all
		return
	}
	x.Header().Set("Allow", strings.Join(allowed, ", "))
	if r.Method == http.MethodOptions {
		x.WriteHeader(http.StatusNoContent)
		return
	}
	x.problem(r, httpError(http.StatusMethodNotAllowed, codes.Unimplemented, "METHOD_NOT_ALLOWED",
		"This path takes "+strings.Join(allowed, ", ")+"."))
}

// allowed lists the verbs of the routes that match a path, sorted, with HEAD where there is GET, and OPTIONS.
func (v *version) allowed(segments []string) []string {
	var verbs []string
	for _, route := range v.routes {
		if !slices.Contains(verbs, route.verb) && route.matches(segments) {
			verbs = append(verbs, route.verb)
		}
	}
	if slices.Contains(verbs, http.MethodGet) {
		verbs = append(verbs, http.MethodHead)
	}
	if len(verbs) > 0 {
		verbs = append(verbs, http.MethodOptions)
	}
	slices.Sort(verbs)
	return verbs
}

func (c compiled) matches(segments []string) bool {
	verb := c.pattern.Verb()
	if verb != "" {
		last, ok := strings.CutSuffix(segments[len(segments)-1], ":"+verb)
		if !ok || last == "" {
			return false
		}
		segments = append(slices.Clone(segments[:len(segments)-1]), last)
	}
	_, err := c.pattern.MatchAndEscape(segments, verb, runtime.UnescapingModeLegacy)
	return err == nil
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
