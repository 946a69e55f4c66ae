package shop

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/pealchat/pealchat/chat"
)

// Whoever can open the page can sign in, with no password: this stands where
// a real site has its own login. It is on only where the server listens on a
// loopback address, and answers only to a loopback name, so that no page on
// another site can reach it by pointing its own name here.

const (
	staffCookie = "staff"
	staffLife   = 12 * time.Hour
)

var (
	staffMembers = []chat.Agent{
		{ID: "mara", Name: "Mara Reyes", Email: "mara@alderclay.example", Admin: true},
		{ID: "jonas", Name: "Jonas Oduya", Email: "jonas@alderclay.example"},
	}
	errNotStaff = errors.New("not signed in as staff")
)

// Staff is the demo sign-in. Its secret outlives the process, so that a
// restart signs nobody out.
type Staff struct {
	secret []byte
	now    func() time.Time
}

// NewStaff returns a sign-in whose secret is in file, which is made if it is not
// there.
func NewStaff(file string) (*Staff, error) {
	secret, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		secret = []byte(rand.Text())
		err = os.WriteFile(file, secret, 0o600)
	}
	if err != nil {
		return nil, fmt.Errorf("the secret of the staff sign-in: %w", err)
	}
	if len(secret) < 16 {
		return nil, fmt.Errorf("the secret of the staff sign-in in %s is damaged: remove the file to get a new one", file)
	}
	return &Staff{secret: secret, now: time.Now}, nil
}

// agent says which member of the staff a request comes from. It is what the
// chat is given as httpapi.Options.Agent.
func (s *Staff) agent(r *http.Request) (chat.Agent, error) {
	cookie, err := r.Cookie(staffCookie)
	if err != nil || !isLoopbackHost(r.Host) {
		return chat.Agent{}, errNotStaff
	}
	value, signature, _ := strings.Cut(cookie.Value, ".")
	if !hmac.Equal([]byte(signature), []byte(s.sign(value))) {
		return chat.Agent{}, errNotStaff
	}
	id, until, _ := strings.Cut(value, "-")
	ends, err := strconv.ParseInt(until, 10, 64)
	if err != nil || s.now().Unix() >= ends {
		return chat.Agent{}, errNotStaff
	}
	return member(id)
}

func member(id string) (chat.Agent, error) {
	for _, m := range staffMembers {
		if m.ID == id {
			return m, nil
		}
	}
	return chat.Agent{}, errNotStaff
}

func (s *Staff) sign(value string) string {
	mac := hmac.New(sha256.New, s.secret)
	mac.Write([]byte(staffCookie + ":" + value))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

func (s *Staff) signIn(w http.ResponseWriter, r *http.Request) {
	m, err := member(r.PostFormValue("who"))
	if err != nil {
		http.Error(w, "who: there is no such member of the staff", http.StatusBadRequest)
		return
	}
	value := m.ID + "-" + strconv.FormatInt(s.now().Add(staffLife).Unix(), 10)
	s.setCookie(w, value+"."+s.sign(value), int(staffLife.Seconds()))
	http.Redirect(w, r, "/chat/console/", http.StatusSeeOther)
}

func (s *Staff) signOut(w http.ResponseWriter, r *http.Request) {
	s.setCookie(w, "", -1)
	http.Redirect(w, r, "/staff", http.StatusSeeOther)
}

// setCookie sets no Secure attribute, because the demo runs on plain HTTP.
func (s *Staff) setCookie(w http.ResponseWriter, value string, maxAge int) {
	http.SetCookie(w, &http.Cookie{
		Name: staffCookie, Value: value, MaxAge: maxAge,
		Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}

// onLoopback refuses requests that were sent to another name than this machine's.
func onLoopback(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if !isLoopbackHost(r.Host) {
			http.Error(w, "The demo sign-in answers at localhost only.", http.StatusMisdirectedRequest)
			return
		}
		next(w, r)
	}
}

func isLoopbackHost(hostport string) bool {
	host, _, err := net.SplitHostPort(hostport)
	if err != nil {
		host = hostport
	}
	if strings.EqualFold(host, "localhost") {
		return true
	}
	addr, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err == nil && addr.IsLoopback()
}
