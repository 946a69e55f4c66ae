package apitest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
)

// judge is an http.RoundTripper that holds everything that passes through it
// against the document.
type judge struct {
	t    testing.TB
	doc  *document
	base string // the path under which the chat is mounted, as the client sees it
	next http.RoundTripper
	ears *ears // what is said that no log may repeat
}

// witnessed are the answers that the tests have seen, as "operation status".
var witnessed sync.Map

// RoundTrip sends the request and judges it together with its answer.
func (j *judge) RoundTrip(r *http.Request) (*http.Response, error) {
	var sent []byte
	if r.Body != nil {
		var err error
		if sent, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
		r.Body = io.NopCloser(bytes.NewReader(sent))
	}
	res, err := j.next.RoundTrip(r)
	if err != nil {
		return res, err
	}
	return res, j.examine(r, sent, res)
}

// examine judges one request and its answer, whose body can still be read
// afterwards.
func (j *judge) examine(r *http.Request, sent []byte, res *http.Response) (err error) {
	path, below := strings.CutPrefix(r.URL.EscapedPath(), j.base)
	if !below || !isAPI(path) {
		return nil
	}
	streaming := strings.HasPrefix(res.Header.Get("Content-Type"), "text/event-stream")
	var got []byte
	if !streaming {
		if got, err = io.ReadAll(res.Body); err != nil {
			return err
		}
		res.Body.Close()
		res.Body = io.NopCloser(bytes.NewReader(got))
	}
	j.ears.hear(r, sent, got)
	what := fmt.Sprintf("%s %s -> %d", r.Method, path, res.StatusCode)
	complain := func(format string, args ...any) {
		j.t.Helper()
		j.t.Errorf("%s: %s\nrequest body: %.500s\nresponse body: %.2000s", what, fmt.Sprintf(format, args...), sent, got)
	}
	j.everyAnswer(r, res, got, complain)
	op := j.doc.find(r.Method, path)
	if op == nil {
		j.unknown(path, res, complain)
		return nil
	}
	witnessed.Store(op.id+" "+strconv.Itoa(res.StatusCode), true)
	j.known(op, path, r, res, sent, got, streaming, complain)
	return nil
}

// isAPI says whether a path is one that the document is about: the rest are
// programs for browsers.
func isAPI(path string) bool {
	return strings.HasPrefix(path, "/api/") || strings.HasPrefix(path, "/visitor/") || path == "/healthz"
}

// everyAnswer checks what holds for all answers.
func (j *judge) everyAnswer(r *http.Request, res *http.Response, body []byte, complain func(string, ...any)) {
	if res.Header.Get("X-Content-Type-Options") != "nosniff" {
		complain("no X-Content-Type-Options: nosniff")
	}
	if !strings.Contains(res.Header.Get("Cache-Control"), "no-store") {
		complain("Cache-Control is %q", res.Header.Get("Cache-Control"))
	}
	kind := res.Header.Get("Content-Type")
	if strings.HasPrefix(kind, "application/json") {
		if kind != "application/json; charset=utf-8" {
			complain("Content-Type is %q", kind)
		}
		if bytes.ContainsAny(body, "<>") {
			complain("the JSON holds raw < or >")
		}
		checkNumbers(body, complain)
	}
	if r.Method == http.MethodHead && len(body) > 0 {
		complain("HEAD was answered with a body")
	}
	if res.StatusCode < 300 || res.StatusCode == http.StatusSeeOther {
		return
	}
	if kind != "application/json; charset=utf-8" {
		complain("an error with Content-Type %q", kind)
	}
	if s := res.StatusCode; s == http.StatusTooManyRequests || s == http.StatusServiceUnavailable {
		if n, err := strconv.Atoi(res.Header.Get("Retry-After")); err != nil || n < 1 || n > 120 {
			complain("Retry-After is %q", res.Header.Get("Retry-After"))
		}
	}
	if r.Method == http.MethodHead {
		return
	}
	if err := j.doc.check(body, "components", "schemas", "Error"); err != nil {
		complain("not in the form of errors: %v", err)
	}
	var e struct {
		Status int `json:"status_code"`
	}
	if json.Unmarshal(body, &e); e.Status != res.StatusCode {
		complain("status_code is %d", e.Status)
	}
	for _, secret := range []string{"SELECT", "sqlite", "goroutine", ".go:", "/tmp/", "sql:"} {
		if bytes.Contains(body, []byte(secret)) {
			complain("the error says %q", secret)
		}
	}
}

// unknown checks the answer to what the document does not have.
func (j *judge) unknown(path string, res *http.Response, complain func(string, ...any)) {
	methods := j.doc.methods(path)
	switch {
	case len(methods) == 0 && res.StatusCode != http.StatusNotFound:
		complain("the document knows nothing at this address")
	case len(methods) > 0 && res.StatusCode != http.StatusMethodNotAllowed && res.StatusCode != http.StatusNoContent:
		complain("the document does not have this method")
	case len(methods) > 0 && res.StatusCode == http.StatusMethodNotAllowed:
		allow := strings.Split(res.Header.Get("Allow"), ", ")
		slices.Sort(allow)
		slices.Sort(methods)
		if !slices.Equal(allow, methods) {
			complain("Allow is %q, the document has %q", allow, methods)
		}
	}
}

// known holds a request and its answer against the operation. What is taken
// must be a request as the document has it; what is refused need not.
func (j *judge) known(op *operation, path string, r *http.Request, res *http.Response, sent, got []byte, streaming bool, complain func(string, ...any)) {
	clone := r.Clone(context.Background())
	clone.Body = http.NoBody
	in := &openapi3filter.RequestValidationInput{
		Request: clone, PathParams: op.pathValues(path),
		Route: &routers.Route{Spec: j.doc.kin, Path: op.path, PathItem: op.kinPath, Method: op.method, Operation: op.kinPath.GetOperation(op.method)},
		Options: &openapi3filter.Options{
			IncludeResponseStatus: true,
			ExcludeRequestBody:    true, // bodies are held against the sealed schemas below
			ExcludeResponseBody:   true,
			AuthenticationFunc:    openapi3filter.NoopAuthenticationFunc, // who may call is for the server to find out
		},
	}
	if res.StatusCode < 300 {
		if err := openapi3filter.ValidateRequest(context.Background(), in); err != nil {
			said, _, _ := strings.Cut(err.Error(), "\n")
			complain("was taken, but the document would not: %s", said)
		}
		if err := j.body(op, sent); err != nil {
			complain("was taken, but the document would not: %v", err)
		}
		for name := range r.URL.Query() {
			if !op.hasParameter(name) && r.Context().Value(loose{}) == nil {
				complain("was taken, but the document has no parameter %q", name)
			}
		}
	}
	out := &openapi3filter.ResponseValidationInput{
		RequestValidationInput: in, Status: res.StatusCode, Header: res.Header, Body: io.NopCloser(bytes.NewReader(got)), Options: in.Options,
	}
	if err := openapi3filter.ValidateResponse(context.Background(), out); err != nil {
		said, _, _ := strings.Cut(err.Error(), "\n") // the rest is the whole schema
		complain("the answer is not in the document: %s", said)
		return
	}
	if streaming || r.Method == http.MethodHead {
		return
	}
	kind, _, _ := mime.ParseMediaType(res.Header.Get("Content-Type"))
	response := j.doc.resolve(op.responses[strconv.Itoa(res.StatusCode)].(object))
	content, _ := response["content"].(object)
	switch {
	case content == nil && len(got) > 0:
		complain("a body where the document has none")
	case content != nil && content[kind] == nil && content["*/*"] == nil:
		complain("Content-Type %q is not in the document", kind)
	case kind == "application/json":
		if err := j.doc.check(got, j.doc.responsePointer(op, strconv.Itoa(res.StatusCode), kind)...); err != nil {
			complain("the answer is not in the document: %v", err)
		}
	}
}

// body holds the body of a request against the document.
func (j *judge) body(op *operation, sent []byte) error {
	switch {
	case op.form && len(sent) > 0:
		return op.holdsForm(sent)
	case op.body == nil && len(sent) > 0:
		return errors.New("a body where there is none")
	case len(sent) > 0:
		return j.doc.check(sent, op.bodyPointer...)
	case op.bodyRequired:
		return errors.New("the body is missing")
	}
	return nil
}

// holdsForm looks that a form has only fields that the document names.
func (op *operation) holdsForm(sent []byte) error {
	parts := multipart.NewReader(bytes.NewReader(sent), "peal")
	for {
		part, err := parts.NextPart()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if op.fields[part.FormName()] == nil {
			return fmt.Errorf("the field %q", part.FormName())
		}
	}
}

// loose marks the context of a request that has parameters which the document
// has not, on purpose.
type loose struct{}

func (op *operation) hasParameter(name string) bool {
	for _, p := range op.kinOp.Parameters {
		if p.Value.In == "query" && p.Value.Name == name {
			return true
		}
	}
	return false
}

// checkNumbers holds whole numbers to what every client can represent.
func checkNumbers(body []byte, complain func(string, ...any)) {
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	for {
		token, err := dec.Token()
		if err != nil {
			return
		}
		n, ok := token.(json.Number)
		if !ok || strings.ContainsAny(n.String(), ".eE") {
			continue
		}
		if i, err := n.Int64(); err != nil || i >= 1<<53 || i <= -(1<<53) {
			complain("%s is not under 2^53", n)
		}
	}
}
