package chat_test

import (
	"fmt"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pealchat/pealchat/chat"
)

// TestTenThousandVisitors: however many browse at once, their pages share
// commits, signs of life cost none, and who has gone is forgotten.
// BenchmarkBrowsing says what they take.
func TestTenThousandVisitors(t *testing.T) {
	const people = 10_000
	synctest.Test(t, func(t *testing.T) {
		store := &countingStore{Store: openStore(t, filepath.Join(t.TempDir(), "chat.db"))}
		svc := chat.New(store, &chat.Options{Tracking: chat.Tracking{On: true}})
		defer svc.Close()
		run(t, svc)
		who := func(i int) chat.Actor { return chat.AsVisitor(chat.Visitor{ID: fmt.Sprint("visitor-", i)}) }
		before := store.commits.Load()
		for i := range people {
			see(t, svc, who(i), "https://shop.example/", "")
		}
		time.Sleep(10 * time.Second) // the last of them are stored, too
		if n := store.commits.Load() - before; n == 0 || n > people/40 {
			t.Errorf("%d pages took %d commits", people, n)
		}
		before = store.commits.Load()
		for i := range people {
			see(t, svc, who(i), "", "")
		}
		time.Sleep(10 * time.Second)
		if n := store.commits.Load() - before; n > 2 {
			t.Errorf("signs of life took %d commits", n)
		}
		if n := svc.VisitorsOnline(); n != people {
			t.Errorf("%d are here", n)
		}
		time.Sleep(time.Minute)
		if n := svc.VisitorsOnline(); n != 0 {
			t.Errorf("%d are still here", n)
		}
	})
}

// TestGreetingsWithinHours: a greeting may be for the opening hours, or for the
// time outside them.
func TestGreetingsWithinHours(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // it begins at midnight UTC, on a Saturday
		svc := newService(t, &chat.Options{Tracking: chat.Tracking{On: true}})
		defer svc.Close()
		withTriggers(t, svc, chat.Conditions{WithinHours: new(true)}, chat.Conditions{WithinHours: new(false)})
		settings, err := svc.Settings(t.Context(), host)
		if err == nil {
			settings.Hours = chat.Hours{Enabled: true, TimeZone: "UTC", Weekly: chat.Week{Saturday: []chat.Interval{{From: "09:00", To: "17:00"}}}}
			_, err = svc.SaveSettings(t.Context(), host, settings)
		}
		if err != nil {
			t.Fatal(err)
		}
		who, _ := newVisitor(t, svc)
		for _, c := range []struct {
			after time.Duration
			want  string
		}{{0, "t1"}, {9 * time.Hour, "t0"}, {8 * time.Hour, "t1"}} {
			time.Sleep(c.after)
			if got := offered(t, svc, who, "https://shop.example/", ""); got != c.want {
				t.Errorf("at %s: %q, want %q", time.Now().UTC().Format(time.TimeOnly), got, c.want)
			}
		}
	})
}
