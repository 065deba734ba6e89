package batch

import (
	"errors"
	"fmt"
	"os"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/adapters/batch/unwrap"
	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

// packed compiles what the files of an inbox are packed in.
func (c *compiler) packed(field string, config *configv1.BatchInbox) unwrap.Options {
	options := unwrap.Options{Compression: config.GetCompression()}
	if limit := config.GetMaxBytes(); limit > unwrap.DefaultMaxBytes {
		c.fail(field+".max_bytes", "it is at most %d (64 GiB)", int64(unwrap.DefaultMaxBytes))
	} else {
		options.MaxBytes = int64(limit)
	}
	if pgp := config.GetOpenpgp(); pgp != nil {
		options.OpenPGP = c.openPGP(field+".openpgp", pgp)
	}
	return options
}

// openPGP reads the keys.
func (c *compiler) openPGP(field string, config *configv1.BatchOpenPGP) *unwrap.OpenPGP {
	private, passphrase := c.secret(field+".private_key", config.GetPrivateKey()), c.secret(field+".passphrase", config.GetPassphrase())
	var signers []string
	for i, name := range config.GetSigners() {
		text, err := os.ReadFile(c.path(name))
		if err != nil {
			c.fail(fmt.Sprintf("%s.signers[%d]", field, i), "cannot read the key: %v", err)
		}
		signers = append(signers, string(text))
	}
	if config.GetPrivateKey() == nil && len(signers) == 0 {
		c.fail(field, "it has a private_key, signers, or both")
		return nil
	}
	made, err := unwrap.NewOpenPGP(private, passphrase, signers)
	var signer *unwrap.SignerError
	switch {
	case errors.As(err, &signer):
		c.fail(fmt.Sprintf("%s.signers[%d]", field, signer.Index), "%v", err)
	case errors.Is(err, unwrap.ErrLocked):
		c.fail(field+".passphrase", "%v", err)
	case err != nil:
		c.fail(field+".private_key", "%v", err)
	}
	return made
}

// secret reads a secret; one that is not set is empty.
func (c *compiler) secret(field string, secret *configv1.Secret) string {
	if secret == nil {
		return ""
	}
	value, err := adapters.ReadSecret(secret, field, c.dir)
	var wrong *adapters.ConfigError
	if errors.As(err, &wrong) {
		c.findings = append(c.findings, wrong.Findings...)
	}
	return value
}
