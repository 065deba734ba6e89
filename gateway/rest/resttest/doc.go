// Package resttest compiles .proto files for the tests of what publishes services.
package resttest
