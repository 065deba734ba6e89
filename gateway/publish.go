package gateway

import (
	"fmt"
	"net/http"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/postern-gateway/postern/gateway/catalogue"
	"github.com/postern-gateway/postern/gateway/estate"
	"github.com/postern-gateway/postern/gateway/registry"
	"github.com/postern-gateway/postern/gateway/rest"
	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

// publications returns what is published over REST: every contract, and the back ends that are published as they are.
func (g *Gateway) publications(methods *registry.Registry) []rest.Published {
	var published []rest.Published
	for _, api := range g.estate.APIs {
		published = append(published, publishContract(api))
	}
	for _, b := range g.backEnds {
		api, version, ok := b.declared.Publication()
		if !ok {
			continue
		}
		backEnd := rest.Published{API: api, Version: version, Description: "The " + b.declared.Adapter.Kind() + " back end " + b.declared.Name + ", published as it is."}
		for _, declaration := range methods.Services() {
			if declaration.Owner == b.declared.Name {
				backEnd.Services = append(backEnd.Services, declaration.Service)
			}
		}
		published = append(published, backEnd)
	}
	return published
}

func publishContract(api *estate.API) rest.Published {
	published := rest.Published{
		API:       api.Name,
		Version:   api.Version,
		Services:  api.Services,
		Contract:  true,
		Owner:     api.Binding.GetOwner(),
		Lifecycle: lifecycle(api.Binding.GetLifecycle()),
		Mocked:    make(map[protoreflect.FullName]bool),
	}
	var descriptions []string
	for _, service := range api.Services {
		if comment := service.ParentFile().SourceLocations().ByDescriptor(service).LeadingComments; comment != "" {
			descriptions = append(descriptions, strings.TrimSpace(comment))
		}
		for i := range service.Methods().Len() {
			method := service.Methods().Get(i)
			if !isBound(api.Binding.GetMethods()[string(method.Name())]) {
				published.Mocked[method.FullName()] = true
			}
		}
	}
	published.Description = strings.Join(descriptions, "\n\n")
	return published
}

func isBound(binding *configv1.MethodBinding) bool {
	return len(binding.GetSteps()) > 0 || len(binding.GetResponse()) > 0 || binding.GetReturn() != ""
}

// lifecycle spells a LIFECYCLE_DEPRECATED as deprecated.
func lifecycle(value configv1.Lifecycle) string {
	if value == configv1.Lifecycle_LIFECYCLE_UNSPECIFIED {
		value = configv1.Lifecycle_LIFECYCLE_ACTIVE
	}
	return strings.ToLower(strings.TrimPrefix(value.String(), "LIFECYCLE_"))
}

// restHandler makes the REST API of a generation.
func (g *Gateway) restHandler(methods *registry.Registry, published []rest.Published) (http.Handler, error) {
	pages, err := catalogue.New(g.estate.Gateway.GetTitle(), published)
	if err != nil {
		return nil, fmt.Errorf("making the catalogue: %w", err)
	}
	handler, err := rest.New(rest.Options{
		Published: published,
		Pages:     pages,
		Conn:      &g.conn,
		Resolver:  methods,
		MaxBody:   int64(g.estate.Gateway.GetLimits().GetMaxRequestBytes()), //nolint:gosec // at most 1 GiB by its rule
		Logger:    g.telemetry.Logger,
	})
	if err != nil {
		return nil, fmt.Errorf("publishing the estate: %w", err)
	}
	return handler, nil
}
