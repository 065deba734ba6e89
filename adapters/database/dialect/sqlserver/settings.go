package sqlserver

import (
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/microsoft/go-mssqldb/msdsn"
	"google.golang.org/grpc/codes"

	"github.com/postern-gateway/postern/adapters/database/dialect"
)

// badAddress is a mistake in the configuration.
func badAddress(detail string) error {
	return &dialect.Fault{Code: codes.InvalidArgument, Reason: dialect.BadAddress, Detail: detail}
}

// configOf reads the address. The session's clock is UTC, so that what has no zone comes as it is stored.
func configOf(options dialect.Options) (msdsn.Config, error) {
	address, err := url.Parse(options.Address)
	if err != nil || address.Host == "" {
		return msdsn.Config{}, badAddress("the address is no SQL Server URL: sqlserver://USER:PASSWORD@HOST:PORT?database=NAME")
	}
	if options.Role != "" {
		return msdsn.Config{}, badAddress("SQL Server has no roles that a session could act as; give the user's own address and leave session.role out")
	}
	settings := address.Query()
	if !settings.Has("app name") && options.Name != "" {
		settings.Set("app name", options.Name)
	}
	settings.Set("timezone", "UTC")
	address.Scheme, address.RawQuery = Scheme, settings.Encode()
	config, err := msdsn.Parse(address.String())
	if err != nil {
		return msdsn.Config{}, badAddress("the address holds settings that the driver does not know, or that do not go together")
	}
	config.ChangePassword = ""
	return config, nil
}

// setOptions are the options of SET that a variable may name.
var setOptions = []string{"LOCK_TIMEOUT", "DEADLOCK_PRIORITY", "QUERY_GOVERNOR_COST_LIMIT"}

var plainValue = regexp.MustCompile(`^-?[A-Za-z0-9_]+$`)

// initialSettings are the statements that set the variables of a session.
func initialSettings(variables []dialect.Variable) (string, error) {
	var statements []string
	for _, variable := range variables {
		if !isOption(variable.Name) {
			statements = append(statements, "EXEC sp_set_session_context @key = "+literal(variable.Name)+", @value = "+literal(variable.Value)+";")
			continue
		}
		if !plainValue.MatchString(variable.Value) {
			return "", badAddress("the value of the session variable " + variable.Name + " is none that SET takes")
		}
		statements = append(statements, setOption(variable)+";")
	}
	return strings.Join(statements, " "), nil
}

func isOption(name string) bool { return slices.Contains(setOptions, strings.ToUpper(name)) }

// setOption sets an option whose value was looked at.
func setOption(variable dialect.Variable) string {
	return "SET " + strings.ToUpper(variable.Name) + " " + variable.Value
}

func literal(text string) string { return "N'" + strings.ReplaceAll(text, "'", "''") + "'" }
