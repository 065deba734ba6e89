package batch_test

import (
	"fmt"
	"strings"
	"testing"
)

// An ackLayout is how acknowledgements are written in one layout.
type ackLayout struct {
	layout, schema              string
	reference, place, code      string // fields
	front, byReference, byPlace string // what stands in front; a record by reference and result; and one by sequence, position and result
	back                        string // with the number of records, if it has one
	broken                      string // what makes a file, behind its first record, that is refused
}

func ackLayouts() map[string]ackLayout {
	fixed := func(fields string) string {
		return "format: fixed\nrecords: [{name: head, type: H, role: header, fields: [{name: h, length: 4}]}, {name: answer, type: D, fields: [{name: d, length: 1, hidden: true}, " + fields + ", {name: result, length: 2}]}, " +
			"{name: tail, type: T, role: trailer, fields: [{name: t, length: 1, hidden: true}, {name: n, type: integer, length: 3, equals: count}]}]"
	}
	return map[string]ackLayout{
		"delimited": {
			layout:    `{delimited: {header: true, columns: [{name: ref}, {name: file, type: integer}, {name: place, type: integer}, {name: result}]}}`,
			reference: "ref", place: "file, position: place", code: "result",
			front: "ref,file,place,result\n", byReference: "%s,,,%s\n", byPlace: ",%d,%d,%s\n", broken: "a,b\n",
		},
		"csv": {
			layout: `{format: {name: csv, schema: ack.yaml, csv: {delimiter: "|"}}}`,
			schema: "format: csv\nfields: [{name: ref}, {name: file, type: integer}, {name: place, type: integer}, {name: result}]", reference: "ref", place: "file, position: place", code: "result",
			front: "ref|file|place|result\n", byReference: "\"%s\"|||%s\n", byPlace: "|%d|%d|%s\n", broken: "\"a\n",
		},
		"jsonl": {
			layout: `{format: {schema: ack.yaml}}`,
			schema: "format: jsonl\nfields: [{name: job, fields: [{name: ref}, {name: file, type: integer}, {name: place, type: integer}]}, {name: result}]", reference: "job.ref", place: "job.file, position: job.place", code: "result",
			byReference: `{"job":{"ref":"%s"},"result":"%s","more":[1]}` + "\n", byPlace: `{"result":"%[3]s","job":{"place":%[2]d,"file":%[1]d}}` + "\n", broken: "{",
		},
		"xml": {
			layout: `{format: {schema: ack.yaml}}`,
			schema: `{format: xml, element: Answers/Answer, fields: [{name: "@ref"}, {name: Place, fields: [{name: "@file", type: integer}, {name: "#text", type: integer}]}, {name: Result}]}`, reference: "@ref", place: `"Place.@file", position: "Place.#text"`, code: "Result",
			front: `<Answers xmlns="urn:a">`, byReference: `<Answer ref="%s"><Result>%s</Result></Answer>`, byPlace: `<Answer><Place file="%d">%d</Place><Result>%s</Result></Answer>`, back: "</Answers>", broken: "<Answer>",
		},
		"iso20022": {
			layout: `{format: {schema: ack.yaml}}`,
			schema: `{format: iso20022, fields: [{name: OrgnlEndToEndId}, {name: OrgnlInstrId, type: integer}, {name: OrgnlTxRef, fields: [{name: Nb, type: integer}]}, {name: TxSts}]}`, reference: "OrgnlEndToEndId", place: "OrgnlInstrId, position: OrgnlTxRef.Nb", code: "TxSts",
			front:       `<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.03"><CstmrPmtStsRpt><OrgnlPmtInfAndSts>`,
			byReference: `<TxInfAndSts><OrgnlEndToEndId>%s</OrgnlEndToEndId><TxSts>%s</TxSts></TxInfAndSts>`,
			byPlace:     `<TxInfAndSts><OrgnlInstrId>%d</OrgnlInstrId><TxSts>%[3]s</TxSts><OrgnlTxRef><Nb>%[2]d</Nb></OrgnlTxRef></TxInfAndSts>`,
			back:        "</OrgnlPmtInfAndSts></CstmrPmtStsRpt></Document>", broken: "<x>",
		},
		"fixed by reference": {
			layout: `{format: {schema: ack.yaml}}`, schema: fixed("{name: ref, length: 6}"), reference: "ref", code: "result",
			front: "HEAD\n", byReference: "D%06s%s\n", back: "T%03d\n", broken: "X\n",
		},
		"fixed by place": {
			layout: `{format: {schema: ack.yaml}}`, schema: fixed("{name: file, type: integer, length: 3}, {name: place, type: integer, length: 3}"), place: "file, position: place", code: "result",
			front: "HEAD\n", byPlace: "D%03d%03d%s\n", back: "T%03d\n", broken: "X\n",
		},
	}
}

// file is an acknowledgement of these records.
func (a *ackLayout) file(records ...string) []byte {
	back := a.back
	if strings.Contains(back, "%") {
		back = fmt.Sprintf(back, len(records))
	}
	return []byte(a.front + strings.Join(records, "") + back)
}

func (a *ackLayout) settings(name string) string {
	return strings.Replace(jobSettings("{schema: jobs.yaml}", "ref", ""), `      layout: {delimited: {columns: [{name: ref}, {name: result}]}}
      reference: ref
      code: result
`, "      layout: "+a.layout+"\n      "+name+"\n      code: "+a.code+"\n", 1)
}

// An ackWay is a way to name submissions in an acknowledgement, where each file has two.
type ackWay struct {
	setting string
	answer  func(file, place int, result string) string
}

// Acknowledgements are read in every layout: they name submissions by reference, or by file and place in it. An answer that is for nothing, or comes again, has no effect, and a file that breaks off none at all.
func TestAcknowledgementLayouts(t *testing.T) {
	t.Parallel()
	for name, layout := range ackLayouts() {
		ways := make(map[string]ackWay)
		if layout.byReference != "" {
			ways["reference"] = ackWay{`reference: "` + layout.reference + `"`, func(file, place int, result string) string {
				return fmt.Sprintf(layout.byReference, fmt.Sprint(2*(file-1)+place), result)
			}}
		}
		if layout.byPlace != "" {
			ways["place"] = ackWay{"sequence: " + strings.Replace(layout.place, ", position", "\n      position", 1), func(file, place int, result string) string {
				return fmt.Sprintf(layout.byPlace, file, place, result)
			}}
		}
		for way, by := range ways {
			t.Run(name+" by "+way, func(t *testing.T) {
				t.Parallel()
				s := newSite(t)
				s.write(t, "jobs.yaml", []byte(jobJSONSchema))
				s.write(t, "ack.yaml", []byte(layout.schema))
				backend := s.open(t, layout.settings(by.setting))
				var names []string
				for range 2 { // files of two each
					names = append(names, submit(t, backend, smallJob).GetName(), submit(t, backend, smallJob).GetName())
					drain(t, backend)
				}
				want := func(when string, states ...string) {
					t.Helper()
					for i, state := range states {
						if _, metadata := operation(t, backend, names[i]); metadata["state"] != state {
							t.Errorf("%s: submission %d is %v, want %s", when, i+1, metadata["state"], state)
						}
					}
				}
				s.write(t, "in/ACK.1", []byte(layout.front+by.answer(1, 1, "OK")+layout.broken))
				if err := tryDrain(t.Context(), backend); err != nil {
					t.Fatal(err)
				}
				want("a file that breaks off", "DELIVERED", "DELIVERED", "DELIVERED", "DELIVERED")
				if err := tryCheck(t, backend); err == nil {
					t.Error("an acknowledgement that could not be used went unnoticed")
				}
				s.write(t, "in/ACK.1", layout.file(by.answer(1, 1, "OK"), by.answer(2, 1, "NO"), by.answer(9, 2, "OK"), by.answer(2, 1, "NO")))
				drain(t, backend)
				want("the first answers", "ACKNOWLEDGED", "DELIVERED", "REJECTED", "DELIVERED")
				if done, _ := operation(t, backend, names[2]); done.GetError().GetMessage() != "There is no such tenant." {
					t.Errorf("the rejection says %v", done.GetError())
				}
				s.write(t, "in/ACK.2", layout.file(by.answer(1, 1, "OK"), by.answer(2, 1, "OK"), by.answer(2, 2, "OK")))
				drain(t, backend)
				want("the same again, and another result", "ACKNOWLEDGED", "DELIVERED", "REJECTED", "ACKNOWLEDGED")
			})
		}
	}
}
