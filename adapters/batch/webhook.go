package batch

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/postern-gateway/postern/adapters"
	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

const (
	// webhookTimeout is how long one attempt may take.
	webhookTimeout = 15 * time.Second
	// defaultGiveUp is how long attempts are made.
	defaultGiveUp = 72 * time.Hour
	// maxWebhookReply is how much of a reply is read, so that its connection can be used again.
	maxWebhookReply = 64 << 10
	// webhookSecretPrefix begins a key that is written in base64.
	webhookSecretPrefix = "whsec_"
)

// A webhook tells a URL of the ends of operations (Standard Webhooks, version 1).
type webhook struct {
	url    string
	config *configv1.BatchWebhook
	field  string
	giveUp time.Duration
	key    []byte
	client *http.Client
	json   protojson.MarshalOptions
}

// webhook compiles the settings; nil if there are none. Its key is read only by a back end that works.
func (c *compiler) webhook(field string, config *configv1.BatchWebhook) *webhook {
	if config == nil {
		return nil
	}
	target, err := url.Parse(config.GetUrl())
	if err != nil || target.Scheme != "https" && target.Scheme != "http" || target.Host == "" {
		c.fail(field+".url", "the URL begins with https:// or http:// and a host")
		return nil
	}
	w := &webhook{url: config.GetUrl(), config: config, field: field, giveUp: defaultGiveUp}
	if after := config.GetGiveUpAfter(); after != nil {
		w.giveUp = after.AsDuration()
	}
	return w
}

// open reads the key and makes the client.
func (w *webhook) open(dir string, file protoreflect.FileDescriptor) error {
	if w == nil {
		return nil
	}
	secret, err := adapters.ReadSecret(w.config.GetSecret(), w.field+".secret", dir)
	if err != nil {
		return err
	}
	w.key = []byte(secret)
	if encoded, ok := strings.CutPrefix(secret, webhookSecretPrefix); ok {
		if w.key, err = base64.StdEncoding.DecodeString(encoded); err != nil {
			return adapters.ConfigErrorf(w.field+".secret", "what follows %s in the secret is not base64", webhookSecretPrefix)
		}
	}
	if len(w.key) == 0 {
		return adapters.ConfigErrorf(w.field+".secret", "the secret is empty")
	}
	types := new(protoregistry.Files)
	if err := types.RegisterFile(file); err != nil {
		return fmt.Errorf("registering the mirrored types: %w", err)
	}
	w.json = protojson.MarshalOptions{EmitDefaultValues: true, Resolver: mirrored{dynamicpb.NewTypes(types)}}
	w.client = &http.Client{
		Transport:     &http.Transport{Proxy: http.ProxyFromEnvironment, ResponseHeaderTimeout: webhookTimeout, MaxIdleConnsPerHost: 4, IdleConnTimeout: time.Minute, ForceAttemptHTTP2: true},
		Timeout:       webhookTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return nil
}

func (w *webhook) close() {
	if w != nil && w.client != nil {
		w.client.CloseIdleConnections()
	}
}

// mirrored finds the back end's own types, and those of the program.
type mirrored struct{ *dynamicpb.Types }

// FindMessageByURL implements [protoregistry.MessageTypeResolver].
func (m mirrored) FindMessageByURL(url string) (protoreflect.MessageType, error) {
	if found, err := m.Types.FindMessageByURL(url); err == nil {
		return found, nil
	}
	return protoregistry.GlobalTypes.FindMessageByURL(url)
}

// tell is the job that tells of one end, in as many attempts as it takes. The receiver knows by the id, which is the operation's, what it has been told before.
func (s *submissions) tell(ctx context.Context, job adapters.Job) error {
	if s.webhook == nil {
		return nil // the setting has been taken back
	}
	n, err := strconv.ParseInt(job.Key, 10, 64)
	if err != nil {
		return fmt.Errorf("%w: %w", adapters.ErrGiveUp, err)
	}
	var one *submission
	err = s.store.View(ctx, func(tx adapters.Tx) (err error) {
		one, err = s.find(tx, n)
		return err
	})
	if err != nil || one == nil {
		return err // an operation that has been forgotten has nobody to be told of it
	}
	operation, err := s.operation(one)
	if err != nil {
		return fmt.Errorf("%w: %w", adapters.ErrGiveUp, err)
	}
	body, err := s.webhook.json.Marshal(operation)
	if err != nil {
		return fmt.Errorf("%w: writing an operation: %w", adapters.ErrGiveUp, err)
	}
	err = s.webhook.post(ctx, one.ID, body, s.now())
	if err != nil && s.now().Sub(job.Added) >= s.webhook.giveUp {
		return fmt.Errorf("%w: %w", adapters.ErrGiveUp, err)
	}
	return err
}

// post makes one attempt.
func (w *webhook) post(ctx context.Context, id string, body []byte, now time.Time) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, w.url, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("making a webhook's request: %w", err)
	}
	timestamp := strconv.FormatInt(now.Unix(), 10)
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Webhook-Id", id)
	request.Header.Set("Webhook-Timestamp", timestamp)
	request.Header.Set("Webhook-Signature", w.sign(id, timestamp, body))
	response, err := w.client.Do(request)
	if err != nil {
		return fmt.Errorf("calling a webhook: %w", err)
	}
	_, _ = io.CopyN(io.Discard, response.Body, maxWebhookReply) // its status says it all
	_ = response.Body.Close()
	switch {
	case response.StatusCode >= 200 && response.StatusCode < 300:
		return nil
	case response.StatusCode == http.StatusGone: // which says that nobody there wants to be told any more
		return fmt.Errorf("%w: the webhook answered %s", adapters.ErrGiveUp, response.Status)
	default:
		return fmt.Errorf("the webhook answered %s", response.Status)
	}
}

// sign makes the signature of a message, symmetric and of version 1.
func (w *webhook) sign(id, timestamp string, body []byte) string {
	mac := hmac.New(sha256.New, w.key)
	mac.Write([]byte(id + "." + timestamp + "."))
	mac.Write(body)
	return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
}
