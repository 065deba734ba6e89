package gateway

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/postern-gateway/postern/gateway/catalogue"
	"github.com/postern-gateway/postern/gateway/estate"
	"github.com/postern-gateway/postern/gateway/rest"
	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

// publications returns what is published over REST: every contract, and the back ends that are published as they are.
func (n *generation) publications() []rest.Published {
	var published []rest.Published
	for _, api := range n.estate.APIs {
		published = append(published, publishContract(api))
	}
	for _, b := range n.backEnds {
		api, version, ok := b.declared.Publication()
		if !ok {
			continue
		}
		backEnd := rest.Published{API: api, Version: version, Description: "The " + b.declared.Adapter.Kind() + " back end " + b.declared.Name + ", published as it is."}
		for _, declaration := range n.registry.Services() {
			if declaration.Owner == b.declared.Name {
				backEnd.Services = append(backEnd.Services, declaration.Service)
			}
		}
		published = append(published, backEnd)
	}
	for i := range published {
		published[i].Conditional = n.conditional
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
		Examples:  make(map[protoreflect.FullName]json.RawMessage),
	}
	var descriptions []string
	for _, service := range api.Services {
		if comment := service.ParentFile().SourceLocations().ByDescriptor(service).LeadingComments; comment != "" {
			descriptions = append(descriptions, strings.TrimSpace(comment))
		}
		for i := range service.Methods().Len() {
			method := service.Methods().Get(i)
			binding := api.Binding.GetMethods()[string(method.Name())]
			if !isBound(binding) {
				published.Mocked[method.FullName()] = true
			}
			if examples := binding.GetExamples(); len(examples) > 0 {
				if reply, err := examples[0].GetResponse().MarshalJSON(); err == nil {
					published.Examples[method.FullName()] = reply
				}
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

// restHandler makes the REST API of the generation.
func (n *generation) restHandler(logger *slog.Logger) (http.Handler, error) {
	pages, err := catalogue.New(n.estate.Gateway.GetTitle(), n.published)
	if err != nil {
		return nil, fmt.Errorf("making the catalogue: %w", err)
	}
	handler, err := rest.New(rest.Options{
		Published: n.published,
		Pages:     pages,
		Conn:      n.conn,
		Resolver:  n.registry,
		MaxBody:   int64(n.estate.Gateway.GetLimits().GetMaxRequestBytes()), //nolint:gosec // at most 1 GiB by its rule
		Logger:    logger,
	})
	if err != nil {
		return nil, fmt.Errorf("publishing the estate: %w", err)
	}
	return handler, nil
}
