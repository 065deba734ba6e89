package batch_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"log/slog"
	"strings"
	"testing"

	"github.com/ProtonMail/gopenpgp/v3/crypto"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/adapters/batch"
)

// A file counts only once its signature has proved true, at its end; and files leave packed as they are asked for.
func TestPackedFiles(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	key := func(name string) (*crypto.Key, string, string) {
		made, err := crypto.PGP().KeyGeneration().AddUserId(name, name+"@example.test").New().GenerateKey()
		if err != nil {
			t.Fatal(err)
		}
		private, err := made.Armor()
		if err != nil {
			t.Fatal(err)
		}
		public, err := made.GetArmoredPublicKey()
		if err != nil {
			t.Fatal(err)
		}
		return made, private, public
	}
	ours, private, _ := key("ours")
	bank, _, bankPublic := key("bank")
	stranger, _, _ := key("stranger")
	s.write(t, "ours.key", []byte(private))
	s.write(t, "bank.pub", []byte(bankPublic))
	config := strings.Replace(settings, `{directory: in, pattern: "CLAIMS.*"}`,
		`{directory: in, pattern: "CLAIMS.*", openpgp: {private_key: {file: ours.key}, signers: [bank.pub]}}`, 1)
	config = strings.Replace(config, `name: "CHG.{sequence:4}"`, `name: "CHG.{sequence:4}.gz", compression: gzip`, 1)
	backend, book := s.openLogged(t, config)

	encrypt := func(content []byte, by *crypto.Key) []byte {
		public, err := ours.ToPublic()
		if err != nil {
			t.Fatal(err)
		}
		handle, err := crypto.PGP().Encryption().Recipient(public).SigningKey(by).New()
		if err != nil {
			t.Fatal(err)
		}
		message, err := handle.Encrypt(content)
		if err != nil {
			t.Fatal(err)
		}
		return message.Bytes()
	}
	s.write(t, "in/CLAIMS.1", encrypt(packedWith(t, extractOf("20261120", twoClaims...)), bank))
	drain(t, backend)
	if refs, _ := list(t, backend, `{}`); len(refs) != 2 {
		t.Errorf("the extract has %q, want two claims", refs)
	}
	s.write(t, "in/CLAIMS.2", encrypt(extractOf("20261121", twoClaims[0]), stranger))
	s.write(t, "in/CLAIMS.3", extractOf("20261122", twoClaims[0]))
	cut := encrypt(extractOf("20261123", twoClaims[0]), bank)
	s.write(t, "in/CLAIMS.4", cut[:len(cut)-10])
	drain(t, backend)
	if refs, _ := list(t, backend, `{}`); len(refs) != 2 {
		t.Errorf("a file that nobody we know has signed is served: %q", refs)
	}
	reasons := ""
	for _, entry := range book.lines(t, slog.LevelError) {
		reasons += entry["file"].(string) + ": " + entry["reason"].(string) + "\n"
	}
	for _, want := range []string{"CLAIMS.2: none of the signers has signed it", "CLAIMS.3: it is not encrypted for our key", "CLAIMS.4: "} {
		if !strings.Contains(reasons, want) {
			t.Errorf("logged %s\nwant %s", reasons, want)
		}
	}

	submit(t, backend, aChange)
	drain(t, backend)
	reader, err := gzip.NewReader(strings.NewReader(s.outFiles(t)["CHG.0001.gz"]))
	if err != nil {
		t.Fatal(err)
	}
	content, err := io.ReadAll(reader)
	if err != nil || len(content) != 120 || !bytes.Contains(content, ebcdic("D0000000001C000001")) {
		t.Errorf("the file that left holds %x (%v)", content, err)
	}
}

// packedWith packs with the standard library's own gzip.
func packedWith(t *testing.T, content []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	writer := gzip.NewWriter(&out)
	_, err := writer.Write(content)
	if err := errors.Join(err, writer.Close()); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// Mistakes in what files are packed in are told at their places.
func TestPackedMistakes(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.write(t, "nonsense.pub", []byte("nonsense"))
	for inbox, field := range map[string]string{
		`openpgp: {}`:                                        "extracts[0].inbox.openpgp",
		`openpgp: {signers: [nonsense.pub]}`:                 "extracts[0].inbox.openpgp.signers[0]",
		`openpgp: {signers: [gone.pub]}`:                     "extracts[0].inbox.openpgp.signers[0]",
		`openpgp: {private_key: {file: nonsense.pub}}`:       "extracts[0].inbox.openpgp.private_key",
		`openpgp: {private_key: {env: POSTERN_NOT_SET_KEY}}`: "extracts[0].inbox.openpgp.private_key.env",
		`max_bytes: 99999999999999`:                          "extracts[0].inbox.max_bytes",
	} {
		config := strings.Replace(settings, `{directory: in, pattern: "CLAIMS.*"}`, `{directory: in, pattern: "CLAIMS.*", `+inbox+`}`, 1)
		_, err := batch.Adapter{}.Open(t.Context(), parse(t, config), s.options(t))
		var wrong *adapters.ConfigError
		if !errors.As(err, &wrong) {
			t.Errorf("%s: %v", inbox, err)
			continue
		}
		found := false
		for _, finding := range wrong.Findings {
			found = found || finding.Field == field
		}
		if !found {
			t.Errorf("%s: %v, want a mistake at %s", inbox, wrong.Findings, field)
		}
	}
}
