package chat_test

import (
	"context"
	"errors"
	"path/filepath"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pealchat/pealchat/chat"
)

// TestRunRemovesWhatIsTooOld: once a day, each kind after its own time, and
// nothing that has no time.
func TestRunRemovesWhatIsTooOld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var ahead atomic.Int64 // how far the clock was moved: waiting for months would take the bubble long
		store := openStore(t, filepath.Join(t.TempDir(), "chat.db"))
		svc := chat.New(store, &chat.Options{Now: func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }, EventRetention: -1})
		defer svc.Close()
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- svc.Run(ctx) }()

		who, _ := newVisitor(t, svc)
		idle, _ := newVisitor(t, svc)
		started, err := svc.CreateSession(t.Context(), who, chat.NewSession{Message: "Hello"})
		if err != nil {
			t.Fatal(err)
		}
		sub, err := svc.Subscribe(t.Context(), host, chat.SubscribeOptions{})
		if err != nil {
			t.Fatal(err)
		}
		position := sub.Position()
		sub.Close()
		if _, err := svc.CloseSession(t.Context(), host, started.Session.ID, ""); err != nil {
			t.Fatal(err)
		}
		there := func() (session, visitor error) {
			_, session = svc.Session(t.Context(), host, started.Session.ID)
			_, visitor = svc.Visitor(t.Context(), host, idle.ID())
			return session, visitor
		}
		after := func(days int) {
			ahead.Add(int64(days) * int64(24*time.Hour))
			time.Sleep(2 * time.Hour)
			synctest.Wait()
		}
		after(1000)
		if s, v := there(); s != nil || v != nil {
			t.Errorf("without a time set: %v, %v", s, v)
		}
		if _, err := svc.SaveSettings(t.Context(), host, chat.Settings{Retention: chat.Retention{ClosedSessions: 1010, Visitors: 1020}}); err != nil {
			t.Fatal(err)
		}
		after(5)
		if s, v := there(); s != nil || v != nil {
			t.Errorf("before its time: %v, %v", s, v)
		}
		after(10)
		if s, v := there(); !errors.Is(s, chat.ErrUnknownSession) || v != nil {
			t.Errorf("when the session's time is up: %v, %v", s, v)
		}
		if sub, err = svc.Subscribe(t.Context(), host, chat.SubscribeOptions{After: position}); err != nil || sub.Reset != "too_old" {
			t.Errorf("a stream from before resumes with %q, %v", sub.Reset, err)
		}
		sub.Close()
		after(10)
		if _, v := there(); !errors.Is(v, chat.ErrUnknownVisitor) {
			t.Errorf("when the visitor's time is up: %v", v)
		}
		if _, err := svc.Visitor(t.Context(), host, who.ID()); !errors.Is(err, chat.ErrUnknownVisitor) {
			t.Errorf("the visitor whose session went: %v", err)
		}
		cancel()
		<-done
	})
}

func TestRetentionIsChecked(t *testing.T) {
	svc := newService(t, nil)
	for field, r := range map[string]chat.Retention{
		"retention.closed_sessions_days": {ClosedSessions: -1}, "retention.page_views_days": {PageViews: 36501},
		"retention.visitors_days": {Visitors: -1}, "retention.files_days": {Files: -1}, "retention.deliveries_days": {Deliveries: -1},
	} {
		var e *chat.Error
		if _, err := svc.SaveSettings(t.Context(), host, chat.Settings{Retention: r}); !errors.As(err, &e) || e.Field != field {
			t.Errorf("%+v: %v", r, err)
		}
	}
}
