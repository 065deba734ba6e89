package xmlrecord

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"math/big"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/postern-gateway/postern/adapters/batch/format"
	"github.com/postern-gateway/postern/adapters/batch/framing"
	"github.com/postern-gateway/postern/adapters/batch/record"
)

// transactions are the elements that ISO 20022 messages consist of: entries of statements and notifications (camt), transfers, direct debits and their
// statuses and returns (pain, pacs).
func isTransaction(name string) bool {
	switch name {
	case "Ntry", "CdtTrfTxInf", "DrctDbtTxInf", "TxInfAndSts", "TxInf":
		return true
	default:
		return false
	}
}

// amounts are where a transaction has its amount, in the order of which counts.
func amountPaths() []string {
	return []string{"IntrBkSttlmAmt", "Amt/InstdAmt", "Amt/EqvtAmt/Amt", "InstdAmt", "Amt"}
}

// ISO20022 reads the entries and transactions of a message as records. The number of transactions and the control sum that the header of the message states must be right, unless it is lenient.
type ISO20022 struct {
	elements Format
	lenient  bool
}

// NewISO20022 returns the format. Without a layout transactions are shown as they are.
func NewISO20022(layout *record.Layout, lenient bool) *ISO20022 {
	return &ISO20022{elements: Format{layout: layout}, lenient: lenient}
}

// Layout implements [format.Format].
func (f *ISO20022) Layout() *record.Layout { return f.elements.layout }

// Open implements [format.Format].
func (f *ISO20022) Open(r io.Reader) framing.Reader { return OpenISO20022(r, f.lenient) }

// Decode implements [format.Format].
func (f *ISO20022) Decode(raw []byte, to record.Sink) error { return f.elements.Decode(raw, to) }

// AppendJSON implements [format.Free].
func (f *ISO20022) AppendJSON(to, raw []byte) ([]byte, error) { return f.elements.AppendJSON(to, raw) }

var (
	_ format.Format = (*ISO20022)(nil)
	_ format.Free   = (*ISO20022)(nil)
)

// A Summary is what an ISO 20022 message says of itself, and what was read of it.
type Summary struct {
	// Root is the name of the file's root; Namespace is the one of the message's Document, and Message its identifier: pain.001.001.03.
	Root      string `json:"root"`
	Namespace string `json:"namespace"`
	Message   string `json:"message"`
	// NumberOfTransactions and ControlSum are the first NbOfTxs and CtrlSum.
	NumberOfTransactions string `json:"numberOfTransactions"`
	ControlSum           string `json:"controlSum"`
	// Transactions is how many there are, and Sum what their amounts come to, whatever the currencies.
	Transactions int64  `json:"transactions"`
	Sum          string `json:"sum"`
}

// A Message reads the transactions of an ISO 20022 message.
type Message struct {
	*Reader
	lenient bool
	summary Summary
	total   totals
	text    string
}

// totals are what a message states, and what has been counted of it.
type totals struct {
	stated, sum string // NbOfTxs and CtrlSum
	count       int64
	amounts     big.Rat
	scale       int
}

// OpenISO20022 returns a reader of the transactions of a message.
func OpenISO20022(r io.Reader, lenient bool) *Message {
	m := &Message{Reader: NewReader(r, Path{}), lenient: lenient}
	m.transaction = isTransaction
	m.seen = m.look
	return m
}

// Next implements [framing.Reader].
func (m *Message) Next() (framing.Record, error) {
	next, err := m.Reader.Next()
	if errors.Is(err, io.EOF) && !m.lenient {
		if reason := m.total.check(); reason != "" {
			return next, m.errorf("the message states %s", reason)
		}
	}
	if err == nil {
		m.count(next.Data)
	}
	return next, err
}

func (m *Message) count(raw []byte) {
	m.total.count++
	element, err := Parse(raw)
	if err != nil {
		return // it is found again when the record is decoded
	}
	for _, path := range amountPaths() {
		text := element.find(strings.Split(path, "/"))
		amount, ok := new(big.Rat).SetString(text)
		if text == "" || !ok {
			continue
		}
		_, fraction, _ := strings.Cut(text, ".")
		m.total.amounts.Add(&m.total.amounts, amount)
		m.total.scale = max(m.total.scale, len(fraction))
		return
	}
}

// find returns the text of the first element at a path of names.
func (e *Element) find(path []string) string {
	for _, child := range e.Children {
		if child.Name != path[0] {
			continue
		}
		if len(path) > 1 {
			return child.find(path[1:])
		}
		if len(child.Children) == 0 {
			return strings.TrimSpace(child.Text)
		}
	}
	return ""
}

// check returns what does not agree, or nothing.
func (l *totals) check() string {
	if l.stated != "" {
		if stated, err := strconv.ParseInt(l.stated, 10, 64); err != nil || stated != l.count {
			return l.stated + " transactions, and there are " + strconv.FormatInt(l.count, 10)
		}
	}
	if l.sum != "" {
		if stated, ok := new(big.Rat).SetString(l.sum); !ok || stated.Cmp(&l.amounts) != 0 {
			return "a control sum of " + l.sum + ", and the amounts come to " + l.amounts.FloatString(l.scale)
		}
	}
	return ""
}

// messageIdentifier finds pain.001.001.03 in a namespace.
var messageIdentifier = regexp.MustCompile(`[a-z]{4}\.\d{3}\.\d{3}\.\d{2}`)

// look takes from the tokens outside of transactions, and those within, what the message says of itself.
func (m *Message) look(open []string, token xml.Token) {
	switch token := token.(type) {
	case xml.StartElement:
		m.text = ""
		if m.summary.Root == "" {
			m.summary.Root = token.Name.Local
		}
		if message := messageIdentifier.FindString(token.Name.Space); token.Name.Local == "Document" && m.summary.Message == "" && message != "" {
			m.summary.Namespace, m.summary.Message = token.Name.Space, message
		}
	case xml.CharData:
		m.text += string(bytes.TrimSpace(token))
	case xml.EndElement:
		m.ended(open)
	}
}

func (m *Message) ended(open []string) {
	name := open[len(open)-1]
	if name != "NbOfTxs" && name != "CtrlSum" {
		return
	}
	first := &m.summary.NumberOfTransactions
	if name == "CtrlSum" {
		first = &m.summary.ControlSum
	}
	if *first == "" {
		*first = m.text
	}
	if len(open) < 2 || open[len(open)-2] != "GrpHdr" || !slices.Contains(open, "Document") {
		return
	}
	if name == "NbOfTxs" {
		m.total.stated = m.text
	} else {
		m.total.sum = m.text
	}
}

// Summary returns what has been read so far.
func (m *Message) Summary() Summary {
	summary := m.summary
	summary.Transactions = m.total.count
	summary.Sum = m.total.amounts.FloatString(m.total.scale)
	return summary
}
