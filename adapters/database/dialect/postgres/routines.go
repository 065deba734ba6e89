package postgres

import (
	"context"
	"slices"
	"strconv"

	"github.com/postern-gateway/postern/adapters/database/dialect"
)

// refcursor is the number of the type of cursors, which is fixed (pg_type.dat).
const refcursor = 1790

// resultName names what a routine returns and gives no name to.
const resultName = "result"

// A routineRow is what the catalogue says of a routine (pg_proc).
type routineRow struct {
	schema, name, comment, signature   string
	function, readsOnly, set, variadic bool
	types                              []uint32
	modes, names                       []string
	defaults                           int
	returns                            uint32
	returnSort, returnName             string // its typtype and typname
	attributes                         []string
	attributeTypes                     []uint32
	attributeModifiers                 []int32
	pseudo                             []string // types of parameters that only a call makes types of
}

// readRoutines reads functions and procedures, without those of extensions, triggers and aggregates.
func (i *inspection) readRoutines(ctx context.Context) error {
	var row routineRow
	reader := &routineReader{found: &i.found}
	err := i.each(ctx, `SELECT n.nspname::text, p.proname::text, coalesce(pg_catalog.obj_description(p.oid, 'pg_proc'), ''), pg_catalog.pg_get_function_identity_arguments(p.oid),
			p.prokind = 'f', p.prokind = 'f' AND p.provolatile <> 'v', p.proretset, p.provariadic <> 0, coalesce(p.proallargtypes, p.proargtypes::oid[]), p.proargmodes::text[], p.proargnames,
			p.pronargdefaults, p.prorettype, r.typtype::text, r.typname::text, a.names, a.types, a.modifiers,
			(SELECT pg_catalog.array_agg(t.typname::text ORDER BY t.typname) FROM unnest(coalesce(p.proallargtypes, p.proargtypes::oid[])) AS u(oid) JOIN pg_catalog.pg_type t ON t.oid = u.oid WHERE t.typtype = 'p')
		FROM pg_catalog.pg_proc p
		JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
		JOIN pg_catalog.pg_type r ON r.oid = p.prorettype
		LEFT JOIN LATERAL (SELECT pg_catalog.array_agg(a.attname::text ORDER BY a.attnum) AS names, pg_catalog.array_agg(a.atttypid ORDER BY a.attnum) AS types,
				pg_catalog.array_agg(a.atttypmod ORDER BY a.attnum) AS modifiers
			FROM pg_catalog.pg_attribute a WHERE a.attrelid = r.typrelid AND r.typrelid <> 0 AND a.attnum > 0 AND NOT a.attisdropped) a ON true
		WHERE n.nspname = ANY($1) AND p.prokind IN ('f', 'p') AND pg_catalog.has_function_privilege(p.oid, 'EXECUTE')
			AND NOT (r.typtype = 'p' AND r.typname NOT IN ('void', 'record', 'anyelement', 'anyarray', 'anynonarray', 'anyenum', 'anyrange', 'anymultirange',
				'anycompatible', 'anycompatiblearray', 'anycompatiblenonarray', 'anycompatiblerange', 'anycompatiblemultirange'))
			AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_catalog.pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
		ORDER BY array_position($1, n.nspname::text), p.proname COLLATE "C", pg_catalog.pg_get_function_identity_arguments(p.oid) COLLATE "C"`,
		[]any{
			&row.schema, &row.name, &row.comment, &row.signature, &row.function, &row.readsOnly, &row.set, &row.variadic, &row.types, &row.modes, &row.names,
			&row.defaults, &row.returns, &row.returnSort, &row.returnName, &row.attributes, &row.attributeTypes, &row.attributeModifiers, &row.pseudo,
		}, func() error {
			reader.add(row)
			row = routineRow{}
			return nil
		})
	if err != nil {
		return err
	}
	return reader.resolve(ctx, i.tx)
}

// A routineReader makes routines of rows. Their types are asked for all at once.
type routineReader struct {
	found   *dialect.Schema
	wanted  []typed
	targets []**dialect.Column
}

// column has a type asked for, and its column put into target.
func (r *routineReader) column(target **dialect.Column, name string, oid uint32, modifier int32) {
	r.wanted, r.targets = append(r.wanted, typed{name: name, oid: oid, modifier: modifier}), append(r.targets, target)
}

func (r *routineReader) resolve(ctx context.Context, on querier) error {
	resolved, err := resolve(ctx, on, r.wanted)
	if err != nil {
		return err
	}
	for i, target := range r.targets {
		column := *resolved[i]
		if *target != nil { // of a parameter
			column.Default = (*target).Default
		}
		*target = &column
	}
	return nil
}

// unmappable says why a routine cannot be offered; "" if it can.
func (row *routineRow) unmappable() string {
	switch {
	case row.variadic:
		return "it takes any number of values (VARIADIC)"
	case len(row.pseudo) > 0:
		return "the type " + row.pseudo[0] + " of its parameters is known at a call only"
	case row.returnSort == "p" && row.returnName == "record" && !slices.ContainsFunc(row.modes, isOut):
		return "the columns of the records that it returns are known at a call only"
	case row.returnSort == "p" && row.returnName != "void" && row.returnName != "record":
		return "the type " + row.returnName + " that it returns is known at a call only"
	default:
		return ""
	}
}

func isOut(mode string) bool { return mode == "o" || mode == "b" || mode == "t" }

func (r *routineReader) add(row routineRow) {
	if why := row.unmappable(); why != "" {
		r.found.Skipped = append(r.found.Skipped, "the routine "+row.name+"("+row.signature+") cannot be offered: "+why)
		return
	}
	routine := &dialect.Routine{Schema: row.schema, Name: row.name, Comment: row.comment, Function: row.function, ReadsOnly: row.readsOnly}
	r.parameters(routine, &row)
	switch {
	case slices.ContainsFunc(row.modes, isOut): // which say all that it returns
	case row.returns == refcursor:
		routine.ResultSets = true
	case len(row.attributes) > 0:
		r.rows(routine, row.attributes, row.attributeTypes, row.attributeModifiers)
	case row.set:
		r.rows(routine, []string{resultName}, []uint32{row.returns}, []int32{-1})
	case row.function && row.returnName != "void":
		r.column(&routine.Returns, resultName, row.returns, -1)
	}
	r.found.Routines = append(r.found.Routines, routine)
}

// rows gives the routine the columns of the rows that it returns.
func (r *routineReader) rows(routine *dialect.Routine, names []string, types []uint32, modifiers []int32) {
	routine.Rows = make([]*dialect.Column, len(names))
	for i, name := range names {
		r.column(&routine.Rows[i], name, types[i], modifiers[i])
	}
}

// parameters reads what a routine takes, and what it gives if that has names. Defaults belong to the last parameters that are given.
func (r *routineReader) parameters(routine *dialect.Routine, row *routineRow) {
	given := 0
	for i := range row.types {
		if mode := row.mode(i); mode == "i" || mode == "b" {
			given++
		}
	}
	defaulted := given - row.defaults
	var names []string
	var types []uint32
	var modifiers []int32
	routine.Parameters = make([]dialect.Parameter, 0, len(row.types)) // which keeps the targets where they are
	next := 0
	for i, oid := range row.types {
		name, mode := strconv.Itoa(i+1), row.mode(i)
		if i < len(row.names) && row.names[i] != "" {
			name = row.names[i]
		}
		if mode == "t" || row.set && mode == "o" {
			names, types, modifiers = append(names, name), append(types, oid), append(modifiers, -1)
			continue
		}
		parameter := dialect.Parameter{Column: &dialect.Column{}, In: mode != "o", Out: mode != "i", Cursor: oid == refcursor}
		if parameter.In {
			parameter.Default = next >= defaulted
			next++
		}
		routine.Parameters = append(routine.Parameters, parameter)
		r.column(&routine.Parameters[len(routine.Parameters)-1].Column, name, oid, -1)
		routine.ResultSets = routine.ResultSets || parameter.Cursor && parameter.Out
	}
	if len(names) > 0 {
		r.rows(routine, names, types, modifiers)
	}
}

// mode is that of a parameter; a catalogue that tells none means that all go in.
func (row *routineRow) mode(i int) string {
	if i < len(row.modes) {
		return row.modes[i]
	}
	return "i"
}
