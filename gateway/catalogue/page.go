package catalogue

import (
	"bytes"
	_ "embed" // for the templates
	"fmt"
	"html/template"
)

//go:embed assets/catalogue.html
var catalogueHTML string

//go:embed assets/style.css
var style string

// page is the catalogue in HTML, with the policy that it is sent with.
type page struct {
	html   []byte
	policy string
}

// pageData is what the template shows.
type pageData struct {
	Title  string
	Style  template.CSS
	Groups []group
}

// A group is the contracts, or the back ends.
type group struct {
	Name, Note string
	Entries    []Entry
}

func newPage(catalogue Catalogue) (page, error) {
	parsed, err := template.New("catalogue").Parse(catalogueHTML)
	if err != nil {
		return page{}, fmt.Errorf("reading the catalogue's template: %w", err)
	}
	data := pageData{
		Title: catalogue.Title,
		Style: template.CSS(style), //nolint:gosec // our own file
	}
	for _, g := range []group{
		{Name: "APIs", Note: "Made for those who build on them. What they promise is kept for as long as a version lives.", Entries: only(catalogue.APIs, kindContract)},
		{Name: "Legacy systems", Note: "Published as they are, one to one with the system behind.", Entries: only(catalogue.APIs, kindBackEnd)},
	} {
		if len(g.Entries) > 0 {
			data.Groups = append(data.Groups, g)
		}
	}
	var html bytes.Buffer
	if err := parsed.Execute(&html, data); err != nil {
		return page{}, fmt.Errorf("writing the catalogue's page: %w", err)
	}
	return page{
		html:   html.Bytes(),
		policy: "default-src 'none'; style-src " + hash(style) + "; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
	}, nil
}

func only(entries []Entry, kind string) []Entry {
	var some []Entry
	for _, entry := range entries {
		if entry.Kind == kind {
			some = append(some, entry)
		}
	}
	return some
}

// Mocked counts the routes whose replies are made up.
func (e Entry) Mocked() int {
	n := 0
	for _, route := range e.Routes {
		if route.Mock {
			n++
		}
	}
	return n
}
