// Package jobs does work that must be done even if the process ends first: the [adapters.Jobs] of back ends, on River over the gateway's store.
//
//	jobs.go   Jobs: all work of a gateway
//	space.go  the work of one back end
//	queue.go  River, on SQLite and on PostgreSQL
//	pulse.go  telling which gateways live, and giving away the jobs of those that do not
//
// # Design
//
// A job is added in the same transaction of the store as what it is about, so neither is there without the other. River then hands it to one of the gateways on the
// store at a time. Its tables are made when the first back end has work; a gateway without such back ends has neither tables nor River running.
//
// River's own kinds of jobs are compiled in, and ours come and go with back ends. So there is one kind for River, and space and kind are its arguments. A job of a back end that is
// not open just now (it is being reloaded, or has been taken out of the estate) is put off.
//
// A gateway that is killed leaves jobs behind that count as being done. River itself would give them away after the time that a job may take. So each gateway counts up a beat in the store, and
// those that see another's beat stand still for 15 seconds hand its jobs out again. A gateway that only stood still that long may then do a job that another does too, which handlers bear.
//
// River learns of new jobs on PostgreSQL by LISTEN, and looks on SQLite four times a second.
package jobs
