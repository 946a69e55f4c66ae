package apitest

import "testing"

// TestSettings plays PUT with and without a version, and what visitors are
// told of it. The judge checks every form.
func TestSettings(t *testing.T) {
	s := open(t, setup{})
	api := s.fixture().admin()
	api.get("/api/v1/settings").is(200).has(map[string]any{"version": 1, "greeting": ""})
	saved := api.do("PUT", "/api/v1/settings", `{"greeting":"Hello","version":1}`).is(200).has(map[string]any{"version": 2, "greeting": "Hello"})
	if saved.header.Get("ETag") != `"2"` {
		t.Errorf("ETag is %s", saved.header.Get("ETag"))
	}
	api.do("PUT", "/api/v1/settings", `{"greeting":"Late"}`, `If-Match: "1"`).fails(412, "version_mismatch", "")
	api.do("PUT", "/api/v1/settings", `{"greeting":"Late","version":1}`).fails(412, "version_mismatch", "")
	api.do("PUT", "/api/v1/settings", `{"hours":{"time_zone":"Nowhere"}}`).fails(400, "invalid_request", "hours.time_zone")
	api.do("PUT", "/api/v1/settings", `{"hours":{"enabled":true},"pre_chat":{"visitor_email":"required"}}`, `If-Match: "2"`).is(200)
	v := s.visitor()
	v.post("/visitor/v1/hello", `{}`).is(200).has(map[string]any{"online": false})
	v.post("/visitor/v1/sessions", `{"message":"Hi"}`).fails(400, "invalid_request", "visitor_email")
	v.post("/visitor/v1/sessions", `{"message":"Hi","visitor_email":"ines@example.com"}`).is(201)
}
