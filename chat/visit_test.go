package chat_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pealchat/pealchat/chat"
)

const phone = "Mozilla/5.0 (Android 14; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0"

func see(t testing.TB, svc *chat.Service, who chat.Actor, url, from string) *chat.Session {
	t.Helper()
	in := chat.Presence{Address: netip.MustParseAddr("203.0.113.77"), Locale: "pt-PT", UserAgent: phone}
	if url != "" {
		in.Page = &chat.PageRef{URL: url, Title: "A page", Referrer: from}
	}
	company, err := svc.ReportPresence(t.Context(), who, in)
	if err != nil {
		t.Fatal(err)
	}
	return company.Session
}

func visitorNow(t testing.TB, svc *chat.Service, id string) chat.Visitor {
	t.Helper()
	page, err := svc.PageViews(t.Context(), host, id, chat.Page{}, true) // stores what waits
	if err != nil {
		t.Fatal(page, err)
	}
	v, err := svc.Visitor(t.Context(), host, id)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestVisitSaysWhereVisitorsCameFrom(t *testing.T) {
	svc := newService(t, &chat.Options{Tracking: chat.Tracking{On: true, KeepQuery: []string{"colour"}, Addresses: chat.AddressesCut}})
	who, _ := newVisitor(t, svc)
	see(t, svc, who, "https://shop.example/bowls?utm_source=letter&UTM_Medium=mail&utm_campaign=spring&colour=sage&secret=private#private", "https://u:private@search.example/?q=private")
	see(t, svc, who, "https://shop.example/vases", "")
	v := visitorNow(t, svc, who.ID()).Visit
	if v == nil {
		t.Fatal("no visit")
	}
	if v.Landing.URL != "https://shop.example/bowls?UTM_Medium=mail&colour=sage&utm_campaign=spring&utm_source=letter" || v.Landing.Referrer != "https://search.example/" {
		t.Errorf("landed on %+v", v.Landing)
	}
	if v.Campaign == nil || *v.Campaign != (chat.Campaign{Source: "letter", Name: "spring"}) {
		t.Errorf("campaign %+v", v.Campaign)
	}
	if v.Pages != 2 || v.Returning || v.Locale != "pt-PT" || v.Address != "203.0.113.0" || v.Device != (chat.Device{Kind: "phone", Browser: "Firefox", System: "Android"}) {
		t.Errorf("visit %+v", v)
	}
}

func TestAddressesAreKeptAsAsked(t *testing.T) {
	for _, test := range []struct {
		keep        chat.Addresses
		ip          string
		kept, asked string
	}{
		{chat.AddressesNone, "203.0.113.77", "", "203.0.113.77"},
		{chat.AddressesCut, "203.0.113.77", "203.0.113.0", "203.0.113.0"},
		{chat.AddressesCut, "2001:db8:1:2:3:4:5:6", "2001:db8:1::", "2001:db8:1::"},
		{chat.AddressesWhole, "2001:db8:1:2:3:4:5:6", "2001:db8:1:2:3:4:5:6", "2001:db8:1:2:3:4:5:6"},
	} {
		synctest.Test(t, func(t *testing.T) {
			asked := make(chan string, 1)
			svc := newService(t, &chat.Options{
				Tracking: chat.Tracking{On: true, Addresses: test.keep},
				Place:    func(ip netip.Addr) chat.Place { asked <- ip.String(); return chat.Place{} },
			})
			defer svc.Close()
			run(t, svc)
			who, _ := newVisitor(t, svc)
			_, err := svc.ReportPresence(t.Context(), who, chat.Presence{Page: &chat.PageRef{URL: "https://shop.example/"}, Address: netip.MustParseAddr(test.ip)})
			if err != nil {
				t.Fatal(err)
			}
			if got := visitorNow(t, svc, who.ID()).Visit.Address; got != test.kept {
				t.Errorf("%s is kept as %q, want %q", test.ip, got, test.kept)
			}
			if got := <-asked; got != test.asked {
				t.Errorf("the host was asked about %s, want %s", got, test.asked)
			}
		})
	}
}

// run runs the service until the test ends.
func run(t *testing.T, svc *chat.Service) {
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); svc.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-done })
}

// The host's function may be slow, and may panic: visitors notice neither.
func TestPlaceIsAskedAside(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var calls atomic.Int32
		svc := newService(t, &chat.Options{Tracking: chat.Tracking{On: true}, Logger: slog.New(slog.DiscardHandler), Place: func(ip netip.Addr) chat.Place {
			time.Sleep(time.Minute)
			if calls.Add(1) == 1 {
				panic("no such table")
			}
			return chat.Place{Country: "Portugal", City: "Porto\nNorte", Company: strings.Repeat("x", 200)}
		}})
		defer svc.Close()
		run(t, svc)
		began := time.Now()
		var all []chat.Actor
		for range 3 {
			who, _ := newVisitor(t, svc)
			see(t, svc, who, "https://shop.example/", "")
			visitorNow(t, svc, who.ID())
			see(t, svc, who, "https://shop.example/vases", "")
			all = append(all, who)
		}
		if took := time.Since(began); took >= time.Second {
			t.Errorf("visitors waited %v for the host", took)
		}
		time.Sleep(5 * time.Minute)
		placed := 0
		for _, who := range all {
			if p := visitorNow(t, svc, who.ID()).Visit.Place; p != nil {
				placed++
				if p.City != "Porto Norte" || len([]rune(p.Company)) != 100 {
					t.Errorf("place %+v", p)
				}
			}
		}
		if placed != 2 || calls.Load() != 3 {
			t.Errorf("%d visitors have a place after %d questions, want 2 and 3", placed, calls.Load())
		}
	})
}

// A sign of life keeps a visitor online without any stream, and brings word of
// what an agent has written meanwhile.
func TestSignsOfLife(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		svc := newService(t, &chat.Options{Tracking: chat.Tracking{On: true}})
		defer svc.Close()
		run(t, svc)
		who, _ := newVisitor(t, svc)
		sub, err := svc.Subscribe(t.Context(), host, chat.SubscribeOptions{})
		if err != nil {
			t.Fatal(err)
		}
		defer sub.Close()
		see(t, svc, who, "https://shop.example/", "")
		online := func() int {
			page, err := svc.Visitors(t.Context(), host, chat.Page{}, chat.VisitorFilter{Online: true})
			if err != nil {
				t.Fatal(err)
			}
			return len(page.Visitors)
		}
		for range 4 {
			time.Sleep(30 * time.Second)
			if see(t, svc, who, "", "") != nil {
				t.Error("a session before there is one")
			}
			if online() != 1 {
				t.Fatal("gone in spite of a sign of life")
			}
		}
		started, err := svc.StartSession(t.Context(), host, who.ID(), "Can I help?", "")
		if err != nil {
			t.Fatal(err)
		}
		if got := see(t, svc, who, "", ""); got == nil || got.ID != started.Session.ID {
			t.Errorf("the visitor hears of %+v, want %s", got, started.Session.ID)
		}
		if err := svc.MarkSeen(t.Context(), who, started.Session.ID, started.Message.ID); err != nil {
			t.Fatal(err)
		}
		if got := see(t, svc, who, "", ""); got != nil {
			t.Errorf("what was seen is told again: %+v", got)
		}
		time.Sleep(time.Minute)
		if online() != 0 {
			t.Error("here without a sign of life")
		}
		var kinds []string
		for {
			events, more, err := sub.Take(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range events {
				kinds = append(kinds, e.Type)
			}
			if !more {
				break
			}
		}
		if got := strings.Join(kinds, " "); got != "visitor_page visitor_online session_started message_sent seen visitor_offline" {
			t.Errorf("agents heard %s", got)
		}
	})
}

// TestPagesOfTheChatAreBareToo: what is private in an address is no more to be
// kept because somebody has opened the chat there.
func TestPagesOfTheChatAreBareToo(t *testing.T) {
	for _, tracking := range []chat.Tracking{{}, {On: true, KeepQuery: []string{"colour"}}} {
		svc := newService(t, &chat.Options{Tracking: tracking})
		want := chat.PageRef{URL: "https://shop.example/vases", Title: "Vases", Referrer: "https://search.example/"}
		if tracking.On {
			want.URL += "?colour=sage"
		}
		page := &chat.PageRef{URL: "https://ines:private@shop.example/vases?colour=sage&mail=private#private", Title: "Vases", Referrer: "https://search.example/?q=private"}
		w, err := svc.Hello(t.Context(), chat.Hello{Page: page})
		if err != nil || w.Visitor.Page == nil || *w.Visitor.Page != want {
			t.Errorf("the visitor's page is %+v, %v, want %+v", w.Visitor.Page, err, want)
		}
		began, err := svc.CreateSession(t.Context(), chat.AsVisitor(w.Visitor), chat.NewSession{Message: "Hello", Page: page})
		if err != nil || began.Session.Page == nil || *began.Session.Page != want {
			t.Errorf("the session's page is %+v, %v, want %+v", began.Session.Page, err, want)
		}
	}
}

func TestRobotsAreNoVisitors(t *testing.T) {
	svc := newService(t, &chat.Options{Tracking: chat.Tracking{On: true}})
	who, _ := newVisitor(t, svc)
	if err := svc.AddPageView(t.Context(), who, chat.Presence{Page: &chat.PageRef{URL: "https://shop.example/"}, UserAgent: "Examplebot/1.0"}); err != nil {
		t.Fatal(err)
	}
	if v := visitorNow(t, svc, who.ID()); v.Visit != nil {
		t.Errorf("visit %+v", v.Visit)
	}
}

func TestTrailTakesWhatPagesSay(t *testing.T) {
	svc := newService(t, &chat.Options{Tracking: chat.Tracking{On: true}})
	who, _ := newVisitor(t, svc)
	see(t, svc, who, "https://shop.example/basket", "")
	if err := svc.AddTrailLine(t.Context(), who, " checkout started ", map[string]any{"items": 3}); err != nil {
		t.Fatal(err)
	}
	page, err := svc.PageViews(t.Context(), host, who.ID(), chat.Page{}, true)
	if err != nil || len(page.Views) != 2 || page.Views[0].Name != "checkout started" || page.Views[0].URL != "https://shop.example/basket" || fmt.Sprint(page.Views[0].Data["items"]) != "3" {
		t.Errorf("trail %+v, %v", page.Views, err)
	}
	deep := map[string]any{"a": map[string]any{"b": map[string]any{"c": map[string]any{"d": map[string]any{"e": 1}}}}}
	for _, test := range []struct {
		name  string
		data  map[string]any
		field string
	}{{"", nil, "name"}, {" \u200b", nil, "name"}, {strings.Repeat("x", 101), nil, "name"}, {"a\xff", nil, "name"}, {"x", deep, "data"}, {"x", map[string]any{"": 1}, "data"}} {
		var e *chat.Error
		if err := svc.AddTrailLine(t.Context(), who, test.name, test.data); !errors.As(err, &e) || e.Field != test.field {
			t.Errorf("Note(%q, %v): %v, want an error about %s", test.name, test.data, err, test.field)
		}
	}
	off := newService(t, nil)
	stranger, _ := newVisitor(t, off)
	if err := off.AddTrailLine(t.Context(), stranger, "x", nil); !errors.Is(err, chat.ErrTrackingOff) {
		t.Errorf("without tracking: %v", err)
	}
	if _, err := off.ReportPresence(t.Context(), stranger, chat.Presence{}); !errors.Is(err, chat.ErrTrackingOff) {
		t.Errorf("without tracking: %v", err)
	}
}

// BenchmarkBrowsing has 10,000 visitors on the site at once, each of whom
// opens a page and gives five signs of life: a minute of theirs. It reports
// what one call costs, how many commits a page cost, how long the whole minute
// took, and how much memory all of them hold.
func BenchmarkBrowsing(b *testing.B) {
	b.Run("Plain", func(b *testing.B) { browse(b) })
	b.Run("Triggers", func(b *testing.B) {
		browse(b, chat.Conditions{Page: "/prices*"}, chat.Conditions{Returning: new(true)}, chat.Conditions{PagesSeen: 5}, chat.Conditions{AgentsAvailable: new(true)})
	})
}

func browse(b *testing.B, conditions ...chat.Conditions) {
	const people, signs = 10_000, 5
	store := &countingStore{Store: openStore(b, filepath.Join(b.TempDir(), "chat.db"))}
	svc := chat.New(store, &chat.Options{Tracking: chat.Tracking{On: true}})
	b.Cleanup(func() { svc.Close() })
	withTriggers(b, svc, conditions...)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	tokens := make([]string, people)
	each(people, func(i int) { _, tokens[i] = newVisitor(b, svc) })
	pages := 0
	for b.Loop() {
		began, commits := time.Now(), store.commits.Load()
		each(people, func(i int) {
			for n := range 1 + signs {
				v, err := svc.VisitorByToken(b.Context(), tokens[i], nil)
				if err != nil {
					b.Error(err)
					return
				}
				url := ""
				if n == 0 {
					url = fmt.Sprintf("https://shop.example/%d", pages+i)
				}
				see(b, svc, chat.AsVisitor(v), url, "")
			}
		})
		pages += people
		took := time.Since(began)
		b.ReportMetric(took.Seconds(), "s/minute")
		b.ReportMetric(float64(took.Microseconds())/(people*(1+signs)), "µs/call")
		b.ReportMetric(float64(people)/float64(store.commits.Load()-commits), "pages/commit")
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	b.ReportMetric(float64(after.HeapAlloc-min(before.HeapAlloc, after.HeapAlloc))/people, "B/visitor")
	b.ReportMetric(0, "ns/op")
	page, err := svc.Visitors(b.Context(), host, chat.Page{}, chat.VisitorFilter{Online: true})
	if err != nil || len(page.Visitors) == 0 {
		b.Fatalf("nobody is here: %v", err)
	}
}

type countingStore struct {
	chat.Store
	commits atomic.Int64
}

func (s *countingStore) Append(ctx context.Context, ops []chat.Op) ([]chat.OpResult, error) {
	s.commits.Add(1)
	return s.Store.Append(ctx, ops)
}

// each calls fn for 0 to n-1, on 64 goroutines.
func each(n int, fn func(i int)) {
	var next atomic.Int64
	var group sync.WaitGroup
	for range 64 {
		group.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				fn(i)
			}
		})
	}
	group.Wait()
}

// TestPagesOutliveTheirReaders: somebody who wanted to read which pages were
// seen, and went away, takes none of them along.
func TestPagesOutliveTheirReaders(t *testing.T) {
	svc := newService(t, &chat.Options{Tracking: chat.Tracking{On: true}})
	who, _ := newVisitor(t, svc)
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	for n := range 20 {
		page := &chat.PageRef{URL: fmt.Sprint("https://shop.example/", n)}
		if err := svc.AddPageView(t.Context(), who, chat.Presence{Page: page}); err != nil {
			t.Fatal(err)
		}
		if _, err := svc.PageViews(gone, host, who.ID(), chat.Page{}, true); err == nil {
			t.Error("whoever has gone got an answer")
		}
	}
	got, err := svc.PageViews(t.Context(), host, who.ID(), chat.Page{Limit: 50}, true)
	if err != nil || len(got.Views) != 20 {
		t.Errorf("%d pages, %v", len(got.Views), err)
	}
}
