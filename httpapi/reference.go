package httpapi

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html/template"
	"net/http"
	"regexp"
	"strings"
	"sync"
)

// The page with which people read openapi.json. It is made from the document
// when it is first asked for, so that the two cannot differ, and has no script.

//go:embed reference.html
var referenceTemplate string

//go:embed reference.css
var referenceStyle string

type referencePage struct {
	html   []byte
	policy string
}

var reference = sync.OnceValues(func() (referencePage, error) {
	doc, err := decodeOrdered(json.NewDecoder(bytes.NewReader(openapi)))
	if err != nil {
		return referencePage{}, err
	}
	t, err := template.New("reference").Parse(referenceTemplate)
	if err != nil {
		return referencePage{}, err
	}
	root := doc.(*object)
	d := &document{root: root}
	var out bytes.Buffer
	err = t.Execute(&out, map[string]any{
		"Style": template.CSS(referenceStyle), "Title": d.text(root, "info", "title"), "Summary": d.text(root, "info", "summary"),
		"About": prose(d.text(root, "info", "description")), "Tags": d.tags(), "Schemas": d.schemas(),
	})
	sum := sha256.Sum256([]byte(referenceStyle))
	policy := "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
	return referencePage{out.Bytes(), policy}, err
})

func (h *Handler) reference(w http.ResponseWriter, r *http.Request, _ caller) error {
	page, err := reference()
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", page.policy)
	w.Header().Set("X-Frame-Options", "DENY")
	w.Header().Set("Referrer-Policy", "same-origin")
	w.Header().Set("Content-Length", fmt.Sprint(len(page.html)))
	if r.Method != http.MethodHead {
		w.Write(page.html)
	}
	return nil
}

// object is a JSON object that knows the order of its keys: the document is
// written to be read from top to bottom.
type object struct {
	keys   []string
	values map[string]any
}

func decodeOrdered(dec *json.Decoder) (any, error) {
	token, err := dec.Token()
	if err != nil {
		return nil, err
	}
	switch token {
	case json.Delim('{'):
		o := &object{values: map[string]any{}}
		for dec.More() {
			key, err := dec.Token()
			if err != nil {
				return nil, err
			}
			value, err := decodeOrdered(dec)
			if err != nil {
				return nil, err
			}
			name := key.(string)
			o.keys, o.values[name] = append(o.keys, name), value
		}
		_, err = dec.Token()
		return o, err
	case json.Delim('['):
		list := []any{}
		for dec.More() {
			value, err := decodeOrdered(dec)
			if err != nil {
				return nil, err
			}
			list = append(list, value)
		}
		_, err = dec.Token()
		return list, err
	}
	return token, nil
}

// document is openapi.json with short ways to read it.
type document struct{ root *object }

// get follows keys, and references on the way; nil is nothing.
func (d *document) get(v any, keys ...string) any {
	for _, key := range keys {
		o := d.object(v)
		if o == nil {
			return nil
		}
		v = o.values[key]
	}
	return v
}

// object returns v as an object, after its reference if it is one.
func (d *document) object(v any) *object {
	o, _ := v.(*object)
	if o == nil {
		return nil
	}
	if ref, ok := o.values["$ref"].(string); ok {
		return d.object(d.get(d.root, strings.Split(strings.TrimPrefix(ref, "#/"), "/")...))
	}
	return o
}

func (d *document) text(v any, keys ...string) string {
	s, _ := d.get(v, keys...).(string)
	return s
}

func (d *document) list(v any, keys ...string) []any {
	list, _ := d.get(v, keys...).([]any)
	return list
}

// What the template gets.
type (
	refTag struct {
		Name, ID   string
		About      template.HTML
		Operations []refOperation
	}
	refOperation struct {
		Method, Path, ID, Summary string
		About                     template.HTML
		Parameters, Body          []refField
		BodyType                  template.HTML
		Responses                 []refResponse
	}
	refResponse struct {
		Status string
		About  template.HTML
		Type   template.HTML
		Fields []refField
	}
	refField struct {
		Name, Where string
		Required    bool
		Type, About template.HTML
	}
	refSchema struct {
		Name   string
		Type   template.HTML
		About  template.HTML
		Fields []refField
	}
)

func (d *document) tags() (tags []refTag) {
	for _, t := range d.list(d.root, "tags") {
		name := d.text(t, "name")
		tag := refTag{Name: name, ID: slug(name), About: prose(d.text(t, "description"))}
		paths := d.object(d.get(d.root, "paths"))
		for _, path := range paths.keys {
			for _, method := range d.object(paths.values[path]).keys {
				op := d.get(paths.values[path], method)
				if list := d.list(op, "tags"); len(list) > 0 && list[0] == any(name) {
					tag.Operations = append(tag.Operations, d.operation(method, path, op))
				}
			}
		}
		if len(tag.Operations) > 0 {
			tags = append(tags, tag)
		}
	}
	return tags
}

func (d *document) operation(method, path string, op any) refOperation {
	out := refOperation{Method: strings.ToUpper(method), Path: path, ID: d.text(op, "operationId"), Summary: d.text(op, "summary"), About: prose(d.text(op, "description"))}
	for _, p := range append(d.list(d.root, "paths", path, "parameters"), d.list(op, "parameters")...) {
		out.Parameters = append(out.Parameters, refField{
			Name: d.text(p, "name"), Where: d.text(p, "in"), Required: d.get(p, "required") == true,
			Type: d.kind(d.get(p, "schema")), About: prose(d.text(p, "description")),
		})
	}
	out.BodyType, out.Body = d.content(d.get(op, "requestBody"))
	if body := d.object(d.get(op, "requestBody", "content", "application/json", "schema")); body != nil {
		out.Body = d.fields(body, "") // what to send is read here, not elsewhere
	}
	responses := d.object(d.get(op, "responses"))
	for _, status := range responses.keys {
		r := refResponse{Status: status, About: prose(d.text(responses.values[status], "description"))}
		if status < "300" {
			r.Type, r.Fields = d.content(responses.values[status])
		}
		out.Responses = append(out.Responses, r)
	}
	return out
}

// content describes the first form of a body: by its fields, or where it is one
// of the document's schemas by its name.
func (d *document) content(body any) (template.HTML, []refField) {
	forms := d.object(d.get(body, "content"))
	if forms == nil {
		return "", nil
	}
	kind := forms.keys[0]
	schema, _ := d.get(forms.values[kind], "schema").(*object)
	if kind != "application/json" || schema == nil {
		return template.HTML("<code>" + template.HTMLEscapeString(kind) + "</code>"), d.fields(schema, "")
	}
	if _, named := schema.values["$ref"]; named {
		return d.kind(schema), nil
	}
	return "", d.fields(schema, "")
}

func (d *document) schemas() (list []refSchema) {
	all := d.object(d.get(d.root, "components", "schemas"))
	for _, name := range all.keys {
		s := refSchema{Name: name, About: prose(d.text(all.values[name], "description")), Fields: d.fields(all.values[name], "")}
		if len(s.Fields) == 0 {
			s.Type = d.kind(all.values[name])
		}
		list = append(list, s)
	}
	return list
}

var notInIDs = regexp.MustCompile(`[^a-z0-9]+`)

func slug(s string) string { return notInIDs.ReplaceAllString(strings.ToLower(s), "-") }

// prose turns the little Markdown of the descriptions into HTML.
func prose(s string) template.HTML {
	s = template.HTMLEscapeString(s)
	s = inCode.ReplaceAllString(s, "<code>$1</code>")
	s = inBold.ReplaceAllString(s, "<strong>$1</strong>")
	s = inLink.ReplaceAllString(s, `<a href="#schema-$2">$1</a>`)
	return template.HTML(strings.ReplaceAll(s, "\n\n", "</p><p>"))
}

var (
	inCode = regexp.MustCompile("`([^`]+)`")
	inBold = regexp.MustCompile(`\*\*([^*]+)\*\*`)
	inLink = regexp.MustCompile(`\[([^\]]+)\]\(#/components/schemas/(\w+)\)`)
)
