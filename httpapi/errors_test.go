package httpapi

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pealchat/pealchat/chat"
)

// brokenStore fails or panics where it is told to.
type brokenStore struct {
	chat.Store
	fault func(call string) error
}

func (s *brokenStore) fail(call string) error {
	if s.fault == nil {
		return nil
	}
	return s.fault(call)
}

func (s *brokenStore) Session(ctx context.Context, id string) (chat.Session, error) {
	if err := s.fail("Session"); err != nil {
		return chat.Session{}, err
	}
	return s.Store.Session(ctx, id)
}

func (s *brokenStore) Messages(ctx context.Context, q chat.MessageQuery) (chat.MessagePage, error) {
	if err := s.fail("Messages"); err != nil {
		return chat.MessagePage{}, err
	}
	return s.Store.Messages(ctx, q)
}

func (s *brokenStore) APIKeyByHash(ctx context.Context, hash string) (chat.APIKey, error) {
	if err := s.fail("APIKeyByHash"); err != nil {
		return chat.APIKey{}, err
	}
	return s.Store.APIKeyByHash(ctx, hash)
}

func (s *brokenStore) Append(ctx context.Context, ops []chat.Op) ([]chat.OpResult, error) {
	if err := s.fail("Append"); err != nil {
		return nil, err
	}
	return s.Store.Append(ctx, ops)
}

func (s *brokenStore) Ping(ctx context.Context) error {
	if err := s.fail("Ping"); err != nil {
		return err
	}
	return s.Store.Ping(ctx)
}

func newBrokenSite(t *testing.T) (*site, *brokenStore, string) {
	store := &brokenStore{Store: openIn(t, t.TempDir())}
	s := newSiteOn(t, store, Options{})
	id := s.api("POST", "/sessions", `{"visitor_name":"Ines"}`).want(201).text("session_id")
	return s, store, id
}

// What goes wrong inside stays inside; the log has it, under the id that the
// client gets.
func TestOurFaults(t *testing.T) {
	s, store, id := newBrokenSite(t)
	for name, fault := range map[string]func(string) error{
		"an error": func(string) error { return errors.New("SELECT secret FROM /var/lib/chat.db") },
		"a panic":  func(string) error { panic("SELECT secret FROM /var/lib/chat.db") },
	} {
		for _, call := range []struct{ fails, method, path, body string }{
			{"Session", "GET", "/sessions/" + id, ""},
			{"Messages", "GET", "/sessions/" + id, ""},
			{"APIKeyByHash", "GET", "/sessions", ""},
			{"Append", "POST", "/sessions", `{"visitor_name":"Ines"}`},
		} {
			store.fault = nil
			s.key = s.newKey(chat.ScopeAdmin) // that is not known yet
			store.fault = func(c string) error {
				if c == call.fails {
					return fault(c)
				}
				return nil
			}
			s.log.Reset()
			r := s.api(call.method, call.path, call.body).failed(500, "internal", "")
			fields, _ := r.get("error").(string)
			if strings.Contains(r.raw, "SELECT") || strings.Contains(r.raw, "/var") || fields == "" {
				t.Errorf("%s in %s: answered %s", name, call.fails, r.raw)
			}
			if ref := r.text("request_id"); len(ref) < 16 || !strings.Contains(s.log.String(), ref) || !strings.Contains(s.log.String(), "/var/lib/chat.db") {
				t.Errorf("%s in %s: answered %s, logged %s", name, call.fails, r.raw, s.log)
			}
		}
	}
	store.fault = nil
	s.api("GET", "/sessions/"+id, "").want(200)
}

func TestUnavailable(t *testing.T) {
	s, store, id := newBrokenSite(t)
	s.call("GET", "/healthz", "").want(200).has("status", "ok")
	store.fault = func(string) error {
		return &chat.Error{Kind: chat.ErrUnavailable, Err: errors.New("unable to open /var/lib/chat.db")}
	}
	for _, r := range []*reply{
		s.call("GET", "/healthz", ""), s.call("HEAD", "/healthz", ""), s.api("GET", "/sessions/"+id, ""), s.api("POST", "/sessions", `{"visitor_name":"Ines"}`),
	} {
		if r.want(503); strings.Contains(r.raw, "/var") {
			t.Errorf("answered %s", r.raw)
		}
	}
	store.fault = nil
	s.svc.Close()
	s.api("POST", "/sessions", `{"visitor_name":"Ines"}`).failed(503, "shutting_down", "")
	s.call("GET", "/healthz", "").failed(503, "shutting_down", "")
	s.api("GET", "/events", "").failed(503, "shutting_down", "")
}

// Every kind of failure has a status, and words even if the error brings none.
func TestKinds(t *testing.T) {
	h := newSite(t, Options{}).handler.(*Handler)
	got := map[int]bool{}
	for _, kind := range []error{
		chat.ErrInvalid, chat.ErrTooLarge, chat.ErrUnauthenticated, chat.ErrForbidden, chat.ErrNotFound, chat.ErrConflict, chat.ErrPrecondition, chat.ErrUnavailable,
	} {
		f := h.failureOf(httptest.NewRequest("GET", "/", nil), fmt.Errorf("wrapped: %w", &chat.Error{Kind: kind}))
		if f.code == "" || f.message == "" || f.status == 500 {
			t.Errorf("%v: %+v", kind, f)
		}
		got[f.status] = true
	}
	if list := slices.Sorted(maps.Keys(got)); fmt.Sprint(list) != "[400 401 403 404 409 412 413 503]" {
		t.Errorf("statuses %v", list)
	}
}

// A download that breaks in the middle must not look whole.
func TestTranscriptThatBreaks(t *testing.T) {
	s, store, id := newBrokenSite(t)
	for range 201 {
		s.api("POST", "/sessions/"+id+"/messages", `{"sender":"visitor","message":"`+strings.Repeat("x", 100)+`"}`).want(201)
	}
	srv := httptest.NewServer(s.handler)
	defer srv.Close()
	for name, fault := range map[string]func() error{
		"an error": func() error { return errors.New("disk") },
		"a panic":  func() error { panic("disk") },
	} {
		pages := 0
		store.fault = func(call string) error {
			if call == "Messages" {
				if pages++; pages > 1 {
					return fault()
				}
			}
			return nil
		}
		req, _ := http.NewRequest("GET", srv.URL+"/api/v1/sessions/"+id+"/transcript", nil)
		req.Header.Set("X-API-Key", s.key)
		resp, err := srv.Client().Do(req)
		if err != nil {
			continue // broken off before anything was out: as good
		}
		if _, err := io.ReadAll(resp.Body); err == nil {
			t.Errorf("after %s half a transcript looks whole", name)
		}
		resp.Body.Close()
	}
}

// A body that comes too slowly, or not at all, holds nothing for longer than
// BodyTimeout, whether it would have been read or not.
func TestSlowBodies(t *testing.T) {
	s := newSite(t, Options{BodyTimeout: 200 * time.Millisecond})
	srv := httptest.NewServer(s.handler)
	defer srv.Close()
	for name, c := range map[string]struct {
		path, key string
		status    int
	}{
		"one that would be read": {"/api/v1/sessions", s.key, 408},
		"one that is refused":    {"/api/v1/sessions", "wrong", 401},
		"one for nobody":         {"/nope", s.key, 404},
	} {
		conn, err := net.Dial("tcp", srv.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		conn.SetDeadline(time.Now().Add(10 * time.Second))
		fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: x\r\nX-API-Key: %s\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{\"visitor_name\":", c.path, c.key)
		in := bufio.NewReader(conn)
		resp, err := http.ReadResponse(in, nil)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		body, _ := io.ReadAll(resp.Body)
		if resp.StatusCode != c.status || !strings.Contains(string(body), fmt.Sprintf(`"status_code":%d`, c.status)) {
			t.Errorf("%s: %s %s", name, resp.Status, body)
		}
		if _, err := in.ReadByte(); err != io.EOF && !errors.Is(err, net.ErrClosed) && !strings.Contains(fmt.Sprint(err), "reset") {
			t.Errorf("%s: the connection stays: %v", name, err)
		}
	}
}

// After a body has been read its deadline is gone: a call that takes longer
// still has a client.
func TestBodyTimeoutIsForTheBody(t *testing.T) {
	s, store, id := newBrokenSite(t)
	s.handler = New(s.svc, &Options{BodyTimeout: 100 * time.Millisecond})
	srv := httptest.NewServer(s.handler)
	defer srv.Close()
	store.fault = func(call string) error {
		if call == "Session" {
			time.Sleep(300 * time.Millisecond)
		}
		return nil
	}
	for range 2 { // twice on one connection
		req, _ := http.NewRequest("POST", srv.URL+"/api/v1/sessions/"+id+"/close", strings.NewReader(`{"reason":"done"}`))
		req.Header.Set("X-API-Key", s.key)
		req.Header.Set("Content-Type", "application/json")
		resp, err := srv.Client().Do(req)
		if err != nil {
			t.Fatal(err)
		}
		io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
		if resp.StatusCode != 200 {
			t.Errorf("answered %s", resp.Status)
		}
	}
}

// A handler that has nothing told to it works.
func TestZeroOptions(t *testing.T) {
	s := newSite(t, Options{})
	s.handler = New(s.svc, nil)
	s.api("GET", "/me", "").want(200).has("auth", "api_key")
}
