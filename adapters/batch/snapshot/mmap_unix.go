//go:build unix

package snapshot

import (
	"os"

	"golang.org/x/sys/unix"
)

// mapFile maps the whole file into memory.
func mapFile(file *os.File, size int, writable bool) ([]byte, error) {
	protection := unix.PROT_READ
	if writable {
		protection |= unix.PROT_WRITE
	}
	return unix.Mmap(int(file.Fd()), 0, size, protection, unix.MAP_SHARED)
}

func unmapFile(data []byte) error { return unix.Munmap(data) }

// syncMapped makes sure that what was written into the mapping is in the file.
func syncMapped(data []byte, _ *os.File) error {
	return unix.Msync(data, unix.MS_SYNC)
}
