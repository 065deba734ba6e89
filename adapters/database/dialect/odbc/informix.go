package odbc

import (
	"strconv"
	"strings"

	"github.com/postern-gateway/postern/adapters/database/dialect"
)

// moment is the type that moments are cast to, with all of the fraction that Informix has.
const moment = "DATETIME YEAR TO FRACTION(5)"

// informix is Informix 12.10 and later.
func informix() *dbms {
	const level = "SET TRANSACTION ISOLATION LEVEL "
	return &dbms{
		name: "informix", syntax: informixSyntax(), column: informixColumn, moments: "2006-01-02 15:04:05.00000", locator: "rowid",
		probe: "SELECT USER FROM systables WHERE tabid = 1", quoted: `SELECT "tabid" FROM systables WHERE tabid = 1`,
		levels: map[dialect.Isolation]string{
			dialect.DefaultIsolation: level + "READ COMMITTED", dialect.ReadCommitted: level + "READ COMMITTED",
			dialect.RepeatableRead: level + "REPEATABLE READ", dialect.Serializable: level + "SERIALIZABLE",
		},
		casts: map[dialect.Kind]string{
			dialect.Text: "CAST(? AS LVARCHAR(4000))", dialect.Cursor: "CAST(? AS LVARCHAR(4000))", dialect.Decimal: "CAST(CAST(? AS VARCHAR(60)) AS DECIMAL(32))",
			dialect.Date: "TO_DATE(CAST(? AS VARCHAR(10)), '%Y-%m-%d')", dialect.Time: "CAST(CAST(? AS VARCHAR(15)) AS DATETIME HOUR TO SECOND)",
			dialect.LocalTimestamp: "CAST(CAST(? AS VARCHAR(32)) AS " + moment + ")", dialect.Timestamp: "CAST(CAST(? AS VARCHAR(32)) AS " + moment + ")",
		},
		catalogue: informixCatalogue(),
	}
}

func informixSyntax() *dialect.Syntax {
	return &dialect.Syntax{
		Quote: quote, Placeholder: placeholder, Output: informixOutput, Compared: itself, NullsFirst: true,
		Contains: func(_ *dialect.Column, text, part string) string { return "INSTR(" + text + ", " + part + ") > 0" },
		NoValues: "SELECT 1 FROM systables WHERE 1 = 0", Ping: "SELECT 1 FROM systables WHERE tabid = 1",
		Page:    func(limit, _ int64) string { return "LIMIT " + strconv.FormatInt(limit, 10) },
		Skip:    func(offset int64) string { return "SKIP " + strconv.FormatInt(offset, 10) },
		LastKey: "DBINFO('sqlca.sqlerrd1')",
	}
}

// informixOutput has the server spell what the driver would read inexactly, or in the zone of this process.
func informixOutput(column *dialect.Column, expression string) string {
	switch {
	case column.Kind == dialect.Cursor:
		return "CAST(" + expression + " AS LVARCHAR(4000))"
	case column.Kind == dialect.Decimal, column.Native == "DECIMAL", column.Native == "MONEY":
		return "CAST(" + expression + " AS VARCHAR(60))"
	case column.Kind == dialect.Date:
		return "TO_CHAR(" + expression + ", '%Y-%m-%d')"
	case column.Kind == dialect.Time:
		return "CAST(" + expression + " AS VARCHAR(15))"
	case column.Kind == dialect.LocalTimestamp || column.Kind == dialect.Timestamp:
		return "CAST(CAST(" + expression + " AS " + moment + ") AS VARCHAR(30))"
	default:
		return expression
	}
}

// informixTypes are the types by their numbers in syscolumns, without those that a domain or NOT NULL adds.
var informixTypes = map[int]string{
	0: "CHAR", 1: "SMALLINT", 2: "INTEGER", 3: "FLOAT", 4: "SMALLFLOAT", 5: "DECIMAL", 6: "SERIAL", 7: "DATE", 8: "MONEY", 10: "DATETIME", 13: "VARCHAR", 15: "NCHAR",
	16: "NVARCHAR", 17: "INT8", 18: "SERIAL8", 43: "LVARCHAR", 45: "BOOLEAN", 52: "BIGINT", 53: "BIGSERIAL",
}

var informixKinds = map[string]dialect.Kind{
	"SMALLINT": dialect.Int16, "INTEGER": dialect.Int32, "SERIAL": dialect.Int32, "INT8": dialect.Int64, "SERIAL8": dialect.Int64, "BIGINT": dialect.Int64,
	"BIGSERIAL": dialect.Int64, "FLOAT": dialect.Double, "SMALLFLOAT": dialect.Float, "DATE": dialect.Date, "BOOLEAN": dialect.Bool,
}

// The codes of the first and last part of a DATETIME, and what stands for the scale of a DECIMAL that floats (Informix Guide to SQL: Reference, syscolumns).
const (
	ofYear, ofHour, ofSecond = 0, 6, 10
	floating                 = 255
)

// informixColumn makes a column of a type's number and its encoded length.
func informixColumn(name string, t typed) *dialect.Column {
	const variants = 256
	native := informixTypes[number(t.name)%variants]
	out := &dialect.Column{Name: name, Native: native, Default: strings.HasSuffix(native, "SERIAL") || native == "SERIAL8"}
	high, low := t.length/variants, t.length%variants
	kind, plain := informixKinds[native]
	switch {
	case plain:
		out.Kind = kind
	case (native == "DECIMAL" || native == "MONEY") && low != floating:
		fitting(out, high, low)
	case native == "CHAR" || native == "NCHAR":
		out.Kind, out.Length, out.Padded = dialect.Text, t.length, true
	case native == "VARCHAR" || native == "NVARCHAR":
		out.Kind, out.Length = dialect.Text, low
	case native == "LVARCHAR":
		out.Kind, out.Length = dialect.Text, t.length
	case native == "DATETIME" && low/16 == ofYear && low%16 >= ofSecond:
		out.Kind = dialect.LocalTimestamp
	case native == "DATETIME" && low/16 == ofHour && low%16 == ofSecond:
		out.Kind = dialect.Time
	default: // floating decimals, other parts of moments, intervals, and large objects
		return nil
	}
	return out
}

// keyParts is how many columns of a key are looked at, of the 16 that there may be.
const keyParts = 8

// informixCatalogue reads the system tables. The columns of a key are those of its index, which has one column of the catalogue for each.
func informixCatalogue() catalogue {
	places, pairs := make([]string, keyParts), make([]string, keyParts)
	for i := range keyParts {
		part := "part" + strconv.Itoa(i+1)
		places[i] = "WHEN c.colno = ABS(i." + part + ") THEN " + strconv.Itoa(i+1)
		pairs[i] = "c.colno = ABS(i." + part + ") AND pc.colno = ABS(p." + part + ")"
	}
	order := "CASE " + strings.Join(places, " ") + " ELSE 0 END"
	return catalogue{
		tables: `SELECT t.owner, t.tabname, CASE WHEN t.tabtype = 'V' THEN 'Y' ELSE 'N' END, '' FROM systables t
WHERE t.tabtype IN ('T', 'V') AND t.tabid >= 100 AND t.owner IN (%s) ORDER BY 1, 2`,
		columns: `SELECT t.owner, t.tabname, c.colname, CAST(c.coltype AS VARCHAR(11)), CAST(c.collength AS VARCHAR(11)), '0', 'N', CASE WHEN c.coltype >= 256 THEN 'N' ELSE 'Y' END,
	CASE WHEN d.tabid IS NULL THEN 'N' ELSE 'Y' END, 'N', '', c.colno
FROM systables t JOIN syscolumns c ON c.tabid = t.tabid LEFT JOIN sysdefaults d ON d.tabid = c.tabid AND d.colno = c.colno
WHERE t.tabid >= 100 AND t.owner IN (%s) ORDER BY 1, 2, 12`,
		keys: `SELECT t.owner, t.tabname, k.constrname, k.constrtype, c.colname, ` + order + `
FROM sysconstraints k JOIN systables t ON t.tabid = k.tabid JOIN sysindexes i ON i.idxname = k.idxname AND i.tabid = k.tabid JOIN syscolumns c ON c.tabid = k.tabid
WHERE k.constrtype IN ('P', 'U') AND ` + order + ` > 0 AND t.owner IN (%s) ORDER BY 1, 2, 3, 6`,
		references: `SELECT t.owner, t.tabname, k.constrname, c.colname, pt.owner, pt.tabname, pc.colname, ` + order + `
FROM sysconstraints k JOIN systables t ON t.tabid = k.tabid JOIN sysindexes i ON i.idxname = k.idxname AND i.tabid = k.tabid JOIN syscolumns c ON c.tabid = k.tabid
JOIN sysreferences r ON r.constrid = k.constrid JOIN sysconstraints pk ON pk.constrid = r.primary JOIN systables pt ON pt.tabid = pk.tabid
JOIN sysindexes p ON p.idxname = pk.idxname AND p.tabid = pk.tabid JOIN syscolumns pc ON pc.tabid = pk.tabid
WHERE k.constrtype = 'R' AND (` + strings.Join(pairs, " OR ") + `) AND t.owner IN (%s) ORDER BY 1, 2, 3, 8`,
	}
}
