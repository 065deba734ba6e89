package batch_test

import (
	"errors"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"

	"github.com/postern-gateway/postern/adapters"
)

// What a submission must have is refused where it is missing, and nothing is queued.
func TestSubmissionLacksFields(t *testing.T) {
	t.Parallel()
	free := strings.Replace(settings, "    required: [CITIZEN-ID, NEW-TOWN]\n", "", 1)
	for name, test := range map[string]struct {
		settings, request string
		fields            []string // nil if it is taken
	}{
		"nothing given":            {settings, `{}`, []string{"citizenId", "newTown"}},
		"blank":                    {settings, `{"citizenId": "C000001", "newTown": "  "}`, []string{"newTown"}},
		"complete":                 {settings, `{"citizenId": "C000001", "newTown": "Riverside"}`, nil},
		"nothing given or wanted":  {free, `{}`, []string{""}},
		"something, as none asked": {free, `{"citizenId": "C000001"}`, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			backend := s.open(t, test.settings)
			_, _, err := call(t, backend, "SubmitChanges", test.request)
			drain(t, backend)
			if test.fields == nil {
				if err != nil || len(s.outFiles(t)) != 1 {
					t.Errorf("%v and %d files, want it taken", err, len(s.outFiles(t)))
				}
				return
			}
			var public *adapters.Error
			if !errors.As(err, &public) || public.Code != codes.InvalidArgument || public.Reason != "" {
				t.Fatalf("got %v, want INVALID_ARGUMENT", err)
			}
			var fields []string
			for _, violation := range public.Violations {
				fields = append(fields, violation.Field)
			}
			if got, want := strings.Join(fields, " "), strings.Join(test.fields, " "); got != want || len(fields) != len(test.fields) {
				t.Errorf("violations of %q, want %q", got, want)
			}
			if files := s.outFiles(t); len(files) != 0 {
				t.Errorf("files %v, want none", files)
			}
		})
	}
}
