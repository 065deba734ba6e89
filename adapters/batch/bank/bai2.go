package bank

import (
	"bytes"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/moov-io/bai2/pkg/lib"

	"github.com/postern-gateway/postern/adapters/batch/format"
	"github.com/postern-gateway/postern/adapters/batch/framing"
	"github.com/postern-gateway/postern/adapters/batch/record"
)

// readBAI2 reads a file and holds it against its trailers.
func readBAI2(data []byte) (*lib.Bai2, error) {
	scanner := lib.NewBai2Scanner(bytes.NewReader(data))
	file := lib.NewBai2()
	err := file.Read(&scanner)
	if err == nil {
		err = file.Validate()
	}
	if err != nil {
		place := &framing.Error{Number: 1, Reason: err.Error()}
		if all := lines(data, 0); scanner.GetLineIndex() > 0 && scanner.GetLineIndex() <= len(all) {
			place.Number, place.Offset = int64(scanner.GetLineIndex()), all[scanner.GetLineIndex()-1].offset
		}
		return nil, place
	}
	return file, nil
}

// BAI2 reads the accounts of BAI2 files as records, each with its summaries and transactions and with what file and group say.
type BAI2 struct{ layout *record.Layout }

// NewBAI2 returns the format.
func NewBAI2() *BAI2 {
	text := func(names ...string) []*record.Field {
		var fields []*record.Field
		for _, name := range names {
			fields = append(fields, &record.Field{Name: name, Type: record.Text})
		}
		return fields
	}
	group := func(name string, fields ...*record.Field) *record.Field {
		return &record.Field{Name: name, Type: record.Group, Children: fields}
	}
	list := func(f *record.Field) *record.Field {
		f.Repeated = true
		return f
	}
	funds := func() *record.Field {
		return group("funds", append(text("type", "immediate", "one_day", "two_day", "date", "time"), list(group("distributions", text("days", "amount")...)))...)
	}
	fields := []*record.Field{
		group("file", text("sender", "receiver", "created_date", "created_time", "identification")...),
		group("group", text("receiver", "originator", "status", "as_of_date", "as_of_time", "currency")...),
	}
	fields = append(fields, text("account", "currency", "control_total")...)
	fields = append(fields,
		list(group("summaries", append(text("type", "amount", "items"), funds())...)),
		list(group("transactions", append(text("type", "amount", "bank_reference", "customer_reference", "text"), funds())...)))
	return &BAI2{layout: record.Describe(fields)}
}

// Layout implements [format.Format]. Amounts are in the smallest unit of the currency, as they stand in the file.
func (b *BAI2) Layout() *record.Layout { return b.layout }

// Open implements [format.Format]. The file is read as a whole.
func (b *BAI2) Open(r io.Reader) framing.Reader {
	return reader(r, func(data []byte) ([]framing.Record, error) {
		if _, err := readBAI2(data); err != nil {
			return nil, err
		}
		return cutBAI2(splitBAI2(lines(data, 0))), nil
	})
}

// nextBAI2 is where a record begins behind another one on the same line, as some banks write them.
var nextBAI2 = regexp.MustCompile(`/[ \t]+(01|02|03|16|49|88|98|99),`)

// splitBAI2 splits lines that hold several records.
func splitBAI2(all []line) []line {
	var split []line
	for _, whole := range all {
		start := 0
		for _, at := range nextBAI2.FindAllStringSubmatchIndex(whole.text, -1) {
			split = append(split, line{text: whole.text[start : at[0]+1], offset: whole.offset + int64(start)})
			start = at[2]
		}
		split = append(split, line{text: whole.text[start:], offset: whole.offset + int64(start)})
	}
	return split
}

// cutBAI2 makes a record of each account: the headers of file and group, and the account's lines with its trailer.
func cutBAI2(all []line) []framing.Record {
	var found []framing.Record
	context := make(map[string]string)
	level := ""
	for _, line := range all {
		code, _, _ := strings.Cut(line.text, ",")
		switch code {
		case "01", "02":
			level = code
			context[code] = line.text + "\n"
		case "03":
			level = code
			found = append(found, framing.Record{Offset: line.offset, Data: []byte(context["01"] + context["02"] + line.text + "\n")})
		case "98", "99":
			level = code
		default: // 16, 49 and 88, which goes on with whatever it stands behind
			if level == "01" || level == "02" {
				context[level] += line.text + "\n"
			} else if level == "03" && len(found) > 0 {
				last := &found[len(found)-1]
				last.Data = append(last.Data, line.text+"\n"...)
			}
		}
	}
	return found
}

// Decode implements [format.Format].
func (b *BAI2) Decode(raw []byte, to record.Sink) error {
	whole := string(raw) + "98,0,1,0/\n99,0,1,0/\n" // what stands in for trailers is not looked at
	scanner := lib.NewBai2Scanner(strings.NewReader(whole))
	file := lib.NewBai2()
	if err := file.Read(&scanner); err != nil || len(file.Groups) != 1 || len(file.Groups[0].Accounts) != 1 {
		return &record.FieldError{Offset: -1, Reason: "is no account"}
	}
	group := &file.Groups[0]
	account := &group.Accounts[0]
	object := format.Object{
		"file": present(
			"sender", file.Sender, "receiver", file.Receiver, "created_date", file.FileCreatedDate, "created_time", file.FileCreatedTime,
			"identification", file.FileIdNumber),
		"group": present(
			"receiver", group.Receiver, "originator", group.Originator, "status", strconv.FormatInt(group.GroupStatus, 10), "as_of_date", group.AsOfDate,
			"as_of_time", group.AsOfTime, "currency", group.CurrencyCode),
		"account": account.AccountNumber, "control_total": account.AccountControlTotal,
	}
	if account.CurrencyCode != "" {
		object["currency"] = account.CurrencyCode
	}
	var summaries, transactions []format.Object
	for _, summary := range account.Summaries {
		if summary.TypeCode == "" {
			continue // the library makes one of the account's own empty fields
		}
		made := present("type", summary.TypeCode, "amount", summary.Amount, "items", strconv.FormatInt(summary.ItemCount, 10))
		summaries = append(summaries, withFunds(made, &summary.FundsType))
	}
	for _, detail := range account.Details {
		made := present("type", detail.TypeCode, "amount", detail.Amount, "bank_reference", detail.BankReferenceNumber,
			"customer_reference", detail.CustomerReferenceNumber, "text", detail.Text)
		transactions = append(transactions, withFunds(made, &detail.FundsType))
	}
	object["summaries"], object["transactions"] = summaries, transactions
	return format.Emit(b.layout.Fields, object, to)
}

// present makes an object of names and values by turns, without empty values.
func present(pairs ...string) format.Object {
	object := make(format.Object, len(pairs)/2)
	for pair := range slices.Chunk(pairs, 2) {
		if name, value := pair[0], pair[len(pair)-1]; value != "" {
			object[name] = value
		}
	}
	return object
}

func withFunds(object format.Object, funds *lib.FundsType) format.Object {
	if funds.TypeCode == "" {
		return object
	}
	about := present("type", string(funds.TypeCode), "date", funds.Date, "time", funds.Time)
	if funds.TypeCode == lib.FundsTypeS {
		about["immediate"], about["one_day"], about["two_day"] = number(funds.ImmediateAmount), number(funds.OneDayAmount), number(funds.TwoDayAmount)
	}
	var distributions []format.Object
	for _, d := range funds.Distributions {
		distributions = append(distributions, present("days", number(d.Day), "amount", number(d.Amount)))
	}
	if distributions != nil {
		about["distributions"] = distributions
	}
	object["funds"] = about
	return object
}

func number(n int64) string { return strconv.FormatInt(n, 10) }
