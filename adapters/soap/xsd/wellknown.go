package xsd

import (
	"context"
	"embed"
	"net/url"
	"strings"

	"github.com/postern-gateway/postern/adapters/soap/document"
)

// schemas are the schemas of namespaces that many WSDLs use and few bring along, in our own words and only as far as messages need them.
//
//go:embed wellknown/*.xsd
var schemas embed.FS

// wellKnownFiles are the well-known schemas by their namespaces.
var wellKnownFiles = map[string]string{
	"http://www.w3.org/XML/1998/namespace":                                               "xml.xsd",
	"http://www.w3.org/1999/xlink":                                                       "xlink.xsd",
	encodingNamespace:                                                                    "encoding11.xsd",
	encodingNamespace12:                                                                  "encoding12.xsd",
	"http://schemas.xmlsoap.org/soap/envelope/":                                          "envelope11.xsd",
	"http://www.w3.org/2003/05/soap-envelope":                                            "envelope12.xsd",
	"http://www.w3.org/2005/08/addressing":                                               "addressing10.xsd",
	"http://schemas.xmlsoap.org/ws/2004/08/addressing":                                   "addressing200408.xsd",
	"http://www.w3.org/2005/05/xmlmime":                                                  "xmlmime.xsd",
	"http://www.w3.org/2004/11/xmlmime":                                                  "xmlmime200411.xsd",
	"http://www.w3.org/2004/08/xop/include":                                              "xop.xsd",
	"http://www.w3.org/2000/09/xmldsig#":                                                 "xmldsig.xsd",
	"http://www.w3.org/2001/04/xmlenc#":                                                  "xmlenc.xsd",
	"http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd": "wsu.xsd",
	"http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd":  "wsse.xsd",
	"http://docs.oasis-open.org/wsn/b-2":                                                 "notification.xsd",
	"http://docs.oasis-open.org/wsn/t-1":                                                 "topics.xsd",
	"http://docs.oasis-open.org/wsrf/bf-2":                                               "basefaults.xsd",
	"http://docs.oasis-open.org/wsrf/r-2":                                                "resource.xsd",
	"http://ws-i.org/profiles/basic/1.1/xsd":                                             "swaref.xsd",
	"http://xml.apache.org/xml-soap":                                                     "apache.xsd",
	"http://microsoft.com/wsdl/types/":                                                   "microsoft.xsd",
	"http://schemas.microsoft.com/2003/10/Serialization/":                                "serialization.xsd",
}

func wellKnownSpace(space string) bool { return wellKnownFiles[space] != "" }

// canonicalHosts are where the authors of the well-known schemas publish them. What stands there is not fetched: it would be the same each time, and some
// of these hosts answer programs late or never.
var canonicalHosts = map[string]bool{
	"www.w3.org": true, "w3.org": true, "schemas.xmlsoap.org": true, "docs.oasis-open.org": true, "www.oasis-open.org": true, "ws-i.org": true, "www.ws-i.org": true,
	"xml.apache.org": true, "microsoft.com": true, "schemas.microsoft.com": true,
}

// wellKnownAt reports whether a namespace is well known, and the address that is given for it is its author's.
func wellKnownAt(space, reference string) bool {
	if !wellKnownSpace(space) || !document.IsURL(reference) {
		return false
	}
	address, err := url.Parse(strings.TrimSpace(reference))
	return err == nil && canonicalHosts[strings.ToLower(address.Hostname())]
}

// addWellKnown adds the well-known schema of a namespace, unless it has been asked for. It returns true if it was added.
func (s *Set) addWellKnown(space string) bool {
	file := wellKnownFiles[space]
	if file == "" || s.wellKnown[space] {
		return false
	}
	s.wellKnown[space] = true
	source, err := schemas.ReadFile("wellknown/" + file)
	if err != nil {
		return false
	}
	read, err := document.Parse("wellknown:"+file, source, "")
	if err != nil {
		return false
	}
	return s.Add(context.Background(), read.Root) == nil // it refers to no other document
}
