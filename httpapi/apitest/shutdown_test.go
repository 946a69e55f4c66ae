package apitest

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pealchat/pealchat/chat"
	"github.com/pealchat/pealchat/webhooks"
)

// gated is a store that holds the message "late" until the gate opens.
type gated struct {
	chat.Store
	reached, gate chan struct{}
}

func (g gated) Append(ctx context.Context, ops []chat.Op) ([]chat.OpResult, error) {
	for _, op := range ops {
		if m, ok := op.(chat.OpAppendMessage); ok && m.Message.Text == "late" {
			close(g.reached)
			<-g.gate
		}
	}
	return g.Store.Append(ctx, ops)
}

// TestShutdown ends a server as its documentation says, with five hundred
// streams open, a message half-way to the disk, and a sender of webhooks in the
// middle of its work. Everybody gets their answer or their farewell.
func TestShutdown(t *testing.T) {
	const streams = 500
	g := gated{reached: make(chan struct{}), gate: make(chan struct{})}
	s := open(t, setup{chat: chat.Options{WebhookTargets: chat.WebhookTargets{Any: true}}, wrap: func(real chat.Store) chat.Store { g.Store = real; return g }})
	s.srv.Config.RegisterOnShutdown(func() { s.svc.Close() })
	f := s.fixture()
	hook := slowHook(s)

	var ready, ended sync.WaitGroup
	var farewells atomic.Int64
	for i := range streams {
		path, token := "/api/v1/events", s.key
		if i%5 == 0 {
			path, token = "/visitor/v1/events", f.who.token
		}
		ready.Add(1)
		ended.Go(func() {
			if bye, err := listen(s, path, token, ready.Done); err != nil || !strings.Contains(bye, `"shutdown"`) {
				t.Errorf("a stream ends with %q, %v", bye, err)
				return
			}
			farewells.Add(1)
		})
	}
	ready.Wait()
	hook.stop(t)
	late := make(chan *reply)
	go func() {
		late <- f.who.post("/visitor/v1/messages", encode(object{"session_id": f.session, "message": "late", "client_id": "late"}))
	}()
	<-g.reached

	context.AfterFunc(doneContext(s.svc), func() { close(g.gate) })
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	began := time.Now()
	if err := s.srv.Config.Shutdown(ctx); err != nil {
		t.Errorf("Shutdown: %v", err)
	}
	took := time.Since(began)
	(<-late).is(201)
	ended.Wait()
	t.Logf("Shutdown took %v; %d of %d streams were told", took.Round(time.Millisecond), farewells.Load(), streams)
	if took > 5*time.Second { // a second on a machine with nothing else to do; service managers allow five
		t.Errorf("Shutdown took %v", took)
	}
	if err := s.svc.Close(); err != nil {
		t.Errorf("closing again: %v", err)
	}
	w := httptest.NewRecorder()
	r := httptest.NewRequest("POST", "/visitor/v1/messages", strings.NewReader(encode(object{"session_id": f.session, "message": "too late"})))
	r.Header.Set("Authorization", "Bearer "+f.who.token)
	r.Header.Set("Content-Type", "application/json")
	if s.srv.Config.Handler.ServeHTTP(w, r); w.Code != 503 || !strings.Contains(w.Body.String(), "shutting_down") {
		t.Errorf("a message after the end: %d %s", w.Code, w.Body)
	}
	kept, err := s.store.Messages(t.Context(), chat.MessageQuery{SessionID: f.session})
	if n := len(kept.Messages); err != nil || n != 2 || kept.Messages[n-1].Text != "late" {
		t.Errorf("kept are %+v, %v", kept.Messages, err)
	}
}

// doneContext ends when the service begins to close.
func doneContext(svc *chat.Service) context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	go func() { <-svc.Done(); cancel() }()
	return ctx
}

// listen reads a stream to its end, and returns the farewell.
func listen(s *site, path, token string, ready func()) (bye string, err error) {
	once := sync.OnceFunc(ready)
	defer once()
	conn, err := net.Dial("tcp", s.srv.Listener.Addr().String())
	if err != nil {
		return "", err
	}
	defer conn.Close()
	fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n\r\n", path, token)
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	last := ""
	lines := bufio.NewScanner(res.Body)
	for lines.Scan() {
		switch event, _ := strings.CutPrefix(lines.Text(), "event: "); {
		case event == "ready":
			once()
		case last == "event: bye" && strings.HasPrefix(lines.Text(), "data: "):
			bye = lines.Text()
		}
		if strings.HasPrefix(lines.Text(), "event: ") {
			last = lines.Text()
		}
	}
	return bye, lines.Err()
}

// waitingHook is a webhook whose receiver keeps the sender waiting.
type waitingHook struct {
	site    *site
	id      string
	answer  chan struct{}
	began   chan struct{}
	got     atomic.Int64
	cancel  context.CancelFunc
	running chan error
}

// slowHook has three events of one session on their way to a receiver.
func slowHook(s *site) *waitingHook {
	h := &waitingHook{site: s, answer: make(chan struct{}), began: make(chan struct{}, 10), running: make(chan error, 1)}
	receiver := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		h.got.Add(1)
		h.began <- struct{}{}
		<-h.answer
	}))
	s.t.Cleanup(receiver.Close)
	h.id = s.admin().post("/api/v1/webhooks", encode(object{"url": receiver.URL, "events": []string{"message_sent"}})).is(201).text("webhook_id")
	who := s.visitor()
	session := who.post("/visitor/v1/sessions", `{"visitor_name":"Ines","message":"one"}`).is(201).text("session_id")
	for _, text := range []string{"two", "three"} {
		who.post("/visitor/v1/messages", encode(object{"session_id": session, "message": text})).is(201)
	}
	var ctx context.Context
	ctx, h.cancel = context.WithCancel(s.t.Context())
	go func() { h.running <- webhooks.New(s.svc, nil).Run(ctx) }()
	<-h.began
	return h
}

// stop ends the sender between two deliveries: the one under way is finished
// and noted, and none is begun after it.
func (h *waitingHook) stop(t *testing.T) {
	h.cancel()
	close(h.answer)
	<-h.running
	all, err := h.site.store.Deliveries(t.Context(), chat.DeliveryQuery{WebhookID: h.id})
	delivered, pending := 0, 0
	for _, d := range all.Deliveries {
		switch d.State {
		case chat.DeliveryDelivered:
			delivered++
		case chat.DeliveryPending:
			pending++
		}
	}
	if err != nil || delivered != 1 || pending != 2 || h.got.Load() != 1 {
		t.Errorf("%d delivered, %d pending, %d received (%v), want 1, 2 and 1", delivered, pending, h.got.Load(), err)
	}
}
