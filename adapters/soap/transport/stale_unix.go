//go:build unix

package transport

import (
	"net"
	"syscall"
)

// hasEnded looks, without waiting or taking anything, whether the peer has closed a connection that is about to carry another request, or has said something on it
// that nobody asked for, as servers do with status 408 before they close. Of a secure connection what waits cannot be told.
func hasEnded(c net.Conn, secure bool) bool {
	given, ok := c.(syscall.Conn)
	if !ok {
		return false
	}
	raw, err := given.SyscallConn()
	if err != nil {
		return false
	}
	var ended bool
	// Control, not Read: net/http waits for the reply in a Read, which would have to end first.
	err = raw.Control(func(descriptor uintptr) {
		var one [1]byte
		n, _, err := syscall.Recvfrom(int(descriptor), one[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
		switch {
		case err == nil && n == 0:
			ended = true
		case err == nil:
			ended = !secure
		default:
			ended = err != syscall.EAGAIN && err != syscall.EINTR
		}
	})
	return err == nil && ended
}
