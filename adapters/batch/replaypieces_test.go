package batch_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/postern-gateway/postern/adapters"
	adminv1 "github.com/postern-gateway/postern/proto/postern/admin/v1"
)

// takenValues are the values of the store that hold what a replay has taken in.
func takenValues(t *testing.T, s *site) map[string][]byte {
	t.Helper()
	found := make(map[string][]byte)
	err := s.store.View(t.Context(), func(tx adapters.Tx) error {
		clear(found)
		for stored, err := range tx.Scan("", "") {
			if err != nil {
				return err
			}
			if strings.Contains(stored.Key, "/taken/") {
				found[stored.Key] = stored.Value
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// servedRecords is how many records the first extract serves.
func servedRecords(t *testing.T, backend adapters.Backend) int64 {
	t.Helper()
	response, err := operatorOf(t, backend).ListExtracts(t.Context(), &adminv1.ListExtractsRequest{})
	if err != nil {
		t.Fatal(err)
	}
	return response.GetExtracts()[0].GetInForce().GetRecords()
}

// What a replay takes in is in the store in pieces, of which other gateways make it too; also from the one value that earlier versions wrote.
func TestLargeReplaysInPieces(t *testing.T) {
	t.Parallel()
	const bad = 6000
	s := newSite(t)
	claims := manyClaims(8000)
	for i := range bad {
		claims[i].born = "19611332"
	}
	config := strings.Replace(settings, "max_bad_share: 0.4", "max_bad_share: 0.9", 1)
	s.write(t, "in/CLAIMS.1", extractOf("20261120", claims...))
	first := s.open(t, config)
	drain(t, first)
	run := runsOf(t, first, "claims")[0]
	if run.GetRejects() != bad {
		t.Fatalf("%d rejects, want %d", run.GetRejects(), bad)
	}
	var corrections []*adminv1.Correction
	for i, mended := range manyClaims(8000)[:bad] {
		corrections = append(corrections, &adminv1.Correction{Record: int64(i + 2), Data: mended.record()})
	}
	if replayed, err := replay(t, first, run.GetId(), corrections...); err != nil || replayed.GetRejects() != 0 || replayed.GetRecords() != bad {
		t.Fatalf("%v, %v", replayed, err)
	}
	pieces := takenValues(t, s)
	largest, whole, key := 0, [][]byte{}, ""
	for at, value := range pieces {
		var records [][]byte
		if err := json.Unmarshal(value, &records); err != nil {
			t.Fatal(err)
		}
		largest, whole, key = max(largest, len(value)), append(whole, records...), at[:strings.LastIndex(at, "/")]
	}
	if len(pieces) != 2 || largest > 512<<10 || len(whole) != bad {
		t.Errorf("%d pieces of up to %d bytes hold %d records", len(pieces), largest, len(whole))
	}
	second := s.replica(t, config)
	drain(t, second)
	if a, b := servedRecords(t, first), servedRecords(t, second); a != 8000 || b != 8000 {
		t.Errorf("%d and %d records are served, want 8000", a, b)
	}
	err := s.store.Update(t.Context(), func(tx adapters.Tx) error {
		for at := range pieces {
			if err := tx.Delete(at); err != nil {
				return err
			}
		}
		value, err := json.Marshal(whole)
		if err != nil {
			return err
		}
		return tx.Put(key, value)
	})
	if err != nil {
		t.Fatal(err)
	}
	third := s.replica(t, config)
	drain(t, third)
	if n := servedRecords(t, third); n != 8000 {
		t.Errorf("from one value of the store, %d records are served, want 8000", n)
	}
}
