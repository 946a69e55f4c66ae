package postgres

import (
	"context"
	"errors"
	"fmt"
	"net"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/pealchat/pealchat/chat"
	"github.com/pealchat/pealchat/storage/postgres/pgtest"
)

// allowed is what these tests have for the five seconds that a host who says
// nothing allows.
const allowed = 2 * time.Second

// TestDefaultTimeouts: those five seconds.
func TestDefaultTimeouts(t *testing.T) {
	var none *Options
	if w, r := none.writeTimeout(), none.readTimeout(); w > 5*time.Second || r > 5*time.Second {
		t.Errorf("a write may take %v, a read %v", w, r)
	}
}

// hurried are callers of a service whose database does not answer.
type hurried struct {
	svc        *chat.Service
	callers    atomic.Int64
	longest    atomic.Int64
	goroutines []int // after each third of them
}

// come has them write to a session, and read, for longer than one of them may
// wait, three times. All are told that the store is unavailable, and none has
// waited for much longer than allowed: not for two transactions, of which theirs
// is the second.
func (c *hurried) come(t *testing.T) {
	t.Helper()
	tries := []func(ctx context.Context, name string) error{
		func(ctx context.Context, name string) error {
			in := chat.NewMessage{SessionID: "s", Sender: chat.SenderAgent, Text: "Lost", ClientID: name}
			_, err := c.svc.SendMessage(ctx, shop, in)
			return err
		},
		func(ctx context.Context, _ string) error {
			_, err := c.svc.Messages(ctx, shop, chat.MessageQuery{SessionID: "s"})
			return err
		},
		func(ctx context.Context, _ string) error {
			_, err := c.svc.Sessions(ctx, shop, chat.SessionQuery{})
			return err
		},
	}
	for wave := range 3 {
		var group sync.WaitGroup
		for i := range 40 {
			for j, try := range tries {
				group.Go(func() {
					began := time.Now()
					if err := try(context.Background(), fmt.Sprint(wave, ".", i)); !isUnavailable(err) {
						t.Errorf("call %d.%d.%d: %v, want that the store is unavailable", wave, i, j, err)
					}
					c.callers.Add(1)
					waited := int64(time.Since(began))
					for old := c.longest.Load(); waited > old && !c.longest.CompareAndSwap(old, waited); old = c.longest.Load() {
					}
				})
			}
			time.Sleep(allowed / 40)
		}
		group.Wait()
		c.goroutines = append(c.goroutines, goroutinesBeside("(*proxy).pass"))
	}
	longest := time.Duration(c.longest.Load())
	if longest > allowed*7/4 {
		t.Errorf("of %v allowed a caller has waited %v", allowed, longest)
	}
	if grown := c.goroutines[2] - c.goroutines[0]; grown > 10 {
		t.Errorf("two more waves of callers have left %d goroutines behind: %v", grown, c.goroutines)
	}
	t.Logf("with %v allowed %d callers were told within %v; goroutines after each third of them: %v", allowed, c.callers.Load(), longest.Round(time.Millisecond), c.goroutines)
}

func hurriedOver(t *testing.T, s *Store) *hurried {
	t.Helper()
	t.Cleanup(func() { s.Close() })
	startSession(t, s, "s")
	svc := chat.New(s, &chat.Options{Logger: quiet.Logger, WriteTimeout: allowed})
	t.Cleanup(func() { svc.Close() })
	return &hurried{svc: svc}
}

// limited are options with what is allowed here.
var limited = &Options{Logger: quiet.Logger, WriteTimeout: allowed, ReadTimeout: allowed}

// TestNoConnections takes all connections: those of the server, and those of
// the host's pool.
func TestNoConnections(t *testing.T) {
	t.Run("server", func(t *testing.T) {
		c := ownCluster(t, pgtest.Config{Settings: []string{"max_connections=20", "superuser_reserved_connections=0"}})
		s, err := Open(t.Context(), c.DSN, limited)
		if err != nil {
			t.Fatal(err)
		}
		people := hurriedOver(t, s)
		// The store's own connections are ended first: it has to get new ones.
		execSQL(t, c.DSN, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'pealchat'")
		var taken []*pgx.Conn
		for len(taken) < 100 {
			conn, err := pgx.Connect(t.Context(), c.DSN)
			if err != nil {
				break
			}
			taken = append(taken, conn)
		}
		people.come(t)
		for _, conn := range taken {
			conn.Close(t.Context())
		}
		worksAgain(t, s)
	})
	t.Run("pool", func(t *testing.T) {
		pool, err := pgxpool.New(t.Context(), pgtest.Database(t))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(pool.Close)
		s, err := New(t.Context(), pool, limited)
		if err != nil {
			t.Fatal(err)
		}
		people := hurriedOver(t, s)
		var taken []*pgxpool.Conn
		for range pool.Config().MaxConns {
			conn, err := pool.Acquire(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			taken = append(taken, conn)
		}
		people.come(t)
		for _, conn := range taken {
			conn.Release()
		}
		worksAgain(t, s)
	})
}

// TestServerHangs puts something between the store and the server that stops
// to pass anything on.
func TestServerHangs(t *testing.T) {
	c := ownCluster(t, pgtest.Config{TCP: true})
	p := newProxy(t, c.DSN)
	s, err := Open(t.Context(), p.dsn, limited)
	if err != nil {
		t.Fatal(err)
	}
	people := hurriedOver(t, s)
	p.stuck.Store(true)
	people.come(t)
	p.stuck.Store(false)
	worksAgain(t, s)
}

func worksAgain(t *testing.T, s *Store) {
	t.Helper()
	began := time.Now()
	for n := 0; ; n++ {
		_, err := s.Append(context.Background(), []chat.Op{textMessage("s", fmt.Sprint("again", n))})
		if err == nil {
			return
		}
		if time.Since(began) > 10*time.Second {
			t.Fatalf("it does not work again: %v", err)
		}
	}
}

// goroutinesBeside counts the goroutines without this frame.
func goroutinesBeside(frame string) (n int) {
	stacks := make([]byte, 4<<20)
	stacks = stacks[:runtime.Stack(stacks, true)]
	for g := range strings.SplitSeq(string(stacks), "\n\n") {
		if !strings.Contains(g, frame) {
			n++
		}
	}
	return n
}

func isUnavailable(err error) bool { return errors.Is(err, chat.ErrUnavailable) }

// proxy passes bytes on until it is stuck.
type proxy struct {
	dsn   string
	stuck atomic.Bool
}

func newProxy(t *testing.T, dsn string) *proxy {
	t.Helper()
	cfg, err := pgx.ParseConfig(dsn)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	p := &proxy{dsn: fmt.Sprintf("host=127.0.0.1 port=%d user=%s dbname=%s", l.Addr().(*net.TCPAddr).Port, cfg.User, cfg.Database)}
	go func() {
		for {
			in, err := l.Accept()
			if err != nil {
				return
			}
			out, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", cfg.Port))
			if err != nil {
				in.Close()
				continue
			}
			go p.pass(in, out)
			go p.pass(out, in)
		}
	}()
	return p
}

func (p *proxy) pass(from, to net.Conn) {
	defer from.Close()
	defer to.Close()
	b := make([]byte, 32<<10)
	for {
		n, err := from.Read(b)
		if err != nil {
			return
		}
		for p.stuck.Load() {
			time.Sleep(10 * time.Millisecond)
		}
		if _, err := to.Write(b[:n]); err != nil {
			return
		}
	}
}
