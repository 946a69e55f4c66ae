package apitest

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/pealchat/pealchat/chat"
	"github.com/pealchat/pealchat/httpapi"
)

// TestAPIKeys makes, uses, lists and revokes keys.
func TestAPIKeys(t *testing.T) {
	t.Parallel()
	s := open(t, setup{})
	made := s.admin().post("/api/v1/api-keys", `{"name":"Order bot","scopes":["write","read","write"]}`).is(201).has(map[string]any{"name": "Order bot", "revoked_at": nil})
	secret, id := made.text("key"), made.text("api_key_id")
	if !regexp.MustCompile(`^peal_[0-9a-z]{32}$`).MatchString(secret) || !strings.HasPrefix(secret, made.text("prefix")) || len(made.text("prefix")) > 12 {
		t.Errorf("key %s with prefix %s", secret, made.text("prefix"))
	}
	if got := fmt.Sprint(made.at("scopes")); got != "[read write]" {
		t.Errorf("scopes are %s", got)
	}
	for _, header := range []string{"Authorization: Bearer " + secret, "authorization: bearer " + secret, "X-API-Key: " + secret} {
		s.with(header).get("/api/v1/sessions").is(200)
	}
	s.with("Authorization: Bearer "+secret, "X-API-Key: "+secret).get("/api/v1/sessions").is(200)
	s.with("Authorization: Bearer "+secret, "X-API-Key: "+s.key).get("/api/v1/sessions").fails(401, "invalid_api_key", "")
	s.with("Authorization: Bearer "+secret, "Authorization: Bearer "+secret).get("/api/v1/sessions").fails(401, "invalid_api_key", "")
	s.with("X-API-Key: "+secret, "X-API-Key: "+secret).get("/api/v1/sessions").fails(401, "invalid_api_key", "")
	for _, wrong := range []string{secret[:len(secret)-1], secret + "x", strings.ToUpper(secret), secret[5:], made.text("prefix")} {
		s.with("X-API-Key: "+wrong).get("/api/v1/sessions").fails(401, "invalid_api_key", "")
	}

	list := s.admin().get("/api/v1/api-keys").is(200)
	if strings.Contains(list.raw, secret) {
		t.Error("the list shows the key")
	}
	i := slices.IndexFunc(list.list("api_keys"), func(k object) bool { return k["api_key_id"] == id })
	if i < 0 || list.list("api_keys")[i]["last_used_at"] == nil {
		t.Errorf("the list is %s", list.raw)
	}
	s.admin().do("DELETE", "/api/v1/api-keys/"+id, ``).is(204)
	s.with("X-API-Key: "+secret).get("/api/v1/sessions").fails(401, "invalid_api_key", "")
	s.admin().do("DELETE", "/api/v1/api-keys/"+id, ``).is(204)
	list = s.admin().get("/api/v1/api-keys").is(200)
	if i := slices.IndexFunc(list.list("api_keys"), func(k object) bool { return k["api_key_id"] == id }); i < 0 || list.list("api_keys")[i]["revoked_at"] == nil {
		t.Errorf("the list is %s", list.raw)
	}
	s.admin().post("/api/v1/api-keys", `{"name":"x","scopes":["read","everything"]}`).fails(400, "invalid_request", "scopes")
}

// TestSecretsAreNotKept looks for keys and tokens in the database and the log.
func TestSecretsAreNotKept(t *testing.T) {
	t.Parallel()
	s := open(t, setup{})
	f := s.fixture()
	secret := s.admin().post("/api/v1/api-keys", `{"name":"x","scopes":["read"]}`).is(201).text("key")
	s.with("X-API-Key: " + secret).get("/api/v1/sessions").is(200)
	s.nobody().get("/api/v1/sessions?api_key=" + secret).is(401)
	f.who.get("/visitor/v1/sessions").is(200)
	f.nobody().get("/visitor/v1/sessions?token=" + f.who.token).is(401)
	s.close()
	files, err := os.ReadDir(strings.TrimSuffix(s.file, "/chat.db"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		data, err := os.ReadFile(strings.TrimSuffix(s.file, "chat.db") + file.Name())
		if err != nil {
			t.Fatal(err)
		}
		for what, word := range map[string]string{"key": secret, "token": f.who.token, "host's key": s.key} {
			if strings.Contains(string(data), word) {
				t.Errorf("the %s stands in %s", what, file.Name())
			}
		}
	}
	for what, word := range map[string]string{"key": secret, "token": f.who.token, "message": "Hello?"} {
		if strings.Contains(s.log.String(), word) {
			t.Errorf("the %s stands in the log", what)
		}
	}
}

// TestHostLogin calls with the host's own cookie.
func TestHostLogin(t *testing.T) {
	t.Parallel()
	s := open(t, setup{options: hostLogin()})
	f := s.fixture()
	ada, bob := s.with("Cookie: login=ada"), s.with("Cookie: login=bob")
	ada.get("/api/v1/api-keys").is(200)
	bob.get("/api/v1/api-keys").fails(403, "forbidden", "")
	bob.do("DELETE", "/api/v1/visitors/"+f.who.id, ``).fails(403, "forbidden", "")
	if got := fmt.Sprint(bob.get("/api/v1/me").is(200).at("scopes")); got != "[read write]" {
		t.Errorf("scopes are %s", got)
	}
	for _, cookie := range []string{"login=mallory", "login=", "other=ada"} {
		s.with("Cookie: "+cookie).get("/api/v1/me").fails(401, "invalid_api_key", "")
	}
	// A key goes before the login, and a wrong one is not made good by it.
	s.with("Cookie: login=bob", "X-API-Key: "+s.key).get("/api/v1/api-keys").is(200)
	s.with("Cookie: login=ada", "X-API-Key: wrong").get("/api/v1/me").fails(401, "invalid_api_key", "")
	// The login is nothing on the visitors' side.
	ada.get("/visitor/v1/sessions").fails(401, "invalid_token", "")
}

// TestCrossOrigin has pages of other origins use the agent's login.
func TestCrossOrigin(t *testing.T) {
	t.Parallel()
	s := open(t, setup{options: hostLogin()})
	f := s.fixture().withFile()
	ada := s.with("Cookie: login=ada")
	path, refused := "/api/v1/sessions/"+f.session, 0
	own := "http://" + s.srv.Listener.Addr().String()
	for _, headers := range [][]string{
		{"Sec-Fetch-Site: cross-site"}, {"Sec-Fetch-Site: same-site"}, {"Origin: https://evil.example"}, {"Origin: null"},
		{"Origin: https://evil.example", "Sec-Fetch-Site: cross-site"}, {"Origin: " + own, "Sec-Fetch-Site: cross-site"},
	} {
		for _, op := range theDocument(t).ops {
			if op.needs() == "" || op.needs() == "visitor" {
				continue
			}
			if op.method == "GET" && !strings.HasSuffix(f.path(op), "/events") {
				continue // no such page sees the answer, and nothing is changed
			}
			ada.do(op.method, f.path(op), f.body(op), headers...).fails(403, "cross_origin", "")
			refused++
		}
		ada.get(path, headers...).is(200)
		f.admin().post(path+"/typing", ``, headers...).is(204)
		f.who.post("/visitor/v1/sessions/"+f.session+"/typing", ``, headers...).is(204)
	}
	for _, headers := range [][]string{{}, {"Sec-Fetch-Site: same-origin"}, {"Sec-Fetch-Site: none"}, {"Origin: " + own}} {
		ada.post(path+"/typing", ``, headers...).is(204)
	}
	if got := s.admin().get(path).is(200); got.number("version") != 1 || got.text("status") != "active" {
		t.Errorf("something was changed: %s", got.raw)
	}
	t.Logf("%d requests were refused", refused)
}

// TestCORS asks as pages of other origins do.
func TestCORS(t *testing.T) {
	t.Parallel()
	off := open(t, setup{}).visitor()
	r := off.get("/visitor/v1/sessions", "Origin: https://www.example.com").is(200)
	if r.header.Get("Access-Control-Allow-Origin") != "" {
		t.Error("other origins may read without being named")
	}
	s := open(t, setup{options: httpapi.Options{AllowedOrigins: []string{"https://www.example.com", "*", "null"}}})
	v := s.visitor()
	for origin, allowed := range map[string]bool{
		"https://www.example.com": true, "https://evil.example": false, "null": false, "*": false, "http://www.example.com": false,
		"https://www.example.com.evil.example": false, "https://www.example.com:8443": false,
	} {
		r := v.get("/visitor/v1/sessions", "Origin: "+origin).is(200)
		want := ""
		if allowed {
			want = origin
		}
		if got := r.header.Get("Access-Control-Allow-Origin"); got != want {
			t.Errorf("origin %s: Access-Control-Allow-Origin is %q", origin, got)
		}
		if !slices.Contains(r.header.Values("Vary"), "Origin") || r.header.Get("Access-Control-Allow-Credentials") != "" {
			t.Errorf("origin %s: headers %v", origin, r.header)
		}
		pre := s.nobody().do("OPTIONS", "/visitor/v1/messages", "", "Origin: "+origin, "Access-Control-Request-Method: POST", "Access-Control-Request-Headers: authorization,content-type")
		if got := pre.header.Get("Access-Control-Allow-Origin"); got != want || allowed != (pre.status == 204) {
			t.Errorf("preflight from %s: %d, Access-Control-Allow-Origin %q", origin, pre.status, got)
		}
		if allowed && (pre.header.Get("Access-Control-Allow-Methods") != "POST" || !strings.Contains(pre.header.Get("Access-Control-Allow-Headers"), "Authorization")) {
			t.Errorf("preflight: %v", pre.header)
		}
	}
}

// TestVisitorTokens looks at what hello gives out.
func TestVisitorTokens(t *testing.T) {
	t.Parallel()
	s := open(t, setup{})
	seen := map[string]bool{}
	for range 50 {
		r := s.nobody().post("/visitor/v1/hello", ``).is(200)
		for _, secret := range []string{r.text("token"), r.text("visitor_id")} {
			if seen[secret] || len(secret) < 26 {
				t.Fatalf("%q", secret)
			}
			seen[secret] = true
		}
		if strings.Contains(r.text("token"), r.text("visitor_id")) {
			t.Error("the token shows whose it is")
		}
	}
	v := s.visitor()
	v.post("/visitor/v1/hello", ``).is(200).has(map[string]any{"visitor_id": v.id, "token": v.token})
	for _, dead := range []string{"", "x", strings.Repeat("a", 32), v.token + "x", v.id} {
		r := s.with("Authorization: Bearer "+dead).post("/visitor/v1/hello", ``).is(200)
		if r.text("visitor_id") == v.id || r.text("token") == dead {
			t.Errorf("token %q: %s", dead, r.raw)
		}
	}
	// Two tokens at once are a mistake that hello does not paper over.
	s.with("Authorization: Bearer "+v.token, "Authorization: Bearer "+v.token).post("/visitor/v1/hello", ``).fails(401, "invalid_token", "")
	v.post("/visitor/v1/sessions", `{"visitor_id":"x"}`).fails(400, "invalid_request", "visitor_id")
	v.post("/visitor/v1/sessions", `{"session_id":"x"}`).fails(400, "invalid_request", "session_id")
	v.post("/visitor/v1/hello", `{"token":"x"}`).fails(400, "invalid_request", "token")
}

// TestTypedEmailOpensNothing has a stranger type somebody's name and address.
func TestTypedEmailOpensNothing(t *testing.T) {
	t.Parallel()
	s := open(t, setup{options: hostLogin()})
	ines := s.visitor()
	known := s.with("Cookie: customer=7")
	hello := known.post("/visitor/v1/hello", ``).is(200)
	known = s.with("Cookie: customer=7", "Authorization: Bearer "+hello.text("token"))
	ines.post("/visitor/v1/sessions", `{"visitor_name":"Ines","visitor_email":"ines@example.com","message":"mine"}`).is(201)
	known.post("/visitor/v1/sessions", `{"message":"also mine"}`).is(201)
	for _, email := range []string{"ines@example.com", "7@customers.example"} {
		stranger := s.visitor()
		r := stranger.post("/visitor/v1/sessions", encode(object{"visitor_name": "Ines", "visitor_email": email, "message": "who am I?"})).is(201)
		r.has(map[string]any{"message_count": 1})
		got := stranger.get("/visitor/v1/sessions").is(200)
		if len(got.list("sessions")) != 1 || strings.Contains(got.raw, "mine") {
			t.Errorf("%s: %s", email, got.raw)
		}
		v := s.admin().get("/api/v1/visitors/" + stranger.id).is(200).has(map[string]any{"verified": false, "external_id": nil})
		if v.text("visitor_id") == ines.id || v.text("visitor_id") == hello.text("visitor_id") {
			t.Errorf("%s opened %s", email, v.raw)
		}
	}
	// Whom the host knows keeps the host's words, whatever they type.
	r := known.post("/visitor/v1/sessions", `{"visitor_name":"The boss","visitor_email":"boss@example.com"}`).is(201)
	r.has(map[string]any{"visitor_name": "Customer 7", "visitor_email": "7@customers.example"})
	s.admin().get("/api/v1/visitors/" + hello.text("visitor_id")).is(200).has(map[string]any{"verified": true, "external_id": "7", "name": "Customer 7"})
}

// TestHostKnowsTheVisitor signs a visitor in and out.
func TestHostKnowsTheVisitor(t *testing.T) {
	t.Parallel()
	s := open(t, setup{options: hostLogin()})
	anonymous := s.fixture()
	token := "Authorization: Bearer " + anonymous.who.token

	// Signing in: the session comes along, under a new token.
	hello := s.with("Cookie: customer=7", token).post("/visitor/v1/hello", ``).is(200)
	hello.has(map[string]any{"session.session_id": anonymous.session})
	if hello.text("token") == anonymous.who.token || hello.text("visitor_id") == anonymous.who.id {
		t.Errorf("nothing has changed: %s", hello.raw)
	}
	anonymous.who.get("/visitor/v1/sessions").fails(401, "invalid_token", "")
	s.with("Cookie: customer=7", token).get("/visitor/v1/sessions").fails(401, "invalid_token", "")

	known := "Authorization: Bearer " + hello.text("token")
	signedIn := s.with("Cookie: customer=7", known)
	signedIn.get("/visitor/v1/sessions/" + anonymous.session).is(200)

	// Signed out, or signed in as somebody else, the token opens nothing.
	s.with(known).get("/visitor/v1/sessions").fails(401, "invalid_token", "")
	s.with("Cookie: customer=8", known).get("/visitor/v1/sessions/"+anonymous.session).fails(401, "invalid_token", "")
	out := s.with(known).post("/visitor/v1/hello", ``).is(200)
	other := s.with("Cookie: customer=8", known).post("/visitor/v1/hello", ``).is(200)
	for _, r := range []*reply{out, other} {
		if r.at("session") != nil || r.text("visitor_id") == hello.text("visitor_id") || r.text("token") == hello.text("token") {
			t.Errorf("somebody else's: %s", r.raw)
		}
	}
	// From another browser the same person finds their session.
	elsewhere := s.with("Cookie: customer=7").post("/visitor/v1/hello", ``).is(200)
	elsewhere.has(map[string]any{"visitor_id": hello.text("visitor_id"), "session.session_id": anonymous.session})
	signedIn.get("/visitor/v1/sessions").is(200) // and the first browser is not signed out by that
}

// TestSignedIdentity comes from a page that the host's login does not reach.
func TestSignedIdentity(t *testing.T) {
	t.Parallel()
	const secret = "the secret of a test, with 32 bytes or more"
	options := hostLogin()
	options.VisitorSecrets = []string{secret}
	s := open(t, setup{options: options})
	signed := func(id string) string {
		t.Helper()
		made, err := httpapi.SignVisitor(secret, chat.Identity{ID: id, Name: "Customer " + id}, 0)
		if err != nil {
			t.Fatal(err)
		}
		return encode(object{"identity": made})
	}
	proof := signed("7")
	hello := s.nobody().post("/visitor/v1/hello", proof).is(200).has(map[string]any{"verified": true})
	token := "Authorization: Bearer " + hello.text("token")
	s.with(token).get("/visitor/v1/sessions").is(200)
	s.nobody().post("/visitor/v1/hello", proof).fails(401, "invalid_identity", "identity")
	s.nobody().post("/visitor/v1/hello", `{"identity":"x"}`).fails(401, "invalid_identity", "identity")

	// The host's own login finds the same person, and decides where it knows one.
	s.with("Cookie: customer=7").post("/visitor/v1/hello", ``).is(200).has(map[string]any{"visitor_id": hello.text("visitor_id")})
	s.with("Cookie: customer=8", token).get("/visitor/v1/sessions").fails(401, "invalid_token", "")
	eight := s.with("Cookie: customer=8").post("/visitor/v1/hello", signed("7")).is(200)
	if eight.text("visitor_id") == hello.text("visitor_id") || strings.Contains(eight.text("token"), ".") {
		t.Errorf("the signature has decided over the login: %s", eight.raw)
	}
}
