package wss

import (
	"context"
	"log/slog"
	"time"

	"github.com/postern-gateway/postern/adapters"
	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

// Security is what the settings of a back end say of WS-Security, compiled. It may be used by many goroutines at once.
type Security struct {
	// opening11 and opening12 are the start tags of the header, for SOAP 1.1 and 1.2.
	opening11, opening12 string

	token      *usernameToken
	validFor   time.Duration
	saml       *assertion
	signing    *signing
	encrypting *encrypting
	demands    demands
}

// New reads the settings. A nil config is that of a back end without security. The error is an [adapters.ConfigError] with all mistakes, by field paths such as
// security.signature.key. Settings of HTTP authentication are package transport's, and not looked at.
func New(config *configv1.SoapSecurity, options adapters.Options) (*Security, error) {
	r := &settings{config: config, dir: options.Dir}
	s := &Security{
		opening11: opening(envelope11Space, config), opening12: opening(envelope12Space, config),
		validFor: time.Duration(config.GetTimestampSeconds()) * time.Second,
		token:    r.usernameToken(), saml: r.assertion(), signing: r.signing(), encrypting: r.encrypting(),
	}
	s.demands = r.demands(s.signing)
	if len(r.findings) > 0 {
		return nil, &adapters.ConfigError{Findings: r.findings}
	}
	s.warn(options.Logger, time.Now())
	return s, nil
}

// warn tells the log of certificates that are not good now. They are no mistakes of the settings: services often take them.
func (s *Security) warn(logger *slog.Logger, now time.Time) {
	if logger == nil {
		return
	}
	check := func(field string, notBefore, notAfter time.Time) {
		if now.Before(notBefore) || now.After(notAfter) {
			logger.LogAttrs(context.Background(), slog.LevelWarn, "a certificate is not good now", slog.String("field", "security."+field),
				slog.Time("not_before", notBefore), slog.Time("not_after", notAfter))
		}
	}
	if s.signing != nil {
		check("signature.certificate_file", s.signing.chain[0].NotBefore, s.signing.chain[0].NotAfter)
	}
	if s.encrypting != nil {
		check("encryption.certificate_file", s.encrypting.to.NotBefore, s.encrypting.to.NotAfter)
	}
	for _, certificate := range s.demands.trusted {
		check("replies.trusted_file", certificate.NotBefore, certificate.NotAfter)
	}
}

// Protects reports whether requests go through [Security.Protect]: there is something to sign or to encrypt. Else [Security.Header] is all they need.
func (s *Security) Protects() bool { return s.signing != nil || s.encrypting != nil }

// Opens reports whether replies go through [Security.Open]: something is demanded of them, or there is a key that may decrypt them.
func (s *Security) Opens() bool {
	return s.demands.roots != nil || s.demands.timestamp || s.demands.encrypted || s.demands.decryptionKey != nil
}
