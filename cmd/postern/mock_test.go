package main

import (
	"bufio"
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// startMock runs `postern mock wsdl` until the test ends, and returns where it is.
func startMock(t *testing.T, arguments ...string) (base string) {
	t.Helper()
	command := exec.CommandContext(context.WithoutCancel(t.Context()), "postern", append([]string{"mock", "wsdl", "--listen", "127.0.0.1:0"}, arguments...)...)
	stdout, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var logs strings.Builder
	command.Stderr = &logs
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := command.Process.Signal(syscall.SIGTERM); err != nil {
			t.Error(err)
		}
		_, _ = io.Copy(io.Discard, stdout)
		if err := command.Wait(); err != nil {
			t.Errorf("postern mock: %v\n%s", err, logs.String())
		}
	})
	lines := bufio.NewScanner(stdout)
	for lines.Scan() {
		if address, ok := strings.CutPrefix(lines.Text(), "WSDL      "); ok {
			return strings.TrimSuffix(address, "?wsdl")
		}
	}
	t.Fatalf("postern mock printed no address:\n%s", logs.String())
	return ""
}

// givenReplies is a file of replies.
const givenReplies = `
- operation: getAccount
  when: {citizenId: C000404}
  fault: {code: Client, text: no such account}
- operation: findAccounts
  message: {match: [], moreAvailable: false}
`

// TestMockOfAService has the gateway call the mock of the demo's council tax: the WSDL is imported from the mock, and calls go there.
func TestMockOfAService(t *testing.T) {
	t.Parallel()
	wsdl, err := filepath.Abs(filepath.Join("..", "..", "deploy", "demo", "estate", "backends", "counciltax", "AccountService.wsdl"))
	if err != nil {
		t.Fatal(err)
	}
	replies := filepath.Join(t.TempDir(), "replies.yaml")
	if err := os.WriteFile(replies, []byte(givenReplies), 0o600); err != nil {
		t.Fatal(err)
	}
	address := startMock(t, wsdl, "--replies", replies)
	estate := filepath.Join(t.TempDir(), "estate")
	postern := func(arguments ...string) (string, string, error) {
		t.Helper()
		command := exec.CommandContext(t.Context(), "postern", arguments...)
		var stdout, stderr strings.Builder
		command.Stdout, command.Stderr = &stdout, &stderr
		err := command.Run()
		return stdout.String(), stderr.String(), err
	}
	if out, problems, err := postern("import", "wsdl", address+"?wsdl", "--into", estate, "--name", "tax"); err != nil || !strings.Contains(out, "imported 3 operations") {
		t.Fatalf("%v: %s%s", err, out, problems)
	}
	out, wire, err := postern("call", estate, "tax/getAccount", "--data", `{"citizenId": "C000042"}`, "--wire")
	if err != nil || !strings.Contains(out, "C000042") {
		t.Errorf("%v: %s%s", err, out, wire)
	}
	for _, shown := range []string{"sent:\n", "received:\n", "C000042</", "<soap:Envelope"} {
		if !strings.Contains(wire, shown) {
			t.Errorf("the wire does not show %q:\n%s", shown, wire)
		}
	}
	again, _, err := postern("call", estate, "tax/getAccount", "--data", `{"citizenId": "C000042"}`)
	if err != nil || again != out {
		t.Errorf("the same request gets %s, and then %s (%v)", out, again, err)
	}
	if _, problems, err := postern("call", estate, "tax/getAccount", "--data", `{"citizenId": "C000404"}`); err == nil || !strings.HasPrefix(problems, "INVALID_ARGUMENT ") {
		t.Errorf("the fault that is given: %v, %s", err, problems)
	}
	if out, _, err := postern("call", estate, "tax/findAccounts", "--data", `{"lastName": "Okafor"}`); err != nil || !strings.Contains(out, `"match": []`) {
		t.Errorf("the reply that is given: %v, %s", err, out)
	}
}

// TestPHPCallsTheMock has a foreign client read the WSDL from the mock and call it, in both versions of SOAP.
func TestPHPCallsTheMock(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("php"); err != nil {
		t.Fatal("the test needs PHP with its SOAP extension: install php-cli and php-soap")
	}
	weather := filepath.Join(sharedDir(t), "corpus", "wsdl", "wsdl", "TechSpokes+typescript-wsdl-client", "test", "conformance", "fixtures", "wsdl", "baselines",
		"baseline-weather-document-literal.wsdl")
	encoded := filepath.Join(sharedDir(t), "corpus", "wsdl", "wsdl", "swalberg+f5-icontrol", "lib", "wsdl", "Management.DBVariable.wsdl")
	const script = `<?php
		ini_set('soap.wsdl_cache_enabled', '0');
		foreach ([SOAP_1_1, SOAP_1_2] as $version) {
			$client = new SoapClient($argv[1] . '?wsdl', ['soap_version' => $version, 'exceptions' => true]);
			$reply = $client->GetCityWeatherByZIP(['ZIP' => '90210']);
			echo get_debug_type($reply->GetCityWeatherByZIPResult->Success), ' ', $reply->GetCityWeatherByZIPResult->City, "\n";
		}
		try {
			$client->__soapCall('GetCityWeatherByZIP', [new SoapVar('<x xmlns="urn:x"/>', XSD_ANYXML)]);
		} catch (SoapFault $fault) {
			echo $fault->faultcode, "\n";
		}
		$client = new SoapClient($argv[2] . '?wsdl', ['exceptions' => true]);
		echo json_encode($client->is_variable_available(['a', 'b'])), "\n";
		echo json_encode($client->query(['a'])), "\n";
	`
	file := filepath.Join(t.TempDir(), "client.php")
	if err := os.WriteFile(file, []byte(script), 0o600); err != nil {
		t.Fatal(err)
	}
	output, err := exec.CommandContext(t.Context(), "php", file, startMock(t, weather), startMock(t, encoded)).CombinedOutput()
	const want = "bool City\nbool City\nenv:Sender\n[true]\n[{\"name\":\"name\",\"value\":\"value\"}]\n"
	if err != nil || strings.ReplaceAll(string(output), "soap:Sender", "env:Sender") != want {
		t.Errorf("%v: PHP prints\n%s\nwant\n%s", err, output, want)
	}
}
