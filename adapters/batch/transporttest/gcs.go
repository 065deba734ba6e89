package transporttest

import (
	"crypto/md5" // the check sum of the protocol
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

// GCS starts a server of Google Cloud Storage's JSON API with one empty bucket. Who asks it signs in as a service account first.
func GCS(t testing.TB) *Server {
	t.Helper()
	s := newServer("")
	api := &gcs{}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /token", signIn)
	const bucket = "/storage/v1/b/" + Bucket + "/o"
	mux.HandleFunc("GET "+bucket, api.list)
	mux.HandleFunc("GET "+bucket+"/{name}", api.get)
	mux.HandleFunc("DELETE "+bucket+"/{name}", api.delete)
	mux.HandleFunc("POST "+bucket+"/{name}/rewriteTo/b/"+Bucket+"/o/{to}", api.rewrite)
	mux.HandleFunc("POST /upload"+bucket, api.insert)
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		gcsError(w, http.StatusNotFound, "The specified bucket does not exist.")
	})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.serve(gcsRequests, signedIn(mux), w, r) }))
	s.atEnd(t, server.Close)
	s.Address = server.Listener.Addr().String()
	s.Config = &configv1.BatchTransport{Kind: &configv1.BatchTransport_Gcs{Gcs: &configv1.BatchGCS{
		Bucket: Bucket, Endpoint: server.URL, Credentials: secret(t, serviceAccount(t, server.URL+"/token")),
	}}}
	return s
}

// serviceAccount makes a key as Google's console gives it out.
func serviceAccount(t testing.TB, tokens string) string {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(map[string]string{
		"type": "service_account", "client_email": User + "@project.iam.gserviceaccount.com", "private_key_id": "1", "token_uri": tokens,
		"private_key": string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})),
	})
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// gcsToken is the token that who signs in is given.
const gcsToken = "token-of-the-service-account"

func signIn(w http.ResponseWriter, r *http.Request) {
	if r.PostFormValue("grant_type") != "urn:ietf:params:oauth:grant-type:jwt-bearer" || strings.Count(r.PostFormValue("assertion"), ".") != 2 {
		w.WriteHeader(http.StatusBadRequest)
		writeJSON(w, map[string]string{"error": "invalid_grant"})
		return
	}
	writeJSON(w, map[string]any{"access_token": gcsToken, "token_type": "Bearer", "expires_in": 3600})
}

// signedIn refuses who has not signed in.
func signedIn(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/token" && r.Header.Get("Authorization") != "Bearer "+gcsToken {
			gcsError(w, http.StatusUnauthorized, "Invalid Credentials")
			return
		}
		next.ServeHTTP(w, r)
	})
}

// gcsRequests are those of the JSON API.
var gcsRequests = requests{
	operation: func(r *http.Request) string {
		switch {
		case r.URL.Path == "/token":
			return Login
		case strings.Contains(r.URL.Path, "/rewriteTo/"):
			return Rename
		case r.Method == http.MethodPost:
			return Write
		case r.Method == http.MethodDelete:
			return Remove
		case strings.HasSuffix(r.URL.Path, "/o"):
			return List
		case r.URL.Query().Get("alt") == "media":
			return Open
		default:
			return Stat
		}
	},
	name:  func(r *http.Request) string { return r.PathValue("name") },
	fault: func(w http.ResponseWriter, code string) { gcsError(w, http.StatusForbidden, code) },
}

func writeJSON(w http.ResponseWriter, value any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(value) // the client may have gone
}

func gcsError(w http.ResponseWriter, status int, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{"error": map[string]any{"code": status, "message": message}}) // the client may have gone
}

// gcs is the JSON API of a bucket (https://cloud.google.com/storage/docs/json_api/v1/objects).
type gcs struct{ objects }

func resource(o *object) map[string]any {
	return map[string]any{
		"name": o.name, "bucket": Bucket, "size": strconv.Itoa(len(o.content)), "updated": o.changed.Format(time.RFC3339Nano), "generation": strconv.FormatInt(o.generation, 10),
	}
}

// fits tells whether an object is there, and of the generation that a query asks for, if it does; else it answers.
func fits(w http.ResponseWriter, r *http.Request, o *object, condition string) bool {
	asked := r.URL.Query().Get(condition)
	switch {
	case o == nil:
		gcsError(w, http.StatusNotFound, "No such object")
	case asked != "" && asked != strconv.FormatInt(o.generation, 10) && condition == "generation":
		gcsError(w, http.StatusNotFound, "No such object")
	case asked != "" && asked != strconv.FormatInt(o.generation, 10):
		gcsError(w, http.StatusPreconditionFailed, "At least one of the pre-conditions you specified did not hold.")
	default:
		return true
	}
	return false
}

func (g *gcs) list(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	page, next := g.objects.list(query.Get("prefix"), query.Get("pageToken"), pageSize)
	items := make([]any, len(page))
	for i, one := range page {
		items[i] = resource(one)
	}
	answer := map[string]any{"items": items}
	if next != "" {
		answer["nextPageToken"] = next
	}
	writeJSON(w, answer)
}

func (g *gcs) get(w http.ResponseWriter, r *http.Request) {
	found := g.find(r.PathValue("name"))
	if !fits(w, r, found, "generation") {
		return
	}
	if r.URL.Query().Get("alt") != "media" {
		writeJSON(w, resource(found))
		return
	}
	if r.Header.Get("Accept-Encoding") != "gzip" { // the real one would unpack what is stored as gzip
		gcsError(w, http.StatusBadRequest, "what is stored is not asked for as it is")
		return
	}
	_, _ = w.Write(found.content) // the client may have gone
}

func (g *gcs) delete(w http.ResponseWriter, r *http.Request) {
	if fits(w, r, g.find(r.PathValue("name")), "ifGenerationMatch") {
		g.remove(r.PathValue("name"))
		w.WriteHeader(http.StatusNoContent)
	}
}

// rewrite needs two requests.
func (g *gcs) rewrite(w http.ResponseWriter, r *http.Request) {
	found := g.find(r.PathValue("name"))
	if !fits(w, r, found, "ifSourceGenerationMatch") {
		return
	}
	if r.URL.Query().Get("rewriteToken") == "" {
		writeJSON(w, map[string]any{"done": false, "rewriteToken": "again"})
		return
	}
	writeJSON(w, map[string]any{"done": true, "resource": resource(g.write(r.PathValue("to"), found.content))})
}

func (g *gcs) insert(w http.ResponseWriter, r *http.Request) {
	_, parameters, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || r.URL.Query().Get("uploadType") != "multipart" {
		gcsError(w, http.StatusBadRequest, "not one multipart upload")
		return
	}
	parts := multipart.NewReader(r.Body, parameters["boundary"])
	var described struct{ Name, Md5Hash string }
	first, err := parts.NextPart()
	if err == nil {
		err = json.NewDecoder(first).Decode(&described)
	}
	var content []byte
	if err == nil {
		if first, err = parts.NextPart(); err == nil {
			content, err = io.ReadAll(first)
		}
	}
	sum := md5.Sum(content) // the check sum of the protocol
	if err != nil || described.Md5Hash != base64.StdEncoding.EncodeToString(sum[:]) {
		gcsError(w, http.StatusBadRequest, "Provided MD5 hash doesn't match calculated MD5 hash.")
		return
	}
	writeJSON(w, resource(g.write(described.Name, content)))
}
