package main

import (
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	adminv1 "github.com/postern-gateway/postern/proto/postern/admin/v1"
)

// What waits, what is missing and what came late or out of sequence can be read off the tables, and a name can do nothing to the terminal.
func TestBatchTableShowsOrder(t *testing.T) {
	t.Parallel()
	three := int64(3)
	listing := &batchListing{
		Backend: "bank",
		Extracts: listOf([]*adminv1.Extract{{
			Name: "accounts", Freshness: adminv1.Freshness_FRESHNESS_EMPTY, Due: "2026-11-20", Missing: []string{"2026-11-19"},
			Held: []*adminv1.HeldFile{
				{File: "L\x1b[31m3", Number: &three, ModifiedAt: timestamppb.New(time.Unix(0, 0)), Reason: "those before have not come"},
				{File: "CHANGES", Reason: "there is nothing to change"},
			},
		}}),
		Runs: listOf([]*adminv1.Run{{Id: "r1", Of: "accounts", Outcome: "served", OutOfSequence: true, Late: durationpb.New(90 * time.Minute)}}),
	}
	var out strings.Builder
	listing.print(&out)
	text := strings.Join(strings.FieldsFunc(out.String(), func(r rune) bool { return r == ' ' }), " ")
	for _, want := range []string{
		"accounts empty, due 2026-11-20, missing 2026-11-19 ", "HELD FILE OF NUMBER WRITTEN REASON\n", `L\x1b[31m3 accounts 3 1970-01-01T00:00:00Z those before have not come`,
		"CHANGES accounts - - there is nothing to change", "served, out of sequence, late by 1h30m0s ",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("without %q:\n%s", want, out.String())
		}
	}
}
