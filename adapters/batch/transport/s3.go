package transport

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

// Amazon's own server, and the region of those who name none.
const (
	s3Endpoint = "https://s3.amazonaws.com"
	s3Region   = "us-east-1"
)

// s3Settings say which bucket, and as whom.
type s3Settings struct {
	bucket, region    string
	endpoint          *url.URL
	accessKey, secret string // empty for what the environment gives
	timeout           time.Duration
}

// s3Bucket is a bucket of Amazon S3 or of what speaks its protocol.
type s3Bucket struct {
	client    *minio.Core
	name      string
	transport *http.Transport
}

// open makes the client, which connects only when it is used. It repeats nothing by itself.
func (s s3Settings) open() (bucket, error) {
	transport := patientTransport(s.timeout)
	keys := credentials.NewStaticV4(s.accessKey, s.secret, "")
	if s.accessKey == "" {
		keys = credentials.NewChainCredentials([]credentials.Provider{&credentials.EnvAWS{}, &credentials.FileAWSCredentials{}, &credentials.IAM{}})
	}
	client, err := minio.NewCore(s.endpoint.Host, &minio.Options{
		Creds: keys, Secure: s.endpoint.Scheme == "https", Region: s.region, Transport: transport, MaxRetries: 1,
	})
	if err != nil {
		return nil, fmt.Errorf("the endpoint: %w", err)
	}
	return &s3Bucket{client: client, name: s.bucket, transport: transport}, nil
}

func (b *s3Bucket) close() { b.transport.CloseIdleConnections() }

// s3Fault gives the client's errors their meaning.
func s3Fault(err error) error {
	var answer minio.ErrorResponse
	if !errors.As(err, &answer) {
		return httpFault(0, err)
	}
	if answer.Code == minio.NoSuchBucket {
		return fmt.Errorf("%w: %w", ErrRefused, err)
	}
	return httpFault(answer.StatusCode, err)
}

func s3Object(info minio.ObjectInfo, key string) object {
	return object{key: key, size: info.Size, changed: info.LastModified.UTC().Truncate(time.Second), version: strings.Trim(info.ETag, `"`)}
}

func (b *s3Bucket) list(ctx context.Context, prefix string) ([]object, error) {
	var all []object
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // which ends the listing
	for info := range b.client.Client.ListObjectsIter(ctx, b.name, minio.ListObjectsOptions{Prefix: prefix}) {
		if info.Err != nil {
			return nil, s3Fault(info.Err)
		}
		if !strings.HasSuffix(info.Key, "/") {
			all = append(all, s3Object(info, info.Key))
		}
	}
	return all, nil
}

func (b *s3Bucket) stat(ctx context.Context, key string) (object, error) {
	info, err := b.client.StatObject(ctx, b.name, key, minio.StatObjectOptions{})
	return s3Object(info, key), s3Fault(err)
}

func (b *s3Bucket) get(ctx context.Context, key string) (io.ReadCloser, object, error) {
	body, info, _, err := b.client.GetObject(ctx, b.name, key, minio.GetObjectOptions{})
	if err != nil {
		return nil, object{}, s3Fault(err)
	}
	return body, s3Object(info, key), nil
}

// put sends the object in one request, signed with its own digest: it is there whole or not at all.
func (b *s3Bucket) put(ctx context.Context, key string, content []byte) error {
	digest := sha256.Sum256(content)
	_, err := b.client.PutObject(ctx, b.name, key, bytes.NewReader(content), int64(len(content)), "", hex.EncodeToString(digest[:]),
		minio.PutObjectOptions{ContentType: "application/octet-stream", DisableContentSha256: true})
	return s3Fault(err)
}

func (b *s3Bucket) copy(ctx context.Context, from object, to string) error {
	_, err := b.client.Client.CopyObject(ctx, minio.CopyDestOptions{Bucket: b.name, Object: to},
		minio.CopySrcOptions{Bucket: b.name, Object: from.key, MatchETag: from.version})
	return s3Fault(err)
}

// remove removes whatever is there: no version can be asked for.
func (b *s3Bucket) remove(ctx context.Context, o object) error {
	return s3Fault(b.client.Client.RemoveObject(ctx, b.name, o.key, minio.RemoveObjectOptions{}))
}
