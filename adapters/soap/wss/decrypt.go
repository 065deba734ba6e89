package wss

import (
	"crypto"
	"fmt"
	"strings"
)

// A sessionKey is what an xenc:EncryptedKey holds. How long it has to be depends on the data that it is for, so it is unwrapped for each length.
type sessionKey map[int][]byte

// decryptList decrypts what an xenc:ReferenceList names. key is the xenc:EncryptedKey that it stands in, or nil.
func (r *reading) decryptList(list, key *element) error {
	for _, reference := range list.all(encryptionSpace, "DataReference") {
		data, err := r.byIdentifier(reference.attribute("", "URI"))
		if err != nil {
			return err
		}
		if !data.is(encryptionSpace, "EncryptedData") {
			return fmt.Errorf("the reference %.100q is to no encrypted data", reference.attribute("", "URI"))
		}
		if err := r.decrypt(data, key); err != nil {
			return err
		}
	}
	return nil
}

// decryptHere decrypts data that no list named so far, if it names its key itself. It reports whether it did.
func (r *reading) decryptHere(data *element) (bool, error) {
	if r.demands.decryptionKey == nil {
		return false, nil
	}
	key, err := r.namedKey(data)
	if key == nil || err != nil {
		return false, err
	}
	return true, r.decrypt(data, key)
}

// decryptRest decrypts what is left in the body and the header.
func (r *reading) decryptRest() error {
	var left []*element
	find := func(e *element) {
		if e.is(encryptionSpace, "EncryptedData") {
			left = append(left, e)
		}
	}
	if r.demands.decryptionKey == nil {
		return nil
	}
	r.body.walk(find)
	if r.header != nil {
		r.header.walk(find)
	}
	for _, data := range left {
		if _, err := r.decryptHere(data); err != nil {
			return err
		}
	}
	return nil
}

// namedKey finds the xenc:EncryptedKey that encrypted data names: inside of its KeyInfo, or elsewhere in the message. It returns nil if there is none.
func (r *reading) namedKey(data *element) (*element, error) {
	info := data.child(signatureSpace, "KeyInfo")
	if inner := info.child(encryptionSpace, "EncryptedKey"); inner != nil {
		return inner, nil
	}
	uri := info.child(securitySpace, "SecurityTokenReference").child(securitySpace, "Reference").attribute("", "URI")
	if uri == "" {
		uri = info.child(signatureSpace, "RetrievalMethod").attribute("", "URI")
	}
	if uri == "" {
		return nil, nil
	}
	key, err := r.byIdentifier(uri)
	if err != nil || !key.is(encryptionSpace, "EncryptedKey") {
		return nil, err
	}
	return key, nil
}

// decrypt puts in the place of encrypted data what it holds (XML Encryption 1.1 section 4.2).
func (r *reading) decrypt(data, key *element) error {
	if r.encrypted++; r.encrypted > maxEncrypted {
		return fmt.Errorf("more than %d parts of the reply are encrypted", maxEncrypted)
	}
	if key == nil {
		var err error
		if key, err = r.namedKey(data); err != nil {
			return err
		}
		if key == nil {
			return errDecrypting
		}
	}
	plain, err := r.plain(data, key)
	if err != nil {
		return err
	}
	nodes, err := data.parent.fragment(plain)
	if err != nil {
		return errDecrypting // what is wrong with it would tell of what it holds
	}
	// A header block that was encrypted as a whole stands in an element of its own (WS-Security 1.1 section 9.3).
	place := data
	if data.parent.is(security11Space, "EncryptedHeader") && data.parent.parent == r.header {
		place = data.parent
	}
	r.forget(place)
	place.replace(nodes)
	for _, node := range nodes {
		if node.element != nil {
			r.index(node.element)
		}
	}
	r.changed = true
	return nil
}

func (r *reading) plain(data, key *element) ([]byte, error) {
	var method dataMethod
	algorithm := data.child(encryptionSpace, "EncryptionMethod").attribute("", "Algorithm")
	for _, known := range dataMethods() {
		if known.uri == algorithm {
			method = known
		}
	}
	if method.uri == "" {
		return nil, fmt.Errorf("data encrypted by %.120q is not accepted", algorithm)
	}
	sealed, err := cipherValue(data)
	if err != nil {
		return nil, err
	}
	secret, err := r.unwrap(key, method)
	if err != nil {
		return nil, err
	}
	return method.decrypt(secret, sealed)
}

// unwrap decrypts an xenc:EncryptedKey with the private key.
func (r *reading) unwrap(key *element, method dataMethod) ([]byte, error) {
	if known, ok := r.unwrapped[key][method.keyBytes]; ok {
		return known, nil
	}
	if r.keys++; r.keys > maxKeys {
		return nil, fmt.Errorf("the reply holds more than %d encrypted keys", maxKeys)
	}
	how, err := readTransport(key.child(encryptionSpace, "EncryptionMethod"))
	if err != nil {
		return nil, err
	}
	wrapped, err := cipherValue(key)
	if err != nil {
		return nil, err
	}
	secret, err := how.unwrap(r.demands.decryptionKey, wrapped, method)
	if err != nil {
		return nil, err
	}
	if r.unwrapped == nil {
		r.unwrapped = make(map[*element]sessionKey)
	}
	if r.unwrapped[key] == nil {
		r.unwrapped[key] = make(sessionKey)
	}
	r.unwrapped[key][method.keyBytes] = secret
	return secret, nil
}

// readTransport reads the xenc:EncryptionMethod of a key (XML Encryption 1.1 section 5.5).
func readTransport(method *element) (transport, error) {
	t := transport{method: method.attribute("", "Algorithm"), hash: crypto.SHA1, mgf: crypto.SHA1}
	switch t.method {
	case keyTransport15:
		return t, nil
	case keyTransportOAEP, keyTransportOAEP11:
	default:
		return t, fmt.Errorf("keys encrypted by %.120q are not accepted", t.method)
	}
	if uri := method.child(signatureSpace, "DigestMethod").attribute("", "Algorithm"); uri != "" {
		t.hash = 0
		for _, known := range digestMethods() {
			if known.uri == uri {
				t.hash = known.hash
			}
		}
	}
	if uri := method.child(encryption11, "MGF").attribute("", "Algorithm"); uri != "" {
		t.mgf = 0
		for _, known := range digestMethods() {
			if strings.TrimPrefix(uri, encryption11+"mgf1") == known.name {
				t.mgf = known.hash
			}
		}
	}
	label, err := decode(method.child(encryptionSpace, "OAEPparams").text())
	if err != nil || t.hash == 0 || t.mgf == 0 {
		return t, fmt.Errorf("a key is encrypted by %s with parameters that are not accepted", t.method)
	}
	if len(label) > 0 {
		t.label = label
	}
	return t, nil
}

func cipherValue(e *element) ([]byte, error) {
	value := e.child(encryptionSpace, "CipherData").child(encryptionSpace, "CipherValue")
	if value == nil {
		return nil, fmt.Errorf("%s has no CipherValue", e.local)
	}
	out, err := decode(value.text())
	if err != nil {
		return nil, errDecrypting
	}
	return out, nil
}
