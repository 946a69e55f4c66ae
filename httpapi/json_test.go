package httpapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"
)

// Every kind of body that must not get through, as a client would send it.
func TestBodiesThatAreRefused(t *testing.T) {
	s := newSite(t, Options{})
	id := s.api("POST", "/sessions", `{"visitor_name":"Ines"}`).want(201).text("session_id")
	for _, c := range []struct{ body, code, field string }{
		{``, "invalid_json", ""},
		{` `, "invalid_json", ""},
		{`null`, "invalid_json", ""},
		{`[]`, "invalid_json", ""},
		{`"text"`, "invalid_json", ""},
		{`7`, "invalid_json", ""},
		{`{`, "invalid_json", ""},
		{`{"visitor_name":"Ines"`, "invalid_json", ""},
		{`{"visitor_name":"Ines"}{}`, "invalid_json", ""},
		{`{"visitor_name":"Ines"} x`, "invalid_json", ""},
		{`{"visitor_name":"Ines",}`, "invalid_json", ""},
		{`{'visitor_name':'Ines'}`, "invalid_json", ""},
		{`{"visitor_name":"Ines"} // a comment`, "invalid_json", ""},
		{"\ufeff{\"visitor_name\":\"Ines\"}", "invalid_json", ""},
		{`{"visitor_name":"Ines","visitor_name":"Ines"}`, "invalid_json", "visitor_name"},
		{`{"visitor_name":"Ines","visitor\u005fname":"Ines"}`, "invalid_json", "visitor_name"},
		{`{"visitor_name":"Ines","custom_data":{"a":{"b":1,"b":2}}}`, "invalid_json", "custom_data.a.b"},
		{`{"visitor_name":"Ines","custom_data":{"a":[{"b":1,"b":2}]}}`, "invalid_json", "custom_data.a[0].b"},
		{"{\"visitor_name\":\"In\xffes\"}", "invalid_json", "visitor_name"},
		{"{\"visitor_name\":\"In\xed\xa0\x80es\"}", "invalid_json", "visitor_name"},
		{"{\"visitor_name\":\"Ines\",\"custom_data\":{\"k\xff\":1}}", "invalid_json", "custom_data.k\ufffd"},
		{`{"visitor_name":"\ud800"}`, "invalid_json", "visitor_name"},
		{`{"visitor_name":"\udc00\ud800"}`, "invalid_json", "visitor_name"},
		{`{"visitor_name":"\ud83d\ue000"}`, "invalid_json", "visitor_name"},
		{`{"visitor_name":"\ud83dx"}`, "invalid_json", "visitor_name"},
		{`{"visitor_name":"\ud83d\\ude00"}`, "invalid_json", "visitor_name"},
		{`{"visitor_name":"In\u0000es"}`, "invalid_request", "visitor_name"},
		{"{\"visitor_name\":\"In\x00es\"}", "invalid_json", ""},
		{`{"visitor_name":"Ines","custom_data":{"k\u0000":1}}`, "invalid_request", "custom_data.k"},
		{`{"visitor_name":"Ines","custom_data":{"n":9223372036854775808}}`, "invalid_request", "custom_data.n"},
		{`{"visitor_name":"Ines","custom_data":{"n":-9223372036854775809}}`, "invalid_request", "custom_data.n"},
		{`{"visitor_name":"Ines","custom_data":{"n":1e309}}`, "invalid_request", "custom_data.n"},
		{`{"visitor_name":"Ines","custom_data":{"n":1e-400}}`, "invalid_request", "custom_data.n"},
		{`{"visitor_name":"Ines","custom_data":{"n":NaN}}`, "invalid_json", ""},
		{`{"visitor_name":"Ines","id":"x"}`, "invalid_request", "id"},
		{`{"visitor_name":"Ines","visitor_id":"y"}`, "invalid_request", "visitor_id"},
		{`{"Visitor_Name":"Ines"}`, "invalid_request", "Visitor_Name"},
		{`{"visitor_name":null}`, "invalid_request", "visitor_name"},
		{`{"visitor_name":7}`, "invalid_request", "visitor_name"},
		{`{"visitor_name":["Ines"]}`, "invalid_request", "visitor_name"},
		{`{"visitor_name":{"$gt":""}}`, "invalid_request", "visitor_name"},
		{`{"visitor_name":"Ines","custom_data":null}`, "invalid_request", "custom_data"},
		{`{"visitor_name":"Ines","custom_data":[]}`, "invalid_request", "custom_data"},
		{`{}`, "invalid_request", "visitor_name"},
		{`{"visitor_name":""}`, "invalid_request", "visitor_name"},
		{`{"visitor_name":" \u200b "}`, "invalid_request", "visitor_name"},
		{`{"visitor_name":"` + strings.Repeat("x", 201) + `"}`, "invalid_request", "visitor_name"},
		{`{"visitor_name":"Ines","visitor_email":"ines"}`, "invalid_request", "visitor_email"},
		{`{"visitor_name":"Ines","custom_data":{"a":{"b":{"c":{"d":{}}}}}}`, "invalid_request", "custom_data"},
		{`{"visitor_name":"Ines","custom_data":` + strings.Repeat(`{"a":`, 50) + "1" + strings.Repeat("}", 51), "invalid_json", "custom_data" + strings.Repeat(".a", 31)},
		{strings.Repeat(`{"a":`, 9000) + "1" + strings.Repeat("}", 9000), "invalid_json", strings.TrimPrefix(strings.Repeat(".a", 32), ".")},
		{`{"visitor_name":"Ines","custom_data":{"a":"` + strings.Repeat("x", 8200) + `"}}`, "invalid_request", "custom_data"},
	} {
		r := s.api("POST", "/sessions", c.body)
		if c.body == "" {
			r = s.api("POST", "/sessions", "", "Content-Type: application/json")
		}
		if len(r.what) > 200 {
			r.what = r.what[:200] + "…"
		}
		r.failed(400, c.code, c.field)
	}
	for _, c := range []struct{ path, body, field string }{
		{"/messages", `{"sender":"agent","message":"Hello"}`, "session_id"},
		{"/messages", `{"session_id":"` + id + `","message":"Hello"}`, "sender"},
		{"/messages", `{"session_id":"` + id + `","sender":"owner","message":"Hello"}`, "sender"},
		{"/messages", `{"session_id":"` + id + `","sender":"agent"}`, "message"},
		{"/messages", `{"session_id":"` + id + `","sender":"agent","message":" \u200b\ufeff\n "}`, "message"},
		{"/messages", `{"session_id":"` + id + `","sender":"agent","message":"` + strings.Repeat("ü", 4001) + `"}`, "message"},
		{"/messages", `{"session_id":"` + id + `","sender":"agent","message":"Hello","client_id":"` + strings.Repeat("x", 65) + `"}`, "client_id"},
		{"/sessions/" + id + "/messages", `{"session_id":"other","sender":"agent","message":"Hello"}`, "session_id"},
		{"/sessions/" + id + "/close", `{"reason":true}`, "reason"},
		{"/sessions/" + id + "/close", `{"why":"done"}`, "why"},
		{"/sessions/" + id + "/typing", `{"typing":"yes"}`, "typing"},
		{"/sessions/" + id + "/seen", `{}`, "message_id"},
		{"/sessions/" + id + "/notes", `{"message":""}`, "message"},
		{"/sessions/" + id + "/transfer", `{}`, "agent_id"},
		{"/sessions/" + id + "/claim", `{"agent_id":"x"}`, "agent_id"},
		{"/api-keys", `{"name":"x","scopes":["root"]}`, "scopes"},
		{"/api-keys", `{"name":"x","scopes":["read",1]}`, "scopes[1]"},
		{"/api-keys", `{"scopes":["read"]}`, "name"},
	} {
		s.api("POST", c.path, c.body).failed(400, "invalid_request", c.field)
	}
	// Nothing of all this was stored.
	s.api("GET", "/sessions", "").want(200).has("sessions.#", 1)
	s.api("GET", "/sessions/"+id, "").want(200).has("messages.#", 0, "status", "active")
}

func TestBodiesThatAreTaken(t *testing.T) {
	s := newSite(t, Options{})
	for _, body := range []string{
		"\n\t {\"visitor_name\" : \"Ines\"} \r\n",
		`{"visitor_name":"\ud83d\ude00 In\u00e9s \\ud800"}`,
		`{"visitor_name":"` + strings.Repeat("ü", 200) + `"}`,
		`{"visitor_name":"Ines","custom_data":{"a":{"b":{"c":{"d":1}}},"n":[null,true,1.5,"x"],"min":-9223372036854775808,"zero":-0,"tiny":0e-999}}`,
		`{"visitor_name":"<script>alert(1)</script>"}`,
	} {
		r := s.api("POST", "/sessions", body).want(201)
		if strings.Contains(r.raw, "<") {
			t.Errorf("a raw < in %s", r.raw)
		}
	}
}

// Numbers of the host's own data come back as they were sent.
func TestCustomDataKeepsNumbersExact(t *testing.T) {
	s := newSite(t, Options{})
	for _, data := range []string{`{"n":9007199254740993}`, `{"n":0.1}`, `{"n":12345678901234567.25}`, `{"n":1e2}`} {
		id := s.api("POST", "/sessions", `{"visitor_name":"Ines","custom_data":`+data+`}`).want(201).text("session_id")
		if r := s.api("GET", "/sessions/"+id, ""); !strings.Contains(r.raw, `"custom_data":`+data) {
			t.Errorf("%s came back in %s", data, r.raw)
		}
	}
}

func TestContentTypes(t *testing.T) {
	s := newSite(t, Options{})
	body := `{"visitor_name":"Ines"}`
	for _, ct := range []string{"", "text/plain", "application/x-www-form-urlencoded", "application/jsonx", "application/json; charset=latin1", "multipart/form-data; boundary=x", ";"} {
		s.api("POST", "/sessions", body, "Content-Type: "+ct).failed(415, "unsupported_media_type", "")
	}
	s.api("POST", "/sessions", body, "Content-Encoding: gzip").failed(415, "unsupported_media_type", "")
	for _, ct := range []string{"application/json", "application/json; charset=utf-8", "Application/JSON;charset=UTF-8"} {
		s.api("POST", "/sessions", body, "Content-Type: "+ct).want(201)
	}
	id := s.api("POST", "/sessions", body).text("session_id")
	s.api("POST", "/sessions/"+id+"/typing", "").want(204)
	s.api("POST", "/sessions/"+id+"/typing", "", "Content-Type: application/x-www-form-urlencoded").want(204)
}

func TestBodySize(t *testing.T) {
	s := newSite(t, Options{})
	fill := func(n int) string {
		return `{"visitor_name":"Ines"}` + strings.Repeat(" ", n-len(`{"visitor_name":"Ines"}`))
	}
	s.api("POST", "/sessions", fill(64<<10)).want(201)
	s.api("POST", "/sessions", fill(64<<10+1)).failed(413, "body_too_large", "")
	small := newSite(t, Options{MaxBody: 100})
	small.api("POST", "/sessions", fill(101)).failed(413, "body_too_large", "")
}

// everything has a field of each kind that the calls use.
type everything struct {
	Text   string         `json:"text"`
	Maybe  *string        `json:"maybe" null:"ok"`
	Yes    *bool          `json:"yes"`
	Number int            `json:"number"`
	List   *[]string      `json:"list"`
	Data   map[string]any `json:"data"`
	Nested *struct {
		Text string `json:"text"`
	} `json:"nested"`
}

func TestDecode(t *testing.T) {
	var in everything
	if err := decode([]byte(`{"text":"a","maybe":null,"yes":false,"number":-3,"list":[],"data":{"n":1},"nested":{"text":"b"}}`), &in); err != nil {
		t.Fatal(err)
	}
	if in.Text != "a" || in.Maybe == nil || *in.Maybe != "" || in.Yes == nil || *in.Yes || in.Number != -3 ||
		in.List == nil || len(*in.List) != 0 || in.Data["n"] != json.Number("1") || in.Nested.Text != "b" {
		t.Errorf("decoded %+v", in)
	}
	for body, field := range map[string]string{
		`{"number":1.5}`: "number", `{"number":1e2}`: "number", `{"number":"1"}`: "number", `{"yes":1}`: "yes", `{"list":"a"}`: "list",
		`{"list":[null]}`: "list[0]", `{"nested":{"txt":""}}`: "nested.txt", `{"nested":[]}`: "nested", `{"data":"x"}`: "data", `{"":1}`: "",
	} {
		err := decode([]byte(body), &everything{})
		if f, ok := errors.AsType[*failure](err); !ok || f.status != 400 || f.field != field {
			t.Errorf("%s: %#v", body, err)
		}
	}
}

// What decode takes, encoding/json takes as well and understands in the same
// way; and nothing in it is outside what clients and databases agree on.
func FuzzDecode(f *testing.F) {
	for _, seed := range []string{
		`{"text":"a","maybe":null,"yes":true,"number":1,"list":["x"],"data":{"a":[1,{"b":null}]},"nested":{"text":""}}`,
		`{"text":"\ud83d\ude00"}`, `{"text":"\ud800"}`, `{"text":"\\ud800"}`, `{"text":"\u0000"}`, `{"text":1,"text":2}`, `{"TEXT":""}`,
		`{"data":{"n":1e400}}`, `{"data":{"n":9223372036854775808}}`, "{\"text\":\"\xff\"}", `null`, `{}{}`, `[`, `{"number":-0}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var ours, theirs everything
		err := decode(data, &ours)
		if err != nil {
			if f, ok := errors.AsType[*failure](err); !ok || f.status != 400 || !utf8.ValidString(f.field+f.message) {
				t.Fatalf("not an error for clients: %#v", err)
			}
			return
		}
		dec := json.NewDecoder(bytes.NewReader(data))
		dec.UseNumber()
		dec.DisallowUnknownFields()
		if err := dec.Decode(&theirs); err != nil {
			t.Fatalf("taken, but not by encoding/json: %v", err)
		}
		if ours.Maybe != nil && theirs.Maybe == nil && *ours.Maybe == "" {
			ours.Maybe = nil // null is told from absent
		}
		if !reflect.DeepEqual(ours, theirs) {
			t.Fatalf("understood as %+v, by encoding/json as %+v", ours, theirs)
		}
		if strings.ContainsRune(ours.Text, 0) || strings.ContainsRune(ours.Text, utf8.RuneError) && !bytes.Contains(data, []byte("\ufffd")) && !bytes.Contains(bytes.ToLower(data), []byte(`\ufffd`)) {
			t.Fatalf("a text that was repaired: %q", ours.Text)
		}
		checkNumbers(t, ours.Data)
	})
}

func checkNumbers(t *testing.T, v any) {
	switch v := v.(type) {
	case map[string]any:
		for _, e := range v {
			checkNumbers(t, e)
		}
	case []any:
		for _, e := range v {
			checkNumbers(t, e)
		}
	case json.Number:
		if n, err := strconv.ParseFloat(v.String(), 64); err != nil || math.IsInf(n, 0) {
			t.Fatalf("the number %s was taken", v)
		}
	}
}
