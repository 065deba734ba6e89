package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	adminv1 "github.com/postern-gateway/postern/proto/postern/admin/v1"
)

// batchListing is what `postern batch list` shows of one back end. Fields are only ever added to its JSON.
type batchListing struct {
	Backend     string    `json:"backend"`
	Extracts    jsonProto `json:"extracts"`
	Submissions jsonProto `json:"submissions"`
	Runs        jsonProto `json:"runs"`
}

// jsonProto is a list of messages, which has JSON of its own and is never null.
type jsonProto []proto.Message

// MarshalJSON implements [json.Marshaler].
func (m jsonProto) MarshalJSON() ([]byte, error) {
	all := make([]json.RawMessage, len(m))
	for i, one := range m {
		text, err := protojson.MarshalOptions{EmitUnpopulated: true}.Marshal(one)
		if err != nil {
			return nil, fmt.Errorf("writing JSON: %w", err)
		}
		all[i] = text
	}
	return json.Marshal(all)
}

func listOf[M proto.Message](messages []M) jsonProto {
	all := make(jsonProto, len(messages))
	for i, one := range messages {
		all[i] = one
	}
	return all
}

// batchBackends returns the back ends that have files.
func (c *adminClient) batchBackends(ctx context.Context) ([]string, error) {
	var response adminv1.ListBackendsResponse
	if err := c.get(ctx, adminPath("backends"), nil, &response); err != nil {
		return nil, err
	}
	var names []string
	for _, b := range response.GetBackends() {
		if b.GetBatch() {
			names = append(names, b.GetName())
		}
	}
	return names, nil
}

// listing asks for all that is shown of a back end.
func (c *adminClient) listing(ctx context.Context, backend string, runs int) (*batchListing, error) {
	var extracts adminv1.ListExtractsResponse
	var submissions adminv1.ListSubmissionsResponse
	var ran adminv1.ListRunsResponse
	if err := c.get(ctx, adminPath("backends", backend, "extracts"), nil, &extracts); err != nil {
		return nil, err
	}
	if err := c.get(ctx, adminPath("backends", backend, "submissions"), nil, &submissions); err != nil {
		return nil, err
	}
	if runs > 0 {
		if err := c.get(ctx, adminPath("backends", backend, "runs"), url.Values{"pageSize": {strconv.Itoa(runs)}}, &ran); err != nil {
			return nil, err
		}
	}
	return &batchListing{
		Backend: backend, Extracts: listOf(extracts.GetExtracts()), Submissions: listOf(submissions.GetSubmissions()), Runs: listOf(ran.GetRuns()),
	}, nil
}

// findRun finds a run by its id, or the newest of a file.
func (c *adminClient) findRun(ctx context.Context, backend, name string) (*adminv1.Run, error) {
	query := url.Values{"pageSize": {"1000"}}
	for {
		var page adminv1.ListRunsResponse
		if err := c.get(ctx, adminPath("backends", backend, "runs"), query, &page); err != nil {
			return nil, err
		}
		at := slices.IndexFunc(page.GetRuns(), func(run *adminv1.Run) bool { return run.GetId() == name || run.GetFile() == name })
		if at >= 0 {
			return page.GetRuns()[at], nil
		}
		if page.GetNextPageToken() == "" {
			return nil, fmt.Errorf("the back end %s has no run %q, nor one of a file of this name", backend, name)
		}
		query.Set("pageToken", page.GetNextPageToken())
	}
}

// print prints tables for people.
func (l *batchListing) print(out io.Writer) {
	fmt.Fprintf(out, "%s\n\n", l.Backend)
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	section(table, l.Extracts, "EXTRACT\tSTATE\tAS OF\tAGE\tRECORDS\tSNAPSHOT\tFILE", extractRow)
	section(table, l.held(), "HELD FILE\tOF\tNUMBER\tWRITTEN\tREASON", heldRow)
	section(table, l.Submissions, "SUBMISSION\tQUEUED\tOLDEST\tFILES UNDER WAY\tUNANSWERED\tOLDEST", submissionRow)
	section(table, l.Runs, "RUN\tOF\tFILE\tSTARTED\tTOOK\tOUTCOME\tRECORDS\tREJECTS\tREASON", runRow)
}

// section prints one table, if it has rows. Another may follow.
func section(table *tabwriter.Writer, rows jsonProto, head string, row func(proto.Message) []string) {
	if len(rows) == 0 {
		return
	}
	fmt.Fprintln(table, head)
	for _, one := range rows {
		fmt.Fprintln(table, strings.Join(row(one), "\t"))
	}
	_ = table.Flush() // standard output has no other way to say that it is gone
	fmt.Fprintln(table)
	_ = table.Flush()
}

func extractRow(message proto.Message) []string {
	x, _ := message.(*adminv1.Extract)
	state := strings.ToLower(strings.TrimPrefix(x.GetFreshness().String(), "FRESHNESS_"))
	if x.GetRolledBack() {
		state += ", rolled back"
	}
	if x.GetDue() != "" {
		state += ", due " + x.GetDue()
	}
	if missing := x.GetMissing(); len(missing) > 0 {
		state += ", missing " + strings.Join(missing, " ")
	}
	rows := []string{x.GetName(), state, "-", "-", "-", "-", plain(x.GetDetail())}
	if in := x.GetInForce(); in != nil {
		file := in.GetFile()
		if x.GetDetail() != "" {
			file += " (" + plain(x.GetDetail()) + ")"
		}
		rows = []string{
			x.GetName(), state, shortTime(in.GetAsOf()), x.GetAge().AsDuration().Round(time.Minute).String(), strconv.FormatInt(in.GetRecords(), 10), in.GetName(), plain(file),
		}
	}
	return rows
}

// A heldFile is one with the extract that it is of.
type heldFile struct {
	*adminv1.HeldFile
	of string
}

// held are the files of all extracts that wait.
func (l *batchListing) held() (all jsonProto) {
	for _, message := range l.Extracts {
		x, _ := message.(*adminv1.Extract)
		for _, file := range x.GetHeld() {
			all = append(all, heldFile{file, x.GetName()})
		}
	}
	return all
}

func heldRow(message proto.Message) []string {
	file, _ := message.(heldFile)
	return []string{plain(file.GetFile()), file.of, numberOf(file.Number), shortTime(file.GetModifiedAt()), plain(file.GetReason())}
}

// numberOf spells the number of a file; - for none.
func numberOf(number *int64) string {
	if number == nil {
		return "-"
	}
	return strconv.FormatInt(*number, 10)
}

func submissionRow(message proto.Message) []string {
	s, _ := message.(*adminv1.Submission)
	files := make([]string, len(s.GetFiles()))
	for i, file := range s.GetFiles() {
		files[i] = fmt.Sprintf("%s (%d, %s)", file.GetName(), file.GetSubmissions(), strings.ToLower(file.GetStep()))
	}
	if len(files) == 0 {
		files = []string{"-"}
	}
	row := []string{
		s.GetName(), strconv.FormatInt(s.GetQueued(), 10), shortTime(s.GetOldestQueuedAt()), plain(strings.Join(files, ", ")),
		strconv.FormatInt(s.GetUnanswered(), 10), shortTime(s.GetOldestUnansweredAt()),
	}
	if s.GetDetail() != "" {
		row = append(row, plain(s.GetDetail()))
	}
	return row
}

func runRow(message proto.Message) []string {
	r, _ := message.(*adminv1.Run)
	outcome := r.GetOutcome()
	if r.GetOutOfSequence() {
		outcome += ", out of sequence"
	}
	if late := r.GetLate().AsDuration(); late > 0 {
		outcome += ", late by " + late.Round(time.Second).String()
	}
	return []string{
		r.GetId(), r.GetOf(), plain(r.GetFile()), shortTime(r.GetStartedAt()), shortDuration(r.GetDuration().AsDuration()), outcome,
		strconv.FormatInt(r.GetRecords(), 10), strconv.FormatInt(r.GetRejects(), 10), plain(r.GetReason()),
	}
}

// shortDuration spells a time to the millisecond, or to the microsecond if it is shorter.
func shortDuration(d time.Duration) string {
	if d < time.Millisecond {
		return d.Round(time.Microsecond).String()
	}
	return d.Round(time.Millisecond).String()
}

// shortTime spells a moment in UTC, to the second; - for none.
func shortTime(at *timestamppb.Timestamp) string {
	if at == nil {
		return "-"
	}
	return at.AsTime().UTC().Format(time.RFC3339)
}

// plain is text of others on one line, with nothing in it that a terminal obeys.
func plain(text string) string {
	if strings.ContainsFunc(text, func(r rune) bool { return !strconv.IsPrint(r) }) {
		quoted := strconv.Quote(text)
		return quoted[1 : len(quoted)-1]
	}
	return text
}

// rejectsPrinter prints rejects as they come.
type rejectsPrinter struct {
	out   io.Writer
	json  bool
	table *tabwriter.Writer
	begun bool
}

func newRejectsPrinter(out io.Writer, asJSON bool) *rejectsPrinter {
	return &rejectsPrinter{out: out, json: asJSON, table: tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)}
}

func (p *rejectsPrinter) print(one *adminv1.Reject) error {
	if p.json {
		return printLine(p.out, one)
	}
	if !p.begun {
		p.begun = true
		fmt.Fprintln(p.table, "RECORD\tOFFSET\tREASON\tDATA")
	}
	_, err := fmt.Fprintf(p.table, "%d\t%d\t%s\t%x\n", one.GetRecord(), one.GetOffset(), plain(one.GetReason()), one.GetData())
	return err
}

func (p *rejectsPrinter) flush() error { return p.table.Flush() }

// printLine prints a message as JSON on one line.
func printLine(out io.Writer, message proto.Message) error {
	text, err := protojson.Marshal(message)
	if err != nil {
		return fmt.Errorf("writing JSON: %w", err)
	}
	var line bytes.Buffer
	if err := json.Compact(&line, text); err != nil { // protojson spaces at random
		return fmt.Errorf("writing JSON: %w", err)
	}
	_, err = fmt.Fprintln(out, line.String())
	return err
}

func (s *session) printMessage(message proto.Message) error { return printLine(s.stdout, message) }
