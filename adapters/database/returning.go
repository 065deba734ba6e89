package database

import "github.com/postern-gateway/postern/adapters/database/dialect"

// A returning is what makes a statement that writes one row return that row: what stands before the statement, before its VALUES or WHERE, and behind it.
type returning struct{ head, before, behind dialect.Fragment }

// returning says how a statement returns the row that it writes. It does not if able is false, or where the engine has no way for this table; then the row
// is read behind it.
func (r *resource) returning(able bool) (returning, bool) {
	switch {
	case !able:
		return returning{}, false
	case r.syntax.Returning.Row == nil:
		clause := dialect.NewBuilder(r.syntax).SQL(" RETURNING ").Outputs(r.columns)
		return returning{behind: dialect.Fragment(clause.Text())}, true
	}
	head, before, behind, ok := r.syntax.Returning.Row(r.table, r.columns)
	return returning{dialect.Fragment(head), dialect.Fragment(before), dialect.Fragment(behind)}, ok
}
