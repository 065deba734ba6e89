package database

import (
	"fmt"
	"hash/fnv"
	"slices"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/postern-gateway/postern/adapters/database/dialect"
	"github.com/postern-gateway/postern/adapters/mirror"
)

// Relations have field numbers of their own, far from those of columns, made of what they are: one that is added or dropped moves no other.
const (
	firstRelation = 20_000
	lastRelation  = 1<<25 - 1 // so that a tag takes four bytes
)

type tableName struct{ schema, name string }

// relate describes what foreign keys lead to, from both ends.
func (d *describer) relate() {
	tables := make(map[tableName]*tableDescriber, len(d.tables))
	for _, t := range d.tables {
		tables[tableName{t.table.Schema, t.table.Name}] = t
	}
	for _, t := range d.tables {
		for _, key := range t.table.ForeignKeys {
			schema := key.Schema
			if schema == "" {
				schema = t.table.Schema
			}
			other := tables[tableName{schema, key.Table}]
			if other == nil || len(key.Columns) == 0 || len(key.Columns) != len(key.References) {
				continue
			}
			from, to := comparableColumns(t.table, key.Columns), comparableColumns(other.table, key.References)
			if from == nil || to == nil {
				continue
			}
			t.addRelation(&relation{own: from, other: to}, other, parentName(other, key), key, t)
			related := other.addRelation(&relation{own: to, other: from, many: true}, t, childrenName(t, other, key), key, t)
			if keyed := ownedBy(other.table, to, from); keyed != nil {
				other.owned = append(other.owned, ownedRows{relation: related, table: t, keyed: keyed})
			}
		}
	}
}

// comparableColumns returns the columns of these names, or nil if one is not offered or cannot be compared.
func comparableColumns(table *dialect.Table, names []string) []*dialect.Column {
	columns := make([]*dialect.Column, len(names))
	for i, name := range names {
		column := table.Column(name)
		if column == nil || !column.Kind.Ordered() {
			return nil
		}
		columns[i] = column
	}
	return columns
}

// ownedBy returns the columns of from in the order of the table's key, if to are the key.
func ownedBy(table *dialect.Table, to, from []*dialect.Column) []*dialect.Column {
	if len(table.Key) == 0 || len(table.Key) != len(to) {
		return nil
	}
	keyed := make([]*dialect.Column, len(to))
	for i, name := range table.Key {
		at := slices.IndexFunc(to, func(column *dialect.Column) bool { return column.Name == name })
		if at < 0 {
			return nil
		}
		keyed[i] = from[at]
	}
	return keyed
}

// addRelation describes a relation as a field of the table's rows. child is the table of the foreign key.
func (t *tableDescriber) addRelation(r *relation, target *tableDescriber, name string, key dialect.ForeignKey, child *tableDescriber) *relation {
	r.target = target.resource
	columns := strings.Join(key.Columns, ", ")
	comment := fmt.Sprintf("The row of %s that %s refers to. Only where expand asks for it.", key.Table, columns)
	if r.many {
		comment = fmt.Sprintf("The first %d of %s whose %s refers to this, in the order of their key. Only where expand asks for them.", maxChildren, child.table.Name, columns)
	}
	held := target.message
	if r.many { // a list cannot say whether it was asked for, nor whether it is whole
		held = t.file.Message(t.singular+" "+name, comment)
		rows := held.Field(mirror.Field{Original: mirror.FieldName(target.plural), Comment: "The rows.", Type: mirror.Of(target.message), Repeated: true})
		more := held.Field(mirror.Field{Original: "more", Comment: "Whether there are more than these.", Type: mirror.Bool})
		r.rows, r.more = rows.Number, more.Number
	}
	added := t.message.Field(mirror.Field{
		Original: name, Comment: comment, Type: mirror.Of(held),
		Number: t.relationNumber(fmt.Sprintf("%v %s %s", r.many, child.table.Name, columns)),
	})
	r.name, r.jsonName, r.number = added.Name, added.JSONName, added.Number
	t.resource.relations = append(t.resource.relations, r)
	return r
}

// relationNumber makes a number of what identifies a relation.
func (t *tableDescriber) relationNumber(identity string) protoreflect.FieldNumber {
	hash := fnv.New32a()
	_, _ = hash.Write([]byte(identity)) // it cannot fail
	number := protoreflect.FieldNumber(firstRelation + hash.Sum32()%(lastRelation-firstRelation))
	for slices.ContainsFunc(t.message.Fields(), func(f *mirror.Field) bool { return f.Number == number }) {
		number++
	}
	return number
}

// parentName is what a row calls the one that it refers to: tenancy of tenancy_id.
func parentName(parent *tableDescriber, key dialect.ForeignKey) string {
	if base := roleOf(key); base != "" {
		return base
	}
	return mirror.FieldName(parent.singular)
}

// roleOf is what the column of a foreign key says without its ending: billing_customer of billing_customer_id; "" if it has no such ending, or company.
func roleOf(key dialect.ForeignKey) string {
	if len(key.Columns) != 1 {
		return ""
	}
	name := mirror.FieldName(key.Columns[0])
	for _, ending := range []string{"_id", "_no", "_nr", "_code", "_key", "_number", "_ref", "_fk", "_uuid"} {
		if base, found := strings.CutSuffix(name, ending); found {
			return base
		}
	}
	return ""
}

// childrenName is what a row calls those that refer to it: repairs, or repairs_by_reporter where they do so in more than one way.
func childrenName(child, parent *tableDescriber, key dialect.ForeignKey) string {
	plural := mirror.FieldName(child.plural)
	ways := 0
	for _, other := range child.table.ForeignKeys {
		if other.Table == key.Table && other.Schema == key.Schema {
			ways++
		}
	}
	if ways == 1 && child != parent || slices.Equal(key.Columns, key.References) || roleOf(key) == mirror.FieldName(parent.singular) {
		return plural
	}
	by := roleOf(key)
	if by == "" {
		by = mirror.FieldName(strings.Join(key.Columns, " "))
	}
	return plural + "_by_" + by
}
