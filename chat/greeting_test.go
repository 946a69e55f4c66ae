package chat_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pealchat/pealchat/chat"
)

// withTriggers saves the triggers, each of them enabled, with a name, a
// message and an id of its place.
func withTriggers(t testing.TB, svc *chat.Service, conditions ...chat.Conditions) {
	t.Helper()
	var in chat.Settings
	for i, c := range conditions {
		in.Triggers = append(in.Triggers, chat.Trigger{ID: fmt.Sprint("t", i), Name: "A trigger", Enabled: true, Message: "Can I help?", Conditions: c})
	}
	if _, err := svc.SaveSettings(t.Context(), host, in); err != nil {
		t.Fatal(err)
	}
}

// offered says a sign of life and returns which triggers may greet.
func offered(t *testing.T, svc *chat.Service, who chat.Actor, url, from string) string {
	t.Helper()
	var in chat.Presence
	if url != "" {
		in.Page = &chat.PageRef{URL: url, Referrer: from}
	}
	got, err := svc.ReportPresence(t.Context(), who, in)
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, o := range got.Offers {
		ids = append(ids, o.TriggerID)
	}
	return strings.Join(ids, " ")
}

// TestWhoMayBeGreeted goes through a visitor's life and checks which
// conditions hold when. What is not stored yet counts as what is.
func TestWhoMayBeGreeted(t *testing.T) {
	for _, stored := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			yes, no := new(true), new(false)
			svc := newService(t, &chat.Options{Tracking: chat.Tracking{On: true}})
			defer svc.Close()
			run(t, svc)
			withTriggers(t, svc,
				chat.Conditions{},                               // t0
				chat.Conditions{PagesSeen: 2},                   // t1
				chat.Conditions{Returning: yes},                 // t2
				chat.Conditions{Returning: no},                  // t3
				chat.Conditions{Referrer: "search.example"},     // t4
				chat.Conditions{Referrer: "/ads/*"},             // t5
				chat.Conditions{AgentsAvailable: yes},           // t6
				chat.Conditions{AgentsAvailable: no},            // t7
				chat.Conditions{WithinHours: no},                // t8
				chat.Conditions{Page: "/x", SecondsOnPage: 100}, // t9: the browser's to say
			)
			who, _ := newVisitor(t, svc)
			want := func(when, url, from, want string) {
				t.Helper()
				if got := offered(t, svc, who, url, from); got != want {
					t.Errorf("%s: %q, want %q", when, got, want)
				}
				if stored {
					time.Sleep(10 * time.Second)
					if got := offered(t, svc, who, "", ""); got != want {
						t.Errorf("%s, stored: %q, want %q", when, got, want)
					}
				}
			}
			if got := offered(t, svc, who, "", ""); got != "" {
				t.Errorf("before any page: %q", got)
			}
			want("the first page", "https://shop.example/", "https://search.example/?q=vases", "t0 t3 t4 t7 t9")
			want("the second", "https://shop.example/vases", "https://shop.example/", "t0 t1 t3 t4 t7 t9")
			jonas, err := svc.EnsureAgent(t.Context(), chat.Agent{ID: "jonas", Name: "Jonas"})
			if err != nil {
				t.Fatal(err)
			}
			svc.Touch(t.Context(), chat.AsAgent(jonas))
			want("somebody is here", "", "", "t0 t1 t3 t4 t6 t9")
			time.Sleep(time.Hour)
			want("an hour on the page", "", "", "t0 t1 t3 t4 t7 t9")
			want("another visit", "https://shop.example/", "https://shop.example/ads/spring", "t0 t2 t5 t7 t9")

			if _, told, err := svc.Greet(t.Context(), who, "t0"); err != nil || !told {
				t.Fatal(told, err)
			}
			want("greeted", "", "", "t2 t5 t7 t9")
			started, err := svc.CreateSession(t.Context(), who, chat.NewSession{Message: "Yes"})
			if err != nil {
				t.Fatal(err)
			}
			want("in a session", "", "", "")
			if _, err := svc.CloseSession(t.Context(), host, started.Session.ID, ""); err != nil {
				t.Fatal(err)
			}
			want("after it", "", "", "t2 t5 t7 t9")
		})
	}
}

// TestGreetingIsToldOnce has all tabs of a visitor ask at once.
func TestGreetingIsToldOnce(t *testing.T) {
	svc := newService(t, &chat.Options{Tracking: chat.Tracking{On: true}})
	withTriggers(t, svc, chat.Conditions{}, chat.Conditions{Returning: new(true)})
	who, _ := newVisitor(t, svc)
	offered(t, svc, who, "https://shop.example/", "")
	var mu sync.Mutex
	told := 0
	var tabs sync.WaitGroup
	for range 20 {
		tabs.Go(func() {
			g, first, err := svc.Greet(t.Context(), who, "t0")
			mu.Lock()
			defer mu.Unlock()
			if err != nil || first != (g == chat.Greeting{TriggerID: "t0", Message: "Can I help?"}) {
				t.Errorf("%+v, %v, %v", g, first, err)
			}
			if first {
				told++
			}
		})
	}
	tabs.Wait()
	if told != 1 {
		t.Errorf("told %d times", told)
	}
	for id, want := range map[string]error{"t1": nil, "none": chat.ErrNotFound, "": chat.ErrInvalid} {
		if _, told, err := svc.Greet(t.Context(), who, id); told || !errors.Is(err, want) {
			t.Errorf("Greet(%q): %v, %v, want %v", id, told, err, want)
		}
	}
	if _, _, err := svc.Greet(t.Context(), host, "t0"); !errors.Is(err, chat.ErrForbidden) {
		t.Errorf("the host is greeted: %v", err)
	}
}

// What the host vouches for is compared here, and neither it nor what is
// wanted is told; what only the page knows is left to the browser.
func TestTriggersKnowWhatTheHostVouchesFor(t *testing.T) {
	svc := newService(t, &chat.Options{Tracking: chat.Tracking{On: true}})
	withTriggers(t, svc,
		chat.Conditions{CustomData: map[string]any{"plan": "pro", "seats": 5, "theme": "dark"}},
		chat.Conditions{CustomData: map[string]any{"plan": "free"}})
	w, err := svc.Hello(t.Context(), chat.Hello{Identity: &chat.Identity{ID: "7", CustomData: map[string]any{"plan": "pro", "seats": "5"}}})
	if err != nil {
		t.Fatal(err)
	}
	got, err := svc.ReportPresence(t.Context(), chat.AsVisitor(w.Visitor), chat.Presence{Page: &chat.PageRef{URL: "https://shop.example/"}})
	if err != nil || len(got.Offers) != 1 || fmt.Sprint(got.Offers[0].CustomData) != "map[theme:dark]" {
		t.Errorf("offers %+v, %v", got.Offers, err)
	}
	stranger, _ := newVisitor(t, svc)
	if got := offered(t, svc, stranger, "https://shop.example/", ""); got != "t0 t1" {
		t.Errorf("a stranger's page may say: %q", got)
	}
}

// TestAnsweredGreetings counts whoever begins a session within half an hour.
func TestAnsweredGreetings(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := openStore(t, t.TempDir()+"/chat.db")
		svc := chat.New(store, &chat.Options{Tracking: chat.Tracking{On: true}})
		defer store.Close()
		defer svc.Close()
		withTriggers(t, svc, chat.Conditions{})
		for _, after := range []time.Duration{time.Minute, 30 * time.Minute, 30*time.Minute + time.Second} {
			who, _ := newVisitor(t, svc)
			offered(t, svc, who, "https://shop.example/", "")
			if _, told, err := svc.Greet(t.Context(), who, "t0"); err != nil || !told {
				t.Fatal(told, err)
			}
			time.Sleep(after)
			if _, err := svc.CreateSession(t.Context(), who, chat.NewSession{Message: "Yes"}); err != nil {
				t.Fatal(err)
			}
		}
		got, err := store.Greetings(t.Context(), time.Now().Add(-24*time.Hour), time.Now())
		if err != nil || len(got) != 1 || got[0] != (chat.GreetingCount{TriggerID: "t0", Shown: 3, Answered: 2}) {
			t.Errorf("greetings %+v, %v", got, err)
		}
	})
}

func TestTriggersAreChecked(t *testing.T) {
	svc := newService(t, nil)
	good := chat.Trigger{Name: "A", Message: "B"}
	with := func(change func(*chat.Trigger)) chat.Trigger {
		one := good
		change(&one)
		return one
	}
	for field, bad := range map[string][]chat.Trigger{
		"triggers":                               make([]chat.Trigger, chat.MaxTriggers+1),
		"triggers[0].name":                       {with(func(t *chat.Trigger) { t.Name = " " })},
		"triggers[1].message":                    {good, with(func(t *chat.Trigger) { t.Message = "\u200b" })},
		"triggers[0].trigger_id":                 {with(func(t *chat.Trigger) { t.ID = "a/b" })},
		"triggers[1].trigger_id":                 {with(func(t *chat.Trigger) { t.ID = "a" }), with(func(t *chat.Trigger) { t.ID = "a" })},
		"triggers[0].conditions.page":            {with(func(t *chat.Trigger) { t.Conditions.Page = "https://shop.example/" })},
		"triggers[0].conditions.referrer":        {with(func(t *chat.Trigger) { t.Conditions.Referrer = "/a?b" })},
		"triggers[0].conditions.seconds_on_page": {with(func(t *chat.Trigger) { t.Conditions.SecondsOnPage = 3601 })},
		"triggers[0].conditions.pages_seen":      {with(func(t *chat.Trigger) { t.Conditions.PagesSeen = -1 })},
		"triggers[0].conditions.custom_data":     {with(func(t *chat.Trigger) { t.Conditions.CustomData = map[string]any{"a": []any{}} })},
	} {
		var e *chat.Error
		if _, err := svc.SaveSettings(t.Context(), host, chat.Settings{Triggers: bad}); !errors.As(err, &e) || e.Field != field || !errors.Is(err, chat.ErrInvalid) {
			t.Errorf("%s: %v", field, err)
		}
	}
}

// TestPatterns tries patterns on visitors who are on the site.
func TestPatterns(t *testing.T) {
	svc := newService(t, &chat.Options{Tracking: chat.Tracking{On: true, KeepQuery: []string{"q"}}})
	who, _ := newVisitor(t, svc)
	text, err := os.ReadFile("../widget/test/patterns.json") // browsers must agree
	if err != nil {
		t.Fatal(err)
	}
	var tests [][]any
	if err := json.Unmarshal(text, &tests); err != nil || len(tests) < 20 {
		t.Fatal(len(tests), err)
	}
	for _, test := range tests {
		pattern, url, want := test[0].(string), test[1].(string), test[2].(bool)
		if err := svc.AddPageView(t.Context(), who, chat.Presence{Page: &chat.PageRef{URL: url}}); err != nil {
			t.Fatal(err)
		}
		svc.Touch(t.Context(), who)
		run, err := svc.DryRunTrigger(t.Context(), host, chat.Conditions{Page: pattern})
		if err != nil || run.Online != 1 || (run.Matching == 1) != want {
			t.Errorf("%q on %s: %+v, %v", pattern, url, run, err)
		}
	}
}
