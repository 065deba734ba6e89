package transport

import (
	"net"
	"net/url"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	semconv "go.opentelemetry.io/otel/semconv/v1.37.0"
	"go.opentelemetry.io/otel/trace"
)

// restingTime is how long an address that could not be reached is left alone, while there are others.
const restingTime = 30 * time.Second

// An address is one place that requests go to, with what spans and metrics say of it.
type address struct {
	url *url.URL
	// start are the options of a span, by method.
	start map[string][]trace.SpanStartOption
	// attributes are those that all measurements share, but for the method.
	attributes []attribute.KeyValue
	// restsUntil is when a request may go there again, in Unix nanoseconds.
	restsUntil atomic.Int64

	lock     sync.RWMutex
	measured map[outcome]metric.MeasurementOption
}

// An outcome is how an exchange ended, for its measurement.
type outcome struct {
	method string
	status int
	// failure is the error.type of an exchange that got no status.
	failure string
}

func newAddress(target *url.URL, methods ...string) *address {
	a := &address{url: target, start: make(map[string][]trace.SpanStartOption), measured: make(map[outcome]metric.MeasurementOption)}
	port, err := strconv.Atoi(target.Port())
	if err != nil {
		port = 80
		if target.Scheme == "https" {
			port = 443
		}
	}
	host := []attribute.KeyValue{semconv.ServerAddress(target.Hostname()), semconv.ServerPort(port)}
	a.attributes = append(host, semconv.URLScheme(target.Scheme), semconv.NetworkProtocolVersion("1.1"))
	for _, method := range methods {
		attributes := append([]attribute.KeyValue{semconv.HTTPRequestMethodKey.String(method), semconv.URLFull(publicURL(target))}, host...)
		a.start[method] = []trace.SpanStartOption{trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(attributes...)}
	}
	return a
}

// publicURL is an address without what may be secret in it: user, password, and the values of its query.
func publicURL(target *url.URL) string {
	public := *target
	public.User, public.Fragment, public.RawFragment = nil, "", ""
	if public.RawQuery != "" {
		public.RawQuery = "REDACTED"
	}
	return public.String()
}

// measurement returns the attributes of a measurement.
func (a *address) measurement(of outcome) metric.MeasurementOption {
	a.lock.RLock()
	known, ok := a.measured[of]
	a.lock.RUnlock()
	if ok {
		return known
	}
	attributes := append([]attribute.KeyValue{semconv.HTTPRequestMethodKey.String(of.method)}, a.attributes...)
	if of.status != 0 {
		attributes = append(attributes, semconv.HTTPResponseStatusCode(of.status))
	}
	if of.failure != "" {
		attributes = append(attributes, semconv.ErrorTypeKey.String(of.failure))
	}
	made := metric.WithAttributeSet(attribute.NewSet(attributes...))
	a.lock.Lock()
	defer a.lock.Unlock()
	a.measured[of] = made
	return made
}

func (a *address) isResting(now time.Time) bool { return now.UnixNano() < a.restsUntil.Load() }

func (a *address) rest(now time.Time) { a.restsUntil.Store(now.Add(restingTime).UnixNano()) }

func (a *address) wake() {
	if a.restsUntil.Load() != 0 {
		a.restsUntil.Store(0)
	}
}

// parseAddress reads an http or https URL, and splits user and password off.
func parseAddress(text string) (*url.URL, *url.Userinfo, error) {
	target, err := url.Parse(text)
	if err != nil {
		return nil, nil, &invalidRequest{err}
	}
	if target.Host == "" || target.Scheme != "http" && target.Scheme != "https" {
		return nil, nil, &invalidRequest{&url.Error{Op: "parse", URL: publicURL(target), Err: net.InvalidAddrError("http:// or https:// with a host is needed")}}
	}
	user := target.User
	target.User, target.Fragment, target.RawFragment = nil, "", ""
	return target, user, nil
}
