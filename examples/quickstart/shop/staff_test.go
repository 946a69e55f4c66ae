package shop

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pealchat/pealchat/chat"
	"github.com/pealchat/pealchat/storage/sqlite"
)

func TestStaffSignIn(t *testing.T) {
	s, err := NewStaff(filepath.Join(t.TempDir(), "staff"))
	if err != nil {
		t.Fatal(err)
	}
	w := post(http.HandlerFunc(s.signIn), "/staff/sign-in", url.Values{"who": {"jonas"}})
	if w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/chat/console/" {
		t.Fatalf("status %d, Location %q", w.Code, w.Header().Get("Location"))
	}
	cookie := w.Result().Cookies()[0]
	if !cookie.HttpOnly || cookie.SameSite != http.SameSiteLaxMode {
		t.Errorf("the cookie is not HttpOnly and SameSite=Lax: %v", cookie)
	}

	who := func(host, value string) string {
		r := httptest.NewRequest("GET", "http://"+host+"/chat/api/v1/me", nil)
		r.AddCookie(&http.Cookie{Name: staffCookie, Value: value})
		a, err := s.agent(r)
		if err != nil && a.ID != "" {
			t.Errorf("an error beside the agent %v", a)
		}
		return a.ID
	}
	good := cookie.Value
	_, signature, _ := strings.Cut(good, ".")
	for _, c := range []struct{ name, host, value, want string }{
		{"signed in", "127.0.0.1:8080", good, "jonas"},
		{"by name", "localhost:8080", good, "jonas"},
		{"on IPv6", "[::1]:8080", good, "jonas"},
		{"another site's name for this machine", "evil.example:8080", good, ""},
		{"a name that begins well", "localhost.evil.example", good, ""},
		{"no signature", "localhost", strings.TrimSuffix(good, signature), ""},
		{"another person", "localhost", strings.Replace(good, "jonas", "mara", 1), ""},
		{"a longer life", "localhost", strings.Replace(good, ".", "0.", 1), ""},
		{"empty", "localhost", "", ""},
	} {
		if got := who(c.host, c.value); got != c.want {
			t.Errorf("%s: agent %q, want %q", c.name, got, c.want)
		}
	}

	s.now = func() time.Time { return time.Now().Add(staffLife + time.Second) }
	if got := who("localhost", good); got != "" {
		t.Errorf("still signed in as %s after %v", got, staffLife)
	}
}

func TestStaffSignInRefusesStrangers(t *testing.T) {
	s := &Staff{secret: []byte("not a secret at all"), now: time.Now}
	for _, who := range []string{"", "nobody", "mara-9999999999"} {
		w := post(http.HandlerFunc(s.signIn), "/staff/sign-in", url.Values{"who": {who}})
		if w.Code != http.StatusBadRequest || len(w.Result().Cookies()) > 0 {
			t.Errorf("%q: status %d, cookies %v", who, w.Code, w.Result().Cookies())
		}
	}
}

func TestStaffSecret(t *testing.T) {
	file := filepath.Join(t.TempDir(), "staff")
	first, err := NewStaff(file)
	if err != nil {
		t.Fatal(err)
	}
	second, err := NewStaff(file)
	if err != nil {
		t.Fatal(err)
	}
	if first.sign("x") != second.sign("x") {
		t.Error("a restart signs everybody out")
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, error %v", info.Mode(), err)
	}
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := NewStaff(file); err == nil || !strings.Contains(err.Error(), file) {
		t.Errorf("an empty secret: error %v", err)
	}
}

// The sign-in answers to this machine only.
func TestSignInIsForTheLoopback(t *testing.T) {
	store, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "chat.db"), nil)
	if err != nil {
		t.Fatal(err)
	}
	svc := chat.New(store, nil)
	defer func() { svc.Close(); store.Close() }()
	with := Handler(svc, &Staff{secret: []byte("secret"), now: time.Now}, slog.New(slog.DiscardHandler))
	without := Handler(svc, nil, slog.New(slog.DiscardHandler))
	local := func(path string) string { return "http://127.0.0.1" + path }
	if w := get(with, local("/staff")); w.Code != 200 {
		t.Errorf("on the loopback: status %d", w.Code)
	}
	if w := get(with, "http://evil.example/staff"); w.Code != 421 {
		t.Errorf("by another name: status %d", w.Code)
	}
	if w := get(without, local("/staff")); w.Code != 404 {
		t.Errorf("elsewhere: status %d", w.Code)
	}
	if body := get(without, local("/")).Body.String(); strings.Contains(body, "/staff") {
		t.Error("the shop links to a sign-in that is not there")
	}
}
