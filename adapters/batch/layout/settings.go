package layout

import (
	"fmt"
	"os"

	"github.com/postern-gateway/postern/adapters/batch/record"
	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

// DefaultCodePage is the one of files with a copybook.
const DefaultCodePage = "cp037"

// RecordOptions are the options of records that the settings decide.
func RecordOptions(config *configv1.BatchLayout, dir string) (record.Options, error) {
	page, err := codePage(config, dir)
	if err != nil {
		return record.Options{}, err
	}
	lines := config.GetRecordFormat() == "line" || config.GetDelimited() != nil
	counted := config.GetRecordFormat() == "counted"
	shortRecords := config.GetShortRecords()
	options := record.Options{
		CodePage:       page,
		LittleEndian:   config.GetByteOrder() == "little",
		IEEE:           config.GetFloats() == "ieee754",
		Blank:          policy(config.GetBlankNumbers(), record.Absent),
		Invalid:        policy(config.GetInvalidNumbers(), record.Reject),
		Formats:        config.GetFormats(),
		Shift:          config.GetOccursDepending() == "shift" || config.GetOccursDepending() == "pad" || config.GetOccursDepending() == "" && (lines || counted),
		Pad:            shortRecords == "pad" || shortRecords == "" && lines,
		Partial:        shortRecords == "partial",
		Excess:         config.GetLongRecords() == "ignore" || config.GetLongRecords() == "" && config.GetRecordLength() > 0,
		Storage:        config.GetNumberRange() == "storage",
		LowValues:      config.GetLowValues() == "empty",
		DropControls:   config.GetControlCharacters() == "drop",
		NationalLittle: config.GetNationalOrder() == "little",
		DisplayText:    config.GetDisplayNumbers() == "text",
		FillersAfter:   config.GetFillerNames() == "after",
		GroupTexts:     config.GetGroupTexts(),
		Trim: map[string]record.Trim{
			"both": record.TrimBoth, "left": record.TrimLeft, "none": record.TrimNone, "nothing": record.TrimNothing,
		}[config.GetTrim()],
		Signs:   map[string]record.Signs{"strict": record.SignsStrict, "relaxed": record.SignsRelaxed}[config.GetSigns()],
		Fillers: map[string]record.Fillers{"none": record.NoFillers, "all": record.AllFillers}[config.GetFillers()],
	}
	if options.CodePages, err = fieldCodePages(config); err != nil {
		return record.Options{}, err
	}
	for table, counts := range config.GetCounts() {
		if options.Counts == nil {
			options.Counts = make(map[string]map[string]int)
		}
		options.Counts[table] = make(map[string]int)
		for text, n := range counts.GetElements() {
			options.Counts[table][text] = int(n)
		}
	}
	for _, choice := range config.GetChoices() {
		if choice.GetExpression() != "" {
			options.Rules = append(options.Rules, record.Rule{Field: choice.GetField(), Expression: choice.GetExpression()})
			continue
		}
		options.Choices = append(options.Choices, record.Choice{Field: choice.GetField(), When: When(choice.GetWhen())})
	}
	return options, nil
}

// codePage is that of the file.
func codePage(config *configv1.BatchLayout, dir string) (*record.CodePage, error) {
	if path := config.GetCodePageFile(); path != "" {
		content, err := os.ReadFile(within(dir, path))
		if err != nil {
			return nil, wrong("code_page_file", "reading the code page: %v", err)
		}
		page, err := record.ReadCodePage(path, content)
		if err != nil {
			return nil, wrong("code_page_file", "%v", err)
		}
		return page, nil
	}
	name := config.GetCodePage()
	if name == "" {
		name = DefaultCodePage
		if config.GetDelimited() != nil {
			name = "utf-8"
		}
	}
	page, err := record.LookUpCodePage(name)
	if err != nil {
		return nil, wrong("code_page", "%v", err)
	}
	return page, nil
}

func fieldCodePages(config *configv1.BatchLayout) (map[string]*record.CodePage, error) {
	pages := make(map[string]*record.CodePage, len(config.GetFieldCodePages()))
	for field, name := range config.GetFieldCodePages() {
		page, err := record.LookUpCodePage(name)
		if err != nil {
			return nil, wrong(fmt.Sprintf("field_code_pages[%q]", field), "%v", err)
		}
		pages[field] = page
	}
	return pages, nil
}

func policy(name string, otherwise record.Policy) record.Policy {
	switch name {
	case "absent":
		return record.Absent
	case "zero":
		return record.Zero
	case "zero_fraction":
		return record.ZeroFraction
	case "reject":
		return record.Reject
	default:
		return otherwise
	}
}

// When is the comparison that a condition of the settings states.
func When(condition *configv1.BatchCondition) record.When {
	values := append([]string(nil), condition.GetIn()...)
	if condition.Equals != nil {
		values = append(values, condition.GetEquals())
	}
	return record.When{Field: condition.GetField(), Values: values}
}
