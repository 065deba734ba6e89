package housing

import (
	"context"
	"database/sql"
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"

	_ "modernc.org/sqlite" // the driver "sqlite"

	"github.com/postern-gateway/postern/deploy/demo/population"
)

//go:embed schema.sql
var schema string

// Create makes the database of the citizens at path, unless there is a file already. The file appears only when it
// is whole.
func Create(ctx context.Context, path string, citizens []population.Citizen) error {
	if _, err := os.Stat(path); err == nil {
		return nil
	} else if !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("looking for the housing database: %w", err)
	}
	aside := path + ".part"
	if err := os.Remove(aside); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("removing half a housing database: %w", err)
	}
	if err := create(ctx, aside, citizens); err != nil {
		return fmt.Errorf("creating the housing database: %w", err)
	}
	if err := os.Rename(aside, path); err != nil {
		return fmt.Errorf("renaming the housing database: %w", err)
	}
	return nil
}

func create(ctx context.Context, path string, citizens []population.Citizen) (err error) {
	address := url.URL{Scheme: "file", OmitHost: true, Path: path, RawQuery: "_pragma=foreign_keys(1)"}
	db, err := sql.Open("sqlite", address.String())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if _, err := db.ExecContext(ctx, schema); err != nil {
		return fmt.Errorf("creating tables: %w", err)
	}
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // does nothing after a commit
	if err := fill(ctx, tx, citizens); err != nil {
		return err
	}
	return tx.Commit()
}

// The tables in an order in which foreign keys hold, with how many columns each has.
var tables = []struct {
	name    string
	columns int
}{
	{"tenants", 7}, {"properties", 8}, {"tenancies", 6}, {"rent_accounts", 5}, {"repairs", 9},
}

// fill writes all rows.
func fill(ctx context.Context, tx *sql.Tx, citizens []population.Citizen) error {
	inserts := make(map[string]*sql.Stmt, len(tables))
	for _, table := range tables {
		marks := "?"
		for range table.columns - 1 {
			marks += ", ?"
		}
		insert, err := tx.PrepareContext(ctx, "INSERT INTO "+table.name+" VALUES ("+marks+")") //nolint:gosec // nothing here is from outside
		if err != nil {
			return fmt.Errorf("preparing %s: %w", table.name, err)
		}
		defer func() { _ = insert.Close() }() // the transaction closes it too
		inserts[table.name] = insert
	}
	for _, citizen := range citizens {
		for _, row := range newTenancy(citizen).rows() {
			if _, err := inserts[row.table].ExecContext(ctx, row.values...); err != nil {
				return fmt.Errorf("writing %s of %s: %w", row.table, citizen.ID, err)
			}
		}
	}
	return nil
}

// A row is one row of a table, its values in the order of the columns.
type row struct {
	table  string
	values []any
}

func (t tenancy) rows() []row {
	c := t.citizen
	rows := []row{
		{"tenants", []any{c.ID, c.Title, c.GivenName, c.FamilyName, c.BornOn.Format(date), c.Telephone, c.Email}},
		{"properties", []any{
			t.propertyRef, c.Address.Line1, c.Address.Line2, c.Address.Town, c.Address.Postcode, t.propertyType, t.bedrooms, t.hasGarden,
		}},
		{"tenancies", []any{t.id, c.ID, t.propertyRef, t.kind, t.startedOn, nullable(t.endedOn)}},
		{"rent_accounts", []any{t.rentAccount, t.id, t.weeklyRent.String(), t.balance.String(), t.balancedAt}},
	}
	for _, job := range t.repairs {
		var estimate any
		if job.estimate != 0 {
			estimate = job.estimate.String()
		}
		rows = append(rows, row{"repairs", []any{
			job.number, t.id, job.trade, job.description, job.priority, job.status, job.reportedAt, nullable(job.appointment), estimate,
		}})
	}
	return rows
}

func nullable(text string) any {
	if text == "" {
		return nil
	}
	return text
}
