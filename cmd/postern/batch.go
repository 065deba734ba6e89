package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"strconv"

	"google.golang.org/protobuf/encoding/protojson"

	adminv1 "github.com/postern-gateway/postern/proto/postern/admin/v1"
)

// batchCommand is `postern batch`.
type batchCommand struct {
	List     batchListCommand     `cmd:"" help:"Show what is served and how fresh it is, what became of files, and what is on its way out."`
	Rejects  batchRejectsCommand  `cmd:"" help:"Show the records of a file that could not be used, and why."`
	Replay   batchReplayCommand   `cmd:"" help:"Take rejected records in after all: under the layout of now, or in corrected bytes."`
	Rollback batchRollbackCommand `cmd:"" help:"Serve an earlier snapshot again, or go forward."`
}

// Help says what all of them have in common.
func (batchCommand) Help() string {
	return "These ask a running gateway, over its admin API."
}

// batchListCommand is `postern batch list`.
type batchListCommand struct {
	Backend string `arg:"" optional:"" help:"The back end. Default: all that have files."`
	Runs    int    `default:"10" help:"How many of the newest runs are shown, at most 1000."`
	JSON    bool   `name:"json" help:"Print JSON."`
	adminFlags
}

// Help shows an example.
func (batchListCommand) Help() string {
	return "Examples:\n\n  postern batch list --estate ./estate\n\n  postern batch list benefits --runs 50 --admin 127.0.0.1:9091 --json"
}

// Validate is called by kong, so that a mistake is one of usage.
func (c *batchListCommand) Validate() error {
	if c.Runs < 0 || c.Runs > 1000 {
		return errors.New("--runs is from 0 to 1000")
	}
	return nil
}

// Run implements the command.
func (c *batchListCommand) Run(s *session) error {
	client, err := c.client()
	if err != nil {
		return err
	}
	names := []string{c.Backend}
	if c.Backend == "" {
		if names, err = client.batchBackends(s.ctx); err != nil {
			return err
		}
	}
	all := []*batchListing{} // in JSON it is never null
	for _, name := range names {
		listing, err := client.listing(s.ctx, name, c.Runs)
		if err != nil {
			return err
		}
		all = append(all, listing)
	}
	if c.JSON {
		return s.printJSON(all)
	}
	if len(all) == 0 {
		fmt.Fprintln(s.stderr, "No back end of the gateway has files.")
	}
	for _, listing := range all {
		listing.print(s.stdout)
	}
	return nil
}

// batchRejectsCommand is `postern batch rejects`.
type batchRejectsCommand struct {
	Backend string `arg:"" help:"The back end."`
	Which   string `arg:"" name:"run" help:"The run: its id, or the name of a file for its newest run."`
	Data    bool   `help:"Show the records' bytes too. They may hold personal data."`
	JSON    bool   `name:"json" help:"Print JSON lines."`
	adminFlags
}

// Help shows an example.
func (batchRejectsCommand) Help() string {
	return "Examples:\n\n  postern batch rejects benefits CLAIMS.D261122\n\n  postern batch rejects benefits CLAIMS.D261122 --data --json >fix.jsonl"
}

// Run implements the command.
func (c *batchRejectsCommand) Run(s *session) error {
	client, err := c.client()
	if err != nil {
		return err
	}
	run, err := client.findRun(s.ctx, c.Backend, c.Which)
	if err != nil {
		return err
	}
	query := url.Values{"withData": {strconv.FormatBool(c.Data)}, "pageSize": {"1000"}}
	out := newRejectsPrinter(s.stdout, c.JSON)
	shown := int64(0)
	for {
		var page adminv1.ListRejectsResponse
		if err := client.get(s.ctx, adminPath("backends", c.Backend, "runs", run.GetId(), "rejects"), query, &page); err != nil {
			return err
		}
		for _, one := range page.GetRejects() {
			if err := out.print(one); err != nil {
				return err
			}
		}
		shown += int64(len(page.GetRejects()))
		if page.GetNextPageToken() == "" {
			break
		}
		query.Set("pageToken", page.GetNextPageToken())
	}
	if err := out.flush(); err != nil {
		return err
	}
	fmt.Fprintf(s.stderr, "%s of %s: %s could not be used%s.\n", run.GetFile(), run.GetOf(), count(int(run.GetRejects()), "record"), andKept(run.GetRejects(), shown))
	return nil
}

// andKept says how many rejects were kept, where not all were.
func andKept(rejects, shown int64) string {
	if rejects == shown {
		return ""
	}
	return fmt.Sprintf(", and the first %d were kept", shown)
}

// batchReplayCommand is `postern batch replay`.
type batchReplayCommand struct {
	Backend     string  `arg:"" help:"The back end."`
	Which       string  `arg:"" name:"run" help:"The run: its id, or the name of a file for its newest run."`
	Record      []int64 `help:"Only the record of this number; may be given again." placeholder:"NUMBER"`
	Corrections string  `help:"A file of JSON lines as rejects --data --json prints them, with corrected data; - reads standard input." placeholder:"FILE"`
	JSON        bool    `name:"json" help:"Print JSON."`
	adminFlags
}

// Help shows an example.
func (batchReplayCommand) Help() string {
	return "Without --record and --corrections, all rejects of the run are tried again, as a changed layout may read them. Exit 1 if one of them is still bad.\n\n" +
		"Examples:\n\n  postern batch replay benefits CLAIMS.D261122\n\n  postern batch replay benefits CLAIMS.D261122 --corrections fix.jsonl"
}

// Run implements the command.
func (c *batchReplayCommand) Run(s *session) error {
	client, err := c.client()
	if err != nil {
		return err
	}
	request, err := c.request()
	if err != nil {
		return err
	}
	run, err := client.findRun(s.ctx, c.Backend, c.Which)
	if err != nil {
		return err
	}
	var response adminv1.ReplayRejectsResponse
	if err := client.post(s.ctx, adminPath("backends", c.Backend, "runs", run.GetId())+":replay", request, &response); err != nil {
		return err
	}
	replayed := response.GetRun()
	if c.JSON {
		if err := s.printMessage(replayed); err != nil {
			return err
		}
	} else {
		fmt.Fprintf(s.stdout, "%s were tried, %d of them are still bad; run %s\n", count(int(replayed.GetRecords()), "record"), replayed.GetRejects(), replayed.GetId())
	}
	if replayed.GetRejects() > 0 {
		return errNo
	}
	return nil
}

// request reads what is to be replayed.
func (c *batchReplayCommand) request() (*adminv1.ReplayRejectsRequest, error) {
	request := &adminv1.ReplayRejectsRequest{}
	for _, number := range c.Record {
		request.Records = append(request.Records, &adminv1.Correction{Record: number})
	}
	if c.Corrections == "" {
		return request, nil
	}
	var in io.Reader = os.Stdin
	if c.Corrections != "-" {
		file, err := os.Open(c.Corrections)
		if err != nil {
			return nil, fmt.Errorf("opening the corrections: %w", err)
		}
		defer file.Close() //nolint:errcheck // it was only read
		in = file
	}
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, maxAdminAnswer)
	for number := 1; lines.Scan(); number++ {
		if len(bytes.TrimSpace(lines.Bytes())) == 0 {
			continue
		}
		one := &adminv1.Correction{}
		if err := (protojson.UnmarshalOptions{DiscardUnknown: true}).Unmarshal(lines.Bytes(), one); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", c.Corrections, number, err)
		}
		request.Records = append(request.Records, one)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("reading the corrections: %w", err)
	}
	if len(request.GetRecords()) == 0 {
		return nil, fmt.Errorf("%s holds no corrections", c.Corrections) // none would mean all
	}
	return request, nil
}

// batchRollbackCommand is `postern batch rollback`.
type batchRollbackCommand struct {
	Backend string `arg:"" help:"The back end."`
	Extract string `arg:"" help:"The extract, by its plural."`
	To      string `help:"The snapshot to serve, as list names it. Default: the one before." placeholder:"SNAPSHOT" xor:"to"`
	Forward bool   `help:"Serve the newest again." xor:"to"`
	JSON    bool   `name:"json" help:"Print JSON."`
	adminFlags
}

// Help shows an example.
func (batchRollbackCommand) Help() string {
	return "It stays so, over restarts too, until a newer file is read or --forward. Only snapshots that are kept (`keep` of the extract) can be served again.\n\n" +
		"Examples:\n\n  postern batch rollback benefits claims\n\n  postern batch rollback benefits claims --forward"
}

// newestSnapshot asks to go forward.
const newestSnapshot = "newest"

// Run implements the command.
func (c *batchRollbackCommand) Run(s *session) error {
	client, err := c.client()
	if err != nil {
		return err
	}
	request := &adminv1.RollBackExtractRequest{Snapshot: c.To}
	if c.Forward {
		request.Snapshot = newestSnapshot
	}
	var response adminv1.RollBackExtractResponse
	if err := client.post(s.ctx, adminPath("backends", c.Backend, "extracts", c.Extract)+":rollBack", request, &response); err != nil {
		return err
	}
	if c.JSON {
		return s.printMessage(response.GetExtract())
	}
	inForce := response.GetExtract().GetInForce()
	fmt.Fprintf(s.stdout, "%s is served from %s, of %s, as of %s\n", c.Extract, inForce.GetName(), inForce.GetFile(), shortTime(inForce.GetAsOf()))
	return nil
}
