package natsbroker

import (
	"context"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/pealchat/pealchat/chat"
	"github.com/pealchat/pealchat/chat/brokertest"
	"github.com/pealchat/pealchat/storage/sqlite"
)

// natsServer is a NATS server that can be stopped and started again on its port.
type natsServer struct {
	t      testing.TB
	port   int
	server *server.Server
}

func newServer(t testing.TB) *natsServer {
	t.Helper()
	s := &natsServer{t: t, port: server.RANDOM_PORT}
	s.start()
	t.Cleanup(func() { s.stop() })
	return s
}

func (s *natsServer) start() {
	s.t.Helper()
	var err error
	if s.server, err = server.NewServer(&server.Options{Host: "127.0.0.1", Port: s.port, NoLog: true, NoSigs: true}); err != nil {
		s.t.Fatal(err)
	}
	s.server.Start()
	if !s.server.ReadyForConnections(10 * time.Second) {
		s.t.Fatal("the NATS server did not start")
	}
	s.port = s.server.Addr().(*net.TCPAddr).Port
}

func (s *natsServer) stop() {
	s.server.Shutdown()
	s.server.WaitForShutdown()
}

// connect connects as New advises.
func (s *natsServer) connect() *nats.Conn {
	s.t.Helper()
	conn, err := nats.Connect(fmt.Sprint("nats://127.0.0.1:", s.port), nats.RetryOnFailedConnect(true), nats.MaxReconnects(-1), nats.ReconnectWait(50*time.Millisecond))
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(conn.Close)
	return conn
}

func (s *natsServer) broker(subject string) chat.Broker {
	s.t.Helper()
	b, err := New(s.connect(), subject)
	if err != nil {
		s.t.Fatal(err)
	}
	return b
}

func TestBroker(t *testing.T) {
	var s *natsServer
	shared := newServer(t)
	chats := 0
	brokertest.Run(t, brokertest.Config{
		New: func(t *testing.T) func() chat.Broker {
			chats++
			subject := fmt.Sprint("chats.of.", chats)
			s = shared
			return func() chat.Broker { return s.broker(subject) }
		},
		Interrupt: func(t *testing.T) {
			s.stop()
			s.start()
		},
	})
}

func TestSubject(t *testing.T) {
	conn := newServer(t).connect()
	for _, subject := range []string{"", "a", "a.b", "chat.Süd"} {
		if _, err := New(conn, subject); err != nil {
			t.Errorf("%q: %v", subject, err)
		}
	}
	for _, subject := range []string{"a b", "a.*", ">", ".a", "a.", "a..b", "a\n"} {
		if _, err := New(conn, subject); err == nil {
			t.Errorf("%q is accepted", subject)
		}
	}
	if _, err := New(nil, ""); err == nil {
		t.Error("no connection is accepted")
	}
}

// TestClosed: a host that closes the connection is told.
func TestClosed(t *testing.T) {
	s := newServer(t)
	conn := s.connect()
	b, err := New(conn, "")
	if err != nil {
		t.Fatal(err)
	}
	time.AfterFunc(10*time.Millisecond, conn.Close)
	if err := b.Run(t.Context(), func(chat.Hint) {}); !errors.Is(err, nats.ErrConnectionClosed) {
		t.Errorf("Run returned %v", err)
	}
	b.Publish(chat.Hint{Position: 1})
}

// TestNobodyElse: what others put on the subject does no harm.
func TestStrangers(t *testing.T) {
	s := newServer(t)
	conn := s.connect()
	ctx, stop := context.WithCancel(t.Context())
	heard := make(chan chat.Hint, 10)
	var running sync.WaitGroup
	running.Go(func() { s.broker("").Run(ctx, func(h chat.Hint) { heard <- h }) })
	<-heard
	for _, text := range []string{"", "x", "12345678", "\x00\x00\x00\x00\x00\x00\x00\x00", "\xff\xff\xff\xff\xff\xff\xff\xff"} {
		conn.Publish(DefaultSubject, []byte(text))
	}
	conn.Publish(DefaultSubject, []byte("\x00\x00\x00\x00\x00\x00\x00\x00end"))
	for h := range heard {
		if string(h.Data) == "end" {
			break
		}
		if h.Position < 0 || h.Position == 0 && len(h.Data) == 0 {
			t.Errorf("heard %+v", h)
		}
	}
	stop()
	running.Wait()
}

// sharedStore is a store that several services share, as processes share a
// database server.
type sharedStore struct{ chat.Store }

func (sharedStore) Shared() bool { return true }

func openStore(t *testing.T) chat.Store {
	t.Helper()
	store, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "chat.db"), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	return sharedStore{store}
}

func service(t *testing.T, store chat.Store, broker chat.Broker) *chat.Service {
	t.Helper()
	svc := chat.New(store, &chat.Options{Broker: broker})
	ctx, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { svc.Run(ctx) })
	t.Cleanup(func() {
		stop()
		running.Wait()
		svc.Close()
	})
	return svc
}

func TestNodes(t *testing.T) {
	s, store := newServer(t), openStore(t)
	brokertest.Services(t, func(t *testing.T) *chat.Service { return service(t, store, s.broker("")) })
}

// TestServerAway stops NATS and starts it again while four nodes write and
// everybody listens: nobody misses anything, hears anything twice or in
// another order. The longest time from a message to its receipt is printed.
func TestServerAway(t *testing.T) {
	const writers = 4
	s, store := newServer(t), openStore(t)
	var list []*chat.Service
	for range writers {
		list = append(list, service(t, store, s.broker("")))
	}
	shop := chat.AsHost("Shop")
	started, err := list[0].CreateSession(t.Context(), shop, chat.NewSession{VisitorName: "Ines"})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	var sent atomic.Int64
	var began sync.Map // when each text was sent
	var longest [2]atomic.Int64
	var away atomic.Bool
	heard := make([][]string, writers)
	var listening sync.WaitGroup
	for i, svc := range list {
		sub, err := svc.Subscribe(t.Context(), shop, chat.SubscribeOptions{})
		if err != nil {
			t.Fatal(err)
		}
		listening.Go(func() {
			defer sub.Close()
			for {
				wait, cancel := context.WithTimeout(context.Background(), 10*time.Second)
				events, err := sub.Next(wait)
				cancel()
				if err != nil {
					t.Errorf("node %d: %v", i, err)
					return
				}
				for _, e := range events {
					m, ok := e.Data.(chat.Message)
					if !ok {
						continue
					}
					if m.Text == "end" {
						return
					}
					heard[i] = append(heard[i], m.Text)
					at, _ := began.Load(m.Text)
					took := &longest[0]
					if away.Load() {
						took = &longest[1]
					}
					took.Store(max(took.Load(), int64(time.Since(at.(time.Time)))))
				}
			}
		})
	}
	send := func(svc *chat.Service, text string) {
		began.Store(text, time.Now())
		if _, err := svc.SendMessage(t.Context(), shop, chat.NewMessage{SessionID: started.Session.ID, Sender: chat.SenderAgent, Text: text}); err != nil {
			t.Errorf("a message was refused: %v", err)
		}
	}
	var writing sync.WaitGroup
	for i, svc := range list {
		writing.Go(func() {
			for n := 0; ctx.Err() == nil; n++ {
				send(svc, fmt.Sprint(i, ".", n))
				sent.Add(1)
				time.Sleep(5 * time.Millisecond)
			}
		})
	}
	for range 2 {
		time.Sleep(300 * time.Millisecond)
		away.Store(true)
		s.stop()
		time.Sleep(700 * time.Millisecond)
		s.start()
		time.Sleep(300 * time.Millisecond)
		away.Store(false)
	}
	stop()
	writing.Wait()
	send(list[0], "end")
	listening.Wait()
	for i := range heard {
		if int64(len(heard[i])) != sent.Load() || !slices.Equal(heard[i], heard[0]) {
			t.Errorf("node %d heard %d of %d messages, or in another order", i, len(heard[i]), sent.Load())
		}
		for w := range writers {
			n := 0
			for _, text := range heard[i] {
				if strings.HasPrefix(text, fmt.Sprint(w, ".")) {
					if text != fmt.Sprint(w, ".", n) {
						t.Fatalf("node %d heard %s where %d.%d belongs", i, text, w, n)
					}
					n++
				}
			}
		}
	}
	t.Logf("%d messages to %d listeners each; longest way %v with NATS, %v without and while it came back",
		sent.Load(), writers, time.Duration(longest[0].Load()), time.Duration(longest[1].Load()))
	// Without NATS a node looks at the log every half a second; one and a half
	// may pass on a machine with nothing else to do.
	for _, took := range []int64{longest[0].Load(), longest[1].Load()} {
		if took := time.Duration(took); took > 5*time.Second {
			t.Errorf("a message was %v on its way", took)
		}
	}
}
