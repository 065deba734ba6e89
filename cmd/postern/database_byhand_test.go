package main

import (
	"bufio"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"
)

// A handTenancy is a row as one would write it by hand, with the gateway's JSON.
type handTenancy struct {
	TenancyID  int32     `json:"tenancyId"`
	CitizenID  string    `json:"citizenId"`
	Address    string    `json:"address"`
	PostCode   *string   `json:"postCode,omitempty"`
	Bedrooms   int16     `json:"bedrooms"`
	Tenure     string    `json:"tenure"`
	WeeklyRent string    `json:"weeklyRent"`
	Started    handDate  `json:"started"`
	Furnished  *bool     `json:"furnished,omitempty"`
	Signed     *handTime `json:"signed,omitempty"`
	Views      int64     `json:"views,string"`
	Note       *string   `json:"note,omitempty"`
}

type (
	handDate struct{ pgtype.Date }
	handTime struct{ time.Time }
)

// MarshalJSON writes the day alone.
func (d handDate) MarshalJSON() ([]byte, error) { return d.Time.AppendFormat(nil, `"2006-01-02"`), nil }

// MarshalJSON writes the moment in UTC.
func (t handTime) MarshalJSON() ([]byte, error) {
	return t.UTC().AppendFormat(nil, `"`+time.RFC3339Nano+`"`), nil
}

// ScanTimestamptz implements [pgtype.TimestamptzScanner].
func (t *handTime) ScanTimestamptz(value pgtype.Timestamptz) error {
	t.Time = value.Time
	return nil
}

const (
	handColumns = `SELECT tenancy_id, citizen_id, address, post_code, bedrooms, tenure, weekly_rent::text, started, furnished, signed, views, note FROM tenancies`
	handGet     = handColumns + ` WHERE tenancy_id = $1`
	handList    = handColumns + ` WHERE tenancy_id > $1 ORDER BY tenancy_id LIMIT $2`
)

// scan reads a row into the tenancy, which may have held another.
func (h *handTenancy) scan(row pgx.Row) error {
	return row.Scan(&h.TenancyID, &h.CitizenID, &h.Address, &h.PostCode, &h.Bedrooms, &h.Tenure, &h.WeeklyRent, &h.Started, &h.Furnished, &h.Signed, &h.Views, &h.Note)
}

// A handDatabase answers for one table what the gateway answers for any: the least that one would write by hand over pgx, whose pool prepares each statement once.
type handDatabase struct{ pool *pgxpool.Pool }

// serveDatabaseByHand serves a handDatabase.
func serveDatabaseByHand() {
	config, err := pgxpool.ParseConfig(os.Getenv(databaseAddress))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return
	}
	config.MaxConns = 10 // as the gateway has it
	pool, err := pgxpool.NewWithConfig(context.Background(), config)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return
	}
	byHand := &handDatabase{pool: pool}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /housing/v1/tenancies/{id}", byHand.get)
	mux.HandleFunc("GET /housing/v1/tenancies", byHand.list)
	mux.HandleFunc("GET /housing/v1/tenancies:stream", byHand.stream)
	serveAlone(mux.ServeHTTP)
}

func (h *handDatabase) get(w http.ResponseWriter, r *http.Request) {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 32)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	var found handTenancy
	err = found.scan(h.pool.QueryRow(r.Context(), handGet, id))
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		http.Error(w, "not found", http.StatusNotFound)
	case err != nil:
		http.Error(w, "internal error", http.StatusInternalServerError)
	default:
		answerByHand(w, &found)
	}
}

// A handPage is a page of the list.
type handPage struct {
	Tenancies     []handTenancy `json:"tenancies"`
	NextPageToken string        `json:"nextPageToken,omitempty"`
}

func (h *handDatabase) list(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	size, after := 50, int64(0)
	if text := query.Get("pageSize"); text != "" {
		wanted, err := strconv.Atoi(text)
		if err != nil || wanted < 1 {
			http.Error(w, "bad page size", http.StatusBadRequest)
			return
		}
		size = min(wanted, 1000)
	}
	if token := query.Get("pageToken"); token != "" {
		text, err := base64.RawURLEncoding.DecodeString(token)
		if err == nil {
			after, err = strconv.ParseInt(string(text), 10, 32)
		}
		if err != nil {
			http.Error(w, "bad page token", http.StatusBadRequest)
			return
		}
	}
	rows, err := h.pool.Query(r.Context(), handList, after, size+1)
	if err != nil {
		http.Error(w, "internal error", http.StatusInternalServerError)
		return
	}
	defer rows.Close()
	page := handPage{Tenancies: make([]handTenancy, 0, size+1)}
	for rows.Next() {
		page.Tenancies = append(page.Tenancies, handTenancy{})
		if err := page.Tenancies[len(page.Tenancies)-1].scan(rows); err != nil {
			http.Error(w, "internal error", http.StatusInternalServerError)
			return
		}
	}
	if err := rows.Err(); err != nil {
		http.Error(w, "internal error", http.StatusInternalServerError)
		return
	}
	if len(page.Tenancies) > size {
		page.Tenancies = page.Tenancies[:size]
		page.NextPageToken = base64.RawURLEncoding.EncodeToString(strconv.AppendInt(nil, int64(page.Tenancies[size-1].TenancyID), 10))
	}
	answerByHand(w, &page)
}

func answerByHand(w http.ResponseWriter, value any) {
	body, err := json.Marshal(value)
	if err != nil {
		http.Error(w, "internal error", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(body)
}

// A handLine is one line of the stream.
type handLine struct {
	Result *handTenancy `json:"result"`
}

func (h *handDatabase) stream(w http.ResponseWriter, r *http.Request) {
	rows, err := h.pool.Query(r.Context(), handColumns)
	if err != nil {
		http.Error(w, "internal error", http.StatusInternalServerError)
		return
	}
	defer rows.Close()
	w.Header().Set("Content-Type", "application/x-ndjson")
	buffered := bufio.NewWriterSize(w, 32<<10)
	defer func() { _ = buffered.Flush() }() // the caller has gone
	lines := json.NewEncoder(buffered)
	for rows.Next() {
		var tenancy handTenancy
		if tenancy.scan(rows) != nil || lines.Encode(handLine{&tenancy}) != nil {
			return
		}
	}
}
