package soap

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/postern-gateway/postern/adapters/soap/soaptest"
)

// stacks are the SOAP servers of all tests, each started when the first test needs it.
var stacks = sync.OnceValue(func() *soaptest.Servers {
	return soaptest.New(filepath.Join("..", "..", "..", "shared", "corpus", "soap-servers"))
})

func TestMain(m *testing.M) {
	code := m.Run()
	if err := stacks().Stop(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	if err := goleak.Find(); err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}
