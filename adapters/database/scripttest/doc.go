// Package scripttest is a double of a driver of database/sql, for the engines whose servers no machine here can run. A test writes down which statements it expects and
// what the server would answer, in the values and errors of the real driver.
package scripttest
