package soap

import (
	"testing"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/adapters/adaptertest"
)

const accountReply = `{"account": {"id": "C000001", "balance": "-1234.50", "band": "N/A", "opened": "2020-02-29",
	"changed": "2026-07-01T11:00:00Z", "directDebit": true, "note": ["first <", "second & last"], "nilFields": ["discount"], "revision": "7"}}`

func TestConformance(t *testing.T) {
	var service *accounts
	adaptertest.Run(t, adaptertest.Subject{
		Adapter: Adapter{},
		Dir:     "testdata",
		Config: func(t *testing.T) adapters.Config {
			service = startAccounts(t)
			return service.config()
		},
		Read:    adaptertest.Call{Method: "GetAccount", Request: `{"id": "C000001"}`, Reply: accountReply},
		Missing: adaptertest.Call{Method: "GetAccount", Request: `{"id": "M000000"}`},
		Secrets: []string{"127.0.0.1", "TBL_ACC", "urn:accounts"},
		Network: &adaptertest.Network{
			Address: func(t *testing.T) string {
				service = startAccounts(t)
				return service.host(t)
			},
			Via: func(_ *testing.T, address string) adapters.Config {
				config := service.config()
				config.Endpoint = "http://" + address + "/accounts"
				return config
			},
		},
	})
}
