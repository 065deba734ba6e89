package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/adapters/soap"
	"github.com/postern-gateway/postern/gateway"
	"github.com/postern-gateway/postern/gateway/estate"
	"github.com/postern-gateway/postern/gateway/registry"
	"github.com/postern-gateway/postern/gateway/rest"
	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

// An offlineBackend is a SOAP back end that is open only to write requests and read replies.
type offlineBackend struct {
	name    string
	methods []candidate
	types   *registry.Catalog
	wirer   soap.Wirer
	close   func() error
}

// openOffline opens one SOAP back end of an estate, and no other. Secrets that are not there are made up.
func (s *session) openOffline(dir, name string) (opened *offlineBackend, err error) {
	read, err := estate.Read(s.ctx, dir, s.adapters)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, declared := range read.Backends {
		if declared.Name == name {
			return s.open(declared)
		}
		names = append(names, declared.Name)
	}
	if strings.Contains(name, "/") {
		return nil, fmt.Errorf("%s is a contract: only what a SOAP back end sends can be shown, so write BACKEND/Operation", name)
	}
	return nil, fmt.Errorf("there is no back end %s; there are %s", name, strings.Join(names, ", "))
}

func (s *session) open(declared *estate.Backend) (opened *offlineBackend, err error) {
	if _, ok := declared.Config.(*configv1.SoapBackend); !ok {
		return nil, fmt.Errorf("the back end %s is of kind %s: only what a SOAP back end sends can be shown", declared.Name, declared.Adapter.Kind())
	}
	data, err := os.MkdirTemp("", "postern-call-")
	if err != nil {
		return nil, fmt.Errorf("making a directory for its data: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.RemoveAll(data))
		}
	}()
	options := adapters.Options{Name: declared.Name, Dir: filepath.Dir(declared.LockPath), DataDir: data, DescribeOnly: true}
	backend, err := withoutSecrets{declared.Adapter}.Open(s.ctx, declared.Config, options)
	if err != nil {
		var mistakes *adapters.ConfigError
		if errors.As(err, &mistakes) {
			return nil, declared.Source.FromConfigError(mistakes)
		}
		return nil, fmt.Errorf("opening the back end %s: %w", declared.Name, err)
	}
	wirer, ok := backend.(soap.Wirer)
	if !ok {
		return nil, errors.Join(fmt.Errorf("the back end %s cannot show what it sends", declared.Name), backend.Close())
	}
	opened = &offlineBackend{name: declared.Name, wirer: wirer, close: func() error { return errors.Join(backend.Close(), os.RemoveAll(data)) }}
	var services []protoreflect.ServiceDescriptor
	var declarations []registry.Declaration
	for _, service := range backend.Services() {
		services = append(services, service.Descriptor)
		declarations = append(declarations, registry.Declaration{Owner: declared.Name, Service: service.Descriptor})
	}
	if opened.types, err = registry.NewCatalog(declarations); err != nil {
		return nil, errors.Join(err, backend.Close())
	}
	report, err := soapReport(s.ctx, declared, backend)
	if err != nil {
		return nil, errors.Join(err, backend.Close())
	}
	opened.methods = candidates(services, report)
	return opened, nil
}

// withoutSecrets opens SOAP back ends whose secrets are not there, for commands that only describe them.
type withoutSecrets struct{ adapters.Adapter }

// Open implements [adapters.Adapter].
func (a withoutSecrets) Open(ctx context.Context, config adapters.Config, options adapters.Options) (adapters.Backend, error) {
	if settings, ok := config.(*configv1.SoapBackend); ok && options.DescribeOnly {
		settings = proto.CloneOf(settings)
		if err := makeUpSecrets(settings.ProtoReflect(), options.Dir, filepath.Join(options.DataDir, "secret")); err != nil {
			return nil, err
		}
		config = settings
	}
	return a.Adapter.Open(ctx, config, options)
}

// describing are the adapters for a command that only describes.
func (s *session) describing() []adapters.Adapter {
	out := make([]adapters.Adapter, len(s.adapters))
	for i, adapter := range s.adapters {
		out[i] = withoutSecrets{adapter}
	}
	return out
}

// formedSecrets are the fields of secrets that have a form of their own, so that none can be made up: private keys and a SAML assertion. What is signed is shown signed.
var formedSecrets = []protoreflect.Name{"key", "decryption_key", "assertion"}

// makeUpSecrets has every other secret that cannot be read come from a file that is written for it: what is shown does not show secrets.
func makeUpSecrets(message protoreflect.Message, dir, file string) error {
	var failed error
	message.Range(func(field protoreflect.FieldDescriptor, value protoreflect.Value) bool {
		switch {
		case field.Message() == nil || field.IsMap():
		case field.IsList():
			for i := range value.List().Len() {
				failed = errors.Join(failed, makeUpSecrets(value.List().Get(i).Message(), dir, file))
			}
		default:
			secret, ok := value.Message().Interface().(*configv1.Secret)
			if !ok {
				failed = errors.Join(failed, makeUpSecrets(value.Message(), dir, file))
				break
			}
			if slices.Contains(formedSecrets, field.Name()) {
				break
			}
			if _, err := adapters.ReadSecret(secret, "", dir); err != nil {
				failed = errors.Join(failed, os.WriteFile(file, []byte("secret"), 0o600))
				secret.Source = &configv1.Secret_File{File: file}
			}
		}
		return true
	})
	return failed
}

// dryRun prints the request that a call would send.
func (s *session) dryRun(dir, owner, name string, data []byte) (err error) {
	b, err := s.openOffline(dir, owner)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.close()) }()
	method, request, err := chooseByRequest(b.methods, owner, name, data, b.types)
	if err != nil {
		return s.refused(err)
	}
	if err := gateway.Validate(request); err != nil {
		return s.refused(err)
	}
	envelope, _, err := b.wirer.Render(s.ctx, method.FullName(), request)
	if err != nil {
		return s.refused(err)
	}
	_, err = fmt.Fprintf(s.stdout, "%s\n", envelope)
	return err
}

// readReply prints what a SOAP service answered as JSON.
func (s *session) readReply(dir, owner, name, contentType string, content []byte) (err error) {
	b, err := s.openOffline(dir, owner)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.close()) }()
	method, err := choose(b.methods, owner, name, func(method protoreflect.MethodDescriptor) bool {
		_, err := b.wirer.ReadReply(method.FullName(), contentType, content)
		return err == nil
	})
	if err != nil {
		return err
	}
	message, err := b.wirer.ReadReply(method.FullName(), contentType, content)
	if err != nil {
		return s.unreadable(err, b.types)
	}
	return s.printReply(message, b.types, false)
}

// unreadable tells who decodes a reply by hand all there is to know of a fault, or of what is wrong with the reply.
func (s *session) unreadable(err error, types rest.Resolver) error {
	var known *adapters.Error
	if !errors.As(err, &known) || known.Cause == nil {
		return s.refused(err)
	}
	answer := s.failed(err)
	fmt.Fprintf(s.stderr, "  %v\n", known.Cause)
	if known.Detail != nil {
		return errors.Join(answer, s.printReply(known.Detail, types, false))
	}
	return answer
}
