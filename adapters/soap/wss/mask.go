package wss

// Mask returns a message for people to look at: passwords of UsernameTokens and the content of SAML assertions are replaced by "***". What is no well-formed XML
// becomes nothing but that.
func Mask(message []byte) []byte {
	const mask = "***"
	root, err := parse(message)
	if err != nil {
		return []byte(mask)
	}
	root.walk(func(e *element) {
		if e.is(securitySpace, "Password") || e.is(saml11Space, "Assertion") || e.is(saml20Space, "Assertion") {
			e.children = []child{{text: []byte(mask)}}
		}
	})
	return (&envelope{root: root}).bytes()
}
