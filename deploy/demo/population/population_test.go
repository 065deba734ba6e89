package population_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"golang.org/x/text/encoding/charmap"

	"github.com/postern-gateway/postern/deploy/demo/population"
)

// wantDigest holds the citizens still: documentation names them, and another digest means that published answers changed.
const wantDigest = "f9fc6bd2f8939bc75af95adfaf75737d94e98d006fb52d3b856932c5453f8a78"

func TestGenerateNeverChanges(t *testing.T) {
	t.Parallel()
	hash := sha256.New()
	for _, c := range population.Generate(1, population.Size) {
		fmt.Fprintf(hash, "%s|%s|%s|%s|%s|%v|%s|%s|%d\n", c.ID, c.Title, c.GivenName, c.FamilyName, c.BornOn.Format("2006-01-02"),
			c.Address, c.Telephone, c.Email, c.Stream("counciltax").Uint64())
	}
	if got := hex.EncodeToString(hash.Sum(nil)); got != wantDigest {
		t.Errorf("the digest of the citizens is %s, want %s", got, wantDigest)
	}
}

func TestGenerateOnlyAddsWithCount(t *testing.T) {
	t.Parallel()
	few, many := population.Generate(7, 10), population.Generate(7, 500)
	if diff := cmp.Diff(few, many[:10], cmpopts.IgnoreUnexported(population.Citizen{})); diff != "" {
		t.Errorf("the first citizens differ (-few +many):\n%s", diff)
	}
}

func TestGenerateDependsOnSeed(t *testing.T) {
	t.Parallel()
	one, other := population.Generate(1, 20)[10], population.Generate(2, 20)[10]
	if cmp.Equal(one, other, cmpopts.IgnoreUnexported(population.Citizen{})) {
		t.Errorf("two seeds gave the same citizen %+v", one)
	}
}

func TestCitizensFitEverySystem(t *testing.T) {
	t.Parallel()
	postcode := regexp.MustCompile(`^RV[1-6] [0-9][A-Z]{2}$`)
	mainframe := charmap.CodePage037.NewEncoder()
	for i, c := range population.Generate(1, population.Size) {
		if want := fmt.Sprintf("C%06d", i+1); c.ID != want {
			t.Errorf("citizen %d has id %s, want %s", i, c.ID, want)
		}
		if !postcode.MatchString(c.Address.Postcode) {
			t.Errorf("%s has the postcode %q", c.ID, c.Address.Postcode)
		}
		if age := population.BusinessDay().Year() - c.BornOn.Year(); age < 18 || age > 91 {
			t.Errorf("%s is %d years old", c.ID, age)
		}
		for _, text := range []string{c.GivenName, c.FamilyName, c.Address.Line1, c.Address.Line2, c.Address.Town} {
			if encoded, err := mainframe.String(text); err != nil || len(encoded) > 30 {
				t.Errorf("%s has %q, which does not fit the mainframe: %d bytes, %v", c.ID, text, len(encoded), err)
			}
		}
	}
}

func TestPence(t *testing.T) {
	t.Parallel()
	tests := []struct {
		amount population.Pence
		want   string
	}{
		{0, "0.00"}, {5, "0.05"}, {123450, "1234.50"}, {-5, "-0.05"}, {-123450, "-1234.50"},
		{-9223372036854775808, "-92233720368547758.08"},
	}
	for _, test := range tests {
		if got := test.amount.String(); got != test.want {
			t.Errorf("Pence(%d) is %q, want %q", int64(test.amount), got, test.want)
		}
	}
}
