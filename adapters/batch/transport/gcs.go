package transport

import (
	"bytes"
	"context"
	"crypto/md5" //nolint:gosec // the check sum that the server compares with, and no secret
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"cloud.google.com/go/auth"
	"cloud.google.com/go/auth/credentials"
	"google.golang.org/api/googleapi"
	"google.golang.org/api/option"
	"google.golang.org/api/storage/v1"
)

// gcsEndpoint is Google's own server.
const gcsEndpoint = "https://storage.googleapis.com"

// gcsSettings say which bucket, and as whom.
type gcsSettings struct {
	bucket   string
	endpoint *url.URL
	key      []byte // JSON; empty for what the environment gives
	timeout  time.Duration
}

// gcsBucket is a bucket of Google Cloud Storage, by its JSON API. A version is the object's generation.
type gcsBucket struct {
	objects   *storage.ObjectsService
	name      string
	transport *http.Transport
}

// open makes the client, which connects and signs in only when it is used. It repeats nothing by itself.
func (s gcsSettings) open() (bucket, error) {
	transport := patientTransport(s.timeout)
	signed := &googleSignIn{base: transport, turn: make(chan struct{}, 1), options: &credentials.DetectOptions{
		Scopes: []string{storage.DevstorageReadWriteScope}, Client: &http.Client{Transport: transport}, DisableAsyncRefresh: true,
	}}
	if len(s.key) > 0 {
		var err error
		if signed.credentials, err = googleKey(s.key, signed.options); err != nil {
			return nil, err
		}
	}
	service, err := storage.NewService(context.Background(), option.WithHTTPClient(&http.Client{Transport: signed}),
		option.WithEndpoint(s.endpoint.JoinPath("storage/v1/").String()))
	if err != nil {
		return nil, fmt.Errorf("the endpoint: %w", err)
	}
	return &gcsBucket{objects: service.Objects, name: s.bucket, transport: transport}, nil
}

// googleKey reads credentials as Google's tools write them: a service account's key, or what stands for one.
func googleKey(text []byte, options *credentials.DetectOptions) (*auth.Credentials, error) {
	var kind struct {
		Type credentials.CredType `json:"type"`
	}
	if err := json.Unmarshal(text, &kind); err != nil || kind.Type == "" {
		return nil, errors.New("it is not JSON with a type")
	}
	made, err := credentials.NewCredentialsFromJSON(kind.Type, text, options)
	if err != nil {
		return nil, errors.New("it is not JSON of its type, or the type is not known") // the cause may hold the key
	}
	return made, nil
}

// A googleSignIn adds to each request that it is ours.
type googleSignIn struct {
	base        http.RoundTripper
	options     *credentials.DetectOptions
	turn        chan struct{}     // full while somebody signs in; a mutex would let nobody give up waiting
	credentials *auth.Credentials // nil until the environment has been asked
}

// token returns one that is good just now.
func (g *googleSignIn) token(ctx context.Context) (*auth.Token, error) {
	select {
	case g.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	defer func() { <-g.turn }()
	if g.credentials == nil {
		found, err := credentials.DetectDefault(g.options)
		if err != nil {
			return nil, signInFault(true, err)
		}
		g.credentials = found
	}
	token, err := g.credentials.Token(ctx)
	if err != nil {
		var answer *auth.Error
		return nil, signInFault(errors.As(err, &answer) && answer.Response != nil && answer.Response.StatusCode < http.StatusInternalServerError, err)
	}
	return token, nil
}

// RoundTrip implements [http.RoundTripper].
func (g *googleSignIn) RoundTrip(r *http.Request) (*http.Response, error) {
	token, err := g.token(r.Context())
	if err != nil {
		if r.Body != nil {
			_ = r.Body.Close() // as a RoundTripper must
		}
		return nil, err
	}
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", token.Type+" "+token.Value)
	if r.URL.Query().Get("alt") == "media" {
		r.Header.Set("Accept-Encoding", "gzip") // else the server unpacks what was stored as gzip, and the size is another
	}
	return g.base.RoundTrip(r) //nolint:wrapcheck // the bucket tells what it means
}

func (b *gcsBucket) close() { b.transport.CloseIdleConnections() }

// gcsFault gives the client's errors their meaning.
func gcsFault(err error) error {
	var answer *googleapi.Error
	if errors.As(err, &answer) {
		return httpFault(answer.Code, err)
	}
	return httpFault(0, err)
}

// noBucket is gcsFault where nothing but the bucket can be missing.
func noBucket(err error) error {
	var answer *googleapi.Error
	if errors.As(err, &answer) && answer.Code == http.StatusNotFound {
		return fmt.Errorf("%w: %w", ErrRefused, err)
	}
	return gcsFault(err)
}

func gcsObject(info *storage.Object) (object, error) {
	changed, err := time.Parse(time.RFC3339, info.Updated)
	if err != nil {
		return object{}, fmt.Errorf("%w: the server says no time that a file was changed", ErrRefused)
	}
	return object{
		key: info.Name, size: int64(info.Size), changed: changed.UTC().Truncate(time.Second), //nolint:gosec // no file has more
		version: strconv.FormatInt(info.Generation, 10),
	}, nil
}

// gcsFields are what gcsObject reads.
const gcsFields = "name,size,updated,generation"

func (b *gcsBucket) list(ctx context.Context, prefix string) ([]object, error) {
	var all []object
	listing := b.objects.List(b.name).Prefix(prefix).Delimiter("/").Fields("nextPageToken", "items("+gcsFields+")")
	err := listing.Pages(ctx, func(page *storage.Objects) error {
		for _, info := range page.Items {
			if strings.HasSuffix(info.Name, "/") {
				continue
			}
			one, err := gcsObject(info)
			if err != nil {
				return err
			}
			all = append(all, one)
		}
		return nil
	})
	return all, noBucket(err)
}

func (b *gcsBucket) stat(ctx context.Context, key string) (object, error) {
	info, err := b.objects.Get(b.name, key).Fields(gcsFields).Context(ctx).Do()
	if err != nil {
		return object{}, gcsFault(err)
	}
	return gcsObject(info)
}

// get reads the generation that stat tells of, so that both are of one file.
func (b *gcsBucket) get(ctx context.Context, key string) (io.ReadCloser, object, error) {
	info, err := b.objects.Get(b.name, key).Fields(gcsFields).Context(ctx).Do()
	if err != nil {
		return nil, object{}, gcsFault(err)
	}
	found, err := gcsObject(info)
	if err != nil {
		return nil, object{}, err
	}
	answer, err := b.objects.Get(b.name, key).Generation(info.Generation).Context(ctx).Download()
	if err != nil {
		return nil, object{}, gcsFault(err)
	}
	return answer.Body, found, nil
}

// put sends the object in one request, with its check sum: it is there whole or not at all.
func (b *gcsBucket) put(ctx context.Context, key string, content []byte) error {
	digest := md5.Sum(content) //nolint:gosec // see above
	described := &storage.Object{Name: key, Md5Hash: base64.StdEncoding.EncodeToString(digest[:])}
	_, err := b.objects.Insert(b.name, described).Fields("generation").Context(ctx).
		Media(bytes.NewReader(content), googleapi.ChunkSize(0), googleapi.ContentType("application/octet-stream")).Do()
	return noBucket(err)
}

// copy asks until all is copied, which within a bucket is at once. Only then is there something under the new name.
func (b *gcsBucket) copy(ctx context.Context, from object, to string) error {
	generation, err := strconv.ParseInt(from.version, 10, 64)
	if err != nil {
		return fmt.Errorf("%w: a version of Google Cloud Storage is a number: %w", ErrRefused, err)
	}
	for token := ""; ; {
		rewriting := b.objects.Rewrite(b.name, from.key, b.name, to, nil).IfSourceGenerationMatch(generation).Fields("done", "rewriteToken").Context(ctx)
		if token != "" {
			rewriting = rewriting.RewriteToken(token)
		}
		answer, err := rewriting.Do()
		if err != nil {
			return gcsFault(err)
		}
		if answer.Done {
			return nil
		}
		token = answer.RewriteToken
	}
}

func (b *gcsBucket) remove(ctx context.Context, o object) error {
	removing := b.objects.Delete(b.name, o.key).Context(ctx)
	if generation, err := strconv.ParseInt(o.version, 10, 64); err == nil {
		removing = removing.IfGenerationMatch(generation)
	}
	return gcsFault(removing.Do())
}
