package odbc

import (
	"strconv"
	"strings"

	"github.com/postern-gateway/postern/adapters/database/dialect"
)

// db2Casts give parameters their types. A decimal keeps all of its digits up to 34.
var db2Casts = map[dialect.Kind]string{
	dialect.Text: "CAST(? AS VARCHAR(4000))", dialect.Cursor: "CAST(? AS VARCHAR(4000))", dialect.Decimal: "DECFLOAT(CAST(? AS VARCHAR(60)))",
	dialect.Date: "CAST(CAST(? AS VARCHAR(10)) AS DATE)", dialect.Time: "CAST(CAST(? AS VARCHAR(15)) AS TIME)",
	dialect.LocalTimestamp: "CAST(CAST(? AS VARCHAR(32)) AS TIMESTAMP)", dialect.Timestamp: "CAST(CAST(? AS VARCHAR(32)) AS TIMESTAMP)",
}

func db2Syntax() *dialect.Syntax {
	return &dialect.Syntax{
		Quote: quote, Placeholder: placeholder, Output: db2Output, Compared: itself,
		Contains: func(_ *dialect.Column, text, part string) string { return "LOCATE(" + part + ", " + text + ") > 0" },
		NoValues: "SELECT 1 FROM SYSIBM.SYSDUMMY1 WHERE 1 = 0", Ping: "SELECT CAST(1 AS BIGINT) FROM SYSIBM.SYSDUMMY1",
		Page: db2Page, Lock: "WITH RS USE AND KEEP EXCLUSIVE LOCKS", Returning: dialect.Returning{Insert: true, Update: true, Row: finalTable},
	}
}

func db2Page(limit, offset int64) string {
	out := "FETCH FIRST " + strconv.FormatInt(limit, 10) + " ROWS ONLY"
	if offset > 0 {
		out = "OFFSET " + strconv.FormatInt(offset, 10) + " ROWS " + out
	}
	return out
}

// db2Output has the server spell what the driver would read inexactly, or in the zone of this process.
func db2Output(column *dialect.Column, expression string) string {
	if column.Native == "DECIMAL" || column.Native == "NUMERIC" { // whole numbers among them
		return "VARCHAR(" + expression + ")"
	}
	switch column.Kind {
	case dialect.Decimal, dialect.Cursor:
		return "VARCHAR(" + expression + ")"
	case dialect.Date:
		return "CHAR(" + expression + ", ISO)"
	case dialect.Time:
		return "CHAR(" + expression + ", JIS)"
	case dialect.LocalTimestamp, dialect.Timestamp:
		return "VARCHAR(" + expression + ")"
	case dialect.XML:
		return "XMLSERIALIZE(" + expression + " AS CLOB)"
	default:
		return expression
	}
}

// finalTable selects the row that the statement leaves, as triggers before it and defaults made it.
func finalTable(_ *dialect.Table, columns []*dialect.Column) (head, before, behind string, ok bool) {
	outputs := make([]string, len(columns))
	for i, column := range columns {
		outputs[i] = db2Output(column, quote(column.Name))
	}
	return "SELECT " + strings.Join(outputs, ", ") + " FROM FINAL TABLE (", "", ")", true
}

// db2 is Db2 for Linux, UNIX and Windows 11.1 and later.
func db2() *dbms {
	const level = "SET CURRENT ISOLATION = "
	return &dbms{
		name: "db2", syntax: db2Syntax(), probe: "SELECT CURRENT SCHEMA FROM SYSIBM.SYSDUMMY1 WHERE EXISTS (SELECT 1 FROM SYSCAT.TABLES)",
		levels: map[dialect.Isolation]string{
			dialect.DefaultIsolation: level + "CS", dialect.ReadCommitted: level + "CS", dialect.RepeatableRead: level + "RS", dialect.Serializable: level + "RR",
		},
		restoring: level + "RESET", casts: db2Casts, moments: "2006-01-02 15:04:05.000000", column: db2Column,
		catalogue: catalogue{
			tables: `SELECT TABSCHEMA, TABNAME, CASE TYPE WHEN 'V' THEN 'Y' ELSE 'N' END, REMARKS FROM SYSCAT.TABLES
WHERE TYPE IN ('T', 'V', 'S', 'N') AND TABSCHEMA IN (%s) ORDER BY TABSCHEMA, TABNAME`,
			columns: `SELECT C.TABSCHEMA, C.TABNAME, C.COLNAME, COALESCE(D.SOURCENAME, C.TYPENAME), CHAR(C.LENGTH), CHAR(C.SCALE), CASE C.CODEPAGE WHEN 0 THEN 'Y' ELSE 'N' END, C.NULLS,
	CASE WHEN C.DEFAULT IS NOT NULL OR C.GENERATED <> '' THEN 'Y' ELSE 'N' END, CASE C.GENERATED WHEN 'A' THEN 'Y' ELSE 'N' END, C.REMARKS
FROM SYSCAT.COLUMNS C LEFT JOIN SYSCAT.DATATYPES D ON D.TYPESCHEMA = C.TYPESCHEMA AND D.TYPENAME = C.TYPENAME AND D.METATYPE = 'T'
WHERE C.HIDDEN = '' AND C.TABSCHEMA IN (%s) ORDER BY C.TABSCHEMA, C.TABNAME, C.COLNO`,
			keys: `SELECT K.TABSCHEMA, K.TABNAME, K.CONSTNAME, T.TYPE, K.COLNAME
FROM SYSCAT.TABCONST T JOIN SYSCAT.KEYCOLUSE K ON K.TABSCHEMA = T.TABSCHEMA AND K.TABNAME = T.TABNAME AND K.CONSTNAME = T.CONSTNAME
WHERE T.TYPE IN ('P', 'U') AND T.TABSCHEMA IN (%s) ORDER BY K.TABSCHEMA, K.TABNAME, K.CONSTNAME, K.COLSEQ`,
			references: `SELECT R.TABSCHEMA, R.TABNAME, R.CONSTNAME, K.COLNAME, R.REFTABSCHEMA, R.REFTABNAME, P.COLNAME
FROM SYSCAT.REFERENCES R JOIN SYSCAT.KEYCOLUSE K ON K.TABSCHEMA = R.TABSCHEMA AND K.TABNAME = R.TABNAME AND K.CONSTNAME = R.CONSTNAME
JOIN SYSCAT.KEYCOLUSE P ON P.TABSCHEMA = R.REFTABSCHEMA AND P.TABNAME = R.REFTABNAME AND P.CONSTNAME = R.REFKEYNAME AND P.COLSEQ = K.COLSEQ
WHERE R.TABSCHEMA IN (%s) ORDER BY R.TABSCHEMA, R.TABNAME, R.CONSTNAME, K.COLSEQ`,
			checks: `SELECT TABSCHEMA, TABNAME, CONSTNAME, TEXT FROM SYSCAT.CHECKS WHERE TYPE = 'C' AND TABSCHEMA IN (%s) ORDER BY TABSCHEMA, TABNAME, CONSTNAME`,
		},
	}
}

// db2i is Db2 for i 7.2 and later, on IBM i, once AS/400. Before 7.6 it returns rows from INSERT alone.
func db2i() *dbms {
	const level = "SET TRANSACTION ISOLATION LEVEL "
	syntax := db2Syntax()
	syntax.Returning.Update = false
	return &dbms{
		name: "db2i", syntax: syntax, probe: "SELECT CURRENT SCHEMA FROM SYSIBM.SYSDUMMY1 WHERE EXISTS (SELECT 1 FROM QSYS2.SYSTABLES)",
		levels: map[dialect.Isolation]string{
			dialect.DefaultIsolation: level + "READ COMMITTED", dialect.ReadCommitted: level + "READ COMMITTED",
			dialect.RepeatableRead: level + "REPEATABLE READ", dialect.Serializable: level + "SERIALIZABLE",
		},
		casts: db2Casts, moments: "2006-01-02 15:04:05.000000", column: db2Column,
		catalogue: catalogue{
			tables: `SELECT TABLE_SCHEMA, TABLE_NAME, CASE TABLE_TYPE WHEN 'V' THEN 'Y' ELSE 'N' END, LONG_COMMENT FROM QSYS2.SYSTABLES
WHERE TABLE_TYPE IN ('T', 'P', 'V', 'M') AND TABLE_SCHEMA IN (%s) ORDER BY TABLE_SCHEMA, TABLE_NAME`,
			columns: `SELECT TABLE_SCHEMA, TABLE_NAME, COLUMN_NAME, DATA_TYPE, CHAR(LENGTH), CHAR(COALESCE(NUMERIC_SCALE, 0)), CASE CCSID WHEN 65535 THEN 'Y' ELSE 'N' END, IS_NULLABLE,
	CASE HAS_DEFAULT WHEN 'N' THEN 'N' ELSE 'Y' END, CASE IDENTITY_GENERATION WHEN 'ALWAYS' THEN 'Y' ELSE 'N' END, LONG_COMMENT
FROM QSYS2.SYSCOLUMNS WHERE HIDDEN = 'N' AND TABLE_SCHEMA IN (%s) ORDER BY TABLE_SCHEMA, TABLE_NAME, ORDINAL_POSITION`,
			keys: `SELECT C.TABLE_SCHEMA, C.TABLE_NAME, C.CONSTRAINT_NAME, CASE C.CONSTRAINT_TYPE WHEN 'PRIMARY KEY' THEN 'P' ELSE 'U' END, K.COLUMN_NAME
FROM QSYS2.SYSCST C JOIN QSYS2.SYSKEYCST K ON K.CONSTRAINT_SCHEMA = C.CONSTRAINT_SCHEMA AND K.CONSTRAINT_NAME = C.CONSTRAINT_NAME
WHERE C.CONSTRAINT_TYPE IN ('PRIMARY KEY', 'UNIQUE') AND C.TABLE_SCHEMA IN (%s) ORDER BY C.TABLE_SCHEMA, C.TABLE_NAME, C.CONSTRAINT_NAME, K.ORDINAL_POSITION`,
			references: `SELECT K.TABLE_SCHEMA, K.TABLE_NAME, K.CONSTRAINT_NAME, K.COLUMN_NAME, P.TABLE_SCHEMA, P.TABLE_NAME, P.COLUMN_NAME
FROM QSYS2.SYSREFCST R JOIN QSYS2.SYSKEYCST K ON K.CONSTRAINT_SCHEMA = R.CONSTRAINT_SCHEMA AND K.CONSTRAINT_NAME = R.CONSTRAINT_NAME
JOIN QSYS2.SYSKEYCST P ON P.CONSTRAINT_SCHEMA = R.UNIQUE_CONSTRAINT_SCHEMA AND P.CONSTRAINT_NAME = R.UNIQUE_CONSTRAINT_NAME AND P.ORDINAL_POSITION = K.ORDINAL_POSITION
WHERE K.TABLE_SCHEMA IN (%s) ORDER BY K.TABLE_SCHEMA, K.TABLE_NAME, K.CONSTRAINT_NAME, K.ORDINAL_POSITION`,
			checks: `SELECT C.TABLE_SCHEMA, C.TABLE_NAME, C.CONSTRAINT_NAME, CAST(K.CHECK_CLAUSE AS VARCHAR(2000))
FROM QSYS2.SYSCST C JOIN QSYS2.SYSCHKCST K ON K.CONSTRAINT_SCHEMA = C.CONSTRAINT_SCHEMA AND K.CONSTRAINT_NAME = C.CONSTRAINT_NAME
WHERE C.TABLE_SCHEMA IN (%s) ORDER BY C.TABLE_SCHEMA, C.TABLE_NAME, C.CONSTRAINT_NAME`,
		},
	}
}

// db2Types are the types without parameters that matter, as both makes call them.
var db2Types = map[string]dialect.Kind{
	"SMALLINT": dialect.Int16, "INTEGER": dialect.Int32, "BIGINT": dialect.Int64, "REAL": dialect.Float, "DOUBLE": dialect.Double, "FLOAT": dialect.Double,
	"DATE": dialect.Date, "TIME": dialect.Time, "TIMESTAMP": dialect.LocalTimestamp, "TIMESTMP": dialect.LocalTimestamp, "BOOLEAN": dialect.Bool, "XML": dialect.XML,
	"BLOB": dialect.Bytes, "BINARY": dialect.Bytes, "VARBINARY": dialect.Bytes, "VARBIN": dialect.Bytes, "CLOB": dialect.Text, "DBCLOB": dialect.Text,
}

func db2Column(name string, t typed) *dialect.Column {
	out := &dialect.Column{Name: name, Native: t.name}
	kind, plain := db2Types[t.name]
	switch {
	case plain:
		out.Kind = kind
	case t.name == "DECIMAL" || t.name == "NUMERIC":
		fitting(out, t.length, t.scale)
	case t.name == "CHARACTER" || t.name == "CHAR" || t.name == "VARCHAR" || t.name == "GRAPHIC" || t.name == "VARGRAPHIC" || t.name == "VARG":
		out.Kind, out.Length, out.Padded = dialect.Text, t.length, !strings.HasPrefix(t.name, "V")
		if t.bits {
			out.Kind, out.Length, out.Padded = dialect.Bytes, 0, false
		}
	default: // DECFLOAT has values that are no decimals, and others no text
		return nil
	}
	return out
}
