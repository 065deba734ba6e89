package catalogue

import (
	"bytes"
	_ "embed" // for the templates
	"fmt"
	"html/template"
	"net/http"
	"slices"
)

//go:embed assets/reference.html
var referenceHTML string

//go:embed assets/reference.css
var referenceStyle []byte

//go:embed assets/reference.js
var referenceScript []byte

// referencePolicy lets Swagger UI run its own file, set styles, show its own images and call the APIs of this host; nothing else.
const referencePolicy = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; connect-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// swaggerFiles are the files of Swagger UI that the reference uses.
var swaggerFiles = []string{"swagger-ui.css", "swagger-ui-bundle.js", "favicon-16x16.png", "favicon-32x32.png"}

// newReference writes the page around Swagger UI.
func newReference(entry Entry) ([]byte, error) {
	parsed, err := template.New("reference").Parse(referenceHTML)
	if err != nil {
		return nil, fmt.Errorf("reading the reference's template: %w", err)
	}
	var html bytes.Buffer
	if err := parsed.Execute(&html, entry); err != nil {
		return nil, fmt.Errorf("writing the reference of %s: %w", entry.name(), err)
	}
	return html.Bytes(), nil
}

// serveAsset answers a file of the reference.
func (h *Handler) serveAsset(w http.ResponseWriter, r *http.Request, name string) {
	switch {
	case name == "reference.css":
		serve(w, r, "text/css; charset=utf-8", referenceStyle)
	case name == "reference.js":
		serve(w, r, "text/javascript; charset=utf-8", referenceScript)
	case slices.Contains(swaggerFiles, name):
		w.Header().Set("Cache-Control", "public, max-age=86400")
		file := r.Clone(r.Context())
		file.URL.Path, file.URL.RawPath = "/"+name, ""
		h.swagger.ServeHTTP(w, file)
	default:
		notFound(w, r)
	}
}
