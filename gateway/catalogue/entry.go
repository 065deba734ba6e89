package catalogue

import (
	"github.com/postern-gateway/postern/gateway/openapi"
	"github.com/postern-gateway/postern/gateway/rest"
)

// A Catalogue is what is published, as programs read it.
type Catalogue struct {
	// Title names the publisher.
	Title string `json:"title"`
	// APIs are the API versions: contracts first, then back ends, each in the order they were given.
	APIs []Entry `json:"apis"`
}

// An Entry is one published version of one API.
type Entry struct {
	// API and Version are what its paths start with.
	API     string `json:"api"`
	Version string `json:"version"`
	// Title is its name for people.
	Title       string `json:"title"`
	Description string `json:"description,omitempty"`
	Owner       string `json:"owner,omitempty"`
	// Lifecycle is draft, active or deprecated.
	Lifecycle string `json:"lifecycle"`
	// Kind is contract, or backEnd for a legacy system that is published as it is.
	Kind string `json:"kind"`
	// OpenAPI and Reference are paths on this host.
	OpenAPI   string `json:"openapi"`
	Reference string `json:"reference"`
	// Routes are what can be called.
	Routes []Route `json:"routes"`
}

func (e Entry) name() string { return e.API + "/" + e.Version }

// A Route is one thing that can be called.
type Route struct {
	Verb    string `json:"verb"`
	Path    string `json:"path"`
	Summary string `json:"summary,omitempty"`
	// Method is the full name of the gRPC method behind it.
	Method string `json:"method"`
	// Mock is true while replies are made up.
	Mock bool `json:"mock"`
}

const (
	kindContract = "contract"
	kindBackEnd  = "backEnd"
)

func newCatalogue(title string, published []rest.Published) (Catalogue, error) {
	c := Catalogue{Title: title, APIs: []Entry{}}
	for _, contracts := range []bool{true, false} {
		for _, p := range published {
			if p.Contract != contracts {
				continue
			}
			entry, err := newEntry(p)
			if err != nil {
				return Catalogue{}, err
			}
			c.APIs = append(c.APIs, entry)
		}
	}
	return c, nil
}

func newEntry(p rest.Published) (Entry, error) {
	routes, err := rest.Routes(p)
	if err != nil {
		return Entry{}, err
	}
	entry := Entry{
		API: p.API, Version: p.Version, Title: p.Title, Description: p.Description, Owner: p.Owner, Lifecycle: p.Lifecycle,
		Kind: kindBackEnd, OpenAPI: p.Prefix() + "/openapi.json", Reference: p.Prefix() + "/docs/", Routes: []Route{},
	}
	if p.Contract {
		entry.Kind = kindContract
	}
	if entry.Title == "" {
		entry.Title = p.API
	}
	if entry.Lifecycle == "" {
		entry.Lifecycle = "active"
	}
	for _, route := range routes {
		entry.Routes = append(entry.Routes, Route{
			Verb: route.Verb, Path: route.Path, Summary: openapi.Summary(route.Method),
			Method: string(route.Method.FullName()), Mock: p.Mocked[route.Method.FullName()],
		})
	}
	return entry, nil
}
