// Package soaptest starts real SOAP servers for tests: PHP's SoapServer, gSOAP, SOAP::Lite, spyne and node-soap, each on a free port of 127.0.0.1.
//
//	servers.go  Servers: which there are, how each is started, and how all are stopped
//	install.go  what they need, installed where it is missing
//	process.go  one running program
//
// What is missing is installed: with apt as root on Debian, and node-soap with npm. Elsewhere the error names the packages to install; nothing is skipped
// in silence. From a bare Debian 12, apt takes some 25 seconds and npm 7; with everything there, all servers are up in 2.
//
// # Design
//
// A server starts when the first test asks for it, and all that are missing are installed then in one go, because apt is slow to begin. The programs are
// those of ../shared/corpus/soap-servers; what has to be built or changed (gSOAP is compiled, node-soap's port is written in its source) is built in a temporary
// directory.
package soaptest
