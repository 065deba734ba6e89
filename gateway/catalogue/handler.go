package catalogue

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"github.com/swaggest/swgui/v5emb"
	"google.golang.org/grpc/codes"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/gateway/openapi"
	"github.com/postern-gateway/postern/gateway/rest"
)

// A Handler answers the pages of one generation of the estate: it is the Pages of [rest.Options].
type Handler struct {
	json     []byte
	page     page
	versions map[string]version
	swagger  http.Handler // the files of Swagger UI
}

// version is what is shown of one API version.
type version struct {
	entry     Entry
	reference []byte
	document  func() ([]byte, error)
}

// New makes the handler. title names who publishes: a council, a company; empty means "APIs".
func New(title string, published []rest.Published) (*Handler, error) {
	if title == "" {
		title = "APIs"
	}
	catalogue, err := newCatalogue(title, published)
	if err != nil {
		return nil, err
	}
	text, err := json.MarshalIndent(catalogue, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("writing the catalogue: %w", err)
	}
	h := &Handler{json: append(text, '\n'), versions: make(map[string]version), swagger: v5emb.New("", "", "/")}
	if h.page, err = newPage(catalogue); err != nil {
		return nil, err
	}
	documents := make(map[string]func() ([]byte, error))
	for _, p := range published {
		documents[p.Name()] = sync.OnceValues(func() ([]byte, error) { return openapi.Document(p) })
	}
	for _, entry := range catalogue.APIs {
		v := version{entry: entry, document: documents[entry.name()]}
		if v.reference, err = newReference(entry); err != nil {
			return nil, err
		}
		h.versions["/"+entry.name()] = v
	}
	return h, nil
}

// ServeHTTP answers one request.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Referrer-Policy", "no-referrer")
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		rest.WriteProblem(w, r, refusal(http.StatusMethodNotAllowed, codes.Unimplemented, "METHOD_NOT_ALLOWED", "This path takes GET, HEAD."))
		return
	}
	if r.URL.Path == "/" {
		h.serveCatalogue(w, r)
		return
	}
	prefix, page := split(r.URL.Path)
	v, known := h.versions[prefix]
	if !known {
		notFound(w, r)
		return
	}
	switch {
	case page == "openapi.json":
		v.serveDocument(w, r)
	case page == "" || page == "docs":
		http.Redirect(w, r, v.entry.Reference, http.StatusFound)
	case page == "docs/":
		w.Header().Set("Content-Security-Policy", referencePolicy)
		serve(w, r, "text/html; charset=utf-8", v.reference)
	default:
		h.serveAsset(w, r, strings.TrimPrefix(page, "docs/"))
	}
}

// split cuts /api/version/page in two: /api/version and page.
func split(path string) (prefix, page string) {
	parts := strings.SplitN(path, "/", 4)
	if len(parts) < 3 {
		return path, ""
	}
	if len(parts) == 4 {
		page = parts[3]
	}
	return "/" + parts[1] + "/" + parts[2], page
}

func (h *Handler) serveCatalogue(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Vary", "Accept")
	if wantsHTML(r) {
		w.Header().Set("Content-Security-Policy", h.page.policy)
		serve(w, r, "text/html; charset=utf-8", h.page.html)
		return
	}
	serve(w, r, "application/json", h.json)
}

// wantsHTML reports whether the caller names HTML among what it accepts.
func wantsHTML(r *http.Request) bool {
	for _, line := range r.Header.Values("Accept") {
		for item := range strings.SplitSeq(line, ",") {
			mediaType, parameters, err := mime.ParseMediaType(item)
			refused := parameters["q"] != "" && strings.Trim(parameters["q"], "0.") == ""
			if err == nil && !refused && (mediaType == "text/html" || mediaType == "application/xhtml+xml") {
				return true
			}
		}
	}
	return false
}

func (v version) serveDocument(w http.ResponseWriter, r *http.Request) {
	document, err := v.document()
	if err != nil {
		rest.WriteProblem(w, r, adapters.Errorf(codes.Internal, "DOCUMENT_NOT_AVAILABLE", "The document of this API cannot be made: %w", err))
		return
	}
	serve(w, r, openapi.MediaType, document)
}

// serve answers with text that callers may keep as long as its tag is the same.
func serve(w http.ResponseWriter, r *http.Request, mediaType string, text []byte) {
	sum := sha256.Sum256(text)
	w.Header().Set("Content-Type", mediaType)
	w.Header().Set("Cache-Control", "no-cache")
	w.Header().Set("ETag", `"`+hex.EncodeToString(sum[:12])+`"`)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(text))
}

func notFound(w http.ResponseWriter, r *http.Request) {
	rest.WriteProblem(w, r, refusal(http.StatusNotFound, codes.NotFound, "ROUTE_NOT_FOUND", "There is no page at this path. The catalogue at / lists what there is."))
}

func refusal(status int, code codes.Code, reason, message string) error {
	return &runtime.HTTPStatusError{HTTPStatus: status, Err: &adapters.Error{Code: code, Reason: reason, Message: message}}
}

// hash is how a Content-Security-Policy names an inline style.
func hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}
