package database

import "testing"

func TestDays(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"2026-01-31": true, "2024-02-29": true, "2026-02-29": false, "1900-02-29": false, "2000-02-29": true, "10000-02-29": true, "10001-02-29": false, "-0044-03-15": true, "0000-01-01": true,
		"2026-02-30": false, "2026-13-01": false, "2026-00-15": false, "2026-01-00": false, "0000-00-00": false, "infinity": true, "0044-03-15 BC": true, "": true,
	} {
		if isDay(text) != want {
			t.Errorf("%s is a day: %v", text, !want)
		}
	}
}
