package batch_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"google.golang.org/grpc/status"

	"github.com/postern-gateway/postern/adapters"
)

// ledgerSettings is an extract of accounts in lines, with numbered files.
const ledgerSettings = `
kind: batch
time_zone: Europe/London
poll: 3600s
extracts:
  - plural: accounts
    singular: account
    layout: {copybook: ledger.cpy, record: ACCOUNT, code_page: ascii, record_format: line, formats: {RUN-DATE: yyyymmdd}}
    inbox: {directory: in, pattern: "LEDGER.*"}
    header: {record: LEDGER-HEAD, when: {field: KIND, equals: H}, date: RUN-DATE, sequence: FILE-NUMBER}
    detail: {when: {field: KIND, equals: D}}
    trailer:
      record: LEDGER-TAIL
      when: {field: KIND, equals: T}
      count: ACCOUNTS
      totals:
        - {of: ACCOUNT-ID, equals: HASH-OF-IDS, digits: 4, name: ids}
        - {of: BALANCE, equals: CREDITS, when: {field: OWNER, in: [DOYLE, OKAFOR]}, name: credits}
    key: [ACCOUNT-ID]
    indexes: [OWNER]
    max_bad_share: 0.4
`

// withLedger is ledgerSettings with more settings of the extract.
func withLedger(lines ...string) string {
	return ledgerSettings + "    " + strings.Join(lines, "\n    ") + "\n"
}

// An account is one record of the ledger. Its action is A, C or D in deltas.
type account struct {
	action  string
	id      int
	owner   string
	balance int64 // in hundredths
}

// quarantined is the content of the quarantine of an extract.
func (s *site) quarantined(t testing.TB, extract string) string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(s.data, "quarantine", extract, "*.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	all := ""
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		all += string(text)
	}
	return all
}

func newLedger(t testing.TB) *site {
	t.Helper()
	s := newSite(t)
	content, err := os.ReadFile(filepath.Join("testdata", "ledger.cpy"))
	if err != nil {
		t.Fatal(err)
	}
	s.write(t, "ledger.cpy", content)
	return s
}

// ledgerOf is a file of accounts with the right header and trailer.
func ledgerOf(date string, number int, accounts ...account) string {
	var out strings.Builder
	fmt.Fprintf(&out, "H%s%04d\n", date, number)
	ids, credits := 0, int64(0)
	for _, a := range accounts {
		sign, balance := "+", a.balance
		if balance < 0 {
			sign, balance = "-", -balance
		}
		fmt.Fprintf(&out, "D%-1s%06d%-8s%s%09d\n", a.action, a.id, a.owner, sign, balance)
		ids += a.id
		if a.owner == "DOYLE" || a.owner == "OKAFOR" {
			credits += a.balance
		}
	}
	fmt.Fprintf(&out, "T%06d%04d%011d\n", len(accounts), ids%10_000, credits)
	return out.String()
}

// accountsOf asks for all accounts and returns them as id:owner:balance.
func accountsOf(t testing.TB, backend adapters.Backend) string {
	t.Helper()
	message, _, err := call(t, backend, "ListAccounts", `{"pageSize": 1000}`)
	if err != nil {
		t.Fatal(err)
	}
	fields := message.ProtoReflect().Descriptor().Fields()
	items := message.ProtoReflect().Get(fields.ByName("accounts")).List()
	var all []string
	for i := range items.Len() {
		item := items.Get(i).Message()
		of := item.Descriptor().Fields()
		all = append(all, fmt.Sprintf("%v:%v:%v", item.Get(of.ByName("account_id")), item.Get(of.ByName("owner")), item.Get(of.ByName("balance"))))
	}
	return strings.Join(all, " ")
}

func checkSays(t testing.TB, backend adapters.Backend, want string) {
	t.Helper()
	err := backend.(adapters.Checker).Check(t.Context())
	switch {
	case want == "" && err != nil:
		t.Errorf("Check: %v", err)
	case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
		t.Errorf("Check: got %v, want %q", err, want)
	}
	if want != "" && strings.Contains(status.Convert(err).Message(), "LEDGER") {
		t.Errorf("the public message names the file: %v", err)
	}
}

var threeAccounts = []account{{"", 7001, "DOYLE", 12050}, {"", 7002, "MBEKI", -999_999_999}, {"", 7003, "OKAFOR", -50}}

// A hash total is the last digits of a sum of numbers that mean nothing together, and a total may be of some records alone.
func TestHashTotals(t *testing.T) {
	t.Parallel()
	good := ledgerOf("20261120", 1, threeAccounts...) // 7001+7002+7003 = 21006, and 120.50-0.50 = 120.00
	if !strings.HasSuffix(good, "T000003100600000012000\n") {
		t.Fatalf("the file ends in %s", good[len(good)-23:])
	}
	for name, test := range map[string]struct{ old, with, reason string }{
		"good":            {"", "", ""},
		"wrong hash":      {"T0000031006", "T0000031007", "HASH-OF-IDS says 1007, and the records' ACCOUNT-ID sum to 1006"},
		"wrong some":      {"00000012000\n", "00000012001\n", "CREDITS says 120.01, and the records' BALANCE sum to 120.00"},
		"wrong hash in 0": {"T0000031006", "T0000030000", "HASH-OF-IDS says 0, and"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newLedger(t)
			s.write(t, "in/LEDGER.1", []byte(strings.Replace(good, test.old, test.with, 1)))
			backend := s.open(t, strings.Replace(ledgerSettings, ", sequence: FILE-NUMBER", "", 1))
			drain(t, backend)
			checkSays(t, backend, test.reason)
			if test.reason == "" {
				if got, want := accountsOf(t, backend), "7001:DOYLE:120.50 7002:MBEKI:-9999999.99 7003:OKAFOR:-0.50"; got != want {
					t.Errorf("got %s, want %s", got, want)
				}
			}
		})
	}
}
