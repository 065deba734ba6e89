package bank

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/moov-io/ach"
	"github.com/moov-io/bai2/pkg/lib"
)

// WriteDocument writes the file of a document as [Document] shows it, in the format ach or bai2, by its library, which refuses one that breaks the rules of its kind. Totals
// and counts must be right. A document that the library would write with something lost or changed is refused too: what is written is read again before it leaves.
func WriteDocument(w io.Writer, format string, document []byte) error {
	var file bytes.Buffer
	var err error
	switch format {
	case "ach":
		err = writeACH(&file, document)
	case "bai2":
		err = writeBAI2(&file, document)
	default:
		return fmt.Errorf("a document of the format %s is read, and not written; there are ach and bai2", format)
	}
	if err != nil {
		return err
	}
	again, err := Document(format, bytes.NewReader(file.Bytes()))
	if err != nil {
		return fmt.Errorf("what was written cannot be read: %w", err)
	}
	if at := lost(parsed(document), parsed(again)); at != "" {
		return fmt.Errorf("%s cannot be written as it is", strings.TrimPrefix(at, "."))
	}
	if _, err := w.Write(file.Bytes()); err != nil {
		return fmt.Errorf("writing the file: %w", err)
	}
	return nil
}

func writeACH(w io.Writer, document []byte) error {
	file, err := ach.FileFromJSON(document)
	if err != nil {
		return fmt.Errorf("reading the document: %w", err)
	}
	writer := ach.NewWriter(w)
	if err := writer.Write(file); err != nil {
		return fmt.Errorf("writing the file: %w", err)
	}
	return writer.Flush()
}

func writeBAI2(w io.Writer, document []byte) error {
	file := lib.NewBai2()
	if err := json.Unmarshal(document, file); err != nil {
		return fmt.Errorf("reading the document: %w", err)
	}
	if err := file.Validate(); err != nil {
		return fmt.Errorf("reading the document: %w", err)
	}
	_, err := io.WriteString(w, file.String()+"\n")
	return err
}

// parsed is a document as values, with numbers as they are spelt; nil if it is none.
func parsed(document []byte) any {
	decoder := json.NewDecoder(bytes.NewReader(document))
	decoder.UseNumber()
	var value any
	if decoder.Decode(&value) != nil {
		return nil
	}
	return value
}

// lost returns where something that was given is not in what was read again; empty if it all is. Numbers of lines are those of the file, and ids are nowhere in it.
func lost(given, again any) string {
	switch given := given.(type) {
	case map[string]any:
		object, _ := again.(map[string]any)
		for _, name := range slices.Sorted(maps.Keys(given)) {
			if name == "lineNumber" || name == "id" {
				continue
			}
			if at := lost(given[name], object[name]); at != "" {
				return "." + name + strings.TrimPrefix(at, " ")
			}
		}
	case []any:
		list, _ := again.([]any)
		if len(list) != len(given) {
			return " "
		}
		for i := range given {
			if at := lost(given[i], list[i]); at != "" {
				return fmt.Sprintf("[%d]%s", i, strings.TrimPrefix(at, " "))
			}
		}
	case string:
		if text, _ := again.(string); strings.TrimSpace(text) != strings.TrimSpace(given) {
			return " "
		}
	case nil:
	default:
		if given != again && fmt.Sprint(given) != "0" && fmt.Sprint(given) != "false" {
			return " "
		}
	}
	return ""
}
