package oracle

import (
	"context"
	"database/sql/driver"
	"errors"
	"io"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/sijms/go-ora/v2/network"
	"google.golang.org/grpc/codes"

	"github.com/postern-gateway/postern/adapters/database/dialect"
	"github.com/postern-gateway/postern/adapters/database/scripttest"
)

func TestInspect(t *testing.T) {
	t.Parallel()
	const h, tn = "HOUSING", "TENANCIES"
	row := func(name, native string, characters, precision, scale int64, nullable, virtual string, hasDefault int64, identity any) []driver.Value {
		return []driver.Value{h, tn, name, native, int64(22), characters, precision, scale, nullable, virtual, hasDefault, identity, nil}
	}
	d, _ := scripted(t,
		answer("FROM all_objects o", scripttest.Names("owner", "name", "type", "comment"), []driver.Value{h, "LIVE", "VIEW", nil}, []driver.Value{h, tn, "TABLE", "Who lives where."}),
		answer("FROM all_tab_cols c", scripttest.Names("o", "t", "c", "type", "length", "chars", "precision", "scale", "nullable", "virtual", "default", "identity", "comment"),
			row("ID", "NUMBER", 0, 10, 0, "N", "NO", 1, "ALWAYS"), row("CODE", "CHAR", 4, -1, -1, "N", "NO", 0, nil),
			row("RENT", "NUMBER", 0, 10, 2, "Y", "NO", 0, nil), row("TWICE", "NUMBER", 0, -1, -1, "Y", "YES", 1, nil),
			row("PLACE", "SDO_GEOMETRY", 0, -1, -1, "Y", "NO", 0, nil), row("SINCE", "TIMESTAMP(6) WITH LOCAL TIME ZONE", 0, -1, 6, "Y", "NO", 0, nil)),
		answer("FROM all_constraints k\n", scripttest.Names("o", "t", "name", "type", "column", "check", "ro", "rt", "rc"),
			[]driver.Value{h, tn, "CK_RENT", "C", "RENT", "rent > 0", nil, nil, nil}, []driver.Value{h, tn, "FK_CODE", "R", "CODE", nil, "REF", "CODES", "CODE"},
			[]driver.Value{h, tn, "PK_T", "P", "ID", nil, nil, nil, nil}, []driver.Value{h, tn, "SYS_C1", "C", "CODE", `"CODE" IS NOT NULL`, nil, nil, nil}),
		answer("FROM all_indexes x", scripttest.Names("o", "t", "name", "column"), []driver.Value{h, tn, "UX", "CODE"}, []driver.Value{h, tn, "UX", "RENT"}),
		answer("FROM all_procedures p", scripttest.Names("object", "subprogram", "owner", "name", "procedure", "type", "special"),
			[]driver.Value{int64(70), int64(1), h, "PAYROLL", "FIND", "PACKAGE", nil}, []driver.Value{int64(70), int64(2), h, "PAYROLL", "FIND", "PACKAGE", nil},
			[]driver.Value{int64(70), int64(3), h, "PAYROLL", "LOAD", "PACKAGE", nil}, []driver.Value{int64(71), int64(1), h, "ALL_ROWS", nil, "FUNCTION", "returns rows one by one"}),
		answer("FROM all_arguments a", scripttest.Names("object", "subprogram", "position", "name", "mode", "defaulted", "type", "characters", "precision", "scale"),
			[]driver.Value{int64(70), int64(1), int64(0), nil, "OUT", "N", "REF CURSOR", int64(0), int64(-1), int64(-1)},
			[]driver.Value{int64(70), int64(1), int64(1), "WHO", "IN", "N", "VARCHAR2", int64(0), int64(-1), int64(-1)},
			[]driver.Value{int64(70), int64(2), int64(1), "ID", "IN", "Y", "NUMBER", int64(0), int64(-1), int64(-1)},
			[]driver.Value{int64(70), int64(2), int64(2), "DONE", "IN/OUT", "N", "PL/SQL BOOLEAN", int64(0), int64(-1), int64(-1)},
			[]driver.Value{int64(70), int64(3), int64(1), "ALL", "IN", "N", "PL/SQL TABLE", int64(0), int64(-1), int64(-1)}),
	)
	got, err := d.Inspect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := &dialect.Schema{
		Tables: []*dialect.Table{
			{Schema: h, Name: "LIVE", View: true},
			{
				Schema: h, Name: tn, Comment: "Who lives where.", Key: []string{"ID"}, Locator: "ROWID",
				Columns: []*dialect.Column{
					{Name: "ID", Kind: dialect.Int64, Native: "NUMBER(10,0)", Default: true, Generated: true},
					{Name: "CODE", Kind: dialect.Text, Native: "CHAR(4)", Length: 4, Padded: true},
					{Name: "RENT", Kind: dialect.Decimal, Native: "NUMBER(10,2)", Precision: 10, Scale: 2, Nullable: true},
					{Name: "TWICE", Kind: dialect.Decimal, Native: "NUMBER", Nullable: true, Default: true, Generated: true},
					{Name: "SINCE", Kind: dialect.Timestamp, Native: "TIMESTAMP(6) WITH LOCAL TIME ZONE", Nullable: true},
				},
				Constraints: []dialect.Constraint{
					{Name: "CK_RENT", Columns: []string{"RENT"}, Check: "RENT > 0"}, {Name: "PK_T", Columns: []string{"ID"}, Unique: true},
					{Name: "UX", Columns: []string{"CODE", "RENT"}, Unique: true},
				},
				ForeignKeys: []dialect.ForeignKey{{Name: "FK_CODE", Columns: []string{"CODE"}, Schema: "REF", Table: "CODES", References: []string{"CODE"}}},
			},
		},
		Routines: []*dialect.Routine{
			{
				Schema: h, Name: "PAYROLL.FIND", Function: true, ResultSets: true,
				Parameters: []dialect.Parameter{
					{Column: &dialect.Column{Name: "0", Native: "REF CURSOR", Nullable: true}, Out: true, Cursor: true},
					{Column: &dialect.Column{Name: "WHO", Kind: dialect.Text, Native: "VARCHAR2", Nullable: true}, In: true},
				},
			},
			{Schema: h, Name: "PAYROLL.FIND", Parameters: []dialect.Parameter{
				{Column: &dialect.Column{Name: "ID", Kind: dialect.Decimal, Native: "NUMBER", Nullable: true, Default: true}, In: true},
				{Column: &dialect.Column{Name: "DONE", Kind: dialect.Bool, Native: "BOOLEAN", Nullable: true}, In: true, Out: true},
			}},
		},
		Skipped: []string{
			"TENANCIES.PLACE is of the type SDO_GEOMETRY, which cannot be told, and is left out.",
			"PAYROLL.LOAD has a parameter or result of the type PL/SQL TABLE, which no value can be given for or told of, and is left out.",
			"ALL_ROWS returns rows one by one, and is left out.",
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the schema differs (-want +got):\n%s", diff)
	}
}

// TestFaults holds numbers and messages as Oracle's documents have them against what they mean.
func TestFaults(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		number  int
		message string
		want    dialect.Fault
	}{
		{1, "ORA-00001: unique constraint (HOUSING.UX) violated", dialect.Fault{Code: codes.AlreadyExists, Reason: dialect.UniqueViolation, Constraint: "UX"}},
		{2291, "ORA-02291: integrity constraint (HOUSING.FK_CODE) violated - parent key not found", dialect.Fault{Code: codes.FailedPrecondition, Reason: dialect.ForeignKeyViolation, Constraint: "FK_CODE"}},
		{2290, "ORA-02290: check constraint (HOUSING.CK_RENT) violated", dialect.Fault{Code: codes.InvalidArgument, Reason: dialect.CheckViolation, Constraint: "CK_RENT"}},
		{1400, `ORA-01400: cannot insert NULL into ("HOUSING"."TENANCIES"."CODE")`,
			dialect.Fault{Code: codes.InvalidArgument, Reason: dialect.NotNullViolation, Table: "TENANCIES", Columns: []string{"CODE"}}},
		{12899, `ORA-12899: value too large for column "HOUSING"."TENANCIES"."CODE" (actual: 5, maximum: 4)`,
			dialect.Fault{Code: codes.InvalidArgument, Reason: dialect.TooLong, Table: "TENANCIES", Columns: []string{"CODE"}}},
		{904, `ORA-00904: "T"."NMAE": invalid identifier`, dialect.Fault{Code: codes.Internal, Reason: dialect.SchemaChanged, Token: "NMAE"}},
		{60, "ORA-00060: deadlock detected while waiting for resource", dialect.Fault{Code: codes.Aborted, Reason: dialect.Deadlock}},
		{20001, "ORA-20001: raised by a trigger", dialect.Fault{Code: codes.FailedPrecondition, Reason: dialect.Raised}},
	} {
		got := faultOf(t, fault(&network.OracleError{ErrCode: c.number, ErrMsg: c.message}))
		if diff := cmp.Diff(&c.want, got, cmpopts.IgnoreFields(dialect.Fault{}, "Detail", "Cause")); diff != "" {
			t.Errorf("%d (-want +got):\n%s", c.number, diff)
		}
	}
	for number, entry := range faults {
		if got := faultOf(t, fault(network.NewOracleError(number))); got.Code != entry.code || got.Reason != entry.reason {
			t.Errorf("%d is %s %s", number, got.Code, got.Reason)
		}
	}
	if got := faultOf(t, fault(io.EOF)); got.Reason != dialect.ConnectionLost || got.Unsent {
		t.Errorf("a lost connection is %+v", got)
	}
	if err := fault(context.Canceled); !errors.Is(err, context.Canceled) || fault(nil) != nil {
		t.Errorf("a caller that is gone is %v", err)
	}
}

func TestAddresses(t *testing.T) {
	t.Parallel()
	if _, err := dsn(testOptions()); err != nil {
		t.Error(err)
	}
	for _, address := range []string{"oracle:", "oracle://localhost/x", "oracle://a:b@localhost:1521/x?TRACE+FILE=t.log"} {
		options := testOptions()
		options.Address = address
		if _, err := (Engine{}).Open(t.Context(), options); faultOf(t, err).Reason != dialect.BadAddress {
			t.Errorf("%s: %v", address, err)
		}
	}
	options := testOptions()
	options.Variables = []dialect.Variable{{Name: "x = 1; y", Value: "z"}}
	if _, err := sessionOf(options); err == nil {
		t.Error("a variable that is none is taken")
	}
}
