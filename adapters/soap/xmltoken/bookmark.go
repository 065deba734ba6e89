package xmltoken

import "strings"

// A Bookmark is the place of an element, by which it can be read again.
type Bookmark struct {
	offset   int
	bindings []Binding // those in force outside of it
}

// maxBookmarked bounds the bindings that the bookmarks of one document keep. Elements of one parent share theirs, so real documents need few.
const maxBookmarked = 1 << 17

// Bookmark marks the element whose start tag is the current token. It is an error if the document has far more namespace declarations around bookmarks than
// any real one.
func (r *Reader) Bookmark() (Bookmark, error) {
	parent := -1
	if len(r.open) > 1 {
		parent = r.open[len(r.open)-2].start
	}
	if parent != r.snapshotOf || r.snapshot == nil {
		outside := r.scope.bindings[:r.open[len(r.open)-1].bindings]
		if r.bookmarked += len(outside); r.bookmarked > maxBookmarked {
			return Bookmark{}, r.errorAt(r.start, "there are too many namespace declarations around elements that can be referred to")
		}
		r.snapshotOf, r.snapshot = parent, append(make([]Binding, 0, len(outside)), outside...)
	}
	return Bookmark{offset: r.open[len(r.open)-1].start, bindings: r.snapshot}, nil
}

// ResetAt makes r a reader of the element that mark, made by another reader of the same document, is the place of. Its next token is the start tag, and it is
// not to be read beyond the end tag. The elements that are open in the other reader count for the bound on nesting.
func (r *Reader) ResetAt(other *Reader, mark Bookmark) {
	r.Reset(other.source, other.options)
	r.outside = other.outside + len(other.open)
	r.at, r.checked, r.entities = mark.offset, true, other.entities
	r.scope.bindings = append(r.scope.bindings, mark.bindings...)
}

// Path returns the local names of the open elements as /outer/inner, without the first skip of them.
func (r *Reader) Path(skip int) string {
	var path strings.Builder
	for i := skip; i < len(r.open); i++ {
		path.WriteByte('/')
		path.Write(r.open[i].local)
	}
	return path.String()
}

// Offset returns where the element's start tag starts.
func (b Bookmark) Offset() int { return b.offset }

// Again returns another reader of the same document, at its start.
func (r *Reader) Again() *Reader {
	again := NewReader(r.source, r.options)
	again.checked = r.checked
	return again
}

// Len returns the size of the document in bytes of UTF-8.
func (r *Reader) Len() int { return len(r.source) }
