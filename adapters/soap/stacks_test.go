package soap

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/adapters/soap/soaptest"
	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

// A stackCase is one style of a real SOAP server.
type stackCase struct {
	name     string
	endpoint func() (soaptest.Endpoint, error)
	// port is the WSDL's; "" for the first.
	port string
	// reply is the answer to 2.5 - 4, in JSON.
	reply string
	// fault is the code of the answer to a = 42; OK where the server does not refuse it.
	fault codes.Code
	// cause is what the fault says.
	cause string
}

func stackCases() []stackCase {
	var out []stackCase
	styles := func(name string, endpoint func(style string) (soaptest.Endpoint, error), fault map[string]codes.Code) {
		for _, style := range []string{"doclit", "doclit12", "rpclit", "rpcenc"} {
			out = append(out, stackCase{
				name: name + " " + style, endpoint: func() (soaptest.Endpoint, error) { return endpoint(style) }, reply: `{"result": -1.5}`,
				fault: fault[style], cause: "forty-two",
			})
		}
	}
	all := map[string]codes.Code{"doclit": codes.Unavailable, "doclit12": codes.Unavailable, "rpclit": codes.Unavailable, "rpcenc": codes.Unavailable}
	// PHP's program looks for 42 in the arguments of rpc alone, and that of node-soap only in arguments that say no type.
	inRPC := map[string]codes.Code{"rpclit": codes.Unavailable, "rpcenc": codes.Unavailable}
	untyped := map[string]codes.Code{"doclit": codes.Unavailable, "doclit12": codes.Unavailable, "rpclit": codes.Unavailable}
	styles("PHP", func(style string) (soaptest.Endpoint, error) { return stacks().PHP(style) }, inRPC)
	styles("gSOAP", func(style string) (soaptest.Endpoint, error) { return stacks().GSOAP(style) }, all)
	styles("node-soap", func(style string) (soaptest.Endpoint, error) { return stacks().Node(style) }, untyped)
	for i, c := range out {
		if c.name == "gSOAP rpclit" {
			out[i].reply = `{"result": "-1.5"}` // its WSDL says of the result that it is an element, and declares none of that name
		}
	}
	for _, port := range []string{"Calc11", "Calc12"} {
		out = append(out, stackCase{name: "SOAP::Lite " + port, port: port, reply: `{"result": -1.5}`, fault: codes.Unavailable, cause: "forty-two", endpoint: func() (soaptest.Endpoint, error) {
			endpoint, err := stacks().SOAPLite()
			endpoint.WSDL = filepath.Join("testdata", "soaplite.wsdl")
			return endpoint, err
		}})
	}
	for _, version := range []string{"soap11", "soap12"} {
		out = append(out, stackCase{name: "spyne " + version, endpoint: func() (soaptest.Endpoint, error) { return stacks().Spyne(version) },
			reply: `{"addResult": -1.5}`, fault: codes.Unavailable, cause: "forty-two"})
	}
	return out
}

// open opens a back end for a server that is running.
func (c stackCase) open(t testing.TB) adapters.Backend {
	t.Helper()
	endpoint, err := c.endpoint()
	if err != nil {
		t.Fatal(err)
	}
	location := endpoint.WSDL
	if !strings.HasPrefix(location, "http") {
		if location, err = filepath.Abs(location); err != nil {
			t.Fatal(err)
		}
	}
	config := &configv1.SoapBackend{Kind: "soap", Wsdl: location, Endpoint: endpoint.URL}
	if c.port != "" {
		config.Ports = []string{c.port}
	}
	return openBackend(t, config)
}

// TestRealServers holds that requests are what real servers accept, and that what they answer is read, in all styles that they offer.
func TestRealServers(t *testing.T) {
	t.Parallel()
	for _, c := range stackCases() {
		t.Run(c.name, func(t *testing.T) {
			b := c.open(t)
			reply, err := invoke(t.Context(), t, b, "Add", `{"a": 2.5, "b": -4}`)
			if err != nil {
				t.Fatal(err)
			}
			wantReply(t, reply, c.reply)
			_, err = invoke(t.Context(), t, b, "Add", `{"a": 42, "b": 1}`)
			if c.fault == codes.OK {
				if err != nil {
					t.Errorf("a = 42: %v", err)
				}
				return
			}
			var refused *adapters.Error
			if !errors.As(err, &refused) || refused.Code != c.fault {
				t.Fatalf("a = 42: the error is %v", err)
			}
			var f *fault
			if !errors.As(err, &f) || f.text != c.cause || len(f.codes) == 0 || len(f.detail) == 0 {
				t.Errorf("the fault is %v", f)
			}
			if err := b.(adapters.Checker).Check(t.Context()); err != nil {
				t.Errorf("Check says %v", err)
			}
		})
	}
}

// wantReply compares a reply with what JSON says.
func wantReply(t testing.TB, reply proto.Message, want string) {
	t.Helper()
	wanted := dynamicpb.NewMessage(reply.ProtoReflect().Descriptor())
	if err := protojson.Unmarshal([]byte(want), wanted); err != nil {
		t.Fatal(err)
	}
	if !proto.Equal(reply, wanted) {
		t.Errorf("the reply is %s, wanted %s", protojson.Format(reply), want)
	}
}

// TestRealServersWithLists takes lists of complex types through spyne, which holds them against its schema, and an array that nothing describes out of SOAP::Lite.
func TestRealServersWithLists(t *testing.T) {
	t.Parallel()
	for _, version := range []string{"soap11", "soap12"} {
		t.Run("spyne "+version, func(t *testing.T) {
			c := stackCase{endpoint: func() (soaptest.Endpoint, error) { return stacks().Spyne(version) }}
			b := c.open(t)
			for items, want := range map[string]string{
				`{"item": [{"name": "bolt <1>", "qty": 1.5}, {"name": "", "qty": 2}]}`: `{"item": [{"name": "bolt <1>", "qty": 1.5}, {"name": "", "qty": 2}]}`,
				`{"item": [{"name": "one"}]}`:                                          `{"item": [{"name": "one"}]}`,
				`{"item": [{"nilFields": ["name"], "qty": 1}]}`:                        `{"item": [{"qty": 1}]}`, // spyne leaves out what is nil
				`{}`: `{}`,
			} {
				reply, err := invoke(t.Context(), t, b, "Echo", `{"items": `+items+`}`)
				if err != nil {
					t.Fatal(err)
				}
				wantReply(t, reply, `{"echoResult": `+want+`}`)
			}
		})
	}
	for _, port := range []string{"Calc11", "Calc12"} {
		t.Run("SOAP::Lite "+port, func(t *testing.T) {
			c := stackCase{port: port, endpoint: func() (soaptest.Endpoint, error) {
				endpoint, err := stacks().SOAPLite()
				endpoint.WSDL = filepath.Join("testdata", "soaplite.wsdl")
				return endpoint, err
			}}
			reply, err := invoke(t.Context(), t, c.open(t), "EchoList", `{"first": 7, "second": -1}`)
			if err != nil {
				t.Fatal(err)
			}
			wantReply(t, reply, `{"list": [7, -1]}`)
		})
	}
}
