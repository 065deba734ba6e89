package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/postern-gateway/postern/gateway/estate"
)

// adminTimeout bounds one request of the admin API: to replay a large file's rejects takes as long as to read the file.
const adminTimeout = 10 * time.Minute

// maxAdminAnswer is how long an answer of the admin API may be, in bytes: a page of rejects with their data.
const maxAdminAnswer = 256 << 20

// adminFlags say where the gateway is.
type adminFlags struct {
	Admin  string `name:"admin" placeholder:"ADDRESS" help:"Where the running gateway has its admin API. Default: as gateway.yaml of the estate has it."`
	Estate string `default:"." placeholder:"DIR" type:"existingdir" help:"Directory of the estate. Default: this one."`
}

// client returns a client of the admin API.
func (f adminFlags) client() (*adminClient, error) {
	address := f.Admin
	if address == "" {
		configured, err := estate.ReadGateway(f.Estate)
		if err != nil {
			return nil, err
		}
		address = configured.GetListeners().GetAdmin()
	}
	address = strings.TrimPrefix(address, "http://")
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("the address %q is not host:port", address)
	}
	if port == "0" {
		return nil, errors.New("gateway.yaml has the admin API on a free port: say with --admin where it is, as `postern serve` has printed it")
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "localhost" // it listens everywhere
	}
	return &adminClient{address: net.JoinHostPort(host, port), http: &http.Client{Timeout: adminTimeout}}, nil
}

// An adminClient speaks with the admin API of a running gateway.
type adminClient struct {
	address string
	http    *http.Client
}

// adminPath is a path of the admin API; names in it are escaped.
func adminPath(parts ...string) string {
	for i, part := range parts {
		parts[i] = url.PathEscape(part)
	}
	return "/admin/v1/" + strings.Join(parts, "/")
}

func (c *adminClient) get(ctx context.Context, path string, query url.Values, response proto.Message) error {
	return c.do(ctx, http.MethodGet, path, query, nil, response)
}

func (c *adminClient) post(ctx context.Context, path string, request, response proto.Message) error {
	body, err := protojson.Marshal(request)
	if err != nil {
		return fmt.Errorf("writing the request: %w", err)
	}
	return c.do(ctx, http.MethodPost, path, nil, body, response)
}

func (c *adminClient) do(ctx context.Context, method, path string, query url.Values, body []byte, response proto.Message) (err error) {
	request, err := http.NewRequestWithContext(ctx, method, "http://"+c.address+path+"?"+query.Encode(), bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("making the request: %w", err)
	}
	request.Header.Set("Content-Type", "application/json")
	answer, err := c.http.Do(request)
	if err != nil {
		return fmt.Errorf("no gateway answers at %s: is `postern serve` running there? Say with --admin where else it is.\n%w", c.address, unwrapURL(err))
	}
	defer func() { err = errors.Join(err, answer.Body.Close()) }()
	text, err := io.ReadAll(io.LimitReader(answer.Body, maxAdminAnswer))
	if err != nil {
		return fmt.Errorf("reading the answer of %s: %w", c.address, err)
	}
	if answer.StatusCode != http.StatusOK {
		return refusal(c.address, answer.StatusCode, text)
	}
	if err := (protojson.UnmarshalOptions{DiscardUnknown: true}).Unmarshal(text, response); err != nil {
		return fmt.Errorf("what answers at %s is not the admin API of a gateway: %w", c.address, err)
	}
	return nil
}

// unwrapURL leaves the method and URL out of an error of the client.
func unwrapURL(err error) error {
	var failed *url.Error
	if errors.As(err, &failed) {
		return failed.Err
	}
	return err
}

// refusal is the error of an answer other than 200.
func refusal(address string, status int, text []byte) error {
	var said struct {
		Message string `json:"message"`
	}
	if err := json.Unmarshal(text, &said); err != nil || said.Message == "" {
		return fmt.Errorf("what answers at %s is not the admin API of a gateway: it says %d", address, status)
	}
	return errors.New(said.Message)
}
