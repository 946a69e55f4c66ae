package client_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pealchat/pealchat/chat"
	"github.com/pealchat/pealchat/chat/client"
	"github.com/pealchat/pealchat/httpapi"
	"github.com/pealchat/pealchat/storage/sqlite"
)

const key = "peal_test_key_of_some_length"

// site is a real handler over a real database, and how to reach it.
type site struct {
	svc *chat.Service
	srv *httptest.Server
	url string
}

func newSite(t *testing.T, opts *httpapi.Options) *site {
	t.Helper()
	store, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "chat.db"), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	svc := chat.New(store, nil)
	if _, err := svc.EnsureAPIKey(t.Context(), key, chat.NewAPIKey{Name: "Test", Scopes: []string{chat.ScopeAdmin}}); err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/chat/", httpapi.New(svc, opts))
	srv := httptest.NewServer(mux)
	t.Cleanup(srv.Close)
	t.Cleanup(func() { svc.Close() }) // before the server, which waits for the streams
	return &site{svc, srv, srv.URL + "/chat/"}
}

func (s *site) client(t *testing.T, opts client.Options) *client.Client {
	t.Helper()
	c, err := client.New(s.url, opts)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// next returns the next event of a type, and passes over others.
func next(t *testing.T, s *client.Stream, kind string) client.Event {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for {
		e, err := s.Next(ctx)
		if err != nil {
			t.Fatalf("waiting for %s: %v", kind, err)
		}
		if e.Type == kind {
			return e
		}
	}
}

func TestVisitorAndAgentTalkThroughTheClient(t *testing.T) {
	ctx, s := t.Context(), newSite(t, nil)
	agent, visitor := s.client(t, client.Options{Key: key}), s.client(t, client.Options{})

	welcome, err := visitor.Hello(ctx)
	if err != nil || welcome.Token == "" || welcome.Session.ID != "" {
		t.Fatalf("%+v, %v", welcome, err)
	}
	agents, visitors := agent.Events(ctx, ""), visitor.Events(ctx, "")
	defer agents.Close()
	defer visitors.Close()
	next(t, agents, "ready")
	next(t, visitors, "ready")

	session, err := visitor.CreateSession(ctx, client.NewSession{Message: "Is anybody there?", ClientID: "1"})
	if err != nil {
		t.Fatal(err)
	}
	var asked chat.Message
	if err := next(t, agents, "message_sent").Decode(&asked); err != nil || asked.Text != "Is anybody there?" || asked.SessionID != session.ID {
		t.Fatalf("%+v, %v", asked, err)
	}
	if err := agent.Typing(ctx, session.ID, true); err != nil {
		t.Fatal(err)
	}
	next(t, visitors, "typing")
	sent, err := agent.SendMessage(ctx, client.NewMessage{SessionID: session.ID, Sender: chat.SenderAgent, Message: "Yes.", ClientID: "1"})
	if err != nil {
		t.Fatal(err)
	}
	var heard chat.Message
	for heard.ID != sent.ID {
		if err := next(t, visitors, "message_sent").Decode(&heard); err != nil {
			t.Fatal(err)
		}
	}
	all, err := visitor.Messages(ctx, session.ID, 1, 10)
	if err != nil || len(all) != 1 || all[0].Text != "Yes." || all[0].At.IsZero() {
		t.Errorf("%+v, %v", all, err)
	}
	if err := agent.CloseSession(ctx, session.ID); err != nil {
		t.Fatal(err)
	}
	if got, err := agent.Session(ctx, session.ID); err != nil || got.Status != chat.StatusClosed || got.MessageCount != 2 {
		t.Errorf("%+v, %v", got, err)
	}
	_, err = visitor.SendMessage(ctx, client.NewMessage{SessionID: session.ID, Message: "Thanks"})
	if e := new(client.Error); !errors.As(err, &e) || e.Status != 409 || e.Code != "session_closed" || e.Temporary() || !client.IsCode(err, "session_closed") {
		t.Errorf("to a closed session: %v", err)
	}
}

func TestRefusedCallersStreamEnds(t *testing.T) {
	s := newSite(t, nil)
	stream := s.client(t, client.Options{Key: "peal_wrong"}).Events(t.Context(), "")
	defer stream.Close()
	for range 2 { // and stays so
		if _, err := stream.Next(t.Context()); !client.IsCode(err, "invalid_api_key") {
			t.Errorf("got %v", err)
		}
	}
}

func TestAddressesThatAreNoHandler(t *testing.T) {
	for _, base := range []string{"", "shop.example", "ftp://shop.example/", "https:///chat", "https://shop.example/chat?x=1", "://"} {
		if c, err := client.New(base, client.Options{}); err == nil {
			t.Errorf("%q: %+v", base, c)
		}
	}
}

// cutting closes each connection after some bytes, wherever that is.
type cutting struct {
	net.Conn
	left *atomic.Int64
}

func (c *cutting) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p[:min(len(p), 64)])
	if c.left.Add(int64(-n)) < 0 {
		c.Conn.Close()
	}
	return n, err
}

func TestEveryEventOnceWhereverTheConnectionIsCut(t *testing.T) {
	ctx, s := t.Context(), newSite(t, nil)
	session, err := s.client(t, client.Options{Key: key}).CreateSession(ctx, client.NewSession{VisitorName: "Ines"})
	if err != nil {
		t.Fatal(err)
	}
	dials := 0
	transport := &http.Transport{DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := new(net.Dialer).DialContext(ctx, network, addr)
		dials++
		var left atomic.Int64
		left.Store(int64(1000 + 613*dials)) // somewhere else each time
		return &cutting{conn, &left}, err
	}}
	defer transport.CloseIdleConnections()
	stream := s.client(t, client.Options{Key: key, HTTP: &http.Client{Transport: transport}}).Events(ctx, "")
	defer stream.Close()
	next(t, stream, "ready")
	const messages = 60
	go func() {
		for i := range messages {
			s.svc.SendMessage(ctx, chat.AsHost("Shop"), chat.NewMessage{SessionID: session.ID, Sender: chat.SenderAgent, Text: fmt.Sprint(i)})
		}
	}()
	for seq := int64(1); seq <= messages; seq++ {
		var m chat.Message
		if err := next(t, stream, "message_sent").Decode(&m); err != nil || m.Seq != seq {
			t.Fatalf("want message %d, got %+v, %v", seq, m, err)
		}
	}
	stream.Close()
	if dials < 3 {
		t.Errorf("%d connections: nothing was cut", dials)
	}
}

// An id without its data must not be gone on after: the event would be lost.
func TestHalfAnEventIsAskedForAgain(t *testing.T) {
	asked := make(chan string, 3)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked <- r.Header.Get("Last-Event-ID")
		w.Header().Set("Content-Type", "text/event-stream")
		fmt.Fprint(w, "id: db.1\nevent: ready\ndata: {\"id\":\"db.1\",\"event\":\"ready\"}\n\nid: db.2\nevent: message_sent\ndata: {\"id\":\"db.2\",\"ev")
	}))
	defer srv.Close()
	c, err := client.New(srv.URL, client.Options{Key: key})
	if err != nil {
		t.Fatal(err)
	}
	stream := c.Events(t.Context(), "db.0")
	defer stream.Close()
	next(t, stream, "ready")
	next(t, stream, "ready")
	if first, second := <-asked, <-asked; first != "db.0" || second != "db.1" {
		t.Errorf("asked after %q, then %q", first, second)
	}
}
