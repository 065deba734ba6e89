package unwrap

import (
	"bytes"
	"fmt"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// Pack packs a file. The same content gives the same bytes. An empty kind stands for None.
func Pack(content []byte, kind string) ([]byte, error) {
	var packed bytes.Buffer
	switch kind {
	case "", None:
		return content, nil
	case Gzip:
		writer := gzip.NewWriter(&packed)
		if _, err := writer.Write(content); err != nil {
			return nil, fmt.Errorf("packing: %w", err)
		}
		if err := writer.Close(); err != nil {
			return nil, fmt.Errorf("packing: %w", err)
		}
		return packed.Bytes(), nil
	case Zstd:
		writer, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1))
		if err != nil {
			return nil, fmt.Errorf("packing: %w", err)
		}
		return writer.EncodeAll(content, nil), nil
	default:
		return nil, fmt.Errorf("nothing is packed as %s", kind)
	}
}
