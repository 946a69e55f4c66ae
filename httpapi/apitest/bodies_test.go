package apitest

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
)

// takesBody filters the operations whose bodies are read. A page view is
// refused before that, as long as there is no tracking.
func takesBody(op *operation) bool { return op.body != nil }

// TestContentTypes sends good bodies as something else than JSON.
func TestContentTypes(t *testing.T) {
	t.Parallel()
	f := open(t, setup{}).fixture()
	eachOperation(t, takesBody, func(t *testing.T, op *operation) {
		f := f.on(t)
		for _, kind := range []string{
			"", "text/plain", "text/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/jsonp",
			"application/json; charset=latin1", "application/json; charset", "application/problem+json", "*/*",
		} {
			f.caller(op).do(op.method, f.path(op), f.body(op), "Content-Type: "+kind).fails(415, "unsupported_media_type", "")
		}
		f.caller(op).do(op.method, f.path(op), f.body(op), "Content-Encoding: gzip").fails(415, "unsupported_media_type", "")
	})
}

// TestJSONTypesThatAreFine sends a body as JSON in other words.
func TestJSONTypesThatAreFine(t *testing.T) {
	t.Parallel()
	s := open(t, setup{})
	for _, kind := range []string{"application/json", "application/json;charset=utf-8", "Application/JSON; Charset=UTF-8"} {
		s.admin().post("/api/v1/sessions", `{"visitor_name":"Ines"}`, "Content-Type: "+kind).is(201)
	}
}

// TestLargeBodies sends one byte more than is taken, with and without saying so.
func TestLargeBodies(t *testing.T) {
	t.Parallel()
	f := open(t, setup{}).fixture()
	eachOperation(t, takesBody, func(t *testing.T, op *operation) {
		f := f.on(t)
		large := strings.Repeat(" ", 64<<10) + "{}"
		f.caller(op).do(op.method, f.path(op), large).fails(413, "body_too_large", "")
		f.caller(op).do(op.method, f.path(op), strings.Repeat("[", 70<<10)).fails(413, "body_too_large", "")
	})
}

// TestNotOneObject sends what is not one JSON object in UTF-8.
func TestNotOneObject(t *testing.T) {
	t.Parallel()
	f := open(t, setup{}).fixture()
	eachOperation(t, takesBody, func(t *testing.T, op *operation) {
		f := f.on(t)
		good := f.body(op)
		bad := []string{
			`{`, `}`, `[]`, `null`, `"x"`, `1`, `true`, "\x00", " ", "\ufeff" + good, good + good, good + `,`, good + `x`, good + `null`,
			good + "\x00", `{"a":1,}`, `{'a':1}`, `{a:1}`, `{"a":1 /* no */}`, `{"a":01}`, `{"a":+1}`, `{"a":NaN}`, `{"a":.5}`, `[` + good + `]`,
			`{"a":"` + "\n" + `"}`, `{"a":"\x"}`, strings.Repeat(`{"a":`, 3000) + `1` + strings.Repeat(`}`, 3000), strings.Repeat(`[`, 30000),
		}
		if op.bodyRequired {
			bad = append(bad, "")
		}
		for _, body := range bad {
			headers := []string{}
			if body == "" {
				headers = append(headers, "Content-Type: application/json")
			}
			r := f.caller(op).do(op.method, f.path(op), body, headers...)
			if r.status != 400 || r.at("code") != "invalid_json" {
				t.Errorf("%.60q: %d %s", body, r.status, r.raw)
			}
		}
	})
}

// TestFieldsThatAreNotThere sends keys that the call does not have, has in
// other letters, or has twice.
func TestFieldsThatAreNotThere(t *testing.T) {
	t.Parallel()
	f := open(t, setup{}).fixture()
	eachOperation(t, takesBody, func(t *testing.T, op *operation) {
		f := f.on(t)
		send := func(body string) *reply { return f.caller(op).do(op.method, f.path(op), body) }
		good := f.example(op)
		for _, key := range []string{"id", "token", "is_admin", "visitor_ids", "", "a.b", "__proto__"} {
			r := send(changed(good, key, 1))
			if r.status != 400 || r.at("code") != "invalid_request" || key != "" && r.at("field") != key {
				t.Errorf("unknown key %q: %d %s", key, r.status, r.raw)
			}
		}
		for _, p := range theDocument(t).properties(op) {
			if _, given := good[p.name]; !given {
				continue
			}
			value := good[p.name]
			upper := strings.ToUpper(p.name[:1]) + p.name[1:]
			delete(good, p.name)
			send(changed(good, upper, value)).fails(400, "invalid_request", upper)
			good[p.name] = value
			twice := strings.TrimSuffix(encode(good), "}") + `,` + quote(p.name) + `:` + encode(value) + `}`
			send(twice).fails(400, "invalid_json", p.name)
			escaped := strings.TrimSuffix(encode(good), "}") + `,"\u00` + fmt.Sprintf("%02x", p.name[0]) + p.name[1:] + `":` + encode(value) + `}`
			send(escaped).fails(400, "invalid_json", p.name)
		}
	})
}

// TestFieldsOfTheWrongKind sends each field as each type that it is not, and
// beyond each bound that the document gives.
func TestFieldsOfTheWrongKind(t *testing.T) {
	t.Parallel()
	f := open(t, setup{}).fixture()
	values := []struct {
		kind  string
		value any
	}{
		{"null", nil}, {"boolean", true}, {"integer", 3}, {"number", 1.5}, {"string", "x"}, {"array", []any{}}, {"array", []any{nil}}, {"object", object{}},
		{"object", object{"$ne": ""}},
	}
	eachOperation(t, takesBody, func(t *testing.T, op *operation) {
		f := f.on(t)
		good := f.example(op)
		refused := func(field string, value any) {
			t.Helper()
			r := f.caller(op).do(op.method, f.path(op), changed(good, field, value))
			if r.status != 400 || r.at("code") != "invalid_request" || !within(r.at("field"), field) {
				t.Errorf("%s = %.80s: %d %s", field, encode(value), r.status, r.raw)
			}
		}
		for _, p := range theDocument(t).properties(op) {
			for _, v := range values {
				if !slices.Contains(types(p.schema), v.kind) {
					refused(p.name, v.value)
				}
			}
			beyond(p.schema, func(value any) { refused(p.name, value) })
		}
	})
}

// within says whether an error's field is the one that is wrong, or a part
// of it such as page.url or tags[1].
func within(got any, field string) bool {
	s, _ := got.(string)
	return s == field || strings.HasPrefix(s, field+".") || strings.HasPrefix(s, field+"[")
}

// beyond calls try with values just outside a schema.
func beyond(schema object, try func(any)) {
	if limit, ok := schema["maxLength"].(float64); ok && schema["pattern"] == nil {
		try(strings.Repeat("ä", int(limit)+1))
		try(strings.Repeat("😀", int(limit)+1))
	}
	if schema["minLength"] == 1.0 && schema["pattern"] == nil {
		try("")
	}
	if limit, ok := schema["minimum"].(float64); ok {
		try(int(limit) - 1)
	}
	if limit, ok := schema["maximum"].(float64); ok {
		try(int(limit) + 1)
	}
	if schema["enum"] != nil || schema["const"] != nil && schema["const"] != "visitor" {
		try("AGENT")
		try("agent ")
		try("")
	}
	if schema["minItems"] == 1.0 {
		try([]any{})
	}
	if limit, ok := schema["maxItems"].(float64); ok {
		var list []any
		for i := range int(limit) + 1 {
			list = append(list, fmt.Sprint("t", i))
		}
		try(list)
	}
	if items, ok := schema["items"].(object); ok {
		try([]any{1})
		beyond(items, func(value any) { try([]any{value}) })
	}
}

// TestMissingFields leaves out each field that the document requires.
func TestMissingFields(t *testing.T) {
	t.Parallel()
	f := open(t, setup{}).fixture()
	eachOperation(t, takesBody, func(t *testing.T, op *operation) {
		f := f.on(t)
		required, _ := op.body["required"].([]any)
		for _, name := range required {
			body := f.example(op)
			delete(body, name.(string))
			f.caller(op).do(op.method, f.path(op), encode(body)).fails(400, "invalid_request", name.(string))
		}
	})
}

// TestBadText puts into each text what no text may hold.
func TestBadText(t *testing.T) {
	t.Parallel()
	f := open(t, setup{}).fixture()
	eachOperation(t, takesBody, func(t *testing.T, op *operation) {
		f := f.on(t)
		for _, p := range theDocument(t).properties(op) {
			if !slices.Contains(types(p.schema), "string") {
				continue
			}
			send := func(text string) *reply {
				body := changed(f.example(op), p.name, "TEXT")
				return f.caller(op).do(op.method, f.path(op), strings.Replace(body, "TEXT", text, 1))
			}
			for _, text := range []string{"\xff", "a\xc3", "\xed\xa0\x80", "\xc0\xaf", `\ud800`, `\ud800x`, `\udc00`, `\ud83d\u0041`} {
				send(text).fails(400, "invalid_json", p.name)
			}
			for _, text := range []string{`\u0000`, `a\u0000b`} {
				send(text).fails(400, "invalid_request", p.name)
			}
		}
	})
}

// TestBlankMessages sends messages that show nothing.
func TestBlankMessages(t *testing.T) {
	t.Parallel()
	f := open(t, setup{}).fixture()
	eachOperation(t, func(op *operation) bool { return takesBody(op) && op.hasProperty("message") }, func(t *testing.T, op *operation) {
		f := f.on(t)
		for _, text := range []string{
			" ", "\n\t\r ", "\u00a0", "\u200b", "\u200b\u200c\u200d\ufeff", "\u2060", "\u00ad", "\u3164", "\u2800", "\u180e", "\u202e", "\u2028",
			"\u0001\u0002", "\u200f \u200e", "\ufe0f", "\u034f", "\u115f", "\U000e0020",
		} {
			f.caller(op).do(op.method, f.path(op), changed(f.example(op), "message", text)).fails(400, "invalid_request", "message")
		}
	})
}

func (op *operation) hasProperty(name string) bool {
	props, _ := op.body["properties"].(object)
	return props[name] != nil
}

// TestTextIsKept sends texts that must come back as they were.
func TestTextIsKept(t *testing.T) {
	t.Parallel()
	f := open(t, setup{}).fixture()
	for _, text := range []string{
		"x", "Grüße, 世界 👩‍👩‍👧‍👦", "a\nb\n\nc", "\ttabs\tstay", `"quotes" \ and </script><!--`, "‮right to left", "&lt;b&gt;", "'; DROP TABLE chat_messages; --",
		strings.Repeat("😀", 4000), "\u2028line\u2029paragraph", "data: x\n\nevent: y", "{{constructor.constructor('alert(1)')()}}", "%00", "\\u0000", "e\u0301",
	} {
		sent := f.who.post("/visitor/v1/messages", encode(object{"session_id": f.session, "message": text})).is(201)
		read := f.admin().get("/api/v1/sessions/" + f.session + "/messages?before=latest&limit=1").is(200)
		if got := read.list("messages")[0]["message"]; got != text || sent.text("message") != text {
			t.Errorf("%.60q came back as %.60q and %.60q", text, sent.text("message"), got)
		}
	}
	// Line ends become one kind, control characters go.
	sent := f.who.post("/visitor/v1/messages", encode(object{"session_id": f.session, "message": "a\r\nb\rc\u0007\u001b[31m"})).is(201)
	if got := sent.text("message"); got != "a\nb\nc[31m" {
		t.Errorf("control characters: %q", got)
	}
}

// TestChunkedBodies sends bodies of a length that is not said beforehand.
func TestChunkedBodies(t *testing.T) {
	t.Parallel()
	f := open(t, setup{}).fixture()
	send := func(path, body string, headers ...string) *reply {
		r := f.admin().request(t.Context(), "POST", path, body, headers...)
		r.Body, r.ContentLength = io.NopCloser(struct{ io.Reader }{strings.NewReader(body)}), -1
		return f.admin().send(r)
	}
	send("/api/v1/sessions", `{"visitor_name":"Ines"}`).is(201)
	send("/api/v1/sessions", strings.Repeat(" ", 64<<10)+`{}`).fails(413, "body_too_large", "")
	send("/api/v1/sessions", ``, "Content-Type: application/json").fails(400, "invalid_json", "")
	send("/api/v1/sessions/"+f.session+"/typing", `{"typing":true}`, "Content-Type: text/plain").fails(415, "unsupported_media_type", "")
	// Nothing at all, as some clients and proxies send it.
	send("/api/v1/sessions/"+f.session+"/typing", ``).is(204)
	send("/api/v1/sessions/"+f.session+"/close", ``).is(200)
}
