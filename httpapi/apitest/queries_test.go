package apitest

import (
	"fmt"
	"strings"
	"testing"
)

// parameter is one that stands in the query of a URL.
type parameter struct {
	name    string
	schema  object
	example string // of one that must be there
}

func (d *document) queryOf(op *operation) []parameter {
	var list []parameter
	params, _ := op.raw["parameters"].([]any)
	for _, p := range params {
		if p := d.resolve(p.(object)); p["in"] == "query" {
			item := parameter{name: p["name"].(string), schema: d.resolve(p["schema"].(object))}
			if p["required"] == true {
				item.example = p["example"].(string)
			}
			list = append(list, item)
		}
	}
	return list
}

var notWholeNumbers = []string{"", "x", "1.5", "1e1", "+5", "-1", "%205", "5%20", "0x10", "5,6", "null", "99999999999999999999", "%d9%a3", "5%00"}

// TestBadQueries gives every parameter values that it does not take.
func TestBadQueries(t *testing.T) {
	t.Parallel()
	f := open(t, setup{}).fixture()
	d := theDocument(t)
	eachOperation(t, func(op *operation) bool { return len(d.queryOf(op)) > 0 }, func(t *testing.T, op *operation) {
		f := f.on(t)
		refused := func(code, name, value string) {
			t.Helper()
			r := f.caller(op).get(f.query(op, name+"="+value))
			if r.status != 400 || r.at("code") != code || r.at("field") != name {
				t.Errorf("%s=%s: %d %.300s", name, value, r.status, r.raw)
			}
		}
		for _, p := range d.queryOf(op) {
			switch {
			case p.schema["type"] == "integer":
				for _, v := range append(notWholeNumbers, fmt.Sprint(p.schema["minimum"].(float64)-1), fmt.Sprint(p.schema["maximum"].(float64)+1)) {
					refused("invalid_request", p.name, v)
				}
			case p.schema["enum"] != nil, p.schema["type"] == "boolean":
				for _, v := range []string{"", "x", "ACTIVE", "True", "1", "%00"} {
					refused("invalid_request", p.name, v)
				}
			case (p.name == "after" || p.name == "before") && !op.streams(d):
				for _, v := range []string{"x", "-1", "1.5", "%F0%9F%98%80", "latest%20", "MS4x%0A", "AAAA", strings.Repeat("9", 60), strings.Repeat("a", 500), "..%2f", "'"} {
					refused("invalid_cursor", p.name, v)
				}
			case p.name == "after":
				for _, v := range badEventIDs {
					refused("invalid_event_id", p.name, v)
				}
			default:
				refused("invalid_request", p.name, "%ff")
				refused("invalid_request", p.name, "%00")
			}
		}
		f.caller(op).get(f.query(op, "limit=%zz")).is(400)
	})
}

// badEventIDs are not of the form that streams give out.
var badEventIDs = []string{
	"x", "1", "k3f9x2ab", "k3f9x2ab.", ".1", "k3f9x2ab.-1", "k3f9x2ab.01", "k3f9x2ab.1.2", "K3F9X2AB.1", "k3f9x2a.1", "k3f9x2abc.1", "k3f9x2ab.99999999999999999999",
	"k3f9x2ab.1%20", "%20k3f9x2ab.1", "k3f9x2ab.1e3", "k3f9x2ab.%D9%A3", strings.Repeat("k", 300), "k3f9x2ab.1%0A", "k3f9x2ab.+1",
}

// TestBothCursors asks for both directions at once.
func TestBothCursors(t *testing.T) {
	t.Parallel()
	f := open(t, setup{}).fixture()
	d := theDocument(t)
	both := func(op *operation) bool { return op.hasParameter("after") && op.hasParameter("before") }
	eachOperation(t, both, func(t *testing.T, op *operation) {
		f := f.on(t)
		r := f.caller(op).get(f.query(op, "after=1&before=1"))
		r.fails(400, "invalid_request", "before")
		if op.hasParameter("wait") {
			f.caller(op).get(f.query(op, "before=latest&wait=1")).fails(400, "invalid_request", "wait")
		}
	})
	_ = d
}

// TestCursorsOfAnotherSession walks with what belongs elsewhere.
func TestCursorsOfAnotherSession(t *testing.T) {
	t.Parallel()
	s := open(t, setup{})
	a, b := s.fixture(), s.fixture()
	a.who.get("/visitor/v1/sessions/"+a.session+"/messages?after="+b.message).fails(400, "invalid_cursor", "after")
	a.admin().get("/api/v1/sessions/"+a.session+"/messages?before="+b.message).fails(400, "invalid_cursor", "before")
	// A note's id is for visitors like any that does not exist.
	note := a.who.get("/visitor/v1/sessions/" + a.session + "/messages?after=" + a.note)
	none := a.who.get("/visitor/v1/sessions/" + a.session + "/messages?after=01jq4xv5c8w2r6n0a3k7m9t1ze")
	if note.fails(400, "invalid_cursor", "after").raw != none.raw {
		t.Errorf("a note's id is answered with\n%s\nan unknown one with\n%s", note.raw, none.raw)
	}
}

// TestCustomDataLimits tries the limits on the host's own data, at them and
// beyond.
func TestCustomDataLimits(t *testing.T) {
	t.Parallel()
	s := open(t, setup{})
	create := func(data string) *reply {
		return s.admin().post("/api/v1/sessions", `{"visitor_name":"Ines","custom_data":`+data+`}`)
	}
	keys := func(n int) string {
		var pairs []string
		for i := range n {
			pairs = append(pairs, fmt.Sprintf(`"k%d":%d`, i, i))
		}
		return "{" + strings.Join(pairs, ",") + "}"
	}
	size := func(n int) string { return `{"a":"` + strings.Repeat("x", n-len(`{"a":""}`)) + `"}` }
	for _, good := range []string{
		`{}`, keys(50), size(8 << 10), `{"a":{"b":{"c":{"d":1}}}}`, `{"a":[[[1]]]}`, `{"a":null,"b":true,"c":1.5,"d":"","e":[]}`, `{"ключ":"😀"}`,
		`{"n":9007199254740991,"f":1e308,"z":-0.0}`,
	} {
		if r := create(good); r.status != 201 {
			t.Errorf("%.80s: %d %s", good, r.status, r.raw)
		}
	}
	for _, bad := range []string{
		keys(51), size(8<<10 + 1), `{"a":{"b":{"c":{"d":{"e":1}}}}}`, `{"a":[[[[1]]]]}`, `{"a":{"b":{"c":{"d":[]}}}}`, `{"":1}`, `{"a\u0000":1}`,
		`{"a":{"b":"x\u0000"}}`, `{"a":9223372036854775808}`, `{"a":1e309}`, `{"a":1e-500}`, `{"a":[1e400]}`,
	} {
		r := create(bad)
		if r.status != 400 || r.at("code") != "invalid_request" || !within(r.at("field"), "custom_data") {
			t.Errorf("%.80s: %d %s", bad, r.status, r.raw)
		}
	}
	for _, bad := range []string{`{"a":1,"a":2}`, `{"a":{"b":1,"b":1}}`, `{"a":"\ud800"}`, `{"\udc00":1}`, "{\"a\":\"\xff\"}"} {
		r := create(bad)
		if r.status != 400 || r.at("code") != "invalid_json" || !within(r.at("field"), "custom_data") {
			t.Errorf("%.80s: %d %s", bad, r.status, r.raw)
		}
	}
}

// TestNumbersComeBackAsTheyWere keeps custom data from being rounded.
func TestNumbersComeBackAsTheyWere(t *testing.T) {
	t.Parallel()
	s := open(t, setup{})
	sent := `{"a":9007199254740991,"b":0.1,"c":-1,"d":1e21,"e":[1,"1",true,null],"f":{"g":""}}`
	id := s.admin().post("/api/v1/sessions", `{"visitor_name":"Ines","custom_data":`+sent+`}`).is(201).text("session_id")
	got := s.admin().get("/api/v1/sessions/" + id).is(200)
	for _, part := range []string{`"a":9007199254740991`, `"b":0.1`, `"c":-1`, `"e":[1,"1",true,null]`, `"f":{"g":""}`} {
		if !strings.Contains(got.raw, part) {
			t.Errorf("%s is not in %s", part, got.raw)
		}
	}
}

// TestEmailAddresses tries what is one and what is not.
func TestEmailAddresses(t *testing.T) {
	t.Parallel()
	s := open(t, setup{})
	create := func(email string) *reply {
		return s.admin().post("/api/v1/sessions", encode(object{"visitor_name": "Ines", "visitor_email": email}))
	}
	for _, good := range []string{"", "ines@example.com", "i.f+tag@sub.example.co.uk", "x@y.z"} {
		create(good).is(201)
	}
	for _, bad := range []string{
		"ines", "@example.com", "ines@", "ines@@example.com", "Ines <ines@example.com>", "a@b.c, d@e.f", "ines@example.com\nBcc: x@y.z", "ines @example.com",
		"<ines@example.com>", "javascript:alert(1)", strings.Repeat("a", 250) + "@b.cd", "ines@example.com>",
	} {
		create(bad).fails(400, "invalid_request", "visitor_email")
	}
}
