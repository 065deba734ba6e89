package layout

import (
	"fmt"
	"slices"
	"strings"

	"github.com/postern-gateway/postern/adapters/batch/record"
	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

// Segments tell the kinds of records in one file apart.
type Segments struct {
	layout   *record.Layout
	field    *record.Field
	kinds    []*record.Field                   // their groups, in the order of the settings
	values   map[*record.Field]string          // the first value of each kind
	groups   map[string]*record.Field          // by value
	children map[*record.Field][]*record.Field // by the group of their parent
	parent   map[*record.Field]*record.Field   // of groups that belong to another
	only     map[string]bool
	levels   []map[string]bool
	prefix   string
}

func compileSegments(layout *record.Layout, config *configv1.BatchSegments) (*Segments, error) {
	if config == nil {
		return nil, nil //nolint:nilnil // there are none
	}
	s := &Segments{
		layout: layout, values: make(map[*record.Field]string), groups: make(map[string]*record.Field), children: make(map[*record.Field][]*record.Field), parent: make(map[*record.Field]*record.Field),
		prefix: config.GetPrefix(),
	}
	var err error
	if s.field, err = layout.Lookup(config.GetField()); err != nil {
		return nil, wrong("segments.field", "%v", err)
	}
	if !s.field.IsFixed() {
		return nil, wrong("segments.field", "%s does not stand at the same place in every record", config.GetField())
	}
	for _, value := range config.GetOnly() {
		if s.only == nil {
			s.only = make(map[string]bool)
		}
		s.only[s.field.CanonicalText(value)] = true
	}
	for _, level := range config.GetLevels() {
		values := make(map[string]bool)
		for value := range strings.SplitSeq(level, ",") {
			values[s.field.CanonicalText(value)] = true
		}
		s.levels = append(s.levels, values)
	}
	return s, s.compile(config.GetKinds())
}

func (s *Segments) compile(kinds []*configv1.BatchSegment) error {
	for i, kind := range kinds {
		at := fmt.Sprintf("segments.kinds[%d]", i)
		group, err := s.layout.Lookup(kind.GetGroup())
		if err != nil {
			return wrong(at+".group", "%v", err)
		}
		for _, value := range kind.GetValues() {
			value = s.field.CanonicalText(value)
			if other := s.groups[value]; other != nil && other != group {
				return wrong(at+".values", "%q says %s already", value, other.Name)
			}
			s.groups[value] = group
		}
		if _, again := s.values[group]; !again {
			s.kinds = append(s.kinds, group)
			s.values[group] = strings.TrimSpace(kind.GetValues()[0])
		}
		if kind.GetParent() == "" {
			continue
		}
		parent, err := s.layout.Lookup(kind.GetParent())
		if err != nil {
			return wrong(at+".parent", "%v", err)
		}
		if other := s.parent[group]; other != nil {
			if other != parent {
				return wrong(at+".parent", "%s belongs to %s already", group.Name, other.Name)
			}
			continue
		}
		s.children[parent] = append(s.children[parent], group)
		s.parent[group] = parent
	}
	for group := range s.parent {
		if s.below(group, group, len(kinds)) {
			return wrong("segments.kinds", "%s belongs to itself", group.Name)
		}
	}
	return nil
}

// below reports whether wanted is among the descendants of group.
func (s *Segments) below(group, wanted *record.Field, depth int) bool {
	for _, child := range s.children[group] {
		if child == wanted || depth > 0 && s.below(child, wanted, depth-1) {
			return true
		}
	}
	return false
}

// Value is what the record's field says, or nothing if that cannot be read.
func (s *Segments) Value(body []byte, value *record.Value) string {
	if s.layout.Extract(body, s.field, value) != nil {
		return ""
	}
	return s.field.Canonical(value)
}

// Field is the one that says of which kind a record is.
func (s *Segments) Field() *record.Field { return s.field }

// ValueOf is the first of the values that say that a record is of a group's kind.
func (s *Segments) ValueOf(group *record.Field) string { return s.values[group] }

// Roots are the groups of records that belong to no other.
func (s *Segments) Roots() []*record.Field {
	return slices.DeleteFunc(slices.Clone(s.kinds), func(group *record.Field) bool { return s.parent[group] != nil })
}

// Group is the group that describes records with this value, or nil.
func (s *Segments) Group(value string) *record.Field { return s.groups[value] }

// Wanted reports whether records with this value are read.
func (s *Segments) Wanted(value string) bool { return s.only == nil || s.only[value] }

// Hierarchical reports whether some kinds belong to others.
func (s *Segments) Hierarchical() bool { return len(s.parent) > 0 }

// IsRoot reports whether a record with this value begins a hierarchy.
func (s *Segments) IsRoot(value string) bool {
	group := s.groups[value]
	return group != nil && s.parent[group] == nil
}

// Children are the groups that belong to this one.
func (s *Segments) Children(group *record.Field) []*record.Field { return s.children[group] }

// Levels is the number of levels.
func (s *Segments) Levels() int { return len(s.levels) }

// A Numbering numbers the records of a hierarchy by its levels.
type Numbering struct {
	segments *Segments
	file     int
	level    int
	root     string
	counts   []int64
}

// Numbering starts with a file, numbered from 0.
func (s *Segments) Numbering(file int) *Numbering {
	return &Numbering{segments: s, file: file, level: -1, counts: make([]int64, len(s.levels))}
}

// Take counts the record with this number in its file, from 0.
func (n *Numbering) Take(value string, number int64) {
	level := n.levelOf(value)
	switch {
	case level < 0:
	case level == 0:
		n.level, n.root = 0, fmt.Sprintf("%s_%d_%d", n.segments.prefix, n.file, number)
		clear(n.counts)
	default:
		n.level = level
		n.counts[level]++
	}
}

func (n *Numbering) levelOf(value string) int {
	for i, values := range n.segments.levels {
		if values[value] {
			return i
		}
	}
	for i, values := range n.segments.levels {
		if values[anyOther] {
			return i
		}
	}
	return -1
}

// Begun reports whether there has been a record of the highest level, if there are levels.
func (n *Numbering) Begun() bool { return len(n.segments.levels) == 0 || n.level >= 0 && n.root != "" }

// ID is the number of the present record on a level; false below its own.
func (n *Numbering) ID(level int) (string, bool) {
	switch {
	case level > n.level || n.root == "":
		return "", false
	case level == 0:
		return n.root, true
	default:
		return fmt.Sprintf("%s_L%d_%d", n.root, level, n.counts[level]), true
	}
}
