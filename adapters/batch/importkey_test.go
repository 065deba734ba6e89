package batch_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/adapters/batch"
	"github.com/postern-gateway/postern/adapters/batch/copybook"
	"github.com/postern-gateway/postern/adapters/batch/corpustest"
	"github.com/postern-gateway/postern/adapters/batch/record"
)

// The key of a disclosure group is three fields together. What was imported is served.
func TestImportFindsTheKeyOfSeveralFields(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	options := batch.ImportOptions{
		Copybook: filepath.Join(corpustest.Dir(t), "carddemo", "cpy", "CVTRA02Y.cpy"),
		Data:     filepath.Join(corpustest.Dir(t), "carddemo", "ebcdic", "DISCGRP.PS"),
		Into:     filepath.Join(s.dir, "estate"), Name: "groups",
	}
	result, err := batch.Import(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	want := "DIS-GROUP-KEY.DIS-ACCT-GROUP-ID DIS-GROUP-KEY.DIS-TRAN-TYPE-CD DIS-GROUP-KEY.DIS-TRAN-CAT-CD"
	if got := strings.Join(result.Key, " "); got != want || result.Records != 51 || result.Duplicates != 0 {
		t.Errorf("key %s of %d records with %d duplicates, want %s of 51 with none", got, result.Records, result.Duplicates, want)
	}
	text, err := os.ReadFile(result.Config)
	if err != nil {
		t.Fatal(err)
	}
	opened := *s
	opened.dir = filepath.Dir(result.Config)
	backend := opened.open(t, string(text))
	drain(t, backend)
	if err := backend.(adapters.Checker).Check(t.Context()); err != nil {
		t.Errorf("what was imported is not served: %v", err)
	}
}

// A key that was given stands, and its duplicates are counted.
func TestImportCountsDuplicatesOfAGivenKey(t *testing.T) {
	t.Parallel()
	for key, want := range map[string]int64{
		"DIS-ACCT-GROUP-ID": 48,
		"DIS-ACCT-GROUP-ID, DIS-TRAN-TYPE-CD,DIS-TRAN-CAT-CD": 0,
	} {
		result, err := batch.Import(t.Context(), batch.ImportOptions{
			Copybook: filepath.Join(corpustest.Dir(t), "carddemo", "cpy", "CVTRA02Y.cpy"),
			Data:     filepath.Join(corpustest.Dir(t), "carddemo", "ebcdic", "DISCGRP.PS"),
			Into:     filepath.Join(t.TempDir(), "estate"), Name: "groups", Key: key,
		})
		if err != nil || result.Duplicates != want {
			t.Errorf("%s: %+v (%v), want %d duplicates", key, result, err, want)
		}
	}
}

func TestImportChoosesTheKey(t *testing.T) {
	t.Parallel()
	same := bytes.Repeat(twoClaims[0].record(), 3)
	whole := extractOf("20261120", manyClaims(30)...)
	for name, test := range map[string]struct {
		data      []byte
		key, fail string
	}{
		"behind the record type": {whole[60 : len(whole)-60], "CLAIM-REF", ""},
		"none":                   {same, "", "name the key with --key"},
		"one record":             {same[:60], "REC-TYPE", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			s.write(t, "claims.dat", test.data)
			result, err := batch.Import(t.Context(), batch.ImportOptions{
				Copybook: filepath.Join(s.dir, "claims.cpy"), Data: filepath.Join(s.dir, "claims.dat"), Record: "CLAIM-RECORD",
				Into: filepath.Join(s.dir, "estate"), Name: "benefits",
			})
			if test.fail != "" {
				if err == nil || !strings.Contains(err.Error(), test.fail) {
					t.Errorf("got %v, want %q", err, test.fail)
				}
				if _, err := os.Stat(filepath.Join(s.dir, "estate")); err == nil {
					t.Error("something was written")
				}
				return
			}
			if err != nil || strings.Join(result.Key, " ") != test.key {
				t.Errorf("got %+v (%v), want the key %s", result, err, test.key)
			}
		})
	}
}

// What the data says of itself is found, and how sure that is.
func TestImportSniffs(t *testing.T) {
	t.Parallel()
	whole := extractOf("20261120", manyClaims(30)...)
	var variable []byte
	for at := 60; at < len(whole)-60; at += 60 {
		variable = append(append(variable, 0, 64, 0, 0), whole[at:at+60]...)
	}
	block := append([]byte{byte((len(variable) + 4) >> 8), byte(len(variable) + 4), 0, 0}, variable...)
	town := func(page encoding.Encoding) []byte {
		var lines []byte
		for i := range 5 {
			text, err := page.NewEncoder().String(fmt.Sprintf("%03dZürich", i))
			if err != nil {
				t.Fatal(err)
			}
			lines = append(lines, text+"\n"...)
		}
		return lines
	}
	for name, test := range map[string]struct {
		copybook                    string
		data                        []byte
		format, page                string
		bad                         int64
		headerLikely, trailerLikely bool
	}{
		"fixed":              {"", whole[60 : len(whole)-60], "fixed", "cp037", 0, false, false},
		"variable":           {"", variable, "variable", "cp037", 0, false, false},
		"blocked":            {"", block, "variable_blocked", "cp037", 0, false, false},
		"header and trailer": {"", whole, "fixed", "cp037", 1, true, true},
		"lines of UTF-8":     {"town", town(encoding.Nop), "line", "utf-8", 0, false, false},
		"lines of Latin-1":   {"town", town(charmap.ISO8859_1), "line", "latin1", 0, false, false},
		"lines of ASCII":     {"town", []byte("001Leeds\n002Bath\n"), "line", "ascii", 0, false, false},
		"lines of Windows":   {"town", bytes.Repeat([]byte("001\x80 5\n"), 9), "line", "windows-1252", 0, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			s.write(t, "data", test.data)
			s.write(t, "town.cpy", []byte("       01  TOWN.\n           05  NUMBER-OF  PIC 9(3).\n           05  NAME       PIC X(12).\n"))
			options := batch.ImportOptions{
				Copybook: filepath.Join(s.dir, "claims.cpy"), Record: "CLAIM-RECORD", Key: "CLAIM-REF", Data: filepath.Join(s.dir, "data"), Into: filepath.Join(s.dir, "estate"), Name: "things",
			}
			if test.copybook != "" {
				options.Copybook, options.Record, options.Key = filepath.Join(s.dir, "town.cpy"), "", "NUMBER-OF"
			}
			result, err := batch.Import(t.Context(), options)
			if err != nil {
				t.Fatal(err)
			}
			if result.RecordFormat != test.format || result.CodePage != test.page || result.Bad != test.bad ||
				result.HeaderLikely != test.headerLikely || result.TrailerLikely != test.trailerLikely {
				t.Errorf("got %+v (next %+v), want %s in %s", result, result.Next, test.format, test.page)
			}
			if next := result.Next; next != nil && next.Share() > result.Share() {
				t.Errorf("the second best fits better: %+v than %+v", next, result)
			}
		})
	}
}

// Code pages that decode the same bytes are told apart by the text that they make, and it is said how sure that is.
func TestImportTellsCodePagesApart(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		page, text, want, says string
	}{
		"no letter tells": {"cp037", "LEEDS", "cp037", "nothing in the data tells cp037 from cp1047, cp500, "},
		"German":          {"cp273", "MÜLLER STRAßE", "cp273", " characters speak for cp273, and as much for "},
		"Swedish":         {"cp278", "MALMÖ GÖTEBORG ÅNGSTRÖM", "cp277", " characters speak for cp277, and as much for cp278, "},
		"Czech":           {"cp870", "Dvořák žluťoučký Łódź", "cp870", " characters tell cp870 from other code pages"},
		"Russian":         {"cp1025", "Иванов Москва", "cp1025", " characters tell cp1025 from other code pages"},
		"Greek":           {"cp875", "Παπαδόπουλος Αθήνα", "cp875", " characters tell cp875 from other code pages"},
		"a euro":          {"cp1140", "5 € LEEDS", "cp1140", " characters speak for cp1140, and as much for "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			s.write(t, "town.cpy", []byte("       01  TOWN.\n           05  NUMBER-OF  PIC 9(3).\n           COPY NAMES.\n"))
			s.write(t, "NAMES.cpy", []byte("           05  NAME       PIC X(30).\n"))
			page, err := record.LookUpCodePage(test.page)
			if err != nil {
				t.Fatal(err)
			}
			book, err := copybook.Parse("", []byte("       01 R.\n          05 N PIC 9(3).\n          05 T PIC X(30).\n"), copybook.Options{})
			if err != nil {
				t.Fatal(err)
			}
			layout, err := record.Compile(book.Records[0], record.Options{CodePage: page})
			if err != nil {
				t.Fatal(err)
			}
			var data []byte
			for i := range 20 {
				if data, err = layout.Encode(data, town{i, test.text}); err != nil {
					t.Fatal(err)
				}
			}
			s.write(t, "data", data)
			result, err := batch.Import(t.Context(), batch.ImportOptions{
				Copybook: filepath.Join(s.dir, "town.cpy"), Key: "NUMBER-OF", Data: filepath.Join(s.dir, "data"), Into: filepath.Join(s.dir, "estate"), Name: "towns",
			})
			if err != nil {
				t.Fatal(err)
			}
			if says := result.Page(); result.CodePage != test.want || !strings.Contains(says, test.says) {
				t.Errorf("got %s: %q, want %s", result.CodePage, says, test.want)
			}
			if _, err := os.Stat(filepath.Join(s.dir, "estate", "backends", "NAMES.cpy")); err != nil {
				t.Errorf("what the copybook copies is not beside it: %v", err)
			}
		})
	}
}

// A town is a record with a number and a name.
type town struct {
	number int
	name   string
}

func (o town) Value(f *record.Field, _ int) (string, bool) {
	if f.Name == "N" {
		return strconv.Itoa(o.number), true
	}
	return o.name, true
}

func (o town) Group(*record.Field, int) (record.Source, bool) { return o, true }
func (o town) Count(*record.Field) int                        { return 0 }
