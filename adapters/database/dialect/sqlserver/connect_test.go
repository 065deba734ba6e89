package sqlserver

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"testing"
	"time"
	"unicode/utf16"

	"google.golang.org/grpc/codes"

	"github.com/postern-gateway/postern/adapters/database/dialect"
)

// peer listens, and has serve talk to the first who connects.
func peer(t *testing.T, serve func(net.Conn)) (address string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		defer func() { _ = conn.Close() }()
		serve(conn)
	}()
	t.Cleanup(func() {
		_ = listener.Close()
		<-ended
	})
	return listener.Addr().String()
}

// TestOpen meets servers that are not there, that say no, that say nothing, and that speak something else.
func TestOpen(t *testing.T) {
	t.Parallel()
	gone, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = gone.Close()
	for name, c := range map[string]struct {
		address string
		want    dialect.Fault
	}{
		"unreachable": {gone.Addr().String(), dialect.Fault{Code: codes.Unavailable, Reason: dialect.ConnectionLost}},
		"denied":      {peer(t, denying), dialect.Fault{Code: codes.Unavailable, Reason: dialect.AccessDenied}},
		"another protocol": {peer(t, func(conn net.Conn) {
			_, _ = conn.Write([]byte("220 mail.example.org ESMTP\r\n"))
		}), dialect.Fault{Code: codes.Unavailable, Reason: dialect.ConnectionLost}},
	} {
		options := testOptions()
		options.Address = "sqlserver://sa:secret@" + c.address + "?database=housing&encrypt=disable"
		_, err := Engine{}.Open(t.Context(), options)
		if got := faultOf(t, err); got.Code != c.want.Code || got.Reason != c.want.Reason || !got.Unsent {
			t.Errorf("%s: the fault is %+v", name, got)
		}
	}
	options := testOptions()
	options.Address = "sqlserver://sa:secret@" + peer(t, func(conn net.Conn) { _, _ = io.Copy(io.Discard, conn) }) + "?encrypt=disable"
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := (Engine{}).Open(ctx, options); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a server that says nothing: %v", err)
	}
}

// denying is a server that refuses the password (MS-TDS sections 2.2.6.5, 2.2.7.10 and 2.2.7.6).
func denying(conn net.Conn) {
	header := make([]byte, 8)
	message := func() {
		if _, err := io.ReadFull(conn, header); err == nil {
			_, _ = io.CopyN(io.Discard, conn, int64(binary.BigEndian.Uint16(header[2:]))-8)
		}
	}
	reply := func(payload []byte) {
		_, _ = conn.Write(append([]byte{4, 1, 0, byte(8 + len(payload)), 0, 0, 1, 0}, payload...))
	}
	message()
	reply([]byte{0, 0, 11, 0, 6, 1, 0, 17, 0, 1, 0xFF, 15, 0, 0, 0, 0, 0, 2}) // no encryption
	message()
	text := utf16.Encode([]rune("Login failed for user 'sa'."))
	refusal := binary.LittleEndian.AppendUint32(nil, 18456)
	refusal = append(refusal, 1, 14, byte(len(text)), 0)
	for _, unit := range text {
		refusal = binary.LittleEndian.AppendUint16(refusal, unit)
	}
	refusal = append(refusal, 0, 0, 1, 0, 0, 0) // no server, no procedure, line 1
	tokens := append([]byte{0xAA, byte(len(refusal)), 0}, refusal...)
	reply(append(tokens, 0xFD, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0))
	_, _ = io.Copy(io.Discard, conn)
}
