package httpapi

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pealchat/pealchat/chat"
)

const (
	oldSecret = "an old secret of thirty-two bytes, and more"
	newSecret = "a new secret of thirty-two bytes, and more"
)

func sign(t *testing.T, secret, id string) string {
	t.Helper()
	signed, err := SignVisitor(secret, chat.Identity{ID: id, Name: "Ida " + id, Email: id + "@example.com", CustomData: map[string]any{"plan": "pro"}}, 0)
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

func greeting(signed string) string { return fmt.Sprintf(`{"identity":%q}`, signed) }

type greeted struct {
	Token     string
	VisitorID string `json:"visitor_id"`
	Verified  bool
	Session   *struct {
		ID string `json:"session_id"`
	}
}

func (s *site) greet(t *testing.T, signed, token string, headers ...string) greeted {
	t.Helper()
	body := ""
	if signed != "" {
		body = greeting(signed)
	}
	if token != "" {
		headers = append(headers, "Authorization: Bearer "+token)
	}
	r := s.call("POST", "/visitor/v1/hello", body, headers...)
	var out greeted
	if err := json.Unmarshal([]byte(r.raw), &out); r.status != 200 || err != nil {
		t.Fatalf("hello: status %d: %s", r.status, r.raw)
	}
	return out
}

func (s *site) may(token string) bool {
	return s.call("GET", "/visitor/v1/sessions", "", "Authorization: Bearer "+token).status == 200
}

func TestSignedIdentityOpensThePersonsOwn(t *testing.T) {
	s := newSite(t, Options{Rates: unlimited, VisitorSecrets: []string{newSecret, oldSecret}})
	stranger := s.greet(t, "", "")
	if stranger.Verified {
		t.Error("a stranger is verified")
	}
	started := s.call("POST", "/visitor/v1/sessions", `{"message":"Hello?"}`, "Authorization: Bearer "+stranger.Token)
	if started.status != 201 {
		t.Fatal(started.raw)
	}

	ida := s.greet(t, sign(t, oldSecret, "7"), stranger.Token)
	if !ida.Verified || ida.Session == nil || ida.VisitorID == stranger.VisitorID {
		t.Fatalf("the session did not come along: %+v", ida)
	}
	if s.may(stranger.Token) {
		t.Error("the anonymous token is still good")
	}
	if !s.may(ida.Token) {
		t.Error("the new token opens nothing")
	}
	bare, _, _ := strings.Cut(ida.Token, ".")
	if s.may(bare) {
		t.Error("the token is good without its seal")
	}
	visitor := s.api("GET", "/visitors/"+ida.VisitorID, "")
	for _, want := range []string{`"external_id":"7"`, `"name":"Ida 7"`, `"email":"7@example.com"`, `"verified":true`, `"plan":"pro"`} {
		if !strings.Contains(visitor.raw, want) {
			t.Errorf("the visitor lacks %s: %s", want, visitor.raw)
		}
	}

	// Coming back without a new proof, from elsewhere, and as somebody else.
	if again := s.greet(t, "", ida.Token); again.VisitorID != ida.VisitorID || again.Token != ida.Token || !again.Verified {
		t.Errorf("not recognised: %+v", again)
	}
	if elsewhere := s.greet(t, sign(t, newSecret, "7"), ""); elsewhere.VisitorID != ida.VisitorID || elsewhere.Session == nil || elsewhere.Token == ida.Token {
		t.Errorf("from another browser: %+v", elsewhere)
	}
	bob := s.greet(t, sign(t, newSecret, "8"), ida.Token)
	if bob.VisitorID == ida.VisitorID || bob.Session != nil {
		t.Errorf("somebody else opens it: %+v", bob)
	}

	// A seal cannot be put onto another token, nor changed.
	parts := strings.Split(ida.Token, ".")
	other := strings.Split(bob.Token, ".")
	later := fmt.Sprint(time.Now().Add(48 * time.Hour).Unix())
	for name, forged := range map[string]string{
		"another person": strings.Join([]string{parts[0], parts[1], other[2], parts[3]}, "."),
		"another token":  strings.Join([]string{other[0], parts[1], parts[2], parts[3]}, "."),
		"longer":         strings.Join([]string{parts[0], later, parts[2], parts[3]}, "."),
		"no signature":   strings.Join([]string{parts[0], parts[1], parts[2], ""}, "."),
		"unsigned":       strings.Join(parts[:3], "."),
		"own":            parts[0] + "." + later + "." + parts[2] + "." + signature("some secret that is none of the site's own", tokenPurpose, parts[0]+"."+later+"."+parts[2]),
	} {
		if s.may(forged) {
			t.Errorf("%s: the token is taken", name)
		}
		if got := s.greet(t, "", forged); got.VisitorID == ida.VisitorID || got.Verified {
			t.Errorf("%s: hello takes the token", name)
		}
	}

	// Whoever was erased is not brought back by what their browser still has.
	if r := s.call("DELETE", "/visitor/v1/me", "", "Authorization: Bearer "+ida.Token); r.status != 204 {
		t.Fatal(r.raw)
	}
	if gone := s.greet(t, "", ida.Token); gone.Verified || gone.VisitorID == ida.VisitorID {
		t.Errorf("erased, and back: %+v", gone)
	}
}

func TestSignedIdentityIsRefused(t *testing.T) {
	s := newSite(t, Options{Rates: unlimited, VisitorSecrets: []string{newSecret, "too short"}})
	if !strings.Contains(s.log.String(), "too short and not used") || strings.Contains(s.log.String(), newSecret) {
		t.Errorf("the log says of the short secret: %s", s.log)
	}
	now := time.Now()
	made := func(c claims) string {
		payload, _ := json.Marshal(c)
		body := identityPrefix + base64.RawURLEncoding.EncodeToString(payload)
		return body + "." + signature(newSecret, identityPurpose, body)
	}
	good := claims{Audience: audience, ID: "7", IssuedAt: now.Unix(), Expires: now.Add(time.Minute).Unix(), Nonce: "n"}
	with := func(change func(*claims)) string { c := good; change(&c); return made(c) }
	signed := sign(t, newSecret, "7")
	flipped := []byte(signed)
	flipped[len(identityPrefix)+9] ^= 1
	cut := strings.LastIndexByte(signed, '.')
	none := "v1." + base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none","aud":"pealchat","sub":"7","exp":99999999999,"nonce":"x"}`))

	for name, bad := range map[string]string{
		"another secret":    sign(t, oldSecret, "7"),
		"short secret":      signed[:cut+1] + signature("too short", identityPurpose, signed[:cut]),
		"another purpose":   signed[:cut+1] + signature(newSecret, tokenPurpose, signed[:cut]),
		"a flipped bit":     string(flipped),
		"empty signature":   signed[:cut+1],
		"no signature":      signed[:cut],
		"alg none":          none + ".",
		"padded":            signed + "=",
		"another audience":  with(func(c *claims) { c.Audience = "other" }),
		"no audience":       with(func(c *claims) { c.Audience = "" }),
		"nobody":            with(func(c *claims) { c.ID = "" }),
		"no nonce":          with(func(c *claims) { c.Nonce = "" }),
		"no expiry":         with(func(c *claims) { c.Expires = 0 }),
		"expired":           with(func(c *claims) { c.IssuedAt -= 600; c.Expires = now.Add(-2 * time.Minute).Unix() }),
		"from the future":   with(func(c *claims) { c.IssuedAt += 120; c.Expires += 120 }),
		"good for too long": with(func(c *claims) { c.Expires = now.Add(11 * time.Minute).Unix() }),
		"not JSON":          "v1.eA." + signature(newSecret, identityPurpose, "v1.eA"),
		"nothing at all":    ".",
	} {
		r := s.call("POST", "/visitor/v1/hello", greeting(bad))
		if r.status != 401 || !strings.Contains(r.raw, `"code":"invalid_identity"`) || !strings.Contains(r.raw, `"field":"identity"`) {
			t.Errorf("%s: status %d: %s", name, r.status, r.raw)
		}
	}
	if r := s.call("POST", "/visitor/v1/hello", greeting(made(good))); r.status != 200 {
		t.Errorf("the good one among them: %d %s", r.status, r.raw)
	}
	if r := s.call("POST", "/visitor/v1/hello", greeting(strings.Repeat("a", maxSigned+1))); r.status != 400 {
		t.Errorf("longer than any can be: %d %s", r.status, r.raw)
	}
	if r := s.call("POST", "/visitor/v1/hello", `{"identity":7}`); r.status != 400 {
		t.Errorf("a number: %d %s", r.status, r.raw)
	}
	without := newSite(t, Options{Rates: unlimited})
	if r := without.call("POST", "/visitor/v1/hello", greeting(signed)); r.status != 401 {
		t.Errorf("a site without secrets: %d %s", r.status, r.raw)
	}
}

func TestSignedIdentityIsGoodOnce(t *testing.T) {
	s := newSite(t, Options{Rates: unlimited, VisitorSecrets: []string{newSecret}})
	signed := sign(t, newSecret, "7")
	first := s.greet(t, signed, "")
	for _, headers := range [][]string{nil, {"Authorization: Bearer " + first.Token}} {
		if r := s.call("POST", "/visitor/v1/hello", greeting(signed), headers...); r.status != 401 || !strings.Contains(r.raw, "used before") {
			t.Errorf("replayed: %d %s", r.status, r.raw)
		}
	}
}

// Guesses of a signature are counted as wrong passwords are.
func TestSignedIdentityGuessesAreLimited(t *testing.T) {
	s := newSite(t, Options{Rates: Rates{FailedLogins: 3}, VisitorSecrets: []string{newSecret}})
	for range 3 {
		s.call("POST", "/visitor/v1/hello", greeting(sign(t, oldSecret, "7")))
	}
	if r := s.call("POST", "/visitor/v1/hello", greeting(sign(t, oldSecret, "7"))); r.status != 429 {
		t.Errorf("the fourth guess: %d %s", r.status, r.raw)
	}
	if r := s.call("POST", "/visitor/v1/hello", ""); r.status != 200 {
		t.Errorf("somebody else there: %d %s", r.status, r.raw)
	}
}

func TestSealsAndProofsRunOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var v vouchers
		v.init([]string{newSecret}, nil)
		signed := sign(t, newSecret, "7")
		sealed := v.seal("token", "7", time.Now().Add(signedLife))
		time.Sleep(5*time.Minute + clockSkew - time.Second)
		if _, err := v.open(signed, time.Now()); err != nil {
			t.Errorf("within its time: %v", err)
		}
		late := sign(t, newSecret, "7")
		time.Sleep(5*time.Minute + clockSkew + 2*time.Second)
		if _, err := v.open(late, time.Now()); err == nil || !strings.Contains(err.Error(), "expired") {
			t.Errorf("after its time: %v", err)
		}
		if token, who := v.unseal(sealed, time.Now()); token != "token" || who == nil || who.ID != "7" {
			t.Errorf("a fresh seal: %q %v", token, who)
		}
		time.Sleep(signedLife)
		if token, who := v.unseal(sealed, time.Now()); token != "token" || who != nil {
			t.Errorf("a day later: %q %v", token, who)
		}
	})
}

func TestNoncesAreBounded(t *testing.T) {
	var v vouchers
	v.init([]string{newSecret}, nil)
	now := time.Now()
	until := now.Add(time.Minute)
	for i := range maxNonces {
		if fresh, err := v.use(fmt.Sprint(i), until, now); !fresh || err != nil {
			t.Fatalf("nonce %d: %v %v", i, fresh, err)
		}
	}
	if _, err := v.use("one more", until, now); err == nil {
		t.Error("there is no bound")
	}
	if fresh, err := v.use("0", until, now); fresh || err != nil {
		t.Error("a used one was forgotten before its time")
	}
	if fresh, err := v.use("later", until.Add(time.Hour), until.Add(2*time.Second)); !fresh || err != nil {
		t.Errorf("when the old ones have run out: %v %v", fresh, err)
	}
	if len(v.used) != 1 {
		t.Errorf("%d are remembered, want 1", len(v.used))
	}
}

func TestSignVisitorRefusesWhatIsWrong(t *testing.T) {
	for name, try := range map[string]func() (string, error){
		"short secret": func() (string, error) { return SignVisitor("short", chat.Identity{ID: "7"}, 0) },
		"no ID":        func() (string, error) { return SignVisitor(newSecret, chat.Identity{Name: "Ida"}, 0) },
		"control ID":   func() (string, error) { return SignVisitor(newSecret, chat.Identity{ID: "7\x00"}, 0) },
		"long ID":      func() (string, error) { return SignVisitor(newSecret, chat.Identity{ID: strings.Repeat("7", 201)}, 0) },
		"long life":    func() (string, error) { return SignVisitor(newSecret, chat.Identity{ID: "7"}, 11*time.Minute) },
		"no life":      func() (string, error) { return SignVisitor(newSecret, chat.Identity{ID: "7"}, -time.Minute) },
		"odd data": func() (string, error) {
			return SignVisitor(newSecret, chat.Identity{ID: "7", CustomData: map[string]any{"f": func() {}}}, 0)
		},
		"too much": func() (string, error) {
			return SignVisitor(newSecret, chat.Identity{ID: "7", CustomData: map[string]any{"f": strings.Repeat("x", 9000)}}, 0)
		},
	} {
		if signed, err := try(); err == nil || signed != "" {
			t.Errorf("%s: %q", name, signed)
		}
	}
}
