package sampletest

// Sakila is the database of a film rental.
func Sakila() *Schema {
	m := newMaker(2)
	actors := &Table{
		Name: "actor", Key: []string{"actor_id"},
		Columns: []Column{
			{Name: "actor_id", Kind: Small}, {Name: "first_name", Kind: Varchar, Length: 45}, {Name: "last_name", Kind: Varchar, Length: 45},
			{Name: "last_update", Kind: Timestamp, Default: "CURRENT_TIMESTAMP"},
		},
	}
	for i := range 60 {
		actors.Rows = append(actors.Rows, Row{i + 1, m.word(45), m.word(45), m.moment()})
	}
	films := &Table{
		Name: "film", Key: []string{"film_id"},
		Columns: []Column{
			{Name: "film_id", Kind: Integer}, {Name: "title", Kind: Varchar, Length: 100}, {Name: "description", Kind: Text, Null: true},
			{Name: "language_code", Kind: Char, Length: 3}, {Name: "rental_rate", Kind: Decimal, Length: 4, Scale: 2, Default: "4.99"},
			{Name: "rating", Kind: Varchar, Length: 10, Null: true, Values: []string{"G", "PG", "PG-13", "R", "it's"}}, {Name: "running_time", Kind: Small, Null: true},
			{Name: "last_update", Kind: Timestamp, Default: "CURRENT_TIMESTAMP"},
		},
	}
	for i := range 120 {
		films.Rows = append(films.Rows, Row{
			i + 1, m.word(100), m.maybe(m.word(100)), m.pick("en", "de", "cy", "gsw"), m.amount(4, 2), m.maybe(m.pick("G", "PG", "PG-13", "R", "it's")), m.maybe(m.between(1, 300)), m.moment(),
		})
	}
	return &Schema{Name: "sakila", Tables: []*Table{
		actors, films, casts(m),
		{
			Name: "cheap_film", Path: "cheapFilm", View: `SELECT "film_id", "title", "rental_rate" FROM "film" WHERE "rental_rate" < 1`,
			Columns: []Column{{Name: "film_id", Kind: Integer}, {Name: "title", Kind: Varchar, Length: 100}, {Name: "rental_rate", Kind: Decimal, Length: 4, Scale: 2}},
		},
	}}
}

// casts is who plays in what.
func casts(m *maker) *Table {
	table := &Table{
		Name: "film_actor", Key: []string{"actor_id", "film_id"},
		Columns: []Column{{Name: "actor_id", Kind: Small}, {Name: "film_id", Kind: Integer}, {Name: "last_update", Kind: Timestamp, Default: "CURRENT_TIMESTAMP"}},
		ForeignKeys: []ForeignKey{
			{Columns: []string{"actor_id"}, Table: "actor", Parent: "actor", Children: "filmActor"},
			{Columns: []string{"film_id"}, Table: "film", Parent: "film", Children: "filmActor"},
		},
	}
	for actor := range 55 {
		for film := m.between(1, 10); film <= 110; film += m.between(5, 25) {
			table.Rows = append(table.Rows, Row{actor + 1, film, m.moment()})
		}
	}
	return table
}
