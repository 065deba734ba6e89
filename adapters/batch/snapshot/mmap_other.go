//go:build !unix

package snapshot

import (
	"fmt"
	"io"
	"os"
)

// mapFile reads the whole file where the system has no mmap.
func mapFile(file *os.File, size int, _ bool) ([]byte, error) {
	data := make([]byte, size)
	if _, err := io.ReadFull(io.NewSectionReader(file, 0, int64(size)), data); err != nil {
		return nil, fmt.Errorf("reading the file: %w", err)
	}
	return data, nil
}

func unmapFile([]byte) error { return nil }

// syncMapped writes back what was changed in memory.
func syncMapped(data []byte, file *os.File) error {
	_, err := file.WriteAt(data, 0)
	return err
}
