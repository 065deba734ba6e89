package rest

import (
	"mime"
	"net/http"
	"strings"

	"google.golang.org/grpc/codes"
)

// accepts reports whether the caller's Accept header (RFC 9110 section 12.5.1) takes the media type. No header takes all.
func accepts(r *http.Request, mediaType string) bool {
	lines := r.Header.Values("Accept")
	if len(lines) == 0 {
		return true
	}
	if len(lines) == 1 && (lines[0] == "*/*" || lines[0] == mediaType) { // as most programs say
		return true
	}
	family, _, _ := strings.Cut(mediaType, "/")
	for _, line := range lines {
		for item := range strings.SplitSeq(line, ",") {
			accepted, parameters, err := mime.ParseMediaType(item)
			if err != nil || strings.Trim(parameters["q"], "0.") == "" && parameters["q"] != "" {
				continue
			}
			if accepted == mediaType || accepted == "*/*" || accepted == family+"/*" {
				return true
			}
		}
	}
	return false
}

// checkAccept refuses a caller that takes no JSON.
func checkAccept(r *http.Request, mediaType string) error {
	if accepts(r, mediaType) || accepts(r, jsonType) {
		return nil
	}
	return httpError(http.StatusNotAcceptable, codes.InvalidArgument, "NOT_ACCEPTABLE", "The answer is "+mediaType+", which the Accept header excludes.")
}

// checkContentType refuses a body that is not said to be JSON in UTF-8, or that is compressed. A body of no type is taken for JSON.
func checkContentType(r *http.Request) error {
	if header := r.Header; header.Get("Content-Type") == jsonType && header.Get("Content-Encoding") == "" {
		return nil
	}
	accepted := []string{jsonType}
	if r.Method == http.MethodPatch {
		accepted = append(accepted, "application/merge-patch+json")
	}
	unsupported := httpError(http.StatusUnsupportedMediaType, codes.InvalidArgument, "UNSUPPORTED_MEDIA_TYPE",
		"The body is "+strings.Join(accepted, " or ")+" in UTF-8, not compressed. Set the Content-Type header.")
	if encoding := r.Header.Get("Content-Encoding"); encoding != "" && !strings.EqualFold(encoding, "identity") {
		return unsupported
	}
	header := r.Header.Get("Content-Type")
	if header == "" {
		return nil
	}
	mediaType, parameters, err := mime.ParseMediaType(header)
	if err != nil {
		return unsupported
	}
	if charset := parameters["charset"]; charset != "" && !strings.EqualFold(charset, "utf-8") {
		return unsupported
	}
	for _, candidate := range accepted {
		if mediaType == candidate {
			return nil
		}
	}
	return unsupported
}
