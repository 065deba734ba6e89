package unwrap_test

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"runtime"
	"testing"

	"github.com/postern-gateway/postern/adapters/batch/unwrap"
)

// However a packed file is cut off, that is told, and nothing of it counts.
func TestCutOffAnywhere(t *testing.T) {
	t.Parallel()
	data := content()[:5000]
	ours, bank := newKeys(t, "ours"), newKeys(t, "bank")
	pgp, err := unwrap.NewOpenPGP(ours.private, "horse", []string{bank.public})
	if err != nil {
		t.Fatal(err)
	}
	for name, file := range map[string]struct {
		whole   []byte
		options unwrap.Options
	}{
		"gzip":         {packed(t, data, unwrap.Gzip), unwrap.Options{Compression: unwrap.Gzip}},
		"two of gzip":  {bytes.Repeat(packed(t, data, unwrap.Gzip), 2), unwrap.Options{Compression: unwrap.Gzip}},
		"zstd":         {packed(t, data, unwrap.Zstd), unwrap.Options{Compression: unwrap.Zstd}},
		"zip":          {packed(t, data, unwrap.Zip), unwrap.Options{Compression: unwrap.Zip}},
		"openpgp":      {encrypted(t, data, ours, &bank, false), unwrap.Options{OpenPGP: pgp}},
		"armour":       {bytes.TrimSpace(encrypted(t, data, ours, &bank, true)), unwrap.Options{OpenPGP: pgp}},
		"gzip and pgp": {encrypted(t, packed(t, data, unwrap.Gzip), ours, &bank, false), unwrap.Options{OpenPGP: pgp}},
	} {
		if got, err := read(t, file.whole, file.options); err != nil || len(got) < len(data) {
			t.Fatalf("%s: %d bytes (%v)", name, len(got), err)
		}
		for n := 0; n < len(file.whole); n += 1 + len(file.whole)/25 {
			if name == "two of gzip" && n == len(file.whole)/2 {
				continue // which is a whole file
			}
			_, err := read(t, file.whole[:n], file.options)
			var wrong *unwrap.Error
			if !errors.As(err, &wrong) {
				t.Errorf("%s, cut off after %d of %d bytes: %v, want it refused", name, n, len(file.whole), err)
			}
		}
	}
}

// An archive of any number of files, or one in archives, neither unpacks to anything nor takes memory for its list. It is not parallel, since it counts what is allocated.
func TestZipBombs(t *testing.T) { //nolint:paralleltest // see above
	var many bytes.Buffer
	archive := zip.NewWriter(&many)
	for i := range 50_000 {
		if _, err := archive.CreateHeader(&zip.FileHeader{Name: fmt.Sprint(i)}); err != nil {
			t.Fatal(err)
		}
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := read(t, many.Bytes(), unwrap.Options{Compression: unwrap.Zip})
	runtime.ReadMemStats(&after)
	wantRefused(t, err, "one file is wanted")
	if allocated := after.TotalAlloc - before.TotalAlloc; allocated > 16<<20 {
		t.Errorf("%d bytes were allocated for the list of files", allocated)
	}

	inner := zipped(t, content(), "claims")
	if got, err := read(t, zipped(t, inner, "archive.zip"), unwrap.Options{}); err != nil || !bytes.Equal(got, inner) {
		t.Errorf("an archive in an archive: %d bytes (%v), want its own, packed as they are", len(got), err)
	}
}

// What an archive says of itself is not believed.
func TestZipThatLies(t *testing.T) {
	t.Parallel()
	data := content()[:3000]
	whole := zipped(t, data, "claims")
	directory := bytes.LastIndex(whole, []byte("PK\x01\x02"))
	end := bytes.LastIndex(whole, []byte("PK\x05\x06"))
	for name, lie := range map[string]struct {
		at    int
		value uint32
	}{
		"a smaller size":       {directory + 24, 10},
		"a larger size":        {directory + 24, 1 << 30},
		"a smaller packed one": {directory + 20, 10},
		"a larger packed one":  {directory + 20, 1 << 30},
		"another check sum":    {directory + 16, 1},
		"a place behind it":    {directory + 42, 1 << 30},
		"a list behind it":     {end + 16, 1 << 30},
		"a longer list":        {end + 12, 1 << 30},
	} {
		file := bytes.Clone(whole)
		binary.LittleEndian.PutUint32(file[lie.at:], lie.value)
		got, err := read(t, file, unwrap.Options{})
		var wrong *unwrap.Error
		if !errors.As(err, &wrong) {
			t.Errorf("%s: %d bytes (%v), want it refused", name, len(got), err)
		}
	}
	binary.LittleEndian.PutUint16(whole[end+10:], 60_000) // files, and one is there
	if got, err := read(t, whole, unwrap.Options{}); err == nil {
		t.Errorf("an archive that says it has 60000 files gives %d bytes", len(got))
	}
	empty := packed(t, nil, unwrap.Gzip)
	if got, err := read(t, bytes.Repeat(empty, 20_000), unwrap.Options{}); err != nil || len(got) != 0 {
		t.Errorf("20000 empty files of gzip in one: %d bytes (%v)", len(got), err)
	}
	frame := []byte{0x28, 0xb5, 0x2f, 0xfd, 0x24, 0x00, 0x01, 0x00, 0x00, 0x99, 0xe9, 0xd8, 0x51} // of zstd, empty
	if got, err := read(t, bytes.Repeat(frame, 20_000), unwrap.Options{}); err != nil || len(got) != 0 {
		t.Errorf("20000 empty files of zstd in one: %d bytes (%v)", len(got), err)
	}
}
