package mariadb

import (
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/go-sql-driver/mysql"

	"github.com/postern-gateway/postern/adapters/database/dialect"
)

const (
	standardPort = "3306"
	// dialTimeout bounds the connecting where a call has no earlier deadline.
	dialTimeout = 10 * time.Second
)

// configOf reads the address: mariadb://USER:PASSWORD@HOST:PORT/DATABASE?SETTING=VALUE. Its settings have the names that MySQL gives them in URIs (Connecting
// Using URI-Like Strings): ssl-mode, ssl-ca, ssl-cert, ssl-key, and socket.
func configOf(options dialect.Options) (*mysql.Config, error) {
	address, err := url.Parse(options.Address)
	if err != nil || address.Opaque != "" {
		return nil, badAddress("the address is no URL: mariadb://USER:PASSWORD@HOST:PORT/DATABASE")
	}
	config := mysql.NewConfig()
	config.Logger = &mysql.NopLogger{}
	config.Net, config.Addr = "tcp", net.JoinHostPort(cmp.Or(address.Hostname(), "127.0.0.1"), cmp.Or(address.Port(), standardPort))
	config.User = address.User.Username()
	config.Passwd, _ = address.User.Password() // none is the empty one
	config.DBName = strings.TrimPrefix(address.Path, "/")
	if config.DBName == "" && len(options.Schemas) == 0 {
		return nil, badAddress("the address names no database: mariadb://USER:PASSWORD@HOST:PORT/DATABASE")
	}
	config.Timeout = dialTimeout
	config.ClientFoundRows = true // a row that is set to what it was has been found
	config.ConnectionAttributes = "program_name:" + strings.NewReplacer(",", " ", ":", " ").Replace(options.Name)
	return config, applySettings(config, address, options.Dir)
}

// The values of ssl-mode (Command Options for Encrypted Connections).
const (
	tlsDisabled  = "DISABLED"
	tlsPreferred = "PREFERRED"
	tlsRequired  = "REQUIRED"
	tlsAuthority = "VERIFY_CA"
	tlsIdentity  = "VERIFY_IDENTITY"
)

func applySettings(config *mysql.Config, address *url.URL, dir string) error {
	settings, err := url.ParseQuery(address.RawQuery)
	if err != nil {
		return badAddress("the settings behind the ? of the address cannot be read")
	}
	mode, modeGiven := tlsPreferred, false
	authority, certificate, key := "", "", ""
	for name, values := range settings {
		value := values[len(values)-1]
		switch name {
		case "ssl-mode":
			mode, modeGiven = strings.ToUpper(value), true
		case "ssl-ca":
			authority = inDir(value, dir)
		case "ssl-cert":
			certificate = inDir(value, dir)
		case "ssl-key":
			key = inDir(value, dir)
		case "socket":
			config.Net, config.Addr = "unix", inDir(value, dir)
		default:
			return badAddress("the address has a setting that is not known: " + strconv.Quote(name) + "; there are ssl-mode, ssl-ca, ssl-cert, ssl-key and socket")
		}
	}
	if authority != "" && !modeGiven {
		mode = tlsIdentity
	}
	return applyTLS(config, mode, authority, certificate, key)
}

func inDir(path, dir string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(dir, path)
}

func applyTLS(config *mysql.Config, mode, authority, certificate, key string) error {
	host, _, err := net.SplitHostPort(config.Addr)
	if err != nil { // a socket
		host = "localhost"
	}
	secured := &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12}
	switch mode {
	case tlsDisabled:
		return nil
	case tlsPreferred:
		secured.InsecureSkipVerify = true
		config.AllowFallbackToPlaintext = true
	case tlsRequired:
		secured.InsecureSkipVerify = true
	case tlsAuthority:
		secured.InsecureSkipVerify = true
		secured.VerifyConnection = func(state tls.ConnectionState) error { return verifyChain(secured.RootCAs, state) }
	case tlsIdentity:
	default:
		return badAddress("ssl-mode is one of DISABLED, PREFERRED, REQUIRED, VERIFY_CA and VERIFY_IDENTITY")
	}
	if authority != "" {
		content, err := os.ReadFile(authority)
		secured.RootCAs = x509.NewCertPool()
		if err != nil || !secured.RootCAs.AppendCertsFromPEM(content) {
			return badAddress("ssl-ca is no file of certificates")
		}
	}
	if certificate != "" || key != "" {
		pair, err := tls.LoadX509KeyPair(certificate, cmp.Or(key, certificate))
		if err != nil {
			return badAddress("ssl-cert and ssl-key are no certificate and its key")
		}
		secured.Certificates = []tls.Certificate{pair}
	}
	config.TLS = secured
	return nil
}

// verifyChain holds that a server's certificate comes from one of the authorities, whatever name it bears.
func verifyChain(authorities *x509.CertPool, state tls.ConnectionState) error {
	between := x509.NewCertPool()
	for _, certificate := range state.PeerCertificates[1:] {
		between.AddCert(certificate)
	}
	_, err := state.PeerCertificates[0].Verify(x509.VerifyOptions{Roots: authorities, Intermediates: between})
	return err
}

// A setting is a statement that a session begins with.
type setting struct {
	text  string
	value any // its parameter; nil for none
}

// variableName is a system variable, or with an @ a user-defined one.
var variableName = regexp.MustCompile(`^@?[A-Za-z_][A-Za-z0-9_.$]*$`)

// sessionOf fixes what values look like, and adds what the options say. The server's own modes are kept, since views and queries may count on them; but
// a value that does not fit is refused, and a CHAR comes without the blanks that fill it up.
func sessionOf(options dialect.Options) ([]setting, error) {
	settings := []setting{{text: "SET NAMES utf8mb4, time_zone = '+00:00', sql_mode = CONCAT_WS(',', NULLIF(REPLACE(@@sql_mode, 'PAD_CHAR_TO_FULL_LENGTH', ''), ''), 'STRICT_ALL_TABLES')"}}
	if options.Role != "" {
		settings = append(settings, setting{text: "SET ROLE " + quote(options.Role)})
	}
	for _, variable := range options.Variables {
		text, err := assignment(variable.Name)
		if err != nil {
			return nil, err
		}
		settings = append(settings, setting{text: text, value: variableValue(variable)})
	}
	return settings, nil
}

// assignment is the statement that gives a variable its value.
func assignment(name string) (string, error) {
	if !variableName.MatchString(name) {
		return "", badAddress("a session's variable is a name like lock_wait_timeout, or like @tenant: " + strconv.Quote(name))
	}
	if strings.HasPrefix(name, "@") {
		return "SET " + userVariable(name) + " = ?", nil
	}
	return "SET SESSION " + name + " = ?", nil
}

func userVariable(name string) string { return "@" + quote(name[1:]) }

// variableValue is a number where a system variable may want one: it refuses a text of digits. In a user-defined variable a text stays a text.
func variableValue(variable dialect.Variable) any {
	if strings.HasPrefix(variable.Name, "@") {
		return variable.Value
	}
	if number, err := strconv.ParseInt(variable.Value, 10, 64); err == nil {
		return number
	}
	if number, err := strconv.ParseFloat(variable.Value, 64); err == nil {
		return number
	}
	return variable.Value
}
