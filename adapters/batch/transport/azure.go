package transport

import (
	"bytes"
	"context"
	"crypto/md5" //nolint:gosec // see put
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/streaming"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/bloberror"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blockblob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"
)

// copyPoll is how often it is asked whether a copy that takes time is done.
const copyPoll = time.Second

// azureSettings say which container, and as whom.
type azureSettings struct {
	container *url.URL
	account   string
	key       string // base64; empty for what follows
	sas       string // empty for what the environment gives
	timeout   time.Duration
}

// azureContainer is a container of Azure Blob Storage. A version is the blob's ETag.
type azureContainer struct {
	client    *container.Client
	transport *http.Transport
}

// open makes the client, which connects and signs in only when it is used. It repeats nothing by itself.
func (s azureSettings) open() (bucket, error) {
	transport := patientTransport(s.timeout)
	web := &http.Client{Transport: transport}
	options := &container.ClientOptions{ClientOptions: azcore.ClientOptions{Transport: web, Retry: policy.RetryOptions{MaxRetries: -1}}}
	var client *container.Client
	var err error
	switch {
	case s.key != "":
		var key *container.SharedKeyCredential
		if key, err = container.NewSharedKeyCredential(s.account, s.key); err != nil {
			return nil, errors.New("the key is not base64") // the cause may hold the key
		}
		client, err = container.NewClientWithSharedKeyCredential(s.container.String(), key, options)
	case s.sas != "":
		signed := *s.container
		signed.RawQuery = s.sas
		client, err = container.NewClientWithNoCredential(signed.String(), options)
	default:
		var found *azidentity.DefaultAzureCredential
		if found, err = azidentity.NewDefaultAzureCredential(&azidentity.DefaultAzureCredentialOptions{ClientOptions: azcore.ClientOptions{Transport: web}}); err == nil {
			client, err = container.NewClient(s.container.String(), azureSignIn{found}, options)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("signing in: %w", err)
	}
	return &azureContainer{client: client, transport: transport}, nil
}

// An azureSignIn tells an account that may not sign in from a server that cannot be reached.
type azureSignIn struct{ azcore.TokenCredential }

// GetToken implements [azcore.TokenCredential].
func (a azureSignIn) GetToken(ctx context.Context, options policy.TokenRequestOptions) (azcore.AccessToken, error) {
	token, err := a.TokenCredential.GetToken(ctx, options)
	if err != nil {
		var failed *azidentity.AuthenticationFailedError
		return token, signInFault(errors.As(err, &failed) && failed.RawResponse != nil && failed.RawResponse.StatusCode < http.StatusInternalServerError, err)
	}
	return token, nil
}

func (c *azureContainer) close() { c.transport.CloseIdleConnections() }

// azureFault gives the client's errors their meaning. Of the client's text it keeps neither pages nor URLs, which hold the shared access signature.
func azureFault(err error) error {
	var answer *azcore.ResponseError
	var lost *url.Error
	switch {
	case errors.As(err, &answer):
		told := fmt.Errorf("the server answers %d %s", answer.StatusCode, answer.ErrorCode)
		if bloberror.HasCode(err, bloberror.ContainerNotFound, bloberror.ContainerBeingDeleted) {
			return fmt.Errorf("%w: %w", ErrRefused, told)
		}
		return httpFault(answer.StatusCode, told)
	case errors.As(err, &lost):
		return httpFault(0, lost.Err)
	default:
		return httpFault(0, err)
	}
}

// azureObject describes a blob. Of what is not told it has zero values.
func azureObject(key string, size *int64, changed *time.Time, tag *azcore.ETag) object {
	o := object{key: key}
	if size != nil {
		o.size = *size
	}
	if changed != nil {
		o.changed = changed.UTC().Truncate(time.Second)
	}
	if tag != nil {
		o.version = strings.Trim(string(*tag), `"`) // headers quote it, and listings do not
	}
	return o
}

// tag is the version as conditions spell it; nil for none.
func (o object) tag() *azcore.ETag {
	if o.version == "" {
		return nil
	}
	quoted := azcore.ETag(`"` + o.version + `"`)
	return &quoted
}

func (c *azureContainer) list(ctx context.Context, prefix string) ([]object, error) {
	var all []object
	pages := c.client.NewListBlobsHierarchyPager("/", &container.ListBlobsHierarchyOptions{Prefix: &prefix})
	for pages.More() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, azureFault(err)
		}
		for _, one := range page.Segment.BlobItems {
			if one.Name != nil && one.Properties != nil {
				all = append(all, azureObject(*one.Name, one.Properties.ContentLength, one.Properties.LastModified, one.Properties.ETag))
			}
		}
	}
	return all, nil
}

func (c *azureContainer) stat(ctx context.Context, key string) (object, error) {
	info, err := c.client.NewBlobClient(key).GetProperties(ctx, nil)
	return azureObject(key, info.ContentLength, info.LastModified, info.ETag), azureFault(err)
}

func (c *azureContainer) get(ctx context.Context, key string) (io.ReadCloser, object, error) {
	answer, err := c.client.NewBlobClient(key).DownloadStream(ctx, nil)
	if err != nil {
		return nil, object{}, azureFault(err)
	}
	return answer.Body, azureObject(key, answer.ContentLength, answer.LastModified, answer.ETag), nil
}

// put sends the blob in one request, with its check sum: it is there whole or not at all.
func (c *azureContainer) put(ctx context.Context, key string, content []byte) error {
	digest := md5.Sum(content) //nolint:gosec // the check sum that the server compares with, and no secret
	_, err := c.client.NewBlockBlobClient(key).Upload(ctx, streaming.NopCloser(bytes.NewReader(content)), &blockblob.UploadOptions{
		TransactionalValidation: blob.TransferValidationTypeMD5(digest[:]),
	})
	return azureFault(err)
}

// copy waits until all is copied, which within an account is nearly always at once.
func (c *azureContainer) copy(ctx context.Context, from object, to string) error {
	target := c.client.NewBlobClient(to)
	begun, err := target.StartCopyFromURL(ctx, c.client.NewBlobClient(from.key).URL(), &blob.StartCopyFromURLOptions{
		SourceModifiedAccessConditions: &blob.SourceModifiedAccessConditions{SourceIfMatch: from.tag()},
	})
	if err != nil {
		return azureFault(err)
	}
	status := begun.CopyStatus
	for status != nil && *status == blob.CopyStatusTypePending {
		timer := time.NewTimer(copyPoll)
		select {
		case <-ctx.Done():
			timer.Stop()
			return fmt.Errorf("%w: %w", errLost, ctx.Err())
		case <-timer.C:
		}
		info, err := target.GetProperties(ctx, nil)
		if err != nil {
			return fmt.Errorf("%w: %w", errLost, azureFault(err))
		}
		status = info.CopyStatus
	}
	if status != nil && *status != blob.CopyStatusTypeSuccess {
		return fmt.Errorf("%w: the server has not ended the copy", errLost)
	}
	return nil
}

func (c *azureContainer) remove(ctx context.Context, o object) error {
	_, err := c.client.NewBlobClient(o.key).Delete(ctx, &blob.DeleteOptions{
		AccessConditions: &blob.AccessConditions{ModifiedAccessConditions: &blob.ModifiedAccessConditions{IfMatch: o.tag()}},
	})
	return azureFault(err)
}
