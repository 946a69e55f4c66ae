package chat_test

import (
	"context"
	"errors"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pealchat/pealchat/chat"
)

// failingSettings is a store whose settings can fail to be read.
type failingSettings struct {
	chat.Store
	reads int
	err   error
}

func (f *failingSettings) Settings(ctx context.Context) (chat.Settings, error) {
	f.reads++
	if f.err != nil {
		return chat.Settings{}, f.err
	}
	return f.Store.Settings(ctx)
}

func mustSave(t *testing.T, svc *chat.Service, in chat.Settings) chat.Settings {
	t.Helper()
	saved, err := svc.SaveSettings(t.Context(), host, in)
	if err != nil {
		t.Fatal(err)
	}
	return saved
}

// TestSettingsBetweenNodes: a change holds at once where it was made, and on
// other nodes a few seconds later; in between nothing is read.
func TestSettingsBetweenNodes(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	opts := &chat.Options{Now: func() time.Time { return now }}
	store := &failingSettings{Store: openStore(t, filepath.Join(t.TempDir(), "chat.db"))}
	one, two := chat.New(store, opts), chat.New(store, opts)
	t.Cleanup(func() { one.Close(); two.Close() })
	name := func(svc *chat.Service, want string) {
		t.Helper()
		if got, err := svc.CurrentSettings(t.Context()); err != nil || got.Name != want {
			t.Fatalf("%q %v, want %q", got.Name, err, want)
		}
	}
	name(two, "")
	mustSave(t, one, chat.Settings{Name: "New"})
	name(one, "New")
	reads := store.reads
	name(one, "New")
	name(two, "")
	if store.reads != reads {
		t.Errorf("read %d times while they were known", store.reads-reads)
	}
	now = now.Add(3 * time.Second)
	name(two, "New")

	// A store that cannot be read leaves what was known.
	store.err = errors.New("broken")
	now = now.Add(time.Minute)
	name(two, "New")
	three := chat.New(store, opts)
	t.Cleanup(func() { three.Close() })
	if _, err := three.CurrentSettings(t.Context()); !errors.Is(err, store.err) {
		t.Errorf("settings that were never known: %v", err)
	}
}

func TestSettingsScopes(t *testing.T) {
	svc := newService(t, nil)
	visitor, _ := newVisitor(t, svc)
	reader := chat.AsAPIKey(chat.APIKey{ID: "k", Scopes: []string{chat.ScopeWrite}})
	if _, err := svc.Settings(t.Context(), visitor); !errors.Is(err, chat.ErrForbidden) {
		t.Errorf("a visitor reads: %v", err)
	}
	if _, err := svc.Settings(t.Context(), reader); err != nil {
		t.Errorf("a key reads: %v", err)
	}
	for _, by := range []chat.Actor{visitor, reader, {}} {
		if _, err := svc.SaveSettings(t.Context(), by, chat.Settings{}); err == nil {
			t.Errorf("%v saves", by)
		}
	}
}

// TestHoursAreTold: visitors who listen hear when the opening hours end and
// begin, without asking.
func TestHoursAreTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := openStore(t, filepath.Join(t.TempDir(), "chat.db"))
		defer store.Close()
		svc := chat.New(store, nil)
		defer svc.Close()
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		day := []chat.Interval{{From: "00:00", To: "00:10"}, {From: "00:40", To: "01:00"}} // the bubble's clock begins at midnight, on a Saturday
		mustSave(t, svc, chat.Settings{Hours: chat.Hours{Enabled: true, Weekly: chat.Week{Saturday: day}}})
		go svc.Run(ctx)
		visitor, _ := newVisitor(t, svc)
		sub, err := svc.Subscribe(ctx, visitor, chat.SubscribeOptions{Topic: chat.Topic{VisitorID: visitor.ID()}})
		if err != nil {
			t.Fatal(err)
		}
		defer sub.Close()
		start := time.Now()
		hear := func(online bool, after time.Duration) {
			t.Helper()
			for {
				events, err := sub.Next(ctx)
				if err != nil {
					t.Fatal(err)
				}
				for _, e := range events {
					team, ok := e.Data.(chat.TeamPresence)
					if !ok {
						continue
					}
					if passed := time.Since(start); team.Online != online || passed < after || passed > after+time.Minute {
						t.Fatalf("online %v after %s, want %v after %s", team.Online, passed, online, after)
					}
					return
				}
			}
		}
		if _, err := svc.EnsureAgent(ctx, chat.Agent{ID: "mara"}); err != nil {
			t.Fatal(err)
		}
		go func() { // somebody who stays
			for ctx.Err() == nil {
				svc.Touch(ctx, chat.AsAgent(chat.Agent{ID: "mara"}))
				select {
				case <-time.After(30 * time.Second):
				case <-ctx.Done():
				}
			}
		}()
		hear(true, 0)
		hear(false, 10*time.Minute)
		hear(true, 40*time.Minute)
	})
}
