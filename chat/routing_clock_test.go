package chat_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/pealchat/pealchat/chat"
)

func TestIdleSessionsCloseOnce(t *testing.T) {
	onDesk(t, monday, nil, func(d *desk) {
		d.rules(func(s *chat.Settings) { s.Routing.AutoCloseMinutes = 30 })
		defer d.anotherNode().Close()
		_, waits := d.asks(chat.Actor{}, "")
		_, answered := d.asks(chat.Actor{}, "")
		_, put := d.asks(chat.Actor{}, "")
		for _, id := range []string{answered, put} {
			send(d.T, d.Service, host, id, "Anything else?")
		}
		if _, err := d.SnoozeSession(d.ctx, host, put, "reply"); err != nil {
			d.Fatal(err)
		}
		time.Sleep(29 * time.Minute)
		if s := d.session(answered); s.Status != chat.StatusActive {
			d.Fatal("closed too early")
		}
		time.Sleep(2 * time.Minute)
		for id, want := range map[string]string{waits: chat.StatusActive, answered: chat.StatusClosed, put: chat.StatusActive} {
			if s := d.session(id); s.Status != want || want == chat.StatusClosed && s.CloseReason != chat.CloseReasonIdle {
				d.Errorf("it is %s for %q, want %s", s.Status, s.CloseReason, want)
			}
		}
		log, err := d.store.Events(d.ctx, chat.EventQuery{Limit: 100})
		if err != nil {
			d.Fatal(err)
		}
		closed := 0
		for _, e := range log {
			if e.Type == chat.EventSessionClosed {
				closed++
			}
		}
		if closed != 1 {
			d.Errorf("the log has %d closings", closed)
		}
	})
}

func TestMissed(t *testing.T) {
	var told []string
	var mu sync.Mutex
	opts := &chat.Options{Hooks: chat.Hooks{Missed: func(_ context.Context, s chat.Session) error {
		mu.Lock()
		defer mu.Unlock()
		told = append(told, s.ID)
		return errors.New("the mail server is away") // goes to the log only
	}}}
	onDesk(t, monday, opts, func(d *desk) {
		missed := func(id string) bool { return d.session(id).Missed }
		v, gone := d.asks(chat.Actor{}, "")
		stays, there := d.asks(chat.Actor{}, "")
		_, answered := d.asks(chat.Actor{}, "")
		send(d.T, d.Service, host, answered, "Yes?")
		for range 12 { // six minutes
			time.Sleep(30 * time.Second)
			d.Touch(d.ctx, stays)
		}
		for id, want := range map[string]bool{gone: true, there: false, answered: false} {
			if missed(id) != want {
				d.Errorf("missed is %v, want %v", !want, want)
			}
		}
		send(d.T, d.Service, host, gone, "I am sorry to be so late")
		if missed(gone) {
			d.Error("an answer does not make up for it")
		}
		// Closing without an answer misses it at once, and is told once.
		if _, err := d.CloseSession(d.ctx, host, there, ""); err != nil {
			d.Fatal(err)
		}
		d.CloseSession(d.ctx, host, there, "")
		if !missed(there) {
			d.Error("closed without an answer, and not missed")
		}
		time.Sleep(time.Minute)
		mu.Lock()
		defer mu.Unlock()
		if !slices.Equal(told, []string{gone, there}) {
			d.Errorf("told of %v, want %v", told, []string{gone, there})
		}
		_ = v
	})
}

func TestSnoozeEndsAtItsTime(t *testing.T) {
	onDesk(t, "2026-03-29T00:30:00Z", nil, func(d *desk) {
		ada := chat.AsAgent(chat.Agent{ID: "ada", Name: "ada"})
		d.come("ada")
		_, id := d.asks(chat.Actor{}, "")
		// Half past two in Lisbon, an hour later: the clocks go forward before.
		s, err := d.SnoozeSession(d.ctx, ada, id, "2026-03-29T02:30:00+01:00")
		if err != nil || s.AssigneeID != "ada" || s.Snooze == nil || !s.Snooze.Until.Equal(time.Date(2026, 3, 29, 1, 30, 0, 0, time.UTC)) {
			d.Fatalf("%+v, %v", s, err)
		}
		time.Sleep(time.Hour - 30*time.Second)
		if d.session(id).Snooze == nil {
			d.Error("it is back too early")
		}
		time.Sleep(40 * time.Second)
		if s := d.session(id); s.Snooze != nil || s.AssigneeID != "ada" {
			d.Errorf("it is not back: %+v", s)
		}
	})
}
