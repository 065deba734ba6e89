package transport

import (
	"crypto/md5" //nolint:gosec // RFC 7616 section 3.3 has it as the default
	"crypto/rand"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"fmt"
	"hash"
	"net/http"
	"net/url"
	"strings"
	"sync"
)

// maxRounds bounds how often one call answers challenges.
const maxRounds = 3

// A digest is HTTP digest authentication (RFC 7616), and, for servers that offer no qop, that of RFC 2069. Once a service has given a nonce, requests carry
// their answer at once, until the service gives another.
type digest struct {
	username, password string

	lock sync.Mutex
	// known are the nonces in use, by origin.
	known map[string]*nonce
}

// A nonce is a challenge that was accepted, with how often it was answered.
type nonce struct {
	realm, value, opaque, algorithm, qop string
	hasOpaque, hashUser, unicode, stale  bool
	new                                  func() hash.Hash
	// session is true for the algorithms whose names end so: the nonces are in the hash of the password.
	session bool
	// client is the client's own nonce, the same for all answers.
	client string
	count  uint32
}

// digestAlgorithms are those of RFC 7616 section 6.1, the strongest first.
var digestAlgorithms = []struct {
	name string
	new  func() hash.Hash
}{
	{"SHA-512-256", sha512.New512_256},
	{"SHA-256", sha256.New},
	{"MD5", md5.New},
}

func newDigest(username, password string) *digest {
	return &digest{username: username, password: password, known: make(map[string]*nonce)}
}

func (*digest) close() {}

// do sends a request with an answer to the nonce in use, and answers what the service asks then.
func (d *digest) do(a *attempt, request *http.Request) (*http.Response, error) {
	at := origin(request.URL)
	answered := d.take(at)
	// asked is true once the answer is to a challenge of this very call: if that is refused, the credentials are not good.
	asked := false
	for round := 1; ; round++ {
		outgoing := request
		if round > 1 || answered != nil {
			outgoing = a.again(request, true)
		}
		if answered != nil {
			outgoing.Header["Authorization"] = []string{d.answer(answered, outgoing, a)}
		}
		response, err := a.send(a.transport.pool, outgoing, true)
		if err != nil {
			return nil, err
		}
		if response.StatusCode != http.StatusUnauthorized {
			if answered != nil {
				d.keep(at, answered, response.Header)
			}
			return response, nil
		}
		offered := chooseDigest(readChallenges(response.Header))
		if offered == nil || round == maxRounds || asked && !offered.stale {
			d.forget(at, answered)
			return response, nil
		}
		a.refuse(response)
		answered, asked = offered, true
		answered.count = 1
	}
}

// take returns a nonce to answer, with its next count, or nil.
func (d *digest) take(at string) *nonce {
	d.lock.Lock()
	defer d.lock.Unlock()
	known, ok := d.known[at]
	if !ok {
		return nil
	}
	known.count++
	taken := *known
	return &taken
}

// keep takes a nonce that was accepted into use, or the one that the service wants next (RFC 7616 section 3.5).
func (d *digest) keep(at string, accepted *nonce, header http.Header) {
	next := ""
	if info := header.Get("Authentication-Info"); info != "" {
		r := &challengeReader{rest: "info " + info}
		if r.next() {
			next = r.challenge.parameters["nextnonce"]
		}
	}
	d.lock.Lock()
	defer d.lock.Unlock()
	switch known := d.known[at]; {
	case next != "" && next != accepted.value:
		fresh := *accepted
		fresh.value, fresh.count = next, 0
		d.known[at] = &fresh
	case known == nil || known.value != accepted.value:
		fresh := *accepted
		d.known[at] = &fresh
	}
}

func (d *digest) forget(at string, refused *nonce) {
	d.lock.Lock()
	defer d.lock.Unlock()
	if known := d.known[at]; known != nil && refused != nil && known.value == refused.value {
		delete(d.known, at)
	}
}

// chooseDigest returns the strongest challenge that can be answered, or nil.
func chooseDigest(offered []challenge) *nonce {
	for _, algorithm := range digestAlgorithms {
		for _, c := range offered {
			if c.scheme != "digest" {
				continue
			}
			name, session := strings.CutSuffix(strings.ToUpper(c.parameters["algorithm"]), "-SESS")
			if name == "" {
				name = "MD5"
			}
			qop, ok := chooseQop(c.parameters["qop"])
			if name != algorithm.name || !ok || c.parameters["nonce"] == "" {
				continue
			}
			opaque, hasOpaque := c.parameters["opaque"]
			return &nonce{
				realm: c.parameters["realm"], value: c.parameters["nonce"], opaque: opaque, hasOpaque: hasOpaque, algorithm: c.parameters["algorithm"], qop: qop,
				hashUser: strings.EqualFold(c.parameters["userhash"], "true"), unicode: strings.EqualFold(c.parameters["charset"], "UTF-8"),
				stale: strings.EqualFold(c.parameters["stale"], "true"), new: algorithm.new, session: session, client: rand.Text(),
			}
		}
	}
	return nil
}

// chooseQop returns the quality of protection to use: auth, or auth-int if that is all there is, or none if none is offered.
func chooseQop(offered string) (string, bool) {
	if strings.TrimSpace(offered) == "" {
		return "", true
	}
	integrity := false
	for qop := range strings.SplitSeq(offered, ",") {
		switch strings.ToLower(strings.TrimSpace(qop)) {
		case "auth":
			return "auth", true
		case "auth-int":
			integrity = true
		}
	}
	return "auth-int", integrity
}

// answer is the Authorization header (RFC 7616 section 3.4).
func (d *digest) answer(n *nonce, request *http.Request, a *attempt) string {
	h := func(text string) string {
		sum := n.new()
		_, _ = sum.Write([]byte(text)) // a hash takes everything
		return hex.EncodeToString(sum.Sum(nil))
	}
	secret := h(d.username + ":" + n.realm + ":" + d.password)
	if n.session {
		secret = h(secret + ":" + n.value + ":" + n.client)
	}
	uri := request.URL.RequestURI()
	what := request.Method + ":" + uri
	if n.qop == "auth-int" {
		what += ":" + h(a.body())
	}
	count := fmt.Sprintf("%08x", n.count)
	var b strings.Builder
	b.WriteString("Digest " + d.user(n, h) + `, realm=` + quoted(n.realm) + `, nonce=` + quoted(n.value) + `, uri=` + quoted(uri))
	if n.qop == "" {
		b.WriteString(`, response="` + h(secret+":"+n.value+":"+h(what)) + `"`)
	} else {
		b.WriteString(`, response="` + h(secret+":"+n.value+":"+count+":"+n.client+":"+n.qop+":"+h(what)) + `", qop=` + n.qop + `, nc=` + count)
	}
	if n.qop != "" || n.session {
		b.WriteString(`, cnonce="` + n.client + `"`)
	}
	if n.algorithm != "" {
		b.WriteString(`, algorithm=` + n.algorithm)
	}
	if n.hasOpaque {
		b.WriteString(`, opaque=` + quoted(n.opaque))
	}
	if n.hashUser {
		b.WriteString(`, userhash=true`)
	}
	return b.String()
}

// user is the parameter with the user's name (RFC 7616 section 3.4.4): hashed, plain, or, where it holds more than ASCII, in the form of RFC 8187 if the service reads
// UTF-8.
func (d *digest) user(n *nonce, h func(string) string) string {
	switch {
	case n.hashUser:
		return `username="` + h(d.username+":"+n.realm) + `"`
	case n.unicode && strings.ContainsFunc(d.username, func(r rune) bool { return r >= 0x80 }):
		return `username*=UTF-8''` + url.PathEscape(d.username)
	default:
		return `username=` + quoted(d.username)
	}
}

// quoted writes a quoted string.
func quoted(text string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(text) + `"`
}

// body is the body that the attempt sends.
func (a *attempt) body() string {
	if a.call == nil {
		return ""
	}
	return string(a.call.body)
}
