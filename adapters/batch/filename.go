package batch

import (
	"fmt"
	"path"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/postern-gateway/postern/adapters/batch/record"
	"github.com/postern-gateway/postern/adapters/batch/transport"
)

// Placeholders in the names of files.
const (
	datePlaceholder = "{date:"
	namePlaceholder = "{name}"
)

// A namePattern recognises the names of files.
type namePattern struct {
	names *regexp.Regexp
	dates []record.DateFormat // of its groups, in order
}

// parseNamePattern reads a pattern with *, ?, classes as [path.Match] has them, and {date:yyyymmdd}.
func parseNamePattern(pattern string) (*namePattern, error) {
	if strings.ContainsAny(pattern, `/\`) {
		return nil, fmt.Errorf("the pattern %q leads to another directory", pattern)
	}
	p := &namePattern{}
	var names strings.Builder
	for rest := pattern; rest != ""; {
		before, after, found := strings.Cut(rest, datePlaceholder)
		if err := appendGlob(&names, before); err != nil {
			return nil, fmt.Errorf("the pattern %q is none: it is a file name with *, ? and {date:yyyymmdd}", pattern)
		}
		if !found {
			break
		}
		spelling, behind, closed := strings.Cut(after, "}")
		if !closed {
			return nil, fmt.Errorf("the pattern %q has no } behind its date", pattern)
		}
		format, err := record.ParseDateFormat(spelling)
		if err != nil {
			return nil, fmt.Errorf("the pattern %q: %w", pattern, err)
		}
		p.dates = append(p.dates, format)
		fmt.Fprintf(&names, "(.{%d})", len(spelling)) // each part of a date is as long as its name
		rest = behind
	}
	compiled, err := regexp.Compile("^(?s:" + names.String() + ")$")
	if err != nil {
		return nil, fmt.Errorf("the pattern %q is none: it is a file name with *, ? and {date:yyyymmdd}", pattern)
	}
	p.names = compiled
	return p, nil
}

// appendGlob writes a pattern of [path.Match] as a regular expression.
func appendGlob(to *strings.Builder, glob string) error {
	if _, err := path.Match(glob, ""); err != nil {
		return err //nolint:wrapcheck // the caller says it better
	}
	for glob != "" {
		switch end := strings.IndexByte(glob, ']'); {
		case glob[0] == '*':
			to.WriteString(".*")
		case glob[0] == '?':
			to.WriteString(".")
		case glob[0] == '[' && end > 0:
			to.WriteString(strings.ReplaceAll(glob[:end], "[:", `[\:`) + "]")
			glob = glob[end:]
		default:
			to.WriteString(regexp.QuoteMeta(glob[:1]))
		}
		glob = glob[1:]
	}
	return nil
}

// matches reports whether a name is meant, and its dates are dates.
func (p *namePattern) matches(name string) bool {
	groups := p.names.FindStringSubmatch(name)
	if groups == nil {
		return false
	}
	for i, format := range p.dates {
		if !format.Is(groups[i+1]) {
			return false
		}
	}
	return true
}

// A doneName makes the name of a done-file from that of the file that it stands for. The zero value stands for none.
type doneName struct{ prefix, suffix string }

func parseDoneName(name string) doneName {
	prefix, suffix, _ := strings.Cut(name, namePlaceholder)
	return doneName{prefix: prefix, suffix: suffix}
}

// isSet reports whether there are done-files.
func (n doneName) isSet() bool { return n != doneName{} }

func (n doneName) of(name string) string { return n.prefix + name + n.suffix }

// matches reports whether a name is that of a done-file.
func (n doneName) matches(name string) bool {
	return n.isSet() && len(name) > len(n.prefix)+len(n.suffix) && strings.HasPrefix(name, n.prefix) && strings.HasSuffix(name, n.suffix)
}

// doneFile reads the name of done-files. It complains about one that is the file's own.
func (c *compiler) doneFile(field, name string) doneName {
	done := parseDoneName(name)
	if name != "" && !done.isSet() {
		c.fail(field, "a done-file has another name than the file that it stands for")
	}
	return done
}

// An outboxName makes the names of files from their numbers and dates.
type outboxName struct {
	prefix, suffix string // around the number, with dates in them
	digits         int
	location       *time.Location
}

// outboxName reads the names of an outbox.
func (c *compiler) outboxName(field, name string) outboxName {
	prefix, rest, _ := strings.Cut(name, "{sequence")
	digits, suffix, _ := strings.Cut(rest, "}")
	n, _ := strconv.Atoi(strings.TrimPrefix(digits, ":")) // the configuration's own rule holds its form
	made := outboxName{prefix: prefix, suffix: suffix, digits: n, location: c.location}
	for _, part := range []string{prefix, suffix} {
		if _, err := spellDates(part, time.Unix(0, 0)); err != nil {
			c.fail(field, "%v", err)
		}
	}
	if err := transport.CheckName(made.of(1, time.Unix(0, 0))); err != nil {
		c.fail(field, "%v", err)
	}
	return made
}

// of is the name of a file that is cut at a moment.
func (n outboxName) of(sequence int64, at time.Time) string {
	prefix, _ := spellDates(n.prefix, at.In(n.location)) // they were tried when the name was read
	suffix, _ := spellDates(n.suffix, at.In(n.location))
	return fmt.Sprintf("%s%0*d%s", prefix, n.digits, sequence, suffix)
}

// spellDates puts a moment in the place of each {date:yyyymmdd}.
func spellDates(text string, at time.Time) (string, error) {
	before, after, found := strings.Cut(text, datePlaceholder)
	if !found {
		return text, nil
	}
	spelling, behind, closed := strings.Cut(after, "}")
	if !closed {
		return "", fmt.Errorf("the name has no } behind its date")
	}
	format, err := record.ParseDateFormat(spelling)
	if err != nil {
		return "", err //nolint:wrapcheck // it is for who wrote it
	}
	date, err := format.Spell(at)
	if err != nil {
		return "", err //nolint:wrapcheck // as above
	}
	rest, err := spellDates(behind, at)
	return before + date + rest, err
}
