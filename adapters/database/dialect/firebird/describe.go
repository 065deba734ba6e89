package firebird

import (
	"context"
	"database/sql/driver"
	"fmt"
	"reflect"

	"github.com/postern-gateway/postern/adapters/database/dialect"
)

// wireTypes leads from the types of a prepared statement (XSQLVAR, sqltype) to those of the catalogue.
var wireTypes = map[int]int{
	452: typeChar, 448: typeVarchar, 500: typeShort, 496: typeLong, 482: typeFloat, 480: typeDouble, 530: typeDouble, 510: typeTimestamp, 520: typeBlob,
	560: typeTime, 570: typeDate, 580: typeInt64, 32752: typeInt128, 32754: typeTimestampTZ, 32756: typeTimeZone, 32760: typeDecfloat16, 32762: typeDecfloat34,
	32764: typeBoolean,
}

// The character sets by number: text comes in that of the session, except where it has none.
const (
	charsetNone   = 0
	charsetOctets = 1
	sessionBytes  = 4 // that a character of UTF-8 takes at most
)

// Describe has the server prepare a statement. The driver tells little of what it has been told: nothing of parameters, and of columns not whether they
// hold text or bytes. So the columns are read from where it keeps them.
func (d *database) Describe(ctx context.Context, statement dialect.Statement) (dialect.Description, error) {
	opened, err := d.connector.Connect(ctx)
	if err != nil {
		return dialect.Description{}, fault(err)
	}
	defer func() { _ = opened.Close() }() // nothing was written
	on := opened.(*conn)                  //nolint:forcetypeassert // as Connect made it
	begun, err := on.BeginTx(ctx, driver.TxOptions{ReadOnly: true})
	if err != nil {
		return dialect.Description{}, fault(err)
	}
	defer func() { _ = begun.Rollback() }() // likewise
	prepared, err := on.PrepareContext(ctx, statement.Text)
	if err != nil {
		return dialect.Description{}, located(fault(err), statement.Text)
	}
	defer func() { _ = prepared.Close() }() // likewise
	columns, err := preparedColumns(prepared)
	return dialect.Description{Columns: columns}, err
}

// preparedColumns reads the driver's notes of a prepared statement.
func preparedColumns(prepared driver.Stmt) ([]*dialect.Column, error) {
	notes := reflect.Indirect(reflect.ValueOf(prepared))
	if notes.Kind() == reflect.Struct {
		notes = notes.FieldByName("resultXsqlda")
	}
	if notes.Kind() != reflect.Slice {
		return nil, fmt.Errorf("the driver's statement %T keeps no columns", prepared)
	}
	var out []*dialect.Column
	for i := range notes.Len() {
		note := notes.Index(i)
		number := func(name string) int { return int(note.FieldByName(name).Int()) }
		wire := number("sqltype")
		t := typed{code: wireTypes[wire], subtype: number("sqlsubtype"), scale: number("sqlscale"), length: number("sqllen")}
		switch t.code {
		case typeChar, typeVarchar:
			t.characters, t.charset = t.length/sessionBytes, ""
			switch t.subtype & 0xff {
			case charsetNone:
				t.characters, t.charset = t.length, noCharset
			case charsetOctets:
				t.characters, t.charset = t.length, octets
			}
			t.scale = 0
		case typeBlob:
			if t.subtype == 1 && t.scale&0xff == charsetNone {
				t.charset = noCharset
			}
			t.scale = 0
		}
		described := column(note.FieldByName("aliasname").String(), t)
		described.Nullable = true // the server says it of columns, and not of what becomes of them in a join
		out = append(out, described)
	}
	return out, nil
}
