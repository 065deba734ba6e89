package counciltax

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"time"

	"github.com/postern-gateway/postern/deploy/demo/population"
)

// Path is where the service stands on its server.
const Path = "/AccountService"

// placeholder is the address that the WSDL in the estate names: the real one is written into what ?wsdl answers.
const placeholder = "http://revenues.riverside.example/AccountService"

// maxRequest is the longest request in bytes that is read.
const maxRequest = 1 << 20

// Options are what a [Service] is made from. All are needed.
type Options struct {
	// Citizens are those that have an account.
	Citizens []population.Citizen
	// WSDL is the description that ?wsdl answers, with the server's own address put into it.
	WSDL []byte
	// Username and Password are what a UsernameToken must hold.
	Username, Password string
	// ContactsFile is where recordContact writes.
	ContactsFile string
	// SlowDelay is how long an answer takes in slow mode.
	SlowDelay time.Duration
	// Logger is told about requests that went wrong.
	Logger *slog.Logger
}

// A Service is the council tax system. It is an http.Handler for [Path], safe for concurrent use.
type Service struct {
	options     Options
	credentials credentials
	accounts    []account // in order of citizen id
	byID        map[string]*account
	contacts    *contacts
	mode        *Switch
}

var _ http.Handler = (*Service)(nil)

// New makes the accounts up and opens the contacts file.
func New(options Options) (*Service, error) {
	contacts, err := openContacts(options.ContactsFile)
	if err != nil {
		return nil, err
	}
	s := &Service{
		options:     options,
		credentials: credentials{username: options.Username, password: options.Password},
		accounts:    make([]account, len(options.Citizens)),
		byID:        make(map[string]*account, len(options.Citizens)),
		contacts:    contacts,
		mode:        &Switch{},
	}
	for i, citizen := range options.Citizens {
		s.accounts[i] = newAccount(citizen)
		s.byID[citizen.ID] = &s.accounts[i]
	}
	return s, nil
}

// Switch returns the switch of the service's mode.
func (s *Service) Switch() *Switch { return s.mode }

// WSDL returns the description of the service at an address.
func (s *Service) WSDL(address string) ([]byte, error) {
	escaped, err := escape(address)
	return bytes.ReplaceAll(s.options.WSDL, []byte(placeholder), []byte(escaped)), err
}

// ServeHTTP answers a SOAP request, or GET with the query wsdl.
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch s.mode.Mode() {
	case Failing:
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(http.StatusServiceUnavailable)
		_, _ = io.WriteString(w, "<html><body><h1>503 Service Unavailable</h1></body></html>\n") // nobody to tell
	case Slow:
		s.answerSlowly(w, r)
	default:
		s.answer(w, r)
	}
}

// answerSlowly waits before it answers, unless the caller goes.
func (s *Service) answerSlowly(w http.ResponseWriter, r *http.Request) {
	// net/http only sees that a caller has gone once the body is read.
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequest))
	if err != nil {
		http.Error(w, "the request cannot be read", http.StatusBadRequest)
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	delay := time.NewTimer(s.options.SlowDelay)
	defer delay.Stop()
	select {
	case <-delay.C:
		s.answer(w, r)
	case <-r.Context().Done():
	}
}

func (s *Service) answer(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.Method == http.MethodGet && r.URL.Query().Has("wsdl"):
		description, err := s.WSDL("http://" + r.Host + Path)
		s.write(w, reply{status: http.StatusOK, body: description}, err)
	case r.Method != http.MethodPost:
		w.Header().Set("Allow", http.MethodPost)
		http.Error(w, "only POST, and GET with ?wsdl", http.StatusMethodNotAllowed)
	case !isXML(r.Header.Get("Content-Type")):
		http.Error(w, "only text/xml", http.StatusUnsupportedMediaType)
	default:
		answer, err := s.call(http.MaxBytesReader(w, r.Body, maxRequest))
		var refused *fault
		if errors.As(err, &refused) {
			s.options.Logger.Debug("the request was refused", "fault", refused.Code, "text", refused.Text)
			answer, err = renderFault(refused)
		}
		s.write(w, answer, err)
	}
}

func (s *Service) write(w http.ResponseWriter, answer reply, err error) {
	if err != nil {
		s.options.Logger.Error("the request could not be answered", "error", err)
		http.Error(w, "internal error", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/xml; charset=utf-8")
	w.WriteHeader(answer.status)
	_, _ = w.Write(answer.body) // the caller has gone: nobody to tell
}

// call reads a request, authenticates it and runs its operation. What it holds against the caller is a [fault].
func (s *Service) call(body io.Reader) (reply, error) {
	content, err := io.ReadAll(body)
	if err != nil {
		return reply{}, badRequest(err)
	}
	request, err := readEnvelope(content)
	if err != nil {
		return reply{}, badRequest(err)
	}
	switch err := s.credentials.check(request.Header.Security, time.Now()); {
	case errors.Is(err, errNoToken):
		return reply{}, &fault{Code: "wsse:InvalidSecurity", Text: err.Error()}
	case err != nil:
		return reply{}, &fault{Code: "wsse:FailedAuthentication", Text: err.Error()}
	}
	switch {
	case request.Body.GetAccount != nil:
		return s.getAccount(request.Body.GetAccount)
	case request.Body.FindAccounts != nil:
		return s.findAccounts(request.Body.FindAccounts)
	case request.Body.RecordContact != nil:
		return s.recordContact(request.Body.RecordContact)
	default:
		return reply{}, badRequest(errors.New("the body holds no operation of this service"))
	}
}

func (s *Service) getAccount(request *getAccount) (reply, error) {
	if err := request.check(); err != nil {
		return reply{}, badRequest(err)
	}
	found, ok := s.byID[request.CitizenID]
	if !ok {
		return reply{}, accountNotFound(request.CitizenID)
	}
	return render("getAccount", found)
}

func (s *Service) findAccounts(request *findAccounts) (reply, error) {
	most, err := request.results()
	if err != nil {
		return reply{}, badRequest(err)
	}
	var found struct {
		Matches       []*account
		MoreAvailable bool
	}
	for i := range s.accounts {
		one := &s.accounts[i]
		if one.Citizen.ID <= request.StartAfter || !one.matches(request.LastName) {
			continue
		}
		if len(found.Matches) == most {
			found.MoreAvailable = true
			break
		}
		found.Matches = append(found.Matches, one)
	}
	return render("findAccounts", found)
}

func (s *Service) recordContact(request *recordContact) (reply, error) {
	if err := request.check(); err != nil {
		return reply{}, badRequest(err)
	}
	if _, ok := s.byID[request.CitizenID]; !ok {
		return reply{}, accountNotFound(request.CitizenID)
	}
	recorded, err := s.contacts.add(contact{
		CitizenID: request.CitizenID, Channel: request.Channel, Note: request.Note, RecordedAt: time.Now().UTC().Truncate(time.Second),
	})
	if err != nil {
		return reply{}, err
	}
	return render("recordContact", recorded)
}

func isXML(contentType string) bool {
	media, _, err := mime.ParseMediaType(contentType)
	return err == nil && media == "text/xml"
}
