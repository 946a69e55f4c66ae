package chat

import (
	"context"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"
)

// mute is a store that may stop to answer.
type mute struct {
	Store
	silent bool
	asked  int
}

func (m *mute) answer(ctx context.Context) error {
	m.asked++
	if !m.silent {
		return nil
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(5 * time.Second): // as a store bounds every read
		return &Error{Kind: ErrUnavailable}
	}
}

func (m *mute) Settings(ctx context.Context) (Settings, error) { return Settings{}, m.answer(ctx) }

func (m *mute) Bans(ctx context.Context, _ BanQuery) (BanPage, error) {
	return BanPage{Bans: []AddressBan{{Address: "203.0.113.0/24"}}}, m.answer(ctx)
}

func (m *mute) Departments(ctx context.Context, _ DepartmentQuery) (DepartmentPage, error) {
	return DepartmentPage{Departments: []Department{{Name: "Sales"}}}, m.answer(ctx)
}

// What was read before holds where the store does not answer, and is not waited
// for long, nor each time; but what has changed is waited for.
func TestLastKnownIsNotWaitedForLong(t *testing.T) {
	reads := map[string]func(context.Context, *Service) (known bool){
		"settings": func(ctx context.Context, s *Service) bool { _, err := s.CurrentSettings(ctx); return err == nil },
		"bans":     func(ctx context.Context, s *Service) bool { return len(s.bansNow(ctx).masks) == 1 },
		"departments": func(ctx context.Context, s *Service) bool {
			list, err := s.departmentsNow(ctx)
			return err == nil && len(list) == 1
		},
	}
	changes := map[string]func(*Service){
		"settings":    func(s *Service) { s.settings.outdate() },
		"bans":        func(s *Service) { s.bans.forget() },
		"departments": func(s *Service) { s.departments.outdate() },
	}
	for name, read := range reads {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store := &mute{}
				s := &Service{store: store, log: slog.New(slog.DiscardHandler), clock: time.Now, bans: banCache{turn: make(chan struct{}, 1)}}
				waits := func() time.Duration {
					t.Helper()
					began := time.Now()
					if !read(t.Context(), s) {
						t.Error("what was known is not known any more")
					}
					return time.Since(began)
				}
				waits()
				store.silent = true
				time.Sleep(settingsTTL)
				if waited := waits(); waited != lastKnownAfter {
					t.Errorf("it took %v", waited)
				}
				if waited := waits(); waited > 0 {
					t.Errorf("it took %v once more", waited)
				}
				time.Sleep(settingsTTL)
				changes[name](s)
				if waited := waits(); waited != 5*time.Second {
					t.Errorf("what has changed was waited for for %v", waited)
				}
				store.silent = false
				time.Sleep(settingsTTL)
				if asked := store.asked; waits() > 0 || store.asked == asked {
					t.Error("it is not read again")
				}
			})
		})
	}
}
