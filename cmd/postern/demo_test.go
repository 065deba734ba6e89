package main

import (
	"encoding/json"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	reflectionpb "google.golang.org/grpc/reflection/grpc_reflection_v1"
)

// TestDemo drives the demo as its users do, over its sockets.
func TestDemo(t *testing.T) {
	t.Parallel()
	demo := start(t, "demo", "--data", t.TempDir())
	base, admin := "http://"+demo.rest, "http://"+demo.admin

	t.Run("one citizen from three back ends", func(t *testing.T) {
		eventually(t, "an answer with the benefits extract", func() bool {
			return get(t, base+"/citizen/v1/citizens/C000001").at("benefits") != nil
		})
		got := get(t, base+"/citizen/v1/citizens/C000001")
		if got.status != 200 {
			t.Fatalf("%d %s", got.status, got.body)
		}
		for part, source := range map[string]string{"councilTax": "counciltax", "housing": "housing", "benefits": "benefits"} {
			if got.at(part, "source") != source || got.at(part, "asOf") == nil {
				t.Errorf("%s is from %v as of %v", part, got.at(part, "source"), got.at(part, "asOf"))
			}
		}
		if unavailable, ok := got.at("unavailable").([]any); !ok || len(unavailable) != 0 {
			t.Errorf("unavailable is %v", got.at("unavailable"))
		}
	})

	t.Run("unknown and malformed citizens", func(t *testing.T) {
		if got := get(t, base+"/citizen/v1/citizens/C999999"); got.status != 404 || got.at("code") != "CITIZEN_NOT_FOUND" {
			t.Errorf("%d %s", got.status, got.body)
		}
		if got := get(t, base+"/citizen/v1/citizens/nobody"); got.status != 400 || !strings.Contains(got.body, `"citizenId"`) {
			t.Errorf("%d %s", got.status, got.body)
		}
	})

	t.Run("raw back ends", func(t *testing.T) {
		for path, want := range map[string]string{
			"/counciltax/v1/getAccount?citizenId=C000001": `"citizenId"`,
			"/housing/v1/tenancies?pageSize=2":            `"nextPageToken"`,
			"/benefits/v1/claims?pageSize=2":              `"nextPageToken"`,
		} {
			if got := get(t, base+path); got.status != 200 || !strings.Contains(got.body, want) {
				t.Errorf("%s: %d %s", path, got.status, got.body)
			}
		}
	})

	t.Run("search pages through all", func(t *testing.T) {
		first := get(t, base+"/housing/v1/tenancies?pageSize=1").body
		name := lastNameOf(t, base)
		seen := make(map[string]bool)
		for token := ""; ; {
			page := get(t, base+"/citizen/v1/citizens?lastName="+name+"&pageSize=2&pageToken="+token)
			if page.status != 200 {
				t.Fatalf("%d %s (first tenancy %s)", page.status, page.body, first)
			}
			citizens, _ := page.at("citizens").([]any)
			for _, citizen := range citizens {
				found, _ := citizen.(map[string]any)
				id := fmt.Sprint(found["citizenId"])
				if seen[id] || found["familyName"] != name {
					t.Errorf("%v is on two pages, or is not called %s", found, name)
				}
				seen[id] = true
			}
			token, _ = page.at("nextPageToken").(string)
			if token == "" {
				break
			}
		}
		if !seen["C000001"] {
			t.Errorf("C000001 is not among %d citizens called %s", len(seen), name)
		}
	})

	t.Run("a change of address is followed to its end", func(t *testing.T) {
		accepted := send(t, "POST", base+"/citizen/v1/citizens/C000001:changeAddress", `{"address":{"lines":["7 Mill Lane"],"postcode":"RV1 2AB"}}`)
		name, _ := accepted.at("name").(string)
		if accepted.status != 202 || !strings.HasPrefix(name, "operations/") || accepted.header.Get("Location") != "/citizen/v1/"+name {
			t.Fatalf("%d %s at %q", accepted.status, accepted.body, accepted.header.Get("Location"))
		}
		var done answer
		eventually(t, "the acknowledgement", func() bool {
			done = get(t, base+"/citizen/v1/"+name)
			return done.at("done") == true
		})
		if done.status != 200 || done.at("response") == nil || done.at("error") != nil {
			t.Errorf("the operation ended as %s", done.body)
		}
	})

	t.Run("an address that the mainframe refuses", func(t *testing.T) {
		accepted := send(t, "POST", base+"/citizen/v1/citizens/C000001:changeAddress", `{"address":{"lines":["7 Mill Lane"],"postcode":"??"}}`)
		var done answer
		eventually(t, "the acknowledgement", func() bool {
			done = get(t, base+"/citizen/v1/"+fmt.Sprint(accepted.at("name")))
			return done.at("done") == true
		})
		if message := done.at("error", "message"); message != "The postcode cannot be read." {
			t.Errorf("the operation ended as %s", done.body)
		}
	})

	t.Run("gRPC reflection lists mirrored and contract services", func(t *testing.T) {
		conn, err := grpc.NewClient(demo.grpc, grpc.WithTransportCredentials(insecure.NewCredentials()))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		listed := reflected(t, conn)
		for _, prefix := range []string{"counciltax.v1.", "housing.v1.", "benefits.v1.", "citizen.v1.CitizenService"} {
			if !slices.ContainsFunc(listed, func(name string) bool { return strings.HasPrefix(name, prefix) }) {
				t.Errorf("no service %s is listed: %v", prefix, listed)
			}
		}
	})

	t.Run("documents", func(t *testing.T) {
		for _, api := range []string{"citizen", "counciltax", "housing", "benefits"} {
			got := get(t, base+"/"+api+"/v1/openapi.json")
			if got.status != 200 || got.at("openapi") != "3.1.0" {
				t.Errorf("the document of %s: %d %.200s", api, got.status, got.body)
			}
		}
		if page := send(t, "GET", base+"/", "", "Accept", "text/html"); page.status != 200 || !strings.Contains(page.body, "<html") {
			t.Errorf("the catalogue for a browser: %d %.200s", page.status, page.body)
		}
		if list := send(t, "GET", base+"/", "", "Accept", "application/json"); list.status != 200 || list.fields == nil {
			t.Errorf("the catalogue for a program: %d %.200s", list.status, list.body)
		}
	})

	t.Run("a failing back end takes only its own part away", func(t *testing.T) { failing(t, base, admin) })
}

// failing switches council tax to failing and back, and watches its breaker.
func failing(t *testing.T, base, admin string) {
	t.Helper()
	mode := func(mode string) {
		if got := send(t, "POST", admin+"/demo/counciltax", `{"mode":"`+mode+`"}`); got.status != 200 {
			t.Fatalf("switching to %s: %d %s", mode, got.status, got.body)
		}
	}
	mode("failing")
	for range 8 {
		got := get(t, base+"/citizen/v1/citizens/C000001")
		if got.status != 200 || got.at("councilTax") != nil || fmt.Sprint(got.at("unavailable")) != "[councilTax]" || got.at("housing") == nil || got.at("benefits") == nil {
			t.Fatalf("with council tax failing: %d %s", got.status, got.body)
		}
	}
	if state := breaker(t, admin, "counciltax"); state != "BREAKER_STATE_OPEN" {
		t.Errorf("its breaker is %s", state)
	}
	if got := get(t, base+"/counciltax/v1/getAccount?citizenId=C000001"); got.status != 503 || got.at("code") != "CIRCUIT_OPEN" || got.header.Get("Retry-After") == "" {
		t.Errorf("the raw back end: %d %s", got.status, got.body)
	}
	mode("ok")
	eventually(t, "the recovery", func() bool { return get(t, base+"/citizen/v1/citizens/C000001").at("councilTax") != nil })
	if state := breaker(t, admin, "counciltax"); state != "BREAKER_STATE_CLOSED" {
		t.Errorf("after recovery its breaker is %s", state)
	}
}

func breaker(t *testing.T, admin, name string) string {
	t.Helper()
	var listed struct {
		Backends []struct {
			Name    string
			Breaker struct{ State string }
		}
	}
	if err := json.Unmarshal([]byte(get(t, admin+"/admin/v1/backends").body), &listed); err != nil {
		t.Fatal(err)
	}
	for _, backend := range listed.Backends {
		if backend.Name == name {
			return backend.Breaker.State
		}
	}
	return "not listed"
}

func lastNameOf(t *testing.T, base string) string {
	t.Helper()
	name, _ := get(t, base+"/citizen/v1/citizens/C000001").at("person", "familyName").(string)
	if name == "" {
		t.Fatal("C000001 has no name")
	}
	return name
}

// reflected lists the services of a server.
func reflected(t *testing.T, conn *grpc.ClientConn) []string {
	t.Helper()
	stream, err := reflectionpb.NewServerReflectionClient(conn).ServerReflectionInfo(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := stream.Send(&reflectionpb.ServerReflectionRequest{MessageRequest: &reflectionpb.ServerReflectionRequest_ListServices{}}); err != nil {
		t.Fatal(err)
	}
	reply, err := stream.Recv()
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, service := range reply.GetListServicesResponse().GetService() {
		names = append(names, service.GetName())
	}
	return names
}

// The demo's estate is one to learn from: it checks as it lies in the repository, with no network and no secret.
func TestDemoEstateChecksFromItsLocks(t *testing.T) {
	t.Parallel()
	output, err := exec.CommandContext(t.Context(), "postern", "check", "../../deploy/demo/estate").CombinedOutput()
	if err != nil || !strings.Contains(string(output), "GET   /citizen/v1/citizens/{citizenId}") {
		t.Errorf("%v\n%s", err, output)
	}
}
