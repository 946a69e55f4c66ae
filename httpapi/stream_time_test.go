package httpapi

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pealchat/pealchat/chat"
)

// bubble runs f with a rig that is served over pipes on the bubble's clock.
func bubble(t *testing.T, opts streamOptions, configure func(*http.Server), f func(r *rig, l *pipeListener)) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, opts)
		l := newPipeListener()
		srv := &http.Server{Handler: r.handler}
		if configure != nil {
			configure(srv)
		}
		go srv.Serve(l)
		end := func() { r.svc.Close(); srv.Close() }
		t.Cleanup(end)
		f(r, l)
		end()
		synctest.Wait()
		checkNoStreams(t, r)
	})
}

// collect reads the stream in the background, with the time of each thing.
type collected struct {
	at   time.Duration // since the start
	what string        // an event's name, or a comment
	e    readEvent
}

func collect(c *client, start time.Time) <-chan collected {
	ch := make(chan collected, 1000)
	go func() {
		defer close(ch)
		for {
			line, err := c.line()
			switch {
			case err != nil:
				ch <- collected{time.Since(start), "end", readEvent{}}
				return
			case strings.HasPrefix(line, ":"), strings.HasPrefix(line, "event: "), strings.HasPrefix(line, "data: {\"event\":\"bye\""):
				ch <- collected{time.Since(start), strings.TrimSpace(line), readEvent{}}
			}
		}
	}()
	return ch
}

func TestStreamHeartbeatsAndLifetime(t *testing.T) { onBothPaths(t, testStreamHeartbeatsAndLifetime) }

func testStreamHeartbeatsAndLifetime(t *testing.T) {
	bubble(t, streamOptions{}, nil, func(r *rig, l *pipeListener) {
		start := time.Now()
		c := dial(r, l.dial, "/events")
		var beats []time.Duration
		var end, bye time.Duration
		for got := range collect(c, start) {
			switch {
			case got.what == ": hb":
				beats = append(beats, got.at)
			case got.what == "event: bye":
				bye = got.at
			case strings.Contains(got.what, `"bye"`) && !strings.Contains(got.what, `"reason":"lifetime"`):
				t.Errorf("the stream ended with %s", got.what)
			case got.what == "end":
				end = got.at
			}
		}
		for i, at := range beats {
			if want := time.Duration(i+1) * 15 * time.Second; at < want || at > want+time.Second {
				t.Errorf("heartbeat %d came after %v", i, at)
			}
		}
		if n := int(end / (15 * time.Second)); len(beats) < n-1 || len(beats) > n {
			t.Errorf("%d heartbeats in %v", len(beats), end)
		}
		if end < 8*time.Minute || end > 10*time.Minute+time.Second || bye != end {
			t.Errorf("the stream ended after %v, bye came after %v", end, bye)
		}
	})
}

// Streams that begin together must not end together.
func TestStreamLifetimesDiffer(t *testing.T) { onBothPaths(t, testStreamLifetimesDiffer) }

func testStreamLifetimesDiffer(t *testing.T) {
	bubble(t, streamOptions{}, nil, func(r *rig, l *pipeListener) {
		start := time.Now()
		var all []<-chan collected
		for range 20 {
			all = append(all, collect(dial(r, l.dial, "/events"), start))
		}
		ends := map[time.Duration]bool{}
		for _, ch := range all {
			for got := range ch {
				if got.what == "end" {
					ends[got.at] = true
				}
			}
		}
		if len(ends) < 10 {
			t.Errorf("20 streams ended at %d moments", len(ends))
		}
	})
}

// Streams that begin together are not all written to in one moment, in which
// whoever sends a message would wait for them.
func TestStreamsBeatInTurns(t *testing.T) { onBothPaths(t, testStreamsBeatInTurns) }

func testStreamsBeatInTurns(t *testing.T) {
	bubble(t, streamOptions{}, nil, func(r *rig, l *pipeListener) {
		start := time.Now()
		var all []<-chan collected
		for range 4 * stepStreams {
			all = append(all, collect(dial(r, l.dial, "/events"), start))
		}
		time.Sleep(40 * time.Second)
		synctest.Wait()
		beats, together := 0, map[time.Duration]int{}
		for _, ch := range all {
			for len(ch) > 0 {
				if got := <-ch; got.what == ": hb" {
					together[got.at]++
					beats++
				}
			}
		}
		if beats != 2*len(all) {
			t.Errorf("%d heartbeats for %d streams in 40 seconds", beats, len(all))
		}
		for at, n := range together {
			if n > stepStreams {
				t.Errorf("%d streams were written to in the same moment, after %v", n, at)
			}
		}
	})
}

// A visitor counts as present while a stream is open, though they do nothing.
func TestStreamKeepsItsReaderPresent(t *testing.T) { onBothPaths(t, testStreamKeepsItsReaderPresent) }

func testStreamKeepsItsReaderPresent(t *testing.T) {
	bubble(t, streamOptions{}, nil, func(r *rig, l *pipeListener) {
		session := r.session("Ines")
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		go r.svc.Run(ctx)
		online := func() bool {
			t.Helper()
			v, err := r.svc.Visitor(ctx, r.host, session.VisitorID)
			if err != nil {
				t.Fatal(err)
			}
			return v.Online
		}
		c := dial(r, l.dial, "/visitor/events", "X-Visitor: "+session.VisitorID)
		collect(c, time.Now())
		synctest.Wait()
		if !online() {
			t.Error("not present at once")
		}
		for range 20 {
			time.Sleep(10 * time.Second)
			if !online() {
				t.Fatal("missed while the stream is open")
			}
		}
		c.conn.Close()
		time.Sleep(time.Minute)
		if online() {
			t.Error("still present a minute after leaving")
		}
	})
}

func TestStreamAsksAgainWhoMayListen(t *testing.T) { onBothPaths(t, testStreamAsksAgainWhoMayListen) }

func testStreamAsksAgainWhoMayListen(t *testing.T) {
	unauthorized := &chat.Error{Kind: chat.ErrUnauthenticated, Message: "revoked"}
	for _, test := range []struct {
		name    string
		verdict func(ctx context.Context, asked int) error
		end     time.Duration // 0: it goes on
	}{
		{"allowed", func(context.Context, int) error { return nil }, 0},
		{"revoked", func(_ context.Context, n int) error {
			if n < 3 {
				return nil
			}
			return unauthorized
		}, 11 * time.Second},
		{"the store is away for a moment", func(_ context.Context, n int) error {
			if n == 1 {
				return chat.ErrBusy
			}
			return nil
		}, 0},
		{"the store stays away", func(context.Context, int) error { return chat.ErrBusy }, 60 * time.Second},
		{"nobody answers", func(ctx context.Context, _ int) error { <-ctx.Done(); return ctx.Err() }, 70 * time.Second},
		{"any other error", func(context.Context, int) error { return errors.New("who?") }, 5 * time.Second},
		{"a panic", func(context.Context, int) error { panic("host") }, 5 * time.Second},
	} {
		t.Run(test.name, func(t *testing.T) {
			bubble(t, streamOptions{}, nil, func(r *rig, l *pipeListener) {
				var asked atomic.Int32
				r.setRecheck(func(ctx context.Context) error { return test.verdict(ctx, int(asked.Add(1))) })
				start := time.Now()
				ch := collect(dial(r, l.dial, "/events"), start)
				time.Sleep(5 * time.Minute)
				synctest.Wait()
				var all []collected
				for len(ch) > 0 {
					all = append(all, <-ch)
				}
				i := slices.IndexFunc(all, func(c collected) bool { return strings.Contains(c.what, `"unauthorized"`) })
				switch {
				case test.end == 0 && i >= 0:
					t.Errorf("ended after %v", all[i].at)
				case test.end > 0 && i < 0:
					t.Errorf("did not end: %v", all)
				case test.end > 0 && (all[i].at < test.end-11*time.Second || all[i].at > test.end+11*time.Second || test.end < agentRecheck*4 && all[i].at > test.end+2*time.Second):
					t.Errorf("ended after %v, want about %v", all[i].at, test.end)
				}
				if test.end == 0 && asked.Load() < 9 {
					t.Errorf("asked %d times in five minutes", asked.Load())
				}
			})
		})
	}
}

// A recheck may be more frequent than the heartbeat.
func TestStreamAsksAgainAsOftenAsItShould(t *testing.T) {
	bubble(t, streamOptions{recheck: 2 * time.Second}, nil, func(r *rig, l *pipeListener) {
		var asked atomic.Int32
		r.setRecheck(func(context.Context) error { asked.Add(1); return nil })
		collect(dial(r, l.dial, "/events"), time.Now())
		time.Sleep(time.Minute)
		synctest.Wait()
		if n := asked.Load(); n < 27 || n > 30 {
			t.Errorf("asked %d times in a minute", n)
		}
	})
}

// The server's own timeouts are for requests that end. A stream has its own.
func TestStreamOutlivesTheServersTimeouts(t *testing.T) {
	onBothPaths(t, testStreamOutlivesTheServersTimeouts)
}

func testStreamOutlivesTheServersTimeouts(t *testing.T) {
	short := func(srv *http.Server) {
		srv.ReadTimeout, srv.WriteTimeout, srv.IdleTimeout = 2*time.Second, 2*time.Second, 2*time.Second
	}
	bubble(t, streamOptions{}, short, func(r *rig, l *pipeListener) {
		session := r.session("Ines")
		c := dial(r, l.dial, "/events")
		c.want("ready")
		time.Sleep(14 * time.Second) // no heartbeat has renewed anything yet
		r.send(session.ID, "later")
		c.want("message_sent")
		ch := collect(c, time.Now())
		time.Sleep(3 * time.Minute)
		r.send(session.ID, "much later")
		synctest.Wait()
		var last collected
		for len(ch) > 0 {
			last = <-ch
		}
		if last.what != "event: message_sent" {
			t.Errorf("the last thing to come was %q after %v", last.what, last.at)
		}
	})
}

// What middleware limits with the request's context ends in good order first.
func TestStreamEndsBeforeTheRequestsDeadline(t *testing.T) {
	for _, limit := range []time.Duration{500 * time.Millisecond, 40 * time.Second} {
		limited := func(srv *http.Server) {
			inner := srv.Handler
			srv.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				ctx, cancel := context.WithTimeout(r.Context(), limit)
				defer cancel()
				inner.ServeHTTP(w, r.WithContext(ctx))
			})
		}
		bubble(t, streamOptions{}, limited, func(r *rig, l *pipeListener) {
			start := time.Now()
			var bye, end collected
			for got := range collect(dial(r, l.dial, "/events"), start) {
				if strings.Contains(got.what, `"lifetime"`) {
					bye = got
				}
				end = got
			}
			if bye.what == "" || end.at >= limit || end.at < limit*8/10 {
				t.Errorf("limit %v: bye %+v, end after %v", limit, bye, end.at)
			}
		})
	}
}

// A reader that takes nothing is cut off at the deadline of the write, and at
// the latest a second after the service closes.
func TestStreamCutsOffWhoStalls(t *testing.T) { onBothPaths(t, testStreamCutsOffWhoStalls) }

func testStreamCutsOffWhoStalls(t *testing.T) {
	for _, closing := range []bool{false, true} {
		bubble(t, streamOptions{}, nil, func(r *rig, l *pipeListener) {
			session := r.session("Ines")
			c := dial(r, l.dial, "/events")
			c.want("ready")
			time.Sleep(12 * time.Second) // a deadline set at the beginning would have passed
			start := time.Now()
			r.send(session.ID, "nobody reads this")
			want := 10 * time.Second
			if closing {
				time.Sleep(time.Second)
				r.svc.Close()
				want = 2 * time.Second
			}
			for leftovers(r) != "" {
				if time.Since(start) > time.Minute {
					t.Fatal("still there after a minute:\n", leftovers(r))
				}
				time.Sleep(100 * time.Millisecond)
			}
			if d := time.Since(start).Round(time.Second); d != want {
				t.Errorf("closing %v: it was cut after %v, want %v", closing, d, want)
			}
		})
	}
}

// Events that cannot be read from the log are read when it is back. The
// stream stays, and beats.
func TestStreamWaitsForTheLog(t *testing.T) { onBothPaths(t, testStreamWaitsForTheLog) }

func testStreamWaitsForTheLog(t *testing.T) {
	bubble(t, streamOptions{}, nil, func(r *rig, l *pipeListener) {
		session := r.session("Ines")
		position := r.head()
		r.sendMany(session.ID, 0, 10)
		r.store.hook(nil, func(context.Context) error { return chat.ErrBusy })
		c := dial(r, l.dial, "/events", "Last-Event-ID: "+position)
		c.patience = time.Minute
		c.want("ready")
		time.AfterFunc(40*time.Second, func() { r.store.hook(nil, nil) })
		start := time.Now()
		c.wantTexts(0, 10)
		if d := time.Since(start); d < 40*time.Second || d > 41*time.Second {
			t.Errorf("the events came after %v", d)
		}
		if beats := len(c.comments) - 1; beats != 2 {
			t.Errorf("%d heartbeats meanwhile", beats)
		}
		r.sendMany(session.ID, 10, 12)
		c.wantTexts(10, 12)
	})
}
