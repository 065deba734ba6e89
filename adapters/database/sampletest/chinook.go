package sampletest

import "math"

// Chinook is the database of a music shop, whose names are in CamelCase.
func Chinook() *Schema {
	m := newMaker(3)
	artists := &Table{
		Name: "Artist", Path: "artist", Key: []string{"ArtistId"},
		Columns: []Column{{Name: "ArtistId", Field: "artistId", Kind: Integer}, {Name: "Name", Field: "name", Kind: Varchar, Length: 120, Null: true}},
	}
	for i := range 40 {
		artists.Rows = append(artists.Rows, Row{i + 1, m.maybe(m.word(120))})
	}
	tracks := &Table{
		Name: "Track", Path: "track", Key: []string{"TrackId"},
		Columns: []Column{
			{Name: "TrackId", Field: "trackId", Kind: Integer}, {Name: "Name", Field: "name", Kind: Varchar, Length: 200}, {Name: "ArtistId", Field: "artistId", Kind: Integer, Null: true},
			{Name: "Milliseconds", Field: "milliseconds", Kind: Integer}, {Name: "Bytes", Field: "bytes", Kind: Big, Null: true}, {Name: "UnitPrice", Field: "unitPrice", Kind: Decimal, Length: 10, Scale: 2},
		},
		ForeignKeys: []ForeignKey{{Columns: []string{"ArtistId"}, Table: "Artist", Parent: "artist", Children: "track"}},
	}
	for i := range 300 {
		tracks.Rows = append(tracks.Rows, Row{i + 1, m.word(200), m.maybe(m.between(1, 35)), m.between(math.MinInt32, math.MaxInt32), m.maybe(m.between(-1<<61, 1<<61)), m.amount(10, 2)})
	}
	tracks.Rows[1][3], tracks.Rows[1][4] = math.MinInt32, math.MinInt64
	tracks.Rows[2][3], tracks.Rows[2][4] = math.MaxInt32, math.MaxInt64
	playlists := &Table{
		Name: "Playlist", Path: "playlist", Key: []string{"PlaylistId"},
		Columns: []Column{{Name: "PlaylistId", Field: "playlistId", Kind: Integer}, {Name: "Name", Field: "name", Kind: Varchar, Length: 120, Null: true}},
	}
	entries := &Table{
		Name: "PlaylistTrack", Path: "playlistTrack", Key: []string{"PlaylistId", "TrackId"},
		Columns: []Column{{Name: "PlaylistId", Field: "playlistId", Kind: Integer}, {Name: "TrackId", Field: "trackId", Kind: Integer}},
		ForeignKeys: []ForeignKey{
			{Columns: []string{"PlaylistId"}, Table: "Playlist", Parent: "playlist", Children: "playlistTrack"},
			{Columns: []string{"TrackId"}, Table: "Track", Parent: "track", Children: "playlistTrack"},
		},
	}
	for i := range 12 {
		playlists.Rows = append(playlists.Rows, Row{i + 1, m.maybe(m.word(120))})
		for track := m.between(1, 9); track <= 300; track += m.between(2, 12) {
			entries.Rows = append(entries.Rows, Row{i + 1, track})
		}
	}
	return &Schema{Name: "chinook", Tables: append([]*Table{artists, tracks, playlists, entries}, invoices(m)...)}
}

func invoices(m *maker) []*Table {
	invoices := &Table{
		Name: "Invoice", Path: "invoice", Key: []string{"InvoiceId"},
		Columns: []Column{
			{Name: "InvoiceId", Field: "invoiceId", Kind: Integer}, {Name: "InvoiceDate", Field: "invoiceDate", Kind: Timestamp}, {Name: "BillingCity", Field: "billingCity", Kind: Varchar, Length: 40, Null: true},
			{Name: "Total", Field: "total", Kind: Decimal, Length: 10, Scale: 2},
		},
	}
	lines := &Table{
		Name: "InvoiceLine", Path: "invoiceLine", Key: []string{"InvoiceLineId"},
		Columns: []Column{
			{Name: "InvoiceLineId", Field: "invoiceLineId", Kind: Integer}, {Name: "InvoiceId", Field: "invoiceId", Kind: Integer}, {Name: "TrackId", Field: "trackId", Kind: Integer},
			{Name: "UnitPrice", Field: "unitPrice", Kind: Decimal, Length: 10, Scale: 2}, {Name: "Quantity", Field: "quantity", Kind: Small},
		},
		ForeignKeys: []ForeignKey{
			{Columns: []string{"InvoiceId"}, Table: "Invoice", Parent: "invoice", Children: "invoiceLine"},
			{Columns: []string{"TrackId"}, Table: "Track", Parent: "track", Children: "invoiceLine"},
		},
	}
	for i := range 60 {
		invoices.Rows = append(invoices.Rows, Row{i + 1, m.moment(), m.maybe(m.word(40)), m.amount(10, 2)})
		for range m.between(0, 6) {
			lines.Rows = append(lines.Rows, Row{len(lines.Rows) + 1, i + 1, m.between(1, 300), m.amount(10, 2), m.between(1, 3)})
		}
	}
	return []*Table{invoices, lines}
}
