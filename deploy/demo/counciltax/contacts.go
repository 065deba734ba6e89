package counciltax

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"
	"time"
)

// A contact is one line of the contact file: the citizen was in touch with the council.
type contact struct {
	Reference  string    `json:"reference"`
	CitizenID  string    `json:"citizenId"`
	Channel    string    `json:"channel"`
	Note       string    `json:"note"`
	RecordedAt time.Time `json:"recordedAt"`
}

// contacts is the file of all contacts, one JSON object to a line.
type contacts struct {
	path string

	mu    sync.Mutex
	count int
}

func openContacts(path string) (*contacts, error) {
	content, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("reading the contacts: %w", err)
	}
	return &contacts{path: path, count: bytes.Count(content, []byte("\n"))}, nil
}

// add numbers a contact and writes it. The contact is on disk when add returns.
func (c *contacts) add(one contact) (contact, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	one.Reference = fmt.Sprintf("CON-%06d", c.count+1)
	line, err := json.Marshal(one)
	if err != nil {
		return contact{}, fmt.Errorf("writing contact %s: %w", one.Reference, err)
	}
	file, err := os.OpenFile(c.path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return contact{}, fmt.Errorf("opening the contacts: %w", err)
	}
	_, writeErr := file.Write(append(line, '\n'))
	if err := errors.Join(writeErr, file.Sync(), file.Close()); err != nil {
		return contact{}, fmt.Errorf("writing contact %s: %w", one.Reference, err)
	}
	c.count++
	return one, nil
}
