package sqlite

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/pealchat/pealchat/chat"
)

// A store that is wrong on purpose must fail TestFaultAnywhereInService.

// wrongStore does something else with what Append is given or returns.
type wrongStore struct {
	chat.Store
	ops     func([]chat.Op)
	failing func(ops []chat.Op, err error) ([]chat.OpResult, error)
}

func (s wrongStore) Append(ctx context.Context, ops []chat.Op) ([]chat.OpResult, error) {
	if s.ops != nil {
		s.ops(ops)
	}
	res, err := s.Store.Append(ctx, ops)
	if err != nil && s.failing != nil {
		return s.failing(ops, err)
	}
	return res, err
}

// witness hears what the test complains of.
type witness struct {
	testing.TB
	said []string
}

func (w *witness) Errorf(format string, args ...any) {
	w.said = append(w.said, fmt.Sprintf(format, args...))
}
func (w *witness) Failed() bool { return len(w.said) > 0 }

func TestFaultAnywhereInServiceHasTeeth(t *testing.T) {
	for name, c := range map[string]struct {
		wrong func(s *Store) wrongStore
		want  string
	}{
		"hides the failure": {func(s *Store) wrongStore {
			return wrongStore{Store: s, failing: func(ops []chat.Op, _ error) ([]chat.OpResult, error) {
				return make([]chat.OpResult, len(ops)), nil
			}}
		}, "the caller is told <nil>"},
		"forgets client ids": {func(s *Store) wrongStore {
			return wrongStore{Store: s, ops: func(ops []chat.Op) {
				for i, op := range ops {
					if send, ok := op.(chat.OpAppendMessage); ok {
						send.Message.ClientID, send.Message.Attachments = "", nil
						ops[i] = send
					}
				}
			}}
		}, "after the repetition there are"},
		"keeps a connection": {func(s *Store) wrongStore {
			return wrongStore{Store: s, failing: func(_ []chat.Op, err error) ([]chat.OpResult, error) {
				c, opened := s.reader.Conn(t.Context())
				if opened == nil {
					t.Cleanup(func() { c.Close() })
				}
				return nil, err
			}}
		}, "connections were not given back"},
	} {
		t.Run(name, func(t *testing.T) {
			store, f := openFaulty(t)
			heard := &witness{TB: t}
			w := &world{TB: heard, store: store, f: f, wrap: func(chat.Store) chat.Store { return c.wrong(store) }}
			w.try(serviceWrites["SendMessage"])
			if said := strings.Join(heard.said, "\n"); !strings.Contains(said, c.want) {
				t.Errorf("nobody noticed; the test said %q", said)
			}
		})
	}
}
