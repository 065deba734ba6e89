package adapters

import (
	"os"
	"path/filepath"
	"strings"

	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

// ReadSecret returns what a reference points to. dir is where relative paths start. The error names the reference, and never holds
// the secret; field is the reference's path in the configuration, for the [ConfigError].
func ReadSecret(secret *configv1.Secret, field, dir string) (string, error) {
	switch source := secret.GetSource().(type) {
	case *configv1.Secret_Env:
		value, ok := os.LookupEnv(source.Env)
		if !ok {
			return "", ConfigErrorf(field+".env", "the environment variable %s is not set", source.Env)
		}
		return value, nil
	case *configv1.Secret_File:
		path := source.File
		if !filepath.IsAbs(path) {
			path = filepath.Join(dir, path)
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return "", ConfigErrorf(field+".file", "cannot read the secret: %v", err)
		}
		return strings.TrimSuffix(strings.TrimSuffix(string(content), "\n"), "\r"), nil
	default:
		return "", ConfigErrorf(field, "a secret is {env: NAME} or {file: PATH}")
	}
}
