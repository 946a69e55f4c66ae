package httpapi

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/pealchat/pealchat/chat"
	"github.com/pealchat/pealchat/storage/sqlite"
)

// moody is a store that can be taken away.
type moody struct {
	chat.Store
	err error
}

func (m *moody) Ping(ctx context.Context) error {
	if m.err != nil {
		return m.err
	}
	return m.Store.Ping(ctx)
}

// TestHealthTellsTheTruth: whoever balances load believes it.
func TestHealthTellsTheTruth(t *testing.T) {
	path := filepath.Join(t.TempDir(), "chat.db")
	store, err := sqlite.Open(t.Context(), path, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	m := &moody{Store: store}
	s := newSiteOn(t, m, Options{})
	s.call("GET", "/healthz", "").want(200).has("status", "ok")
	m.err = chat.ErrBusy
	s.call("GET", "/healthz", "").failed(503, "unavailable", "")
	m.err = errors.New("the disk says no") // what it does not know is not health
	if r := s.call("GET", "/healthz", ""); r.status < 500 {
		t.Errorf("status %d", r.status)
	}
	m.err = nil
	s.call("GET", "/healthz", "").want(200)
	if err := os.Rename(path, path+".gone"); err != nil {
		t.Fatal(err)
	}
	s.call("GET", "/healthz", "").failed(503, "unavailable", "")
	if err := os.Rename(path+".gone", path); err != nil {
		t.Fatal(err)
	}
	s.call("GET", "/healthz", "").want(200)
}
