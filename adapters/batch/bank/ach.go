package bank

import (
	"bytes"
	"io"
	"strings"

	"github.com/moov-io/ach"

	"github.com/postern-gateway/postern/adapters/batch/format"
	"github.com/postern-gateway/postern/adapters/batch/framing"
	"github.com/postern-gateway/postern/adapters/batch/record"
)

// achWidth is the length of every record of ACH.
const achWidth = 94

func readACH(data []byte) (*ach.File, error) {
	reader := ach.NewReader(bytes.NewReader(data))
	reader.SetMaxLines(MaxFile / achWidth)
	file, err := reader.Read()
	if err == nil {
		err = file.Validate()
	}
	if err != nil {
		return nil, located(err, lines(data, achWidth))
	}
	return &file, nil
}

// ACH reads the entries of NACHA files as records, each with its addenda and what file and batch say. The file must pass the checks of the standard: codes, check
// digits, numbers of entries, hashes and totals.
type ACH struct {
	lenient bool
	layout  *record.Layout
}

// NewACH returns the format. A lenient one takes files as they are.
func NewACH(lenient bool) *ACH {
	group := func(name string, places []position) *record.Field {
		f := &record.Field{Name: name, Type: record.Group}
		for _, p := range places {
			f.Children = append(f.Children, &record.Field{Name: p.name, Type: record.Text, Length: p.end - p.start})
		}
		return f
	}
	fields := []*record.Field{group("file", achFile()), group("batch", achBatch(""))}
	for _, p := range achEntry("") {
		f := &record.Field{Name: p.name, Type: record.Text, Length: p.end - p.start}
		if p.name == "amount" {
			f.Type, f.Digits, f.Scale = record.Decimal, 12, 2
		}
		fields = append(fields, f)
	}
	addenda := group("addenda", []position{{"type", 1, 3}, {"content", 3, achWidth}})
	addenda.Repeated = true
	return &ACH{lenient: lenient, layout: record.Describe(append(fields, addenda))}
}

// A position is where a value stands in a line: from start to before end, counted from 0.
type position struct {
	name       string
	start, end int
}

func achFile() []position {
	return []position{
		{"immediate_destination", 3, 13}, {"immediate_origin", 13, 23}, {"creation_date", 23, 29}, {"creation_time", 29, 33}, {"id_modifier", 33, 34},
		{"destination_name", 40, 63}, {"origin_name", 63, 86}, {"reference_code", 86, 94},
	}
}

// achBatch are the positions of a batch header of this entry class. International ones (IAT) lack some values, and have others.
func achBatch(class string) []position {
	if class == "IAT" {
		return []position{
			{"service_class", 1, 4}, {"company_name", 4, 20}, {"discretionary_data", 20, 40}, {"company_identification", 40, 50}, {"entry_class", 50, 53},
			{"entry_description", 53, 63}, {"effective_date", 69, 75}, {"settlement_date", 75, 78}, {"originator_status", 78, 79}, {"originating_bank", 79, 87},
			{"number", 87, 94},
		}
	}
	return []position{
		{"service_class", 1, 4}, {"company_name", 4, 20}, {"discretionary_data", 20, 40}, {"company_identification", 40, 50}, {"entry_class", 50, 53},
		{"entry_description", 53, 63}, {"descriptive_date", 63, 69}, {"effective_date", 69, 75}, {"settlement_date", 75, 78}, {"originator_status", 78, 79},
		{"originating_bank", 79, 87}, {"number", 87, 94},
	}
}

func achEntry(class string) []position {
	switch class {
	case "IAT":
		return []position{
			{"transaction_code", 1, 3}, {"receiving_bank", 3, 11}, {"check_digit", 11, 12}, {"amount", 29, 39}, {"account", 39, 74}, {"addenda_indicator", 78, 79},
			{"trace_number", 79, 94},
		}
	case "ADV":
		return []position{
			{"transaction_code", 1, 3}, {"receiving_bank", 3, 11}, {"check_digit", 11, 12}, {"account", 12, 27}, {"amount", 27, 39}, {"name", 54, 76},
			{"discretionary_data", 76, 78}, {"addenda_indicator", 78, 79}, {"trace_number", 79, 94},
		}
	default:
		return []position{
			{"transaction_code", 1, 3}, {"receiving_bank", 3, 11}, {"check_digit", 11, 12}, {"account", 12, 29}, {"amount", 29, 39}, {"identification", 39, 54},
			{"name", 54, 76}, {"discretionary_data", 76, 78}, {"addenda_indicator", 78, 79}, {"trace_number", 79, 94},
		}
	}
}

// Layout implements [format.Format].
func (a *ACH) Layout() *record.Layout { return a.layout }

// Open implements [format.Format]. The file is read as a whole.
func (a *ACH) Open(r io.Reader) framing.Reader {
	return reader(r, func(data []byte) ([]framing.Record, error) {
		if !a.lenient {
			if _, err := readACH(data); err != nil {
				return nil, err
			}
		}
		return cutACH(lines(data, achWidth)), nil
	})
}

// cutACH makes a record of each entry: the headers of file and batch, the entry, and its addenda, each on a line.
func cutACH(all []line) []framing.Record {
	var found []framing.Record
	var file, batch string
	for _, line := range all {
		switch line.text[0] {
		case '1':
			file = line.text + "\n"
		case '5':
			batch = line.text + "\n"
		case '6':
			found = append(found, framing.Record{Offset: line.offset, Data: []byte(file + batch + line.text + "\n")})
		case '7':
			if len(found) > 0 {
				last := &found[len(found)-1]
				last.Data = append(last.Data, line.text+"\n"...)
			}
		}
	}
	return found
}

// Decode implements [format.Format].
func (a *ACH) Decode(raw []byte, to record.Sink) error {
	object := format.Object{}
	class := ""
	var addenda []format.Object
	for text := range strings.Lines(strings.ToValidUTF8(string(raw), "\ufffd")) {
		text = strings.TrimSuffix(text, "\n")
		switch text[0] {
		case '1':
			object["file"] = cutPositions(text, achFile())
		case '5':
			class = strings.TrimSpace(cutPosition(text, 50, 53))
			if strings.TrimSpace(cutPosition(text, 4, 20)) == "IATCOR" {
				class = "IAT"
			}
			object["batch"] = cutPositions(text, achBatch(class))
		case '6':
			for name, value := range cutPositions(text, achEntry(class)) {
				object[name] = value
			}
			if amount, ok := object["amount"].(string); ok {
				object["amount"] = cents(amount)
			}
		case '7':
			addenda = append(addenda, cutPositions(text, []position{{"type", 1, 3}, {"content", 3, achWidth}}))
		}
	}
	object["addenda"] = addenda
	return format.Emit(a.layout.Fields, object, to)
}

// cutPositions takes values off a line, without the blanks around them. Blank ones are absent.
func cutPositions(text string, places []position) format.Object {
	object := make(format.Object, len(places))
	for _, p := range places {
		if value := strings.TrimSpace(cutPosition(text, p.start, p.end)); value != "" {
			object[p.name] = value
		}
	}
	return object
}

// cutPosition counts characters, and what is not there is empty.
func cutPosition(text string, start, end int) string {
	characters := []rune(text)
	start, end = min(start, len(characters)), min(end, len(characters))
	return string(characters[start:end])
}

// cents puts the point into an amount, and leaves what is none as it is.
func cents(amount string) string {
	amount = strings.TrimLeft(amount, "0")
	if len(amount) < 3 {
		amount = strings.Repeat("0", 3-len(amount)) + amount
	}
	return amount[:len(amount)-2] + "." + amount[len(amount)-2:]
}
