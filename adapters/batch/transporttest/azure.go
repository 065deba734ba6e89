package transporttest

import (
	"crypto/md5" // the check sum of the protocol
	"encoding/base64"
	"encoding/xml"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

// azureAccount is the storage account of the server, and azureContainer the path of its container.
const (
	azureAccount   = "posterntest"
	azureContainer = "/" + azureAccount + "/" + Bucket
)

// Azure starts a server of Azure Blob Storage's REST API with one empty container. It takes requests that are signed with a key, and does not check the signature.
func Azure(t testing.TB) *Server {
	t.Helper()
	s := newServer("")
	api := &azure{}
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+azureContainer, api.list)
	mux.HandleFunc("GET "+azureContainer+"/{name...}", api.get)
	mux.HandleFunc("PUT "+azureContainer+"/{name...}", api.put)
	mux.HandleFunc("DELETE "+azureContainer+"/{name...}", api.delete)
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { azureError(w, http.StatusNotFound, "ContainerNotFound") })
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasPrefix(r.Header.Get("Authorization"), "SharedKey "+azureAccount+":") {
			azureError(w, http.StatusForbidden, "AuthenticationFailed")
			return
		}
		s.serve(azureRequests, mux, w, r)
	}))
	s.atEnd(t, server.Close)
	s.Address = server.Listener.Addr().String()
	s.Config = &configv1.BatchTransport{Kind: &configv1.BatchTransport_Azure{Azure: &configv1.BatchAzure{
		Account: azureAccount, Container: Bucket, Endpoint: server.URL + "/" + azureAccount, Key: secret(t, base64.StdEncoding.EncodeToString([]byte(Password))),
	}}}
	return s
}

// azureRequests are those of the REST API.
var azureRequests = requests{
	operation: func(r *http.Request) string {
		switch {
		case r.Method == http.MethodPut && r.Header.Get("X-Ms-Copy-Source") != "":
			return Rename
		case r.Method == http.MethodPut:
			return Write
		case r.Method == http.MethodDelete:
			return Remove
		case r.Method == http.MethodHead:
			return Stat
		case r.URL.Query().Get("comp") == "list":
			return List
		default:
			return Open
		}
	},
	name:  func(r *http.Request) string { return strings.TrimPrefix(r.URL.Path, azureContainer+"/") },
	fault: func(w http.ResponseWriter, code string) { azureError(w, http.StatusForbidden, code) },
}

func azureError(w http.ResponseWriter, status int, code string) {
	w.Header().Set("X-Ms-Error-Code", code)
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(status)
	_, _ = w.Write([]byte("<Error><Code>" + code + "</Code><Message>no</Message></Error>")) // the client may have gone
}

// azure is the REST API of a container (https://learn.microsoft.com/rest/api/storageservices/blob-service-rest-api).
type azure struct {
	objects
	pending atomic.Pointer[string] // the blob whose copy is said to take a while yet
}

// tag is an ETag, without the quotes.
func tag(o *object) string { return "0x" + strconv.FormatInt(o.generation, 16) }

// holds tells whether a blob is there, and is the one that a condition asks for; else it answers.
func holds(w http.ResponseWriter, o *object, condition, code string) bool {
	switch {
	case o == nil:
		azureError(w, http.StatusNotFound, "BlobNotFound")
	case condition != "" && condition != `"`+tag(o)+`"`:
		azureError(w, http.StatusPreconditionFailed, code)
	default:
		return true
	}
	return false
}

func (a *azure) list(w http.ResponseWriter, r *http.Request) {
	type blob struct {
		Name         string
		LastModified string `xml:"Properties>Last-Modified"`
		Etag         string `xml:"Properties>Etag"`
		Length       int    `xml:"Properties>Content-Length"`
		Type         string `xml:"Properties>BlobType"`
	}
	var answer struct {
		XMLName    xml.Name `xml:"EnumerationResults"`
		Blobs      []blob   `xml:"Blobs>Blob"`
		NextMarker string
	}
	query := r.URL.Query()
	page, next := a.objects.list(query.Get("prefix"), query.Get("marker"), pageSize)
	for _, one := range page {
		answer.Blobs = append(answer.Blobs, blob{one.name, one.changed.Format(http.TimeFormat), tag(one), len(one.content), "BlockBlob"})
	}
	answer.NextMarker = next
	w.Header().Set("Content-Type", "application/xml")
	_ = xml.NewEncoder(w).Encode(answer) // the client may have gone
}

// get answers HEAD too.
func (a *azure) get(w http.ResponseWriter, r *http.Request) {
	found := a.find(r.PathValue("name"))
	if !holds(w, found, r.Header.Get("If-Match"), "ConditionNotMet") {
		return
	}
	if pending := a.pending.Swap(nil); pending != nil && *pending == found.name {
		w.Header().Set("X-Ms-Copy-Status", "success")
	}
	w.Header().Set("Etag", `"`+tag(found)+`"`)
	w.Header().Set("Last-Modified", found.changed.Format(http.TimeFormat))
	w.Header().Set("Content-Length", strconv.Itoa(len(found.content)))
	if r.Method == http.MethodGet {
		_, _ = w.Write(found.content) // the client may have gone
	}
}

// put writes a blob, or copies one. The copy of one that is called large takes a while.
func (a *azure) put(w http.ResponseWriter, r *http.Request) {
	name, source := r.PathValue("name"), r.Header.Get("X-Ms-Copy-Source")
	if source == "" {
		content, err := io.ReadAll(r.Body)
		sum := md5.Sum(content) // the check sum of the protocol
		if err != nil || r.Header.Get("Content-Md5") != base64.StdEncoding.EncodeToString(sum[:]) || r.Header.Get("X-Ms-Blob-Type") != "BlockBlob" {
			azureError(w, http.StatusBadRequest, "InvalidHeaderValue")
			return
		}
		w.Header().Set("Etag", `"`+tag(a.write(name, content))+`"`)
		w.WriteHeader(http.StatusCreated)
		return
	}
	from, err := url.Parse(source)
	if err != nil {
		azureError(w, http.StatusBadRequest, "InvalidHeaderValue")
		return
	}
	found := a.find(strings.TrimPrefix(from.Path, azureContainer+"/"))
	if !holds(w, found, r.Header.Get("X-Ms-Source-If-Match"), "SourceConditionNotMet") {
		return
	}
	a.write(name, found.content)
	status := "success"
	if strings.HasSuffix(name, "/large") {
		status = "pending"
		a.pending.Store(&name)
	}
	w.Header().Set("X-Ms-Copy-Status", status)
	w.WriteHeader(http.StatusAccepted)
}

func (a *azure) delete(w http.ResponseWriter, r *http.Request) {
	if holds(w, a.find(r.PathValue("name")), r.Header.Get("If-Match"), "ConditionNotMet") {
		a.remove(r.PathValue("name"))
		w.WriteHeader(http.StatusAccepted)
	}
}
