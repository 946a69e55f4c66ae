package chat_test

import (
	"context"
	"errors"
	"net/netip"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pealchat/pealchat/chat"
)

// heldReads holds reads of lists back, once held is set: each goes on between
// reading and answering when what it has sent to held is closed.
type heldReads struct {
	chat.Store
	mu   sync.Mutex
	held chan chan struct{}
	away bool // the departments cannot be read
}

func (s *heldReads) hold(held chan chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.held = held
}

func (s *heldReads) wait() {
	s.mu.Lock()
	held := s.held
	s.mu.Unlock()
	if held != nil {
		let := make(chan struct{})
		held <- let
		<-let
	}
}

func (s *heldReads) Bans(ctx context.Context, q chat.BanQuery) (chat.BanPage, error) {
	defer s.wait()
	return s.Store.Bans(ctx, q)
}

func (s *heldReads) Departments(ctx context.Context, q chat.DepartmentQuery) (chat.DepartmentPage, error) {
	defer s.wait()
	if s.away {
		return chat.DepartmentPage{}, chat.ErrBusy
	}
	return s.Store.Departments(ctx, q)
}

func serviceHoldingReads(t *testing.T) (*chat.Service, *heldReads) {
	store := &heldReads{Store: openStore(t, filepath.Join(t.TempDir(), "chat.db"))}
	svc := chat.New(store, nil)
	t.Cleanup(func() { svc.Close() })
	return svc, store
}

// TestBanWhileBansAreRead: a ban holds as soon as BanAddress has returned,
// whatever was being read then, and is read since.
func TestBanWhileBansAreRead(t *testing.T) {
	for _, known := range []bool{false, true} {
		svc, store := serviceHoldingReads(t)
		from := netip.MustParseAddr("203.0.113.7")
		if known {
			if err := svc.AdmitAddress(t.Context(), from); err != nil {
				t.Fatal(err)
			}
			if err := svc.LiftAddressBan(t.Context(), host, "none"); !errors.Is(err, chat.ErrNotFound) { // has it read again
				t.Fatal(err)
			}
		}
		held := make(chan chan struct{})
		store.hold(held)
		var early, late sync.WaitGroup
		early.Go(func() { svc.AdmitAddress(t.Context(), from) })
		before := <-held // has read that nobody is banned
		store.hold(nil)
		if _, err := svc.BanAddress(t.Context(), host, chat.NewAddressBan{Address: from.String()}); err != nil {
			t.Fatal(err)
		}
		late.Go(func() {
			for range 2 {
				if err := svc.AdmitAddress(t.Context(), from); !errors.Is(err, chat.ErrBanned) {
					t.Errorf("known before: %v; after the ban: %v", known, err)
				}
			}
		})
		close(before)
		early.Wait()
		late.Wait()
		if err := svc.AdmitAddress(t.Context(), from); !errors.Is(err, chat.ErrBanned) {
			t.Errorf("known before: %v; what was read before the ban took its place: %v", known, err)
		}
	}
}

// TestBansAreReadByOne: while one reads a change, nobody goes by what was
// before it.
func TestBansAreReadByOne(t *testing.T) {
	svc, store := serviceHoldingReads(t)
	from := netip.MustParseAddr("203.0.113.7")
	if err := svc.AdmitAddress(t.Context(), from); err != nil {
		t.Fatal(err)
	}
	if _, err := svc.BanAddress(t.Context(), host, chat.NewAddressBan{Address: from.String()}); err != nil {
		t.Fatal(err)
	}
	held := make(chan chan struct{})
	store.hold(held)
	var asking sync.WaitGroup
	ask := func() {
		if err := svc.AdmitAddress(t.Context(), from); !errors.Is(err, chat.ErrBanned) {
			t.Errorf("after the ban: %v", err)
		}
	}
	asking.Go(ask)
	let := <-held
	store.hold(nil)
	for range 10 {
		asking.Go(ask)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	svc.AdmitAddress(ctx, from) // who has gone does not wait
	close(let)
	asking.Wait()
}

// TestDepartmentMadeWhileTheyAreRead: what was read before is not remembered.
func TestDepartmentMadeWhileTheyAreRead(t *testing.T) {
	svc, store := serviceHoldingReads(t)
	start := func() string {
		started, err := svc.CreateSession(t.Context(), host, chat.NewSession{VisitorName: "Ines", Department: "returns"})
		if err != nil {
			t.Error(err)
		}
		return started.Session.Department
	}
	held := make(chan chan struct{})
	store.hold(held)
	var early sync.WaitGroup
	early.Go(func() { start() })
	before := <-held
	store.hold(nil)
	name := "Returns"
	if _, err := svc.CreateDepartment(t.Context(), host, chat.DepartmentChange{Name: &name}); err != nil {
		t.Fatal(err)
	}
	close(before)
	early.Wait()
	if got := start(); got != name {
		t.Errorf("the department is spelled %q", got)
	}
}

// TestDepartmentsWhileTheStoreIsAway: that there are none is known too.
func TestDepartmentsWhileTheStoreIsAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		svc, store := serviceHoldingReads(t)
		for range 2 {
			if _, err := svc.CreateSession(t.Context(), host, chat.NewSession{VisitorName: "Ines", Department: "returns"}); err != nil {
				t.Error(err)
			}
			store.away = true
			time.Sleep(time.Minute)
		}
	})
}
