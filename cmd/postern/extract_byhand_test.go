package main

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"strings"

	"golang.org/x/text/encoding/charmap"

	"github.com/postern-gateway/postern/adapters/batch/snapshot"
)

// A handRecord is a record as one would write it by hand, with the gateway's JSON.
type handRecord struct {
	Kind        string `json:"kind"`
	CustomerID  int64  `json:"customerId,string"`
	Surname     string `json:"surname"`
	GivenName   string `json:"givenName"`
	Born        string `json:"born,omitempty"`
	Street      string `json:"street"`
	Town        string `json:"town"`
	Postcode    string `json:"postcode"`
	Balance     string `json:"balance"`
	Branch      int32  `json:"branch"`
	StatusCode  string `json:"statusCode"`
	CreditLimit string `json:"creditLimit"`
}

// A handExtract answers for one kind of record what the gateway answers for any: the least that one would write by hand over the snapshot.
type handExtract struct {
	snapshot *snapshot.Snapshot
	page     [256]byte // of the code page, for the ASCII that the data has
}

// serveExtractByHand serves a handExtract.
func serveExtractByHand() {
	path := os.Getenv(extractSnapshot)
	layout, err := layoutOf(path)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return
	}
	opened, err := snapshot.Open(path, layout)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return
	}
	byHand := &handExtract{snapshot: opened}
	for b := range byHand.page {
		byHand.page[b] = byte(charmap.CodePage037.DecodeByte(byte(b)))
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /crm/v1/customers/{id}", byHand.get)
	mux.HandleFunc("GET /crm/v1/customers", byHand.list)
	serveAlone(mux.ServeHTTP)
}

// layoutOf reads what a snapshot says of its layout, which only its own gateway knows otherwise.
func layoutOf(path string) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer file.Close()
	stat, err := file.Stat()
	if err != nil {
		return "", err
	}
	trailer := make([]byte, 24)
	if _, err := file.ReadAt(trailer, stat.Size()-int64(len(trailer))); err != nil {
		return "", err
	}
	text := make([]byte, binary.BigEndian.Uint32(trailer[8:]))
	if _, err := file.ReadAt(text, int64(binary.BigEndian.Uint64(trailer))); err != nil {
		return "", err
	}
	var info snapshot.Info
	err = json.Unmarshal(text, &info)
	return info.Layout, err
}

func (h *handExtract) get(w http.ResponseWriter, r *http.Request) {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	data := h.snapshot.Get(handKey(id))
	if data == nil {
		http.Error(w, "not found", http.StatusNotFound)
		return
	}
	found := h.customer(data)
	answerByHand(w, &found)
}

// handKey is a number as keys have it.
func handKey(id int64) []byte { return binary.BigEndian.AppendUint64(nil, uint64(id)^1<<63) }

// A handRecords is a page of the list.
type handRecords struct {
	Customers     []handRecord `json:"customers"`
	NextPageToken string       `json:"nextPageToken,omitempty"`
	AsOf          string       `json:"asOf"`
}

func (h *handExtract) list(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	size, at, index := 50, 0, h.snapshot.Index(0)
	if text := query.Get("pageSize"); text != "" {
		wanted, err := strconv.Atoi(text)
		if err != nil || wanted < 1 {
			http.Error(w, "bad page size", http.StatusBadRequest)
			return
		}
		size = min(wanted, 1000)
	}
	if token := query.Get("pageToken"); token != "" {
		behind, err := base64.RawURLEncoding.DecodeString(token)
		if err != nil {
			http.Error(w, "bad page token", http.StatusBadRequest)
			return
		}
		at = index.Seek(behind) + 1
	}
	page := handRecords{Customers: make([]handRecord, 0, size), AsOf: h.snapshot.Info().AsOf.UTC().Format("2006-01-02T15:04:05.999999999Z")}
	for ; at < index.Len() && len(page.Customers) < size; at++ {
		_, ordinal := index.Entry(at)
		page.Customers = append(page.Customers, h.customer(h.snapshot.Record(ordinal)))
	}
	if at < index.Len() {
		last := page.Customers[len(page.Customers)-1].CustomerID
		page.NextPageToken = base64.RawURLEncoding.EncodeToString(handKey(last))
	}
	answerByHand(w, &page)
}

// customer decodes a record.
func (h *handExtract) customer(data []byte) handRecord {
	return handRecord{
		Kind: h.text(data[0:1]), CustomerID: h.number(data[1:11]), Surname: h.text(data[11:41]), GivenName: h.text(data[41:71]),
		Born: h.date(data[71:79]), Street: h.text(data[79:119]), Town: h.text(data[119:149]), Postcode: h.text(data[149:157]),
		Balance: hundredths(unpacked(data[157:163])), Branch: int32(binary.BigEndian.Uint32(data[163:167])), StatusCode: h.text(data[167:169]),
		CreditLimit: hundredths(h.number(data[169:178])),
	}
}

func (h *handExtract) text(raw []byte) string {
	var room [64]byte
	out := room[:0]
	for _, b := range raw {
		out = append(out, h.page[b])
	}
	return strings.TrimRight(string(out), " ")
}

// number reads digits without a sign; the high half of a last byte that is not F would be one.
func (h *handExtract) number(raw []byte) (n int64) {
	for _, b := range raw {
		n = n*10 + int64(b&0xF)
	}
	return n
}

func (h *handExtract) date(raw []byte) string {
	text := h.text(raw)
	return text[:4] + "-" + text[4:6] + "-" + text[6:]
}

func unpacked(raw []byte) (n int64) {
	for _, b := range raw[:len(raw)-1] {
		n = n*100 + int64(b>>4)*10 + int64(b&0xF)
	}
	n = n*10 + int64(raw[len(raw)-1]>>4)
	if raw[len(raw)-1]&0xF == 0xD {
		n = -n
	}
	return n
}

func hundredths(n int64) string {
	sign := ""
	if n < 0 {
		sign, n = "-", -n
	}
	return fmt.Sprintf("%s%d.%02d", sign, n/100, n%100)
}
