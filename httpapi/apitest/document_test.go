package apitest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

const documentFile = "../openapi.json"

// object is a part of the document, or an answer, as JSON has it.
type object = map[string]any

// document is the OpenAPI document, read twice: by a library that knows
// OpenAPI, and as plain JSON for what the tests look up in it.
type document struct {
	raw      object
	kin      *openapi3.T
	ops      []*operation
	compiler *jsonschema.Compiler // of the schemas, sealed
	mu       sync.Mutex           // guards compiler
}

// operation is one method of one address.
type operation struct {
	id, method, path string
	segments         []string
	security         []any
	raw              object
	body             object // the schema of the request's body, nil if it has none
	bodyRequired     bool
	bodyPointer      []string
	example          object // a body that is good
	form             bool   // the body is a form, with a file
	fields           object // of the form
	responses        object
	kinPath          *openapi3.PathItem
	kinOp            *openapi3.Operation
}

// loadDocument reads the document once for all tests.
var loadDocument = sync.OnceValues(func() (*document, error) {
	data, err := os.ReadFile(documentFile)
	if err != nil {
		return nil, err
	}
	d := &document{}
	if d.kin, err = openapi3.NewLoader().LoadFromData(data); err != nil {
		return nil, err
	}
	if err := json.Unmarshal(data, &d.raw); err != nil {
		return nil, err
	}
	if err := d.compile(data); err != nil {
		return nil, err
	}
	paths := d.raw["paths"].(object)
	for _, path := range slices.Sorted(maps.Keys(paths)) {
		item := paths[path].(object)
		for _, method := range slices.Sorted(maps.Keys(item)) {
			if method != "parameters" {
				d.ops = append(d.ops, d.operation(path, method, item[method].(object)))
			}
		}
	}
	return d, nil
})

func theDocument(t testing.TB) *document {
	t.Helper()
	d, err := loadDocument()
	if err != nil {
		t.Fatalf("%s: %v", documentFile, err)
	}
	return d
}

func (d *document) operation(path, method string, raw object) *operation {
	op := &operation{
		id: raw["operationId"].(string), method: strings.ToUpper(method), path: path, segments: strings.Split(path[1:], "/"),
		raw: raw, responses: raw["responses"].(object), kinPath: d.kin.Paths.Value(path),
	}
	op.kinOp = op.kinPath.GetOperation(op.method)
	security, own := raw["security"]
	if !own {
		security = d.raw["security"]
	}
	op.security = security.([]any)
	if body, ok := raw["requestBody"].(object); ok {
		op.bodyPointer = append(place(body, "paths", path, method, "requestBody"), "content", "application/json", "schema")
		body = d.resolve(body)
		op.bodyRequired = body["required"] == true
		content, ok := body["content"].(object)["application/json"].(object)
		if op.form = !ok; op.form {
			op.fields = body["content"].(object)["multipart/form-data"].(object)["schema"].(object)["properties"].(object)
			return op
		}
		op.body = d.resolve(content["schema"].(object))
		op.example = content["example"].(object)
	}
	return op
}

// resolve follows references.
func (d *document) resolve(o object) object {
	for {
		ref, ok := o["$ref"].(string)
		if !ok {
			return o
		}
		o = d.raw
		for key := range strings.SplitSeq(strings.TrimPrefix(ref, "#/"), "/") {
			o = o[key].(object)
		}
	}
}

// find returns the operation for a method and a path below the place where
// the chat is mounted. HEAD is GET.
func (d *document) find(method, path string) *operation {
	if method == "HEAD" {
		method = "GET"
	}
	for _, op := range d.at(path) {
		if op.method == method {
			return op
		}
	}
	return nil
}

// at returns the operations of the address that a path is: a literal one
// beats one with parameters.
func (d *document) at(path string) []*operation {
	var found []*operation
	for _, op := range d.ops {
		if !op.matches(path) || len(found) > 0 && len(op.pathValues(path)) > len(found[0].pathValues(path)) {
			continue
		}
		if len(found) > 0 && op.path != found[0].path {
			found = nil
		}
		found = append(found, op)
	}
	return found
}

// methods returns what may be asked for at a path, for the Allow header.
func (d *document) methods(path string) []string {
	var methods []string
	for _, op := range d.at(path) {
		methods = append(methods, op.method)
		if op.method == "GET" {
			methods = append(methods, "HEAD")
		}
	}
	return methods
}

func (op *operation) matches(path string) bool {
	segments := strings.Split(strings.TrimPrefix(path, "/"), "/")
	if len(segments) != len(op.segments) {
		return false
	}
	for i, s := range op.segments {
		if s != segments[i] && (!strings.HasPrefix(s, "{") || segments[i] == "") {
			return false
		}
	}
	return true
}

// pathValues returns the path's parameters.
func (op *operation) pathValues(path string) map[string]string {
	values := map[string]string{}
	for i, s := range strings.Split(strings.TrimPrefix(path, "/"), "/") {
		if name, ok := strings.CutPrefix(op.segments[i], "{"); ok {
			values[strings.TrimSuffix(name, "}")] = s
		}
	}
	return values
}

// needs returns the scope of an API key that the operation needs, "visitor"
// where it takes a visitor's token, or "" where anybody may call.
func (op *operation) needs() string {
	for _, one := range op.security {
		for scheme, scopes := range one.(object) {
			switch {
			case len(op.security) > 1 && scheme == "visitorToken":
				return "" // or nothing
			case scheme == "visitorToken":
				return "visitor"
			default:
				return scopes.([]any)[0].(string)
			}
		}
	}
	return ""
}

// streams says whether the operation answers with a stream of events.
func (op *operation) streams(d *document) bool {
	ok := d.resolve(op.responses)["200"]
	if ok == nil {
		return false
	}
	content, _ := d.resolve(ok.(object))["content"].(object)
	return content["text/event-stream"] != nil
}

func (op *operation) String() string { return op.method + " " + op.path }

// compile makes the schemas ready. Clients must put up with fields they do
// not know, so the document leaves answers open; here they are sealed, so
// that nothing leaves the handler that the document does not name.
func (d *document) compile(data []byte) error {
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		return err
	}
	components := doc.(object)["components"].(object)
	for _, schema := range components["schemas"].(object) {
		for _, part := range []string{"properties", "oneOf", "items"} {
			seal(schema.(object)[part]) // not the schema itself: allOf builds on it
		}
	}
	seal(doc.(object)["paths"])
	seal(components["responses"])
	d.compiler = jsonschema.NewCompiler()
	d.compiler.DefaultDraft(jsonschema.Draft2020)
	d.compiler.AssertFormat()
	return d.compiler.AddResource("https://pealchat.example/openapi.json", doc)
}

// seal forbids unknown properties wherever a schema is used.
func seal(v any) {
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			seal(e)
		}
	case object:
		_, ref := v["$ref"]
		_, open := v["additionalProperties"]
		if (ref || v["type"] == "object") && !open {
			v["unevaluatedProperties"] = false
		}
		for key, e := range v {
			if key != "allOf" && key != "example" && key != "examples" {
				seal(e)
			}
		}
	}
}

// check holds a value against the schema at a place in the document.
func (d *document) check(value []byte, pointer ...string) error {
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(value))
	if err != nil {
		return err
	}
	var ref strings.Builder
	for _, p := range pointer {
		ref.WriteString("/" + strings.NewReplacer("~", "~0", "/", "~1", "{", "%7B", "}", "%7D").Replace(p))
	}
	d.mu.Lock()
	schema, err := d.compiler.Compile("https://pealchat.example/openapi.json#" + ref.String())
	d.mu.Unlock()
	if err != nil {
		return fmt.Errorf("the schema at %s: %w", ref.String(), err)
	}
	return schema.Validate(v)
}

// responsePointer says where the schema of an answer stands.
func (d *document) responsePointer(op *operation, status, mediaType string) []string {
	at := place(op.responses[status].(object), "paths", op.path, strings.ToLower(op.method), "responses", status)
	return append(at, "content", mediaType, "schema")
}

// place returns where a part of the document really stands: where it refers
// to, or else where it was found.
func place(part object, found ...string) []string {
	if ref, ok := part["$ref"].(string); ok {
		return strings.Split(strings.TrimPrefix(ref, "#/"), "/")
	}
	return found
}
