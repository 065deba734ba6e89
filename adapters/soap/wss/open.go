package wss

import (
	"context"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"google.golang.org/grpc/codes"

	"github.com/postern-gateway/postern/adapters"
)

// Open decrypts a reply and makes sure that it is what the settings demand. It returns the envelope to read: the reply itself, or, where something was encrypted or
// attached, a new one. message is UTF-8. attachments finds what an xop:Include refers to (XOP 1.0 section 3.2): signatures cover it as if it stood in the
// envelope, so that is where Open puts it; nil if the reply came without. now is the time that timestamps and certificates are held against.
//
// An error is an [adapters.Error] of code DataLoss, with reason BACKEND_REPLY_NOT_TRUSTED if the reply lacks what is demanded of it, else
// BACKEND_REPLY_UNREADABLE. What is wrong in particular stands in its cause, for the log.
func (s *Security) Open(ctx context.Context, message []byte, attachments func(reference string) ([]byte, bool), now time.Time) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, adapters.FromContext(err)
	}
	e, err := readEnvelope(message)
	if err != nil {
		return nil, unreadable(err)
	}
	r := &reading{envelope: e, demands: &s.demands, now: now, signed: make(map[*element]uint8), identifiers: make(map[string][]*element)}
	r.index(e.root)
	r.security, err = r.ownHeader()
	if err != nil {
		return nil, untrusted(err)
	}
	if r.security != nil && attachments != nil {
		r.inline(attachments)
	}
	r.sealed = holdsOnly(e.body, encryptionSpace, "EncryptedData")
	if err := r.process(ctx); err != nil {
		if ended := adapters.FromContext(err); ended != nil {
			return nil, ended
		}
		if s.demands.roots == nil {
			return nil, unreadable(err)
		}
		// Whether it is the padding or the signature that is wrong is nobody's business: answers to that question decrypt CBC (see doc.go).
		return nil, untrusted(err)
	}
	if err := r.check(); err != nil {
		return nil, untrusted(r.withFault(err))
	}
	if !r.changed {
		return message, nil
	}
	return e.bytes(), nil
}

// inline puts attachments where they are referred to. A reference to nothing is left to who reads the message.
func (r *reading) inline(attachments func(reference string) ([]byte, bool)) {
	r.root.walk(func(e *element) {
		if !holdsOnly(e, includeSpace, "Include") {
			return
		}
		if data, ok := attachments(e.child(includeSpace, "Include").attribute("", "href")); ok {
			e.children = []child{{text: base64.StdEncoding.AppendEncode(nil, data)}}
			r.changed = true
		}
	})
}

func unreadable(err error) error {
	return &adapters.Error{Code: codes.DataLoss, Reason: "BACKEND_REPLY_UNREADABLE", Cause: fmt.Errorf("opening the reply: %w", err)}
}

func untrusted(err error) error {
	return &adapters.Error{
		Code: codes.DataLoss, Reason: "BACKEND_REPLY_NOT_TRUSTED", Message: "The system behind this gave an answer that cannot be trusted.",
		Cause: fmt.Errorf("opening the reply: %w", err),
	}
}

// Bounds on what one reply may make the gateway do: each signature and each encrypted key costs an operation with a long number.
const (
	maxSignatures = 8
	maxReferences = 64
	maxKeys       = 8
	maxEncrypted  = 64
)

// reading is one reply on its way through Open.
type reading struct {
	*envelope
	demands  *demands
	now      time.Time
	security *element // nil if the reply has none

	// signed are the elements that trusted signatures cover: bit i is that of the signature i.
	signed map[*element]uint8
	// identifiers are all elements that references can name.
	identifiers map[string][]*element
	// sealed is true if the body came with nothing but encrypted data.
	sealed bool
	// changed is true if the tree is no longer what the message says.
	changed                     bool
	signatures, keys, encrypted int
	unwrapped                   map[*element]sessionKey
	buffer                      canonicalizer
}

// ownHeader finds the wsse:Security header for us: the ultimate receiver of the reply. Those for others are passed over (WS-Security 1.1 section 5).
func (r *reading) ownHeader() (*element, error) {
	var own *element
	for _, header := range r.header.all(securitySpace, "Security") {
		role := header.attribute(r.root.space, "actor") + header.attribute(r.root.space, "role")
		if role != "" && role != envelope12Space+"/role/ultimateReceiver" {
			continue
		}
		if own != nil {
			return nil, errors.New("the reply has two wsse:Security headers for the same reader")
		}
		own = header
	}
	return own, nil
}

// process goes through the header in order, as its sender built it from the last to the first (WS-Security 1.1 section 5).
func (r *reading) process(ctx context.Context) error {
	if r.security != nil {
		for i := 0; i < len(r.security.children); i++ {
			if err := ctx.Err(); err != nil {
				return err
			}
			item := r.security.children[i].element
			if item == nil {
				continue
			}
			if item.is(encryptionSpace, "EncryptedData") {
				// What it holds takes its place, and is processed next.
				decrypted, err := r.decryptHere(item)
				if err != nil {
					return err
				}
				if decrypted {
					i--
				}
				continue
			}
			if err := r.item(item); err != nil {
				return err
			}
		}
	}
	// What no list names is found where it stands.
	return r.decryptRest()
}

func (r *reading) item(item *element) error {
	switch {
	case item.is(signatureSpace, "Signature"):
		if r.demands.roots == nil {
			return nil
		}
		return r.verify(item)
	case item.is(encryptionSpace, "EncryptedKey"):
		if r.demands.decryptionKey == nil {
			return nil
		}
		return r.decryptList(item.child(encryptionSpace, "ReferenceList"), item)
	case item.is(encryptionSpace, "ReferenceList"):
		if r.demands.decryptionKey == nil {
			return nil
		}
		return r.decryptList(item, nil)
	}
	return nil
}

// check makes sure that everything demanded is there.
func (r *reading) check() error {
	if r.demands.encrypted && (!r.sealed || len(r.body.all(encryptionSpace, "EncryptedData")) > 0) {
		return errors.New("the body is not encrypted")
	}
	if r.demands.timestamp {
		if err := r.timestamp(); err != nil {
			return err
		}
	}
	if r.demands.roots == nil {
		return nil
	}
	if len(r.signed) == 0 {
		return errors.New("the reply is not signed")
	}
	return r.checkSigned()
}

// checkSigned makes sure that one signature covers all that must be signed. Several would not do: each could be from another reply, and the body older than the
// Timestamp.
func (r *reading) checkSigned() error {
	common := ^uint8(0)
	for _, p := range r.demands.signed {
		var targets []*element
		switch p.kind {
		case bodyPart:
			targets = []*element{r.body}
		case timestampPart:
			targets = r.security.all(utilitySpace, "Timestamp")
		default:
			targets = r.header.all(p.space, p.local)
		}
		if len(targets) == 0 {
			return fmt.Errorf("%s must be signed, and is missing", p.name())
		}
		for _, target := range targets {
			covering := r.covering(target)
			if covering == 0 {
				return fmt.Errorf("%s is not signed", p.name())
			}
			common &= covering
		}
	}
	if common == 0 {
		return errors.New("no signature covers all that must be signed")
	}
	return nil
}

// covering returns the signatures that cover the element: itself, or one that it stands in.
func (r *reading) covering(target *element) uint8 {
	var out uint8
	for at := target; at != nil; at = at.parent {
		out |= r.signed[at]
	}
	return out
}

// timestamp holds the header's wsu:Timestamp against the clock (WS-Security 1.1 section 10).
func (r *reading) timestamp() error {
	stamp := r.security.child(utilitySpace, "Timestamp")
	if stamp == nil {
		return errors.New("the reply has no Timestamp, or more than one")
	}
	created, createdErr := readTime(stamp.child(utilitySpace, "Created"))
	if createdErr != nil {
		return createdErr
	}
	if created.After(r.now.Add(r.demands.skew)) {
		return fmt.Errorf("the Timestamp was created in the future, at %s", created.Format(time.RFC3339))
	}
	expires := created
	if end := stamp.child(utilitySpace, "Expires"); end != nil {
		var err error
		if expires, err = readTime(end); err != nil {
			return err
		}
	}
	if r.now.After(expires.Add(r.demands.skew)) {
		return fmt.Errorf("the Timestamp expired at %s", expires.Format(time.RFC3339))
	}
	return nil
}

// readTime reads an xsd:dateTime. One without a zone is in UTC.
func readTime(e *element) (time.Time, error) {
	if e == nil {
		return time.Time{}, errors.New("the Timestamp does not say when it was created")
	}
	text := e.text()
	out, err := time.Parse("2006-01-02T15:04:05.999999999Z07:00", text)
	if err != nil {
		out, err = time.Parse("2006-01-02T15:04:05.999999999", text)
	}
	if err != nil {
		return time.Time{}, fmt.Errorf("the Timestamp holds %.40q, which is no time", text)
	}
	return out, nil
}

// withFault adds to an error what an unsigned fault says: services often refuse a request without signing why, and the log should know.
func (r *reading) withFault(err error) error {
	fault := r.body.child(r.root.space, "Fault")
	if fault == nil {
		return err
	}
	text := fault.child("", "faultstring").text()
	if text == "" {
		text = fault.child(r.root.space, "Reason").child(r.root.space, "Text").text()
	}
	return fmt.Errorf("%w; it holds a fault: %.200q", err, text)
}

// trust makes sure that a certificate is one of those that are trusted, or that they vouch for it.
func (r *reading) trust(certificate *x509.Certificate, others []*x509.Certificate) error {
	intermediates := x509.NewCertPool()
	for _, other := range others {
		intermediates.AddCert(other)
	}
	_, err := certificate.Verify(x509.VerifyOptions{
		Roots: r.demands.roots, Intermediates: intermediates, CurrentTime: r.now, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny},
	})
	return err
}

// holdsOnly reports whether all elements in e have this name, and there is one, and no text beside them.
func holdsOnly(e *element, space, local string) bool {
	return e.text() == "" && len(e.elements()) > 0 && len(e.elements()) == len(e.all(space, local))
}

// byIdentifier finds the only element that a reference names. Two elements of one identifier are what wrapping attacks are made of, so they are refused
// wherever they stand.
func (r *reading) byIdentifier(uri string) (*element, error) {
	id, local := strings.CutPrefix(uri, "#")
	if !local || id == "" {
		return nil, fmt.Errorf("the reference %.100q is not to a part of the message", uri)
	}
	switch found := r.identifiers[id]; len(found) {
	case 0:
		return nil, fmt.Errorf("the reference %.100q is to nothing", uri)
	case 1:
		return found[0], nil
	default:
		return nil, fmt.Errorf("the identifier %.100q is there more than once", id)
	}
}

// index notes the identifiers of an element and of all below it.
func (r *reading) index(e *element) {
	e.walk(func(e *element) {
		for i := range e.attributes {
			if a := &e.attributes[i]; isIdentifier(e, a) {
				r.identifiers[string(a.value)] = append(r.identifiers[string(a.value)], e)
			}
		}
	})
}

// forget takes back what index noted.
func (r *reading) forget(e *element) {
	e.walk(func(e *element) {
		for i := range e.attributes {
			if a := &e.attributes[i]; isIdentifier(e, a) {
				id := string(a.value)
				r.identifiers[id] = slices.DeleteFunc(r.identifiers[id], func(known *element) bool { return known == e })
			}
		}
	})
}

// isIdentifier reports whether an attribute is an identifier: wsu:Id or xml:id anywhere, Id as XML Signature and XML Encryption have it, and those of SAML
// assertions.
func isIdentifier(e *element, a *attribute) bool {
	switch string(a.local) {
	case "Id":
		return a.space == utilitySpace || a.space == ""
	case "ID":
		return a.space == ""
	case "id":
		return a.space == "http://www.w3.org/XML/1998/namespace"
	case "AssertionID":
		return a.space == "" && e.space == saml11Space
	}
	return false
}
