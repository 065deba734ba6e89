package counciltax

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"net/http"
	"strings"
	"text/template"
)

// A reply is an answer ready to be sent.
type reply struct {
	status int
	body   []byte
}

// A fault is a SOAP fault: SOAP 1.1 section 4.4.
type fault struct {
	// Code is a qualified name with the prefix soap or wsse.
	Code string
	Text string
	// NotFound is the citizen of the detail AccountNotFound, or empty.
	NotFound string
}

func (f *fault) Error() string { return f.Code + ": " + f.Text }

func badRequest(err error) *fault { return &fault{Code: "soap:Client", Text: err.Error()} }

func accountNotFound(id string) *fault {
	return &fault{Code: "soap:Server", Text: "ACC-0404 No account for citizen", NotFound: id}
}

// render puts the answer of an operation into an envelope.
func render(operation string, data any) (reply, error) {
	body, err := execute(operation, data)
	return reply{status: http.StatusOK, body: body}, err
}

// renderFault puts a fault into an envelope. SOAP 1.1 section 6.2 demands status 500.
func renderFault(f *fault) (reply, error) {
	body, err := execute("fault", f)
	return reply{status: http.StatusInternalServerError, body: body}, err
}

func execute(name string, data any) ([]byte, error) {
	var b bytes.Buffer
	if err := templates.ExecuteTemplate(&b, name, data); err != nil {
		return nil, fmt.Errorf("writing %s: %w", name, err)
	}
	return b.Bytes(), nil
}

func escape(text string) (string, error) {
	var b strings.Builder
	err := xml.EscapeText(&b, []byte(text))
	return b.String(), err
}

var templates = template.Must(template.New("").Funcs(template.FuncMap{"xml": escape}).Parse(`
{{- define "open" -}}
<?xml version="1.0" encoding="UTF-8"?>
<soap:Envelope xmlns:soap="` + envelopeNamespace + `"><soap:Body>
{{- end -}}

{{- define "close" -}}
</soap:Body></soap:Envelope>
{{ end -}}

{{- define "person" -}}
<acc:holder><acc:title>{{ .Title | xml }}</acc:title><acc:forename>{{ .GivenName | xml }}</acc:forename><acc:surname>{{ .FamilyName | xml }}</acc:surname></acc:holder>
{{- end -}}

{{- define "getAccount" -}}
{{ template "open" }}
<acc:getAccountResponse xmlns:acc="` + accountNamespace + `" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
  <acc:account>
    <acc:accountReference>{{ .Reference }}</acc:accountReference>
    <acc:citizenId>{{ .Citizen.ID }}</acc:citizenId>
    {{ template "person" .Citizen }}
    <acc:property>
      <acc:line>{{ .Citizen.Address.Line1 | xml }}</acc:line>
      <acc:line>{{ .Citizen.Address.Line2 | xml }}</acc:line>
      <acc:town>{{ .Citizen.Address.Town | xml }}</acc:town>
      <acc:postcode>{{ .Citizen.Address.Postcode | xml }}</acc:postcode>
    </acc:property>
    <acc:band>{{ .Band }}</acc:band>
    <acc:taxYear>{{ .TaxYear }}</acc:taxYear>
    <acc:annualCharge>{{ .AnnualCharge }}</acc:annualCharge>
    <acc:balance>{{ .Balance }}</acc:balance>
    <acc:paymentMethod>{{ .PaymentMethod }}</acc:paymentMethod>
    {{- range .Discounts }}
    <acc:discount>{{ . | xml }}</acc:discount>
    {{- end }}
    {{- range .Instalments }}
    <acc:instalment><acc:dueOn>{{ .DueOn }}</acc:dueOn><acc:amount>{{ .Amount }}</acc:amount><acc:paid>{{ .Paid }}</acc:paid></acc:instalment>
    {{- end }}
    {{- if .LastPaymentOn }}
    <acc:lastPaymentOn>{{ .LastPaymentOn }}</acc:lastPaymentOn>
    {{- else }}
    <acc:lastPaymentOn xsi:nil="true"/>
    {{- end }}
    <acc:inArrears>{{ .InArrears }}</acc:inArrears>
    <acc:updatedAt>{{ .UpdatedAt }}</acc:updatedAt>
  </acc:account>
</acc:getAccountResponse>
{{ template "close" }}
{{- end -}}

{{- define "findAccounts" -}}
{{ template "open" }}
<acc:findAccountsResponse xmlns:acc="` + accountNamespace + `">
  {{- range .Matches }}
  <acc:match>
    <acc:accountReference>{{ .Reference }}</acc:accountReference>
    <acc:citizenId>{{ .Citizen.ID }}</acc:citizenId>
    {{ template "person" .Citizen }}
    <acc:postcode>{{ .Citizen.Address.Postcode | xml }}</acc:postcode>
  </acc:match>
  {{- end }}
  <acc:moreAvailable>{{ .MoreAvailable }}</acc:moreAvailable>
</acc:findAccountsResponse>
{{ template "close" }}
{{- end -}}

{{- define "recordContact" -}}
{{ template "open" }}
<acc:recordContactResponse xmlns:acc="` + accountNamespace + `">
  <acc:contactReference>{{ .Reference }}</acc:contactReference>
  <acc:recordedAt>{{ .RecordedAt.Format "2006-01-02T15:04:05Z07:00" }}</acc:recordedAt>
</acc:recordContactResponse>
{{ template "close" }}
{{- end -}}

{{- define "fault" -}}
{{ template "open" }}
<soap:Fault xmlns:wsse="` + securityNamespace + `">
  <faultcode>{{ .Code }}</faultcode>
  <faultstring>{{ .Text | xml }}</faultstring>
  {{- with .NotFound }}
  <detail><acc:AccountNotFound xmlns:acc="` + accountNamespace + `"><acc:citizenId>{{ . | xml }}</acc:citizenId></acc:AccountNotFound></detail>
  {{- end }}
</soap:Fault>
{{ template "close" }}
{{- end -}}
`))
