// Package benchtest measures what requests cost a program: its processor time for each, over real sockets.
//
//	program.go  Program: a process that serves HTTP, and the processor time and memory that it has used
//	compare.go  Compare: the same requests to several programs, in turns
//	stream.go   Stream: the same long answer, its speed and the memory that it takes
//
// # Design
//
// Time on the clock says little on a machine that others use too, and in one process the client's work cannot be told from the server's. So each program is
// a process of its own, and the kernel says how much processor time it has used (/proc/PID/stat, so on Linux only). The client is the benchmark's own process.
//
// Programs take turns, round by round, so that a busy moment is not one program's alone. The ratio to the first is what counts: it stays much the same where the
// times themselves do not.
package benchtest
