package estate

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/gateway/diagnostic"
)

// A claim is something that only one file of the estate can have, and where that file says so.
type claim struct {
	// by names who claims it.
	by string
	at diagnostic.Diagnostic
}

// claims are the claims of one kind, by what is claimed.
type claims map[string][]claim

// checkAcross finds what two files of the estate cannot both say. Those who claim one path often claim one protobuf package as well, and
// are told so once.
func (r *reader) checkAcross() {
	told := make(map[string]bool)
	r.report(r.publications(), told, "%s is published by %s too")
	r.report(r.packages(), told, "the protobuf package %s is that of %s too; services are told apart by it")
}

// report says at each place who else makes the same claim, except to those who have been told of each other.
func (r *reader) report(all claims, told map[string]bool, format string) {
	for _, what := range slices.Sorted(maps.Keys(all)) {
		claimed := all[what]
		for i, one := range claimed {
			var others []string
			for j, other := range claimed {
				if pair := one.by + "\n" + other.by; i != j && !told[pair] {
					told[pair] = true
					others = append(others, other.String())
				}
			}
			if len(others) > 0 {
				one.at.Message = fmt.Sprintf(format, what, strings.Join(others, " and "))
				r.found.Add(one.at)
			}
		}
	}
}

func (c claim) String() string {
	if c.at.Line == 0 {
		return fmt.Sprintf("%s (%s)", c.by, c.at.File)
	}
	return fmt.Sprintf("%s (%s:%d)", c.by, c.at.File, c.at.Line)
}

// publications are the claims to /{api}/{version}/.
func (r *reader) publications() claims {
	all := make(claims)
	for _, backend := range r.estate.Backends {
		if api, version, ok := backend.Publication(); ok {
			prefix := "/" + api + "/" + version + "/"
			all[prefix] = append(all[prefix], claim{by: "back end " + backend.Name, at: backend.Source.AtKey("publish", "")})
		}
	}
	for _, api := range r.estate.APIs {
		all[prefixOf(api)] = append(all[prefixOf(api)], claim{by: "contract " + api.Name + "/" + api.Version, at: api.place()})
	}
	return all
}

// packages are the claims to protobuf packages.
func (r *reader) packages() claims {
	all := make(claims)
	for _, backend := range r.estate.Backends {
		name := adapters.PackageName(backend.Name)
		all[name] = append(all[name], claim{by: "back end " + backend.Name, at: backend.Source.AtKey("kind", "")})
	}
	for _, api := range r.estate.APIs {
		seen := make(map[protoreflect.FullName]bool)
		for _, file := range api.Files {
			if name := file.Package(); name != "" && !seen[name] {
				seen[name] = true
				at := atLocation(api.texts[file.Path()], packageLocation(file), "")
				all[string(name)] = append(all[string(name)], claim{by: "contract " + api.Name + "/" + api.Version, at: at})
			}
		}
	}
	return all
}

// packageLocation is where a file declares its package (FileDescriptorProto.package).
func packageLocation(file protoreflect.FileDescriptor) protoreflect.SourceLocation {
	return file.SourceLocations().ByPath(protoreflect.SourcePath{2})
}

// place is where a contract as a whole is said to be: its first service.
func (a *API) place() diagnostic.Diagnostic {
	if len(a.Services) > 0 {
		return a.At(a.Services[0], "")
	}
	if len(a.Files) > 0 {
		return a.texts[a.Files[0].Path()].Whole("")
	}
	return diagnostic.Diagnostic{File: apisDir + "/" + a.Name + "/" + a.Version}
}
