package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"mime/quotedprintable"
	"net"
	"net/http"
	"net/http/httptest"
	"net/mail"
	"net/textproto"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pealchat/pealchat/chat"
	"github.com/pealchat/pealchat/storage/sqlite"
)

// office is an SMTP server that keeps what it gets.
type office struct {
	net.Listener
	busy atomic.Bool // it takes no mail at the moment
	got  chan *mail.Message
}

func newOffice(t *testing.T) *office {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	o := &office{Listener: l, got: make(chan *mail.Message, 10)}
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go o.serve(conn)
		}
	}()
	t.Cleanup(func() { l.Close() })
	return o
}

func (o *office) serve(conn net.Conn) {
	defer conn.Close()
	c := textproto.NewConn(conn)
	c.PrintfLine("220 office ready")
	for {
		line, err := c.ReadLine()
		if err != nil {
			return
		}
		verb, _, _ := strings.Cut(strings.ToUpper(line), " ")
		switch {
		case verb == "RCPT" && strings.Contains(line, "<nobody@"):
			c.PrintfLine("550 there is no such person")
		case verb == "MAIL" && o.busy.Load():
			c.PrintfLine("451 not now")
		case verb == "DATA":
			c.PrintfLine("354 go on")
			m, err := mail.ReadMessage(bufio.NewReader(c.DotReader()))
			if err == nil {
				var body []byte
				body, err = io.ReadAll(m.Body)
				m.Body = strings.NewReader(string(body))
			}
			if err != nil {
				c.PrintfLine("554 this is no mail")
				continue
			}
			o.got <- m
			c.PrintfLine("250 taken")
		case verb == "QUIT":
			c.PrintfLine("221 bye")
			return
		default:
			c.PrintfLine("250 ok")
		}
	}
}

// next returns the next mail and what it says.
func (o *office) next(t *testing.T) (subject, text string, m *mail.Message) {
	t.Helper()
	select {
	case m = <-o.got:
	case <-time.After(20 * time.Second):
		t.Fatal("no mail has come")
	}
	body, err := io.ReadAll(quotedprintable.NewReader(m.Body))
	if err != nil {
		t.Fatal(err)
	}
	if subject, err = new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject")); err != nil {
		t.Fatal(err)
	}
	if strings.HasPrefix(subject, "First") {
		return o.next(t)
	}
	return subject, strings.ReplaceAll(string(body), "\r\n", "\n"), m
}

func TestMail(t *testing.T) {
	store, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "chat.db"), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	svc := chat.New(store, &chat.Options{Logger: slog.New(slog.DiscardHandler)})
	defer svc.Close()
	o := newOffice(t)
	p := &postman{server: o.Addr().String(), from: "chat@shop.example", team: "team@shop.example", secret: strings.Repeat("s", 32)}
	server := httptest.NewServer(handler(svc, p))
	defer server.Close()
	p.base = server.URL + "/chat"
	running, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- svc.RunMail(running, "shop", p.send, &chat.MailOptions{After: time.Millisecond})
	}()
	defer func() { stop(); <-ended }()
	// A mailer that is new begins with what comes next, and this shows when it has begun.
	for {
		svc.CreateSession(t.Context(), chat.AsHost("Shop"), chat.NewSession{VisitorName: "First", Message: "Is the mail on?"})
		first := newest(t, svc)
		if _, err := svc.CloseSession(t.Context(), chat.AsHost("Shop"), first.ID, ""); err != nil {
			t.Fatal(err)
		}
		select {
		case <-o.got:
		case <-time.After(100 * time.Millisecond):
			continue
		}
		break
	}

	write := func(email, text string) chat.Session {
		t.Helper()
		started, err := svc.CreateSession(t.Context(), chat.AsHost("Shop"), chat.NewSession{VisitorName: "Ída", VisitorEmail: email, Message: text})
		if err != nil {
			t.Fatal(err)
		}
		return started.Session
	}
	answer := func(s chat.Session, text string) {
		t.Helper()
		if _, err := svc.SendMessage(t.Context(), chat.AsHost("Mara"), chat.NewMessage{SessionID: s.ID, Sender: chat.SenderAgent, Text: text}); err != nil {
			t.Fatal(err)
		}
	}

	o.busy.Store(true)
	s := write("ida@example.com", "Where is my bowl?")
	answer(s, "It is on its way, Ída.")
	time.AfterFunc(300*time.Millisecond, func() { o.busy.Store(false) }) // it comes when the server takes mail again
	subject, text, m := o.next(t)
	if subject != "You have an answer" || !strings.Contains(text, "It is on its way, Ída.") || m.Header.Get("To") != "<ida@example.com>" || !strings.Contains(m.Header.Get("Message-Id"), "@shop.example>") {
		t.Errorf("%q %v\n%s", subject, m.Header, text)
	}
	_, link, _ := strings.Cut(text, "Go on with the conversation:\n")
	link, _, _ = strings.Cut(link, "\n")
	if got := open(t, server.URL, link); got != s.ID {
		t.Errorf("the link %s leads to %q, want %s", link, got, s.ID)
	}

	// Whom there is not holds up nobody.
	answer(write("nobody@example.com", "Hello"), "Hello")
	missed := write("", "Anybody?")
	if _, err := svc.CloseSession(t.Context(), chat.AsHost("Mara"), missed.ID, ""); err != nil {
		t.Fatal(err)
	}
	if subject, text, m = o.next(t); subject != "Ída left without an answer" || !strings.Contains(text, "Anybody?") || !strings.Contains(text, missed.ID) || m.Header.Get("To") != "<team@shop.example>" {
		t.Errorf("%q %v\n%s", subject, m.Header, text)
	}
	if _, err := svc.CloseSession(t.Context(), chat.AsHost("Mara"), s.ID, ""); err != nil {
		t.Fatal(err)
	}
	if subject, text, _ = o.next(t); subject != "Your conversation with us" || !strings.Contains(text, "Where is my bowl?") || !strings.Contains(text, "It is on its way, Ída.") {
		t.Errorf("%q\n%s", subject, text)
	}
}

func newest(t *testing.T, svc *chat.Service) chat.Session {
	t.Helper()
	page, err := svc.Sessions(t.Context(), chat.AsHost("Shop"), chat.SessionQuery{Page: chat.Page{Limit: 1}})
	if err != nil || len(page.Sessions) == 0 {
		t.Fatal(err)
	}
	return page.Sessions[0]
}

// open does what the page of a link does, and returns the session it leads to.
func open(t *testing.T, base, link string) string {
	t.Helper()
	signed, ok := strings.CutPrefix(link, base+"/chat/embed#return=")
	if !ok {
		t.Fatalf("the link is %q", link)
	}
	r, err := http.NewRequestWithContext(t.Context(), "POST", base+"/chat/visitor/v1/hello", strings.NewReader(fmt.Sprintf(`{"return":%q}`, signed)))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var hello struct {
		Session struct {
			ID string `json:"session_id"`
		} `json:"session"`
	}
	if err := json.NewDecoder(res.Body).Decode(&hello); err != nil {
		t.Fatal(err)
	}
	return hello.Session.ID
}
