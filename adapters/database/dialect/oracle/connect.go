package oracle

import (
	"context"
	"database/sql/driver"
	"fmt"
	"regexp"
	"strings"

	"github.com/postern-gateway/postern/adapters/database/dialect"
)

// A setting is a statement that a session starts with.
type setting struct {
	text      string
	arguments []driver.NamedValue
}

// spelling has a session spell and compare in one way.
var spelling = []string{
	`NLS_NUMERIC_CHARACTERS = '.,'`, `NLS_DATE_FORMAT = 'SYYYY-MM-DD"T"HH24:MI:SS'`, `NLS_TIMESTAMP_FORMAT = 'SYYYY-MM-DD"T"HH24:MI:SS.FF9'`,
	`NLS_TIMESTAMP_TZ_FORMAT = 'SYYYY-MM-DD"T"HH24:MI:SS.FF9TZH:TZM'`, `NLS_SORT = BINARY`, `NLS_COMP = BINARY`, `TIME_ZONE = '+00:00'`,
}

var parameterName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]*$`)

// sessionOf are the settings of a session: its spelling, its role, who it is, and its variables.
func sessionOf(options dialect.Options) ([]setting, error) {
	settings := []setting{{text: "ALTER SESSION SET " + strings.Join(spelling, " ")}}
	if options.Role != "" {
		settings = append(settings, setting{text: "SET ROLE " + quote(options.Role)})
	}
	if options.Name != "" {
		settings = append(settings, setText(dialect.Variable{Name: "MODULE", Value: options.Name}))
	}
	for _, variable := range options.Variables {
		switch {
		case known(variable.Name):
			settings = append(settings, setText(variable))
		case parameterName.MatchString(variable.Name):
			value := strings.ReplaceAll(variable.Value, "'", "''")
			settings = append(settings, setting{text: "ALTER SESSION SET " + variable.Name + " = '" + value + "'"})
		default:
			return nil, badAddress(fmt.Sprintf("the session variable %q is none that Oracle has", variable.Name))
		}
	}
	return settings, nil
}

// setters set the variables that have a procedure of their own.
var setters = map[string]string{
	"CLIENT_IDENTIFIER": "DBMS_SESSION.SET_IDENTIFIER(:1)", "MODULE": "DBMS_APPLICATION_INFO.SET_MODULE(:1, NULL)",
	"ACTION": "DBMS_APPLICATION_INFO.SET_ACTION(:1)", "CLIENT_INFO": "DBMS_APPLICATION_INFO.SET_CLIENT_INFO(:1)",
}

// known reports whether a variable can be set in a transaction, and set back.
func known(name string) bool {
	return setters[strings.ToUpper(name)] != "" || strings.Contains(name, ".")
}

// setText sets a variable that is known.
func setText(variable dialect.Variable) setting {
	if setter := setters[strings.ToUpper(variable.Name)]; setter != "" {
		return setting{"BEGIN " + setter + "; END;", named(variable.Value)}
	}
	namespace, key, _ := strings.Cut(variable.Name, ".")
	return setting{"BEGIN DBMS_SESSION.SET_CONTEXT(:1, :2, :3); END;", named(namespace, key, variable.Value)}
}

// clearText takes a variable that is known away.
func clearText(name string) setting {
	if namespace, key, isContext := strings.Cut(name, "."); isContext {
		return setting{"BEGIN DBMS_SESSION.CLEAR_CONTEXT(:1, NULL, :2); END;", named(namespace, key)}
	}
	return setText(dialect.Variable{Name: name})
}

func named(values ...string) []driver.NamedValue {
	out := make([]driver.NamedValue, len(values))
	for i, value := range values {
		out[i] = driver.NamedValue{Ordinal: i + 1, Value: value}
	}
	return out
}

// A connector makes connections.
type connector struct {
	native   driver.Connector
	settings []setting
}

// Driver returns the driver.
func (c *connector) Driver() driver.Driver { return c.native.Driver() }

// Connect makes a connection and its settings.
func (c *connector) Connect(ctx context.Context) (driver.Conn, error) {
	made, err := c.native.Connect(ctx)
	if err != nil {
		return nil, err
	}
	on, ok := made.(driver.ExecerContext)
	if !ok {
		_ = made.Close() // it was never used
		return nil, fmt.Errorf("the driver's connection is a %T", made)
	}
	for _, setting := range c.settings {
		if _, err := on.ExecContext(ctx, setting.text, setting.arguments); err != nil {
			_ = made.Close() // likewise
			return nil, err
		}
	}
	return made, nil
}
