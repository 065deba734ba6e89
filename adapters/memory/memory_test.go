package memory_test

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/adapters/adaptertest"
	"github.com/postern-gateway/postern/adapters/memory"
	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestConformance(t *testing.T) {
	const noNetwork = "the table is in the process"
	adaptertest.Run(t, adaptertest.Subject{
		Adapter: memory.Adapter{},
		Config: func(*testing.T) adapters.Config {
			return &configv1.MemoryBackend{Kind: "memory", Items: []*configv1.MemoryItem{{Id: "a", Title: "first", Amount: 12}}}
		},
		Read:    adaptertest.Call{Method: "GetItem", Request: `{"id":"a"}`, Reply: `{"id":"a","title":"first","amount":"12"}`},
		Missing: adaptertest.Call{Method: "GetItem", Request: `{"id":"none"}`},
		Conditional: &adaptertest.Conditional{
			Read:  adaptertest.Call{Method: "GetItem", Request: `{"id":"a"}`, Reply: `{"id":"a","title":"first","amount":"12"}`},
			Write: adaptertest.Call{Method: "UpdateItem", Request: `{"item":{"id":"a","title":"second"},"updateMask":"title"}`, Reply: `{"id":"a","title":"second","amount":"12"}`},
			Again: adaptertest.Call{Method: "UpdateItem", Request: `{"item":{"id":"a","amount":"13"}}`, Reply: `{"id":"a","amount":"13"}`},
		},
		Waivers: map[string]string{
			"a refused connection is UNAVAILABLE":              noNetwork,
			"a hanging legacy system does not hold the caller": noNetwork,
			"a connection cut in the reply is an error":        noNetwork,
		},
	})
}
