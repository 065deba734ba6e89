package batch_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/adapters/batch"
)

// The key of a disclosure group is three fields together. What was imported is served.
func TestImportFindsTheKeyOfSeveralFields(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	options := batch.ImportOptions{
		Copybook: filepath.Join(corpusDir(t), "carddemo", "cpy", "CVTRA02Y.cpy"),
		Data:     filepath.Join(corpusDir(t), "carddemo", "ebcdic", "DISCGRP.PS"),
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
			Copybook: filepath.Join(corpusDir(t), "carddemo", "cpy", "CVTRA02Y.cpy"),
			Data:     filepath.Join(corpusDir(t), "carddemo", "ebcdic", "DISCGRP.PS"),
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
