package apitest

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
)

// TestDocumentIsValid checks the document as such, its examples included.
func TestDocumentIsValid(t *testing.T) {
	t.Parallel()
	d := theDocument(t)
	if !d.kin.IsOpenAPI31OrLater() {
		t.Errorf("openapi is %q", d.kin.OpenAPI)
	}
	if err := d.kin.Validate(t.Context(), openapi3.IsOpenAPI31OrLater(), openapi3.EnableSchemaFormatValidation(), openapi3.EnableSchemaPatternValidation()); err != nil {
		t.Error(err)
	}
	seen := map[string]bool{}
	for _, op := range d.ops {
		if seen[op.id] {
			t.Errorf("two operations are called %s", op.id)
		}
		seen[op.id] = true
		for _, field := range []string{"summary", "tags"} {
			if op.raw[field] == nil {
				t.Errorf("%s has no %s", op, field)
			}
		}
	}
}

// TestDocumentKnowsNoPlace checks that the document holds nothing that
// depends on where the chat is mounted.
func TestDocumentKnowsNoPlace(t *testing.T) {
	t.Parallel()
	for _, server := range theDocument(t).raw["servers"].([]any) {
		if u := server.(object)["url"].(string); strings.HasPrefix(u, "/") || strings.Contains(u, ":") {
			t.Errorf("the server %q is not relative", u)
		}
	}
}

// TestRequestsAreClosed checks that the document, like the server, takes no
// unknown fields: a client that generates its types from it finds its typing
// errors early.
func TestRequestsAreClosed(t *testing.T) {
	t.Parallel()
	for _, op := range theDocument(t).ops {
		if op.body != nil && op.body["additionalProperties"] != false {
			t.Errorf("%s takes unknown fields", op)
		}
	}
}

// TestDocumentAndRoutes compares the document with the routing table.
func TestDocumentAndRoutes(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("../testdata/routes.golden")
	if err != nil {
		t.Fatal(err)
	}
	var routes, operations []string
	for _, m := range regexp.MustCompile(`(?m)^([A-Z]+) +(/\S+)`).FindAllStringSubmatch(string(data), -1) {
		if isAPI(m[2]) {
			routes = append(routes, m[1]+" "+m[2])
		}
	}
	for _, op := range theDocument(t).ops {
		operations = append(operations, op.String())
	}
	for _, r := range routes {
		if !slices.Contains(operations, r) {
			t.Errorf("not in the document: %s", r)
		}
	}
	for _, o := range operations {
		if !slices.Contains(routes, o) {
			t.Errorf("not among the routes: %s", o)
		}
	}
	if len(routes) == 0 {
		t.Error("no routes found")
	}
}

// TestDocumentIsServed checks that the server hands out the document, to
// anybody.
func TestDocumentIsServed(t *testing.T) {
	t.Parallel()
	want, err := os.ReadFile(documentFile)
	if err != nil {
		t.Fatal(err)
	}
	got := open(t, setup{}).nobody().get("/api/v1/openapi.json").is(200)
	if strings.TrimSpace(got.raw) != strings.TrimSpace(string(want)) {
		t.Error("the server's document is another one")
	}
}
