// Package catalogue answers the pages of the REST listener: what is published, and for each API version its OpenAPI document and an
// interactive reference.
//
//	handler.go    the pages by path, and the headers they have
//	entry.go      what is published, as programs read it
//	page.go       the catalogue as people read it
//	reference.go  the interactive reference of one version
//	assets/       templates, styles and the script of the reference
//
// # Design
//
// "/" is HTML for whoever asks for HTML by name, as browsers do, and JSON for everybody else. The first reader is not a programmer, so a page needs no script
// to be read, works on a phone, and follows the reader's light or dark setting.
//
// Nothing is fetched from elsewhere: Swagger UI comes from swgui's embedded files, and only its files do; the page around it is ours,
// because its own has inline scripts, which the Content-Security-Policy here forbids. Inline styles of the reference are allowed, since Swagger UI sets some.
//
// A document is made when it is first asked for, and kept. A handler belongs to one generation of the estate, so what is kept is never stale.
package catalogue
