package counciltax

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
)

// The namespaces stand in the tags below too.
const (
	accountNamespace  = "http://revenues.riverside.example/account/v3"
	envelopeNamespace = "http://schemas.xmlsoap.org/soap/envelope/"
	securityNamespace = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
)

// An envelope is a request as it comes in. Elements count only in their right namespace.
type envelope struct {
	XMLName xml.Name `xml:"http://schemas.xmlsoap.org/soap/envelope/ Envelope"`
	Header  struct {
		Security *security `xml:"http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd Security"`
	} `xml:"http://schemas.xmlsoap.org/soap/envelope/ Header"`
	Body struct {
		GetAccount    *getAccount    `xml:"http://revenues.riverside.example/account/v3 getAccount"`
		FindAccounts  *findAccounts  `xml:"http://revenues.riverside.example/account/v3 findAccounts"`
		RecordContact *recordContact `xml:"http://revenues.riverside.example/account/v3 recordContact"`
	} `xml:"http://schemas.xmlsoap.org/soap/envelope/ Body"`
}

type getAccount struct {
	CitizenID string `xml:"http://revenues.riverside.example/account/v3 citizenId"`
}

type findAccounts struct {
	LastName   string  `xml:"http://revenues.riverside.example/account/v3 lastName"`
	MaxResults *string `xml:"http://revenues.riverside.example/account/v3 maxResults"`
	StartAfter string  `xml:"http://revenues.riverside.example/account/v3 startAfter"`
}

type recordContact struct {
	CitizenID string `xml:"http://revenues.riverside.example/account/v3 citizenId"`
	Channel   string `xml:"http://revenues.riverside.example/account/v3 channel"`
	Note      string `xml:"http://revenues.riverside.example/account/v3 note"`
}

var (
	citizenID = regexp.MustCompile(`^C[0-9]{6}$`)
	channels  = map[string]bool{"phone": true, "e-mail": true, "letter": true, "web": true}
)

const (
	defaultResults = 25
	mostResults    = 100
)

// readEnvelope decodes one whole document.
func readEnvelope(content []byte) (*envelope, error) {
	decoder := xml.NewDecoder(bytes.NewReader(content))
	var request envelope
	if err := decoder.Decode(&request); err != nil {
		return nil, fmt.Errorf("reading the envelope: %w", err)
	}
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return &request, nil
		}
		if err != nil {
			return nil, fmt.Errorf("reading behind the envelope: %w", err)
		}
		if _, ok := token.(xml.StartElement); ok {
			return nil, errors.New("there is a second element behind the envelope")
		}
	}
}

func (g *getAccount) check() error { return checkCitizenID(g.CitizenID) }

func (r *recordContact) check() error {
	switch {
	case !channels[r.Channel]:
		return errors.New("channel is none of phone, e-mail, letter, web")
	case r.Note == "" || len([]rune(r.Note)) > 500:
		return errors.New("note must have 1 to 500 characters")
	default:
		return checkCitizenID(r.CitizenID)
	}
}

// results checks the request and returns how many results are wanted.
func (f *findAccounts) results() (int, error) {
	if f.LastName == "" || len([]rune(f.LastName)) > 40 {
		return 0, errors.New("lastName must have 1 to 40 characters")
	}
	if f.StartAfter != "" {
		if err := checkCitizenID(f.StartAfter); err != nil {
			return 0, err
		}
	}
	if f.MaxResults == nil {
		return defaultResults, nil
	}
	count, err := strconv.Atoi(*f.MaxResults)
	if err != nil || count < 1 || count > mostResults {
		return 0, fmt.Errorf("maxResults must be a number from 1 to %d", mostResults)
	}
	return count, nil
}

func checkCitizenID(id string) error {
	if !citizenID.MatchString(id) {
		return errors.New("citizenId must be a C and six digits")
	}
	return nil
}
