// Package housing simulates the housing system: an SQLite file with the tables of a tenancy and repairs package.
//
//	schema.sql   the tables, with the column names of their time
//	housing.go   Create: the file, filled
//	tenancy.go   what is made up for each citizen
//
// # Design
//
// Nothing runs here: the system is its database, as such systems are for those who integrate them. Declared types,
// foreign keys and checks are what a catalogue reader finds in the field, and some names are as ugly.
package housing
