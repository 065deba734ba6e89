package wss_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/postern-gateway/postern/adapters/debiantest"
)

// shared is what is made once for all tests: keys, and the judges that the messages are held against, which start when they are asked first.
var shared = sync.OnceValues(makeBench)

// TestMain ends the judge, which is a process.
func TestMain(m *testing.M) {
	code := m.Run()
	if b, err := shared(); err == nil {
		if err := b.stop(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	if err := goleak.Find(); err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// A bench holds a directory with ca, client, clientec, server, serverec and stranger, each as .pem and .key, and the judge.
type bench struct {
	dir     string
	start   func() error
	process *exec.Cmd
	mutex   sync.Mutex
	in      io.WriteCloser
	out     *bufio.Reader
}

func setUp(t testing.TB) *bench {
	t.Helper()
	b, err := shared()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func makeBench() (*bench, error) {
	dir, err := os.MkdirTemp("", "wss")
	if err != nil {
		return nil, err
	}
	b := &bench{dir: dir}
	b.start = sync.OnceValue(b.startJudge)
	return b, b.makeKeys()
}

func (b *bench) stop() error {
	if b.process == nil {
		return os.RemoveAll(b.dir)
	}
	return errors.Join(b.in.Close(), b.process.Wait(), os.RemoveAll(b.dir))
}

func (b *bench) path(name string) string { return filepath.Join(b.dir, name) }

type identity struct {
	certificate *x509.Certificate
	key         crypto.Signer
}

func (b *bench) makeKeys() error {
	ca, err := b.makeIdentity("ca", nil, false)
	if err != nil {
		return err
	}
	for _, name := range []string{"client", "clientec", "server", "serverec"} {
		if _, err := b.makeIdentity(name, ca, strings.HasSuffix(name, "ec")); err != nil {
			return err
		}
	}
	_, err = b.makeIdentity("stranger", nil, false)
	return err
}

// makeIdentity writes a key and its certificate; that of one who was signed for by another is followed by the other's.
func (b *bench) makeIdentity(name string, issuer *identity, curve bool) (*identity, error) {
	var key crypto.Signer
	var err error
	if curve {
		key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	} else {
		key, err = rsa.GenerateKey(rand.Reader, 2048)
	}
	if err != nil {
		return nil, err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 100))
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber: serial, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		Subject: pkix.Name{CommonName: name, Organization: []string{"Example, \"old\" & Sons"}, Country: []string{"GB"}}, SubjectKeyId: []byte(name + "-identifier"),
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageKeyEncipherment,
	}
	if issuer == nil {
		template.IsCA, template.BasicConstraintsValid, template.KeyUsage = true, true, x509.KeyUsageCertSign|x509.KeyUsageDigitalSignature
		issuer = &identity{template, key}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, issuer.certificate, key.Public(), issuer.key)
	if err != nil {
		return nil, err
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, err
	}
	content := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	alone := content
	if issuer.key != key {
		content = append(bytes.Clone(content), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: issuer.certificate.Raw})...)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	return &identity{certificate, key}, errors.Join(
		os.WriteFile(b.path("password"), []byte("secret"), 0o600),
		os.WriteFile(b.path(name+".pem"), content, 0o600), os.WriteFile(b.path(name+"-alone.pem"), alone, 0o600),
		os.WriteFile(b.path(name+".key"), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}), 0o600))
}

// install gets Debian's packages, unless the files that they bring are there.
func install(packages []string, files ...string) error {
	missing := false
	for _, file := range files {
		_, err := os.Stat(file)
		missing = missing || err != nil
	}
	if !missing {
		return nil
	}
	return debiantest.Install(context.Background(), packages...)
}

const jars = "/usr/share/java/"

// startJudge starts testdata/Judge.java: WSS4J, as a service would run it.
func (b *bench) startJudge() error {
	err := install([]string{"openjdk-17-jdk-headless", "libwss4j-java", "libslf4j-java", "libcommons-logging-java", "xmlsec1", "libxmlsec1-openssl"},
		jars+"wss4j.jar", jars+"xmlsec.jar", jars+"slf4j-nop.jar", jars+"commons-logging.jar", "/usr/bin/java", "/usr/bin/javac", "/usr/bin/xmlsec1")
	if err != nil {
		return err
	}
	path := jars + "wss4j.jar:" + jars + "xmlsec.jar:" + jars + "slf4j-api.jar:" + jars + "slf4j-nop.jar:" + jars + "commons-logging.jar"
	b.process = exec.Command("java", "-cp", path, filepath.Join("testdata", "Judge.java"), b.dir)
	b.process.Stderr = os.Stderr
	var out io.ReadCloser
	if b.in, err = b.process.StdinPipe(); err == nil {
		out, err = b.process.StdoutPipe()
	}
	if err != nil {
		return err
	}
	b.out = bufio.NewReaderSize(out, 1<<20)
	return b.process.Start()
}

// ask gives the judge an order and returns its answer.
func (b *bench) ask(t testing.TB, order ...string) ([]string, error) {
	t.Helper()
	if err := b.start(); err != nil {
		t.Fatal(err)
	}
	b.mutex.Lock()
	defer b.mutex.Unlock()
	if _, err := io.WriteString(b.in, strings.Join(order, "\t")+"\n"); err != nil {
		t.Fatal("asking the judge:", err)
	}
	line, err := b.out.ReadString('\n')
	if err != nil {
		t.Fatal("hearing the judge:", err)
	}
	answer := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
	if answer[0] != "ok" {
		return nil, errors.New(strings.Join(answer[1:], " "))
	}
	return answer[1:], nil
}

// verify has WSS4J verify and decrypt a request. It returns what WSS4J reads, and what it says was protected.
func (b *bench) verify(t testing.TB, message []byte) (read []byte, parts []string, err error) {
	t.Helper()
	answer, err := b.ask(t, "verify", base64.StdEncoding.EncodeToString(message))
	if err != nil {
		return nil, nil, err
	}
	read, err = base64.StdEncoding.DecodeString(answer[0])
	return read, answer[1:], err
}

// secure has WSS4J sign and encrypt a reply.
func (b *bench) secure(t testing.TB, options, message string) []byte {
	t.Helper()
	answer, err := b.ask(t, "secure", options, base64.StdEncoding.EncodeToString([]byte(message)))
	if err != nil {
		t.Fatalf("WSS4J, with %s: %v", options, err)
	}
	out, err := base64.StdEncoding.DecodeString(answer[0])
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// xmlsec runs xmlsec1 on a file with the content.
func (b *bench) xmlsec(t testing.TB, content []byte, arguments ...string) ([]byte, error) {
	t.Helper()
	if err := b.start(); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "message.xml")
	if err := os.WriteFile(file, content, 0o600); err != nil {
		t.Fatal(err)
	}
	output, err := exec.CommandContext(context.Background(), "xmlsec1", append(arguments, file)...).CombinedOutput()
	return output, err
}
