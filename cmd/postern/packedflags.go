package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/adapters/batch/unwrap"
	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

// packedFlags say what a file is packed in, as the settings of an inbox do.
type packedFlags struct {
	Compression       string   `group:"Packing" help:"auto (as the first bytes say), none, gzip, zip (of one file), zstd or bzip2." enum:"auto,none,gzip,zip,zstd,bzip2" default:"auto"`
	OpenPGPKey        string   `group:"Packing" name:"openpgp-key" help:"The data is encrypted with OpenPGP, for this private key in ASCII armour." type:"existingfile" placeholder:"FILE"`
	OpenPGPPassphrase string   `group:"Packing" name:"openpgp-passphrase" help:"env:NAME or file:PATH of what the key is locked with." placeholder:"WHERE"`
	OpenPGPSigner     []string `group:"Packing" name:"openpgp-signer" help:"A public key in ASCII armour; one of these must have signed the data." type:"existingfile" placeholder:"FILE" sep:"none"`
}

// packed reads the keys.
func (f *packedFlags) packed() (options unwrap.Options, err error) {
	options.Compression = f.Compression
	if f.OpenPGPKey == "" && len(f.OpenPGPSigner) == 0 {
		return options, nil
	}
	passphrase, err := secretFlag("--openpgp-passphrase", f.OpenPGPPassphrase)
	if err != nil {
		return options, err
	}
	files := f.OpenPGPSigner
	if f.OpenPGPKey != "" {
		files = append([]string{f.OpenPGPKey}, files...)
	}
	keys := make([]string, len(files))
	for i, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			return options, fmt.Errorf("reading a key: %w", err)
		}
		keys[i] = string(text)
	}
	private := ""
	if f.OpenPGPKey != "" {
		private, keys = keys[0], keys[1:]
	}
	if options.OpenPGP, err = unwrap.NewOpenPGP(private, passphrase, keys); err != nil {
		return options, fmt.Errorf("the keys of OpenPGP: %w", err)
	}
	return options, nil
}

// secretFlag reads a secret that a flag only says the place of; one that is not given is empty.
func secretFlag(flag, where string) (string, error) {
	secret := &configv1.Secret{}
	if name, ok := strings.CutPrefix(where, "env:"); ok {
		secret.Source = &configv1.Secret_Env{Env: name}
	} else if path, ok := strings.CutPrefix(where, "file:"); ok {
		secret.Source = &configv1.Secret_File{File: path}
	} else if where != "" {
		return "", fmt.Errorf("%s takes env:NAME or file:PATH, and no secret itself", flag)
	} else {
		return "", nil
	}
	text, err := adapters.ReadSecret(secret, flag, "")
	if err != nil {
		return "", fmt.Errorf("reading a secret: %w", err)
	}
	return text, nil
}
