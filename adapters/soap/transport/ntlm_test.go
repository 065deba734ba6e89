package transport

import (
	"crypto/hmac"
	"crypto/md5"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"unicode/utf16"

	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

// passwordHash is NTOWFv1, MD4 of the password in UTF-16LE, of "Password" (MS-NLMP section 4.2.2.1.2).
const passwordHash = "a4f49c406510bdcab6824ee7c30fd852"

// An ntlmServer is the server's side of MS-NLMP over HTTP (MS-NTHT): a connection that has been through the handshake stays authenticated. It computes the
// answers by section 3.3.2 itself, from a hash that the specification gives.
type ntlmServer struct {
	t *testing.T
	// scheme is what it offers, NTLM or Negotiate.
	scheme string
	// hangUp closes each connection after so many requests; 0 means never.
	hangUp int

	lock        sync.Mutex
	connections map[string]*ntlmState
	// handshakes counts those that were completed, bodies the envelopes that came on connections that were not authenticated.
	handshakes, bodies, challenges atomic.Int64
}

type ntlmState struct {
	challenge     []byte
	authenticated bool
	requests      int
}

func (s *ntlmServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.lock.Lock()
	state, ok := s.connections[r.RemoteAddr]
	if !ok {
		state = &ntlmState{}
		s.connections[r.RemoteAddr] = state
	}
	s.lock.Unlock()
	state.requests++
	if s.hangUp > 0 && state.requests >= s.hangUp {
		w.Header().Set("Connection", "close")
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	message, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(r.Header.Get("Authorization"), s.scheme+" "))
	switch {
	case err == nil && len(message) > 12 && string(message[:8]) == "NTLMSSP\x00" && message[8] == 1:
		if len(body) > 0 {
			s.t.Error("the opening carries a body")
		}
		state.challenge = []byte{1, 2, 3, 4, 5, 6, 7, byte(s.challenges.Add(1))}
		w.Header().Set("WWW-Authenticate", s.scheme+" "+base64.StdEncoding.EncodeToString(ntlmChallengeMessage(state.challenge)))
		w.WriteHeader(http.StatusUnauthorized)
		return
	case err == nil && len(message) > 12 && message[8] == 3 && state.challenge != nil:
		state.authenticated = isRightAnswer(message, state.challenge)
		state.challenge = nil
		if state.authenticated {
			s.handshakes.Add(1)
		}
	}
	if !state.authenticated {
		if len(body) > 0 {
			s.bodies.Add(1)
		}
		w.Header().Add("WWW-Authenticate", s.scheme)
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	_, _ = w.Write(body)
}

// ntlmChallengeMessage is a CHALLENGE_MESSAGE (MS-NLMP section 2.2.1.2) with a target information of domain name, time and end.
func ntlmChallengeMessage(challenge []byte) []byte {
	name := utf16le("Domain")
	info := slices.Concat([]byte{2, 0, byte(len(name)), 0}, name, []byte{7, 0, 8, 0, 0, 0x80, 0x3e, 0xd5, 0xde, 0xb1, 0x9d, 1}, []byte{0, 0, 0, 0})
	out := append([]byte("NTLMSSP\x00"), 2, 0, 0, 0)
	out = append(out, byte(len(name)), 0, byte(len(name)), 0, 56, 0, 0, 0)
	out = binary.LittleEndian.AppendUint32(out, 0xa2898205&^0x40000000) // no key exchange
	out = append(out, challenge...)
	out = append(out, make([]byte, 8)...)
	out = append(out, byte(len(info)), 0, byte(len(info)), 0, byte(56+len(name)), 0, 0, 0)
	out = append(out, 6, 0, 0x70, 0x17, 0, 0, 0, 15)
	return slices.Concat(out, name, info)
}

func utf16le(text string) []byte {
	var out []byte
	for _, unit := range utf16.Encode([]rune(text)) {
		out = binary.LittleEndian.AppendUint16(out, unit)
	}
	return out
}

func hmacMD5(key []byte, parts ...[]byte) []byte {
	sum := hmac.New(md5.New, key)
	sum.Write(slices.Concat(parts...))
	return sum.Sum(nil)
}

// isRightAnswer checks the NTLMv2 response of an AUTHENTICATE_MESSAGE (sections 2.2.1.3 and 3.3.2) for the user User of Domain.
func isRightAnswer(message, challenge []byte) bool {
	field := func(at int) []byte {
		length, offset := int(binary.LittleEndian.Uint16(message[at:])), int(binary.LittleEndian.Uint32(message[at+4:]))
		if offset+length > len(message) {
			return nil
		}
		return message[offset : offset+length]
	}
	response, domain, user := field(20), field(28), field(36)
	if string(user) != string(utf16le("User")) || string(domain) != string(utf16le("Domain")) || len(response) < 48 {
		return false
	}
	secret, err := hex.DecodeString(passwordHash)
	if err != nil {
		return false
	}
	key := hmacMD5(secret, utf16le("USER"), domain)
	return hmac.Equal(response[:16], hmacMD5(key, challenge, response[16:]))
}

func startNTLM(t *testing.T, scheme string, hangUp int) (*ntlmServer, *httptest.Server) {
	t.Helper()
	s := &ntlmServer{t: t, scheme: scheme, hangUp: hangUp, connections: make(map[string]*ntlmState)}
	server := httptest.NewUnstartedServer(s)
	server.Config.ConnState = func(connection net.Conn, state http.ConnState) {
		if state == http.StateClosed {
			s.lock.Lock()
			defer s.lock.Unlock()
			delete(s.connections, connection.RemoteAddr().String())
		}
	}
	server.Start()
	t.Cleanup(server.Close)
	return s, server
}

func ntlmConfig(t *testing.T, password string) *configv1.SoapBackend {
	t.Helper()
	return &configv1.SoapBackend{Security: &configv1.SoapSecurity{Ntlm: &configv1.SoapNtlmAuth{Username: "User", Domain: "Domain", Password: secretOf(t, password)}}}
}

// TestNTLM holds that connections are authenticated once and used again, that calls at the same time do not mix their handshakes, and that an envelope is never sent in vain.
func TestNTLM(t *testing.T) {
	t.Parallel()
	for _, scheme := range []string{"NTLM", "Negotiate"} {
		judge, server := startNTLM(t, scheme, 0)
		sender := open(t, ntlmConfig(t, "Password"))
		for range 5 {
			reply, err := sender.Send(t.Context(), ping(server.URL))
			if err != nil {
				t.Fatal(err)
			}
			if reply.Status != 200 || string(reply.Body) != envelope {
				t.Fatalf("%s: the reply is %d %q", scheme, reply.Status, reply.Body)
			}
		}
		if judge.handshakes.Load() != 1 {
			t.Errorf("%s: five calls took %d handshakes", scheme, judge.handshakes.Load())
		}
		var calls sync.WaitGroup
		for range 16 {
			calls.Go(func() {
				if reply, err := sender.Send(t.Context(), ping(server.URL)); err != nil || reply.Status != 200 {
					t.Errorf("the reply is %v, and the error %v", reply, err)
				}
			})
		}
		calls.Wait()
		if judge.handshakes.Load() > 17 || judge.bodies.Load() != 0 {
			t.Errorf("%s: there were %d handshakes, and %d envelopes in vain", scheme, judge.handshakes.Load(), judge.bodies.Load())
		}
	}
}

// TestNTLMConnectionsEnd holds that a new connection is authenticated anew, and that a service that never keeps one can be told from one that refuses.
func TestNTLMConnectionsEnd(t *testing.T) {
	t.Parallel()
	judge, server := startNTLM(t, "NTLM", 3)
	sender := open(t, ntlmConfig(t, "Password"))
	for range 5 {
		if reply, err := sender.Send(t.Context(), ping(server.URL)); err != nil || reply.Status != 200 {
			t.Fatalf("the reply is %v, and the error %v", reply, err)
		}
	}
	if judge.handshakes.Load() != 3 {
		t.Errorf("there were %d handshakes", judge.handshakes.Load())
	}
	_, server = startNTLM(t, "NTLM", 1)
	_, err := open(t, ntlmConfig(t, "Password")).Send(t.Context(), ping(server.URL))
	if got := failure(t, err); !got.Unsent || !strings.Contains(got.Error(), errNoHandshake.Error()) {
		t.Errorf("the error is %v", got)
	}
}

func TestNTLMRefused(t *testing.T) {
	t.Parallel()
	judge, server := startNTLM(t, "NTLM", 0)
	reply, err := open(t, ntlmConfig(t, "wrong")).Send(t.Context(), ping(server.URL))
	if err != nil || reply.Status != http.StatusUnauthorized || judge.handshakes.Load() != 0 {
		t.Errorf("the reply is %v, and the error %v", reply, err)
	}
	for _, other := range []string{`Basic realm="x"`, "NTLM !!!"} {
		server := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("WWW-Authenticate", other)
			w.WriteHeader(http.StatusUnauthorized)
		})
		reply, err = open(t, ntlmConfig(t, "Password")).Send(t.Context(), ping(server.URL))
		if err != nil || reply.Status != http.StatusUnauthorized {
			t.Errorf("%s: the reply is %v, and the error %v", other, reply, err)
		}
	}
	server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("WWW-Authenticate", "NTLM "+base64.StdEncoding.EncodeToString([]byte("NTLMSSP\x00\x02\x00\x00\x00")))
		w.WriteHeader(http.StatusUnauthorized)
	}))
	t.Cleanup(server.Close)
	_, err = open(t, ntlmConfig(t, "Password")).Send(t.Context(), ping(server.URL))
	if got := failure(t, err); got.Reason != ReasonAccessRefused || !got.Unsent {
		t.Errorf("the error is %v", got)
	}
	anonymous := serve(t, func(w http.ResponseWriter, r *http.Request) { _, _ = io.Copy(w, r.Body) })
	reply, err = open(t, ntlmConfig(t, "Password")).Send(t.Context(), ping(anonymous.URL))
	if err != nil || string(reply.Body) != envelope {
		t.Errorf("where no credentials are wanted the reply is %v, and the error %v", reply, err)
	}
}
