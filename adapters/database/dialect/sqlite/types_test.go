package sqlite

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/postern-gateway/postern/adapters/database/dialect"
)

func TestDeclaredTypes(t *testing.T) {
	t.Parallel()
	for native, want := range map[string]dialect.Column{
		"INTEGER": {Kind: dialect.Int64}, "int": {Kind: dialect.Int64}, "UNSIGNED BIG INT": {Kind: dialect.Int64}, "smallint": {Kind: dialect.Int16},
		"MEDIUMINT": {Kind: dialect.Int32}, "VARCHAR(20)": {Kind: dialect.Text, Length: 20}, "NATIVE CHARACTER (70)": {Kind: dialect.Text, Length: 70},
		"TEXT": {Kind: dialect.Text}, "CLOB": {Kind: dialect.Text}, "BLOB": {Kind: dialect.Bytes}, "DOUBLE PRECISION": {Kind: dialect.Double},
		"FLOATING POINT": {Kind: dialect.Double}, "POINT": {Kind: dialect.Opaque}, "": {Kind: dialect.Opaque}, "(3": {Kind: dialect.Opaque},
		"DECIMAL(10,2)": {Kind: dialect.Decimal, Precision: 10, Scale: 2}, "NUMERIC": {Kind: dialect.Decimal}, "NUMERIC(9)": {Kind: dialect.Int32},
		"NUMERIC( 18 , 0 )": {Kind: dialect.Int64}, "NUMERIC(19,0)": {Kind: dialect.Decimal, Precision: 19}, "BOOLEAN": {Kind: dialect.Bool},
		"DATE": {Kind: dialect.Date}, "DATETIME": {Kind: dialect.LocalTimestamp}, "timestamp with time zone": {Kind: dialect.LocalTimestamp},
		"TIME": {Kind: dialect.Time}, "JSON": {Kind: dialect.JSON}, "UUID": {Kind: dialect.UUID}, "INTERVAL": {Kind: dialect.Opaque},
	} {
		want.Name, want.Native = "c", native
		if diff := cmp.Diff(&want, declared("c", native)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", native, diff)
		}
	}
}

func TestDefine(t *testing.T) {
	t.Parallel()
	got := define(`CREATE TABLE [a b] ("check" TEXT DEFAULT 'CHECK (x)' CHECK ([check] IN ('(', ')')), n INT, -- CHECK (comment)
		CONSTRAINT "my rule" CHECK (n > 0 AND (n < 5)), c TEXT COLLATE NOCASE)`)
	want := definition{collated: true, checks: []dialect.Constraint{
		{Name: `[check] IN ('(', ')')`, Check: `[check] IN ('(', ')')`, Columns: []string{"check"}},
		{Name: "my rule", Check: "n > 0 AND (n < 5)", Columns: []string{"n"}},
	}}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(definition{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
