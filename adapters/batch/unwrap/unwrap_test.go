package unwrap_test

import (
	"archive/zip"
	"bytes"
	"encoding/base64"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/ProtonMail/gopenpgp/v3/crypto"

	"github.com/postern-gateway/postern/adapters/batch/unwrap"
)

// content is EBCDIC blanks and digits, line ends of all kinds, and a byte of every value.
func content() []byte {
	var all []byte
	for i := range 256 {
		all = append(all, byte(i), 0x40, '\r', '\n')
	}
	return bytes.Repeat(all, 300)
}

func packed(t *testing.T, data []byte, kind string) []byte {
	t.Helper()
	if kind != unwrap.Zip {
		out, err := unwrap.Pack(data, kind)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	return zipped(t, data, "../CLAIMS\n1")
}

func zipped(t *testing.T, data []byte, names ...string) []byte {
	t.Helper()
	var out bytes.Buffer
	archive := zip.NewWriter(&out)
	for _, name := range names {
		one, err := archive.Create(name)
		if err == nil {
			_, err = one.Write(data)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// read unwraps a file in small pieces, and makes sure that no temporary file stays.
func read(t *testing.T, data []byte, options unwrap.Options) ([]byte, error) {
	t.Helper()
	options.Temp = t.TempDir()
	r := unwrap.New(iotest.HalfReader(bytes.NewReader(data)), options)
	out, err := io.ReadAll(r)
	if err := errors.Join(r.Close(), r.Close()); err != nil {
		t.Errorf("Close: %v", err)
	}
	if left, err := os.ReadDir(options.Temp); err != nil || len(left) != 0 {
		t.Errorf("temporary files stay: %v (%v)", left, err)
	}
	return out, err
}

func wantRefused(t *testing.T, err error, text string) {
	t.Helper()
	var wrong *unwrap.Error
	if !errors.As(err, &wrong) || !strings.Contains(wrong.Reason, text) {
		t.Errorf("%v, want it refused with %q", err, text)
	}
}

// Whatever a file is packed in, its bytes come out, whether it is told or seen.
func TestUnpack(t *testing.T) {
	t.Parallel()
	for _, data := range [][]byte{content(), []byte("x")} {
		for _, kind := range []string{unwrap.None, unwrap.Gzip, unwrap.Zip, unwrap.Zstd} {
			for _, told := range []string{kind, unwrap.Auto, ""} {
				if got, err := read(t, packed(t, data, kind), unwrap.Options{Compression: told}); err != nil || !bytes.Equal(got, data) {
					t.Errorf("%s told as %q: %d bytes (%v), want %d", kind, told, len(got), err, len(data))
				}
			}
		}
	}
	if got, err := read(t, nil, unwrap.Options{}); err != nil || len(got) != 0 {
		t.Errorf("an empty file: %q (%v)", got, err)
	}
}

// Go unpacks bzip2 and does not pack it.
func TestBzip2(t *testing.T) {
	t.Parallel()
	whole, err := base64.StdEncoding.DecodeString("QlpoOTFBWSZTWchxfOUABdvGAAAQKCYIACAAUIYATVQaPVIMqQbqQcqQdqQZUg9Ug+LuSKcKEhkOL5yg")
	if err != nil {
		t.Fatal(err)
	}
	want := bytes.Repeat([]byte("CLAIMS\n"), 1000)
	for _, told := range []string{unwrap.Bzip2, unwrap.Auto} {
		if got, err := read(t, whole, unwrap.Options{Compression: told}); err != nil || !bytes.Equal(got, want) {
			t.Errorf("told as %q: %d bytes (%v), want %d", told, len(got), err, len(want))
		}
	}
	for _, n := range []int{0, 1, 5, len(whole) / 2, len(whole) - 1} {
		_, err := read(t, whole[:n], unwrap.Options{Compression: unwrap.Bzip2})
		wantRefused(t, err, "")
	}
	whole[len(whole)/2] ^= 0xff
	_, err = read(t, whole, unwrap.Options{})
	wantRefused(t, err, "damaged")
	if got, err := read(t, []byte("BZh9 and so on"), unwrap.Options{}); err != nil || string(got) != "BZh9 and so on" {
		t.Errorf("text that begins alike: %q (%v)", got, err)
	}
}

// A file that is cut off anywhere, or damaged, is refused.
func TestDamaged(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{unwrap.Gzip, unwrap.Zip, unwrap.Zstd} {
		whole := packed(t, content(), kind)
		for _, n := range []int{0, 1, 5, 20, len(whole) / 2, len(whole) - 1} {
			_, err := read(t, whole[:n], unwrap.Options{Compression: kind})
			wantRefused(t, err, "")
		}
		damaged := bytes.Clone(whole)
		damaged[len(damaged)/2] ^= 0xff
		_, err := read(t, damaged, unwrap.Options{})
		wantRefused(t, err, "")
		_, err = read(t, content(), unwrap.Options{Compression: kind})
		wantRefused(t, err, "")
	}
	_, err := read(t, zipped(t, content(), "a", "b"), unwrap.Options{})
	wantRefused(t, err, "2 files")
	_, err = read(t, zipped(t, content()), unwrap.Options{Compression: unwrap.Zip})
	wantRefused(t, err, "0 files")
}

// Bombs go off nowhere.
func TestBombs(t *testing.T) {
	t.Parallel()
	bomb := make([]byte, 128<<20)
	for _, kind := range []string{unwrap.Gzip, unwrap.Zstd} {
		small := packed(t, bomb, kind)
		_, err := read(t, small, unwrap.Options{})
		wantRefused(t, err, "times its size")
		_, err = read(t, packed(t, content(), kind), unwrap.Options{MaxBytes: 1000})
		wantRefused(t, err, "1000 bytes")
	}
	_, err := read(t, packed(t, bomb[:1<<20], unwrap.Zip), unwrap.Options{MaxBytes: 5000})
	wantRefused(t, err, "5000 bytes")
}

// An error of the place that a file comes from is no fault of the file.
func TestSourceFails(t *testing.T) {
	t.Parallel()
	lost := errors.New("lost")
	for _, kind := range []string{unwrap.None, unwrap.Gzip, unwrap.Zip, unwrap.Zstd} {
		whole := packed(t, content(), kind)
		for _, n := range []int{0, 3, len(whole) / 2} {
			r := unwrap.New(io.MultiReader(bytes.NewReader(whole[:n]), iotest.ErrReader(lost)), unwrap.Options{Temp: t.TempDir()})
			if _, err := io.ReadAll(r); !errors.Is(err, lost) {
				t.Errorf("%s after %d bytes: %v, want the source's error", kind, n, err)
			}
			if err := r.Close(); err != nil {
				t.Error(err)
			}
		}
	}
}

// A keyPair is somebody's keys.
type keyPair struct {
	key             *crypto.Key
	private, public string
}

func newKeys(t *testing.T, name string) keyPair {
	t.Helper()
	key, err := crypto.PGP().KeyGeneration().AddUserId(name, name+"@example.test").New().GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	locked, err := crypto.PGP().LockKey(key, []byte("horse"))
	if err != nil {
		t.Fatal(err)
	}
	private, err := locked.Armor()
	if err != nil {
		t.Fatal(err)
	}
	public, err := key.GetArmoredPublicKey()
	if err != nil {
		t.Fatal(err)
	}
	return keyPair{key: key, private: private, public: public}
}

// encrypted makes a message; by may be nil for one that nobody signed.
func encrypted(t *testing.T, data []byte, to keyPair, by *keyPair, armour bool) []byte {
	t.Helper()
	public, err := to.key.ToPublic()
	if err != nil {
		t.Fatal(err)
	}
	builder := crypto.PGP().Encryption().Recipient(public)
	if by != nil {
		builder = builder.SigningKey(by.key)
	}
	handle, err := builder.New()
	if err != nil {
		t.Fatal(err)
	}
	message, err := handle.Encrypt(data)
	if err != nil {
		t.Fatal(err)
	}
	if !armour {
		return message.Bytes()
	}
	text, err := message.Armor()
	if err != nil {
		t.Fatal(err)
	}
	return []byte(text)
}

// Files are read that are encrypted for us and signed by whom they must be, and no others.
func TestOpenPGP(t *testing.T) {
	t.Parallel()
	ours, bank, stranger := newKeys(t, "ours"), newKeys(t, "bank"), newKeys(t, "stranger")
	both, err := unwrap.NewOpenPGP(ours.private, "horse", []string{bank.public})
	if err != nil {
		t.Fatal(err)
	}
	unsigned, err := unwrap.NewOpenPGP(ours.private, "horse", nil)
	if err != nil {
		t.Fatal(err)
	}
	data := content()
	inside := packed(t, data, unwrap.Gzip)
	cut := encrypted(t, data, ours, &bank, false)
	altered := bytes.Clone(cut)
	altered[len(altered)-100] ^= 1
	for name, test := range map[string]struct {
		file []byte
		with *unwrap.OpenPGP
		want string // empty for the data
	}{
		"signed":                   {encrypted(t, data, ours, &bank, false), both, ""},
		"armoured":                 {encrypted(t, data, ours, &bank, true), both, ""},
		"gzip inside":              {encrypted(t, inside, ours, &bank, false), both, ""},
		"nobody has signed":        {encrypted(t, data, ours, nil, false), both, "signers"},
		"a stranger has signed":    {encrypted(t, data, ours, &stranger, false), both, "signers"},
		"nobody need sign":         {encrypted(t, data, ours, nil, false), unsigned, ""},
		"for somebody else":        {encrypted(t, data, stranger, &bank, false), both, "our key"},
		"not encrypted":            {data, both, "our key"},
		"cut off":                  {cut[:len(cut)-200], both, ""},
		"altered":                  {altered, both, ""},
		"empty":                    {nil, both, "our key"},
		"gzip around, and no PGP":  {inside, both, "our key"},
		"a public key, not a file": {[]byte(bank.public), both, ""},
	} {
		got, err := read(t, test.file, unwrap.Options{OpenPGP: test.with})
		refused := test.want != "" || name == "cut off" || name == "altered" || name == "a public key, not a file"
		if refused {
			wantRefused(t, err, test.want)
		} else if err != nil || !bytes.Equal(got, data) {
			t.Errorf("%s: %d bytes (%v), want %d", name, len(got), err, len(data))
		}
	}
}

// A file that is signed and not encrypted is held to its signature too.
func TestSignedOnly(t *testing.T) {
	t.Parallel()
	bank, stranger := newKeys(t, "bank"), newKeys(t, "stranger")
	signers, err := unwrap.NewOpenPGP("", "", []string{bank.public})
	if err != nil {
		t.Fatal(err)
	}
	for _, by := range []keyPair{bank, stranger} {
		handle, err := crypto.PGP().Sign().SigningKey(by.key).New()
		if err != nil {
			t.Fatal(err)
		}
		file, err := handle.Sign(content(), crypto.Bytes)
		if err != nil {
			t.Fatal(err)
		}
		got, err := read(t, file, unwrap.Options{OpenPGP: signers})
		if by == stranger {
			wantRefused(t, err, "signers")
		} else if err != nil || !bytes.Equal(got, content()) {
			t.Errorf("%d bytes (%v)", len(got), err)
		}
	}
}

// Keys that are none are told.
func TestKeys(t *testing.T) {
	t.Parallel()
	ours := newKeys(t, "ours")
	if _, err := unwrap.NewOpenPGP(ours.private, "wrong", nil); !errors.Is(err, unwrap.ErrLocked) {
		t.Errorf("a wrong passphrase: %v", err)
	}
	if _, err := unwrap.NewOpenPGP(ours.public, "", nil); !errors.Is(err, unwrap.ErrNoPrivateKey) {
		t.Errorf("a public key for a private one: %v", err)
	}
	var signer *unwrap.SignerError
	if _, err := unwrap.NewOpenPGP("", "", []string{ours.public, "nonsense"}); !errors.As(err, &signer) || signer.Index != 1 {
		t.Errorf("a signer that is none: %v", err)
	}
}
