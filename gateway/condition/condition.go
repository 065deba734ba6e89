package condition

import (
	"net/http"
	"strings"

	"google.golang.org/grpc/codes"

	"github.com/postern-gateway/postern/adapters"
)

// Names of the headers, in their canonical form. In gRPC metadata they are in lower case.
const (
	IfMatch           = "If-Match"
	IfUnmodifiedSince = "If-Unmodified-Since"
)

// Reasons of refused conditions.
const (
	// ReasonNotSupported is the reason of a call that was not made because its method does not look at conditions.
	ReasonNotSupported = "CONDITION_NOT_SUPPORTED"
	// ReasonMalformed is the reason of a call whose conditions cannot be read.
	ReasonMalformed = "MALFORMED_CONDITION"
)

// ErrNotSupported is the error of a write that is only to be made under a condition, of a method that does not look at any.
var ErrNotSupported = &adapters.Error{
	Code: codes.Unimplemented, Reason: ReasonNotSupported, Unsent: true,
	Message: "If-Match and If-Unmodified-Since are not supported here. Nothing has been done.",
}

// Read returns the conditions among the headers, whose values header returns by name, and whether there are any. conditional says whether the method that is
// called looks at conditions. The error is an [adapters.Error] and public: a header is malformed, or names a condition that the method does not look at.
//
// If-Unmodified-Since is not looked at beside If-Match (RFC 9110 section 13.1.4).
func Read(header func(name string) []string, conditional bool) (adapters.Conditions, bool, error) {
	match, since := header(IfMatch), header(IfUnmodifiedSince)
	switch {
	case len(match)+len(since) == 0:
		return adapters.Conditions{}, false, nil
	case !conditional:
		return adapters.Conditions{}, false, ErrNotSupported
	case len(match) > 0:
		tags, ok := entityTags(strings.Join(match, ","))
		if !ok {
			return adapters.Conditions{}, false, malformed(IfMatch, `it is * or a list of entity tags: "5", "6"`)
		}
		return adapters.Conditions{IfMatch: tags}, true, nil
	default:
		at, err := http.ParseTime(strings.Join(since, ","))
		if err != nil {
			return adapters.Conditions{}, false, malformed(IfUnmodifiedSince, "it is one date of HTTP: Sun, 06 Nov 1994 08:49:37 GMT")
		}
		return adapters.Conditions{IfUnmodifiedSince: at}, true, nil
	}
}

func malformed(header, accepted string) error {
	e := adapters.Errorf(codes.InvalidArgument, ReasonMalformed, "The header %s cannot be read: %s.", header, accepted)
	e.Violations = []adapters.Violation{{Field: header, Description: accepted}}
	return e
}

// entityTags reads the list of If-Match (RFC 9110 sections 5.6.1 and 8.8.3). Strong tags are returned without their quotes, weak ones, and one that is a star, as they were sent.
func entityTags(list string) (tags []string, ok bool) {
	if strings.Trim(list, " \t") == "*" {
		return []string{"*"}, true
	}
	for {
		list = strings.TrimLeft(list, " \t,") // empty elements do not count
		if list == "" {
			return tags, len(tags) > 0
		}
		strong, weak := strings.CutPrefix(list, "W/")
		length := quoted(strong)
		if length == 0 {
			return nil, false
		}
		switch tag := strong[1 : length-1]; {
		case weak:
			tags = append(tags, list[:length+len("W/")])
		case tag == "*": // which would be any state without its quotes
			tags = append(tags, strong[:length])
		default:
			tags = append(tags, tag)
		}
		list = strings.TrimLeft(strong[length:], " \t")
		if list != "" && list[0] != ',' {
			return nil, false
		}
	}
}

// quoted is the length of the opaque tag that the text begins with, or 0.
func quoted(text string) int {
	if text == "" || text[0] != '"' {
		return 0
	}
	for i := 1; i < len(text); i++ {
		switch c := text[i]; {
		case c == '"':
			return i + 1
		case c < '!' || c == 0x7F:
			return 0
		}
	}
	return 0
}
