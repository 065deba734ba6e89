package batch_test

import (
	"fmt"
	"strings"
	"testing"
)

func TestChecks(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		expression string
		holds      bool
	}{
		"header and name":       {`file.name == "LEDGER." + string(header.FILE_NUMBER)`, true},
		"date":                  {`header.RUN_DATE == "2026-11-20" && header.KIND == "H"`, true},
		"wrong date":            {`header.RUN_DATE == "2026-11-21"`, false},
		"trailer":               {`trailer.ACCOUNTS == file.records && file.rejects == 0`, true},
		"sizes":                 {`file.size == 118 && file.records == 3`, true},
		"totals are exact":      {`totals.credits == decimal("120") && totals.credits == trailer.CREDITS`, true},
		"totals compare":        {`totals.credits > decimal("119.99") && totals.credits < decimal("120.01")`, true},
		"totals are added":      {`totals.credits + decimal("0.01") - decimal("0.02") == decimal("119.99")`, true},
		"last digits":           {`totals.ids == decimal(1006)`, true},
		"the files have a time": {`file.modified > timestamp("2020-01-01T00:00:00Z")`, true},
		"not a number":          {`totals.credits == decimal("many")`, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newLedger(t)
			s.write(t, "in/LEDGER.1", []byte(ledgerOf("20261120", 1, threeAccounts...)))
			backend := s.open(t, withLedger("checks:", fmt.Sprintf("  - {expression: %q, message: the books do not balance}", test.expression)))
			drain(t, backend)
			if test.holds {
				checkSays(t, backend, "")
			} else {
				checkSays(t, backend, "the books do not balance")
			}
		})
	}
}

// Mistakes in checks are found before any file is read.
func TestChecksAreTyped(t *testing.T) {
	t.Parallel()
	s := newLedger(t)
	for expression, want := range map[string]string{
		`header.RUN_DAY == "2026-11-20"`:  "undeclared reference to 'header.RUN_DAY'",
		`header.FILE_NUMBER == "1"`:       "found no matching overload for '_==_'",
		`totals.amounts > decimal("1")`:   "undeclared reference to 'totals'",
		`totals.credits > 1`:              "found no matching overload for '_>_'",
		`trailer.ACCOUNTS + file.records`: "the expression is a int, and has to be true or false",
		`file.records ==`:                 "Syntax error",
	} {
		err := openError(t, s, withLedger("checks:", fmt.Sprintf("  - {expression: %q, message: m}", expression)))
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "extracts[0].checks[0].expression") {
			t.Errorf("%s: got %v, want %s", expression, err, want)
		}
	}
	err := openError(t, s, strings.Replace(withLedger("checks: [{expression: 'true', message: m}]"), "name: credits", "name: ids", 1))
	if err == nil || !strings.Contains(err.Error(), "another total has the name ids") {
		t.Errorf("two totals of one name: %v", err)
	}
}
