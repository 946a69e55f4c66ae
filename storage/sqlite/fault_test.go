package sqlite

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/pealchat/pealchat/chat"
	"modernc.org/sqlite"
)

var errInjected = errors.New("injected fault")

// faults stands between database/sql and the driver. It counts what passes,
// keeps the SQL, and makes one call fail: instead of being carried out, or,
// with after set, although it was carried out.
type faults struct {
	mu    sync.Mutex
	sql   []string
	n, at int
	after bool
	own   bool // the call that was to fail did so by itself
}

func (f *faults) connect(dsn string) (driver.Connector, error) {
	c, err := sqlite.NewConnector(dsn)
	return faultyConnector{c, f}, err
}

// arm makes the at-th call from now on fail.
func (f *faults) arm(at int, after bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.n, f.at, f.after, f.own = 0, at, after, false
}

// fired says whether the call that was to fail has been made.
func (f *faults) fired() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.n >= f.at
}

func (f *faults) pass(do func() error) error {
	f.mu.Lock()
	f.n++
	hit := f.n == f.at
	f.mu.Unlock()
	if hit && !f.after {
		return errInjected
	}
	err := do()
	if !hit {
		return err
	}
	if err != nil {
		f.mu.Lock()
		f.own = true
		f.mu.Unlock()
		return err
	}
	return errInjected
}

type faultyConnector struct {
	driver.Connector
	f *faults
}

func (c faultyConnector) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return faultyConn{conn.(fullConn), c.f}, nil
}

type fullConn interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.QueryerContext
}

type faultyConn struct {
	fullConn
	f *faults
}

func (c faultyConn) BeginTx(ctx context.Context, opts driver.TxOptions) (tx driver.Tx, err error) {
	err = c.f.pass(func() error { tx, err = c.fullConn.BeginTx(ctx, opts); return err })
	if err != nil && tx != nil {
		tx.Rollback()
	}
	return faultyTx{tx, c.f}, err
}

func (c faultyConn) PrepareContext(ctx context.Context, text string) (driver.Stmt, error) {
	c.f.mu.Lock()
	c.f.sql = append(c.f.sql, text)
	c.f.mu.Unlock()
	s, err := c.fullConn.PrepareContext(ctx, text)
	if err != nil {
		return nil, err
	}
	return faultyStmt{s.(fullStmt), c.f}, nil
}

type faultyTx struct {
	driver.Tx
	f *faults
}

// Commit leaves the connection outside a transaction also when it fails, as
// the driver does.
func (t faultyTx) Commit() error {
	done := false
	err := t.f.pass(func() error { done = true; return t.Tx.Commit() })
	if err != nil && !done {
		t.Tx.Rollback()
	}
	return err
}

type fullStmt interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
}

type faultyStmt struct {
	fullStmt
	f *faults
}

func (s faultyStmt) ExecContext(ctx context.Context, args []driver.NamedValue) (res driver.Result, err error) {
	err = s.f.pass(func() error { res, err = s.fullStmt.ExecContext(ctx, args); return err })
	return res, err
}

func (s faultyStmt) QueryContext(ctx context.Context, args []driver.NamedValue) (rows driver.Rows, err error) {
	err = s.f.pass(func() error { rows, err = s.fullStmt.QueryContext(ctx, args); return err })
	if err != nil && rows != nil {
		rows.Close()
	}
	return rows, err
}

func openFaulty(t *testing.T) (*Store, *faults) {
	t.Helper()
	f := &faults{}
	set := withMigrations()
	set.connect = f.connect
	s, err := open(t.Context(), filepath.Join(t.TempDir(), "chat.db"), nil, set)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s, f
}

// TestFaultAnywhere makes each call to the driver fail in turn, while a batch
// of messages is stored. The caller must hear of it, and one repetition must
// leave each message there once.
func TestFaultAnywhere(t *testing.T) {
	for _, after := range []bool{false, true} {
		t.Run(fmt.Sprintf("after=%v", after), func(t *testing.T) { faultAnywhere(t, after, false) })
		t.Run(fmt.Sprintf("after=%v,repeated", after), func(t *testing.T) { faultAnywhere(t, after, true) })
	}
}

// faultAnywhere sends two messages at a time. With repeated the first comes
// twice, which the transaction meets on its way: it is undone, and carried out
// again with savepoints.
func faultAnywhere(t *testing.T, after, repeated bool) {
	s, f := openFaulty(t)
	id := newSession(t, s, "s")
	head, err := s.Log(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	at := 1
	for ; ; at++ {
		ops := []chat.Op{newMessage(id, fmt.Sprint(at, "a")), newMessage(id, fmt.Sprint(at, "b"))}
		if repeated {
			ops = append(ops, ops[0])
		}
		f.arm(at, after)
		_, err := s.Append(t.Context(), ops)
		fired, own := f.fired(), f.own
		f.arm(0, false)
		if fired && !own && !errors.Is(err, errInjected) {
			t.Errorf("fault at call %d: error %v", at, err)
		}
		for i, r := range apply(t, s, ops...) {
			if want := int64(2*at - 1 + i%2); r.Message.Seq != want {
				t.Fatalf("fault at call %d: seq %d after the repetition, want %d", at, r.Message.Seq, want)
			}
		}
		if n := s.writer.Stats().InUse + s.reader.Stats().InUse; n != 0 {
			t.Fatalf("fault at call %d: %d connections were not given back", at, n)
		}
		if !fired {
			break
		}
	}
	if calls := at - 1; calls < 7 || repeated && calls < 20 {
		t.Errorf("only %d calls were made to fail", calls)
	}
	events, err := s.Events(t.Context(), chat.EventQuery{After: head.Head, Limit: 1000})
	if err != nil || len(events) != 2*at {
		t.Errorf("%d events (%v), want %d", len(events), err, 2*at)
	}
}

// TestFaultInReads makes each call of each read fail. None may panic, hide the
// failure, or keep its connection.
func TestFaultInReads(t *testing.T) {
	s, f := openFaulty(t)
	id := newSession(t, s, "s")
	apply(t, s, newMessage(id, "m"), chat.OpCloseSession{SessionID: id})
	ctx := t.Context()
	for name, read := range map[string]func() error{
		"Session":  func() error { _, err := s.Session(ctx, id); return err },
		"Sessions": func() error { _, err := s.Sessions(ctx, chat.SessionQuery{}); return err },
		"Counts":   func() error { _, err := s.SessionCounts(ctx, "a"); return err },
		"Messages": func() error {
			_, err := s.Messages(ctx, chat.MessageQuery{SessionID: id, Page: chat.Page{After: id + ".m"}})
			return err
		},
		"Visitors": func() error { _, err := s.Visitors(ctx, chat.VisitorQuery{}); return err },
		"Agents":   func() error { _, err := s.Agents(ctx); return err },
		"Keys":     func() error { _, err := s.APIKeys(ctx); return err },
		"Events":   func() error { _, err := s.Events(ctx, chat.EventQuery{Limit: 10}); return err },
		"Log":      func() error { _, err := s.Log(ctx); return err },
		"Ping":     func() error { return s.Ping(ctx) },
	} {
		for at := 1; ; at++ {
			f.arm(at, false)
			err := read()
			fired := f.fired()
			f.arm(0, false)
			if !fired {
				if err != nil || at == 1 {
					t.Errorf("%s without a fault: %v", name, err)
				}
				break
			}
			if !errors.Is(err, errInjected) {
				t.Errorf("%s: fault at call %d: error %v", name, at, err)
			}
			if n := s.writer.Stats().InUse + s.reader.Stats().InUse; n != 0 {
				t.Fatalf("%s: fault at call %d: %d connections were not given back", name, at, n)
			}
		}
	}
}

// TestPlans asks SQLite how it means to run every statement that the store
// has. None may sort rows or go through a whole table, but for the exceptions.
func TestPlans(t *testing.T) {
	s, f := openFaulty(t)
	f.sql = nil
	ada := apply(t, s, chat.OpSaveAgent{Agent: chat.Agent{ID: "ada"}})[0].Agent
	for _, byActivity := range []bool{false, true} {
		for _, status := range []string{chat.StatusActive, chat.StatusClosed} {
			for _, q := range []chat.SessionQuery{{}, {Unassigned: true}, {AssigneeID: ada.ID}, {Department: "d"}} {
				q.Status, q.ByActivity = status, byActivity
				if _, err := s.Sessions(t.Context(), q); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	// Those of one visitor are found by the visitor, whatever else is asked: not
	// among all open ones, of which somebody hostile may have made very many.
	ofOthers, yes := len(f.sql), true
	for _, byActivity := range []bool{false, true} {
		for _, status := range []string{"", chat.StatusActive, chat.StatusClosed} {
			for _, q := range []chat.SessionQuery{{}, {Unassigned: true}, {AssigneeID: ada.ID}, {Snoozed: &yes}, {Missed: &yes}, {Tag: "t"}} {
				q.VisitorID, q.Status, q.ByActivity = "v", status, byActivity
				if _, err := s.Sessions(t.Context(), q); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	for _, text := range f.sql[ofOthers:] {
		if steps := strings.Join(plan(t, s, text), "\n\t"); !strings.Contains(steps, "SEARCH s USING INDEX sqlite_autoindex_chat_sessions_2 (visitor_id=?)") {
			t.Errorf("%s\n\t%s", text, steps)
		}
	}
	s.Sessions(t.Context(), chat.SessionQuery{})
	s.Visitors(t.Context(), chat.VisitorQuery{})
	again, err := open(t.Context(), filepath.Join(t.TempDir(), "chat.db"), nil, setup{migrations: withMigrations().migrations, connect: f.connect})
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()

	// What may be read whole or sorted, and in which statement.
	exceptions := []struct{ statement, step string }{
		{"INSERT INTO chat_events", "USE TEMP B-TREE FOR ORDER BY"}, // the events of one batch
		{"SELECT e.id", "USE TEMP B-TREE FOR ORDER BY"},             // what one visitor's sessions have after a position
		{"COALESCE((SELECT e.id - 1", "SCAN e"},                     // stops at the first event that stays
		{"FROM chat_agents", "SCAN chat_agents"},
		{"FROM chat_agents", "USE TEMP B-TREE FOR ORDER BY"},
		{"FROM chat_api_keys", "SCAN chat_api_keys"},
		{"INSERT INTO chat_agents", "SCAN chat_assignments"},
		{"SELECT DISTINCT url", "USE TEMP B-TREE FOR DISTINCT"}, // the addresses of a period
		{"INSERT INTO chat_agents", "SCAN chat_sessions"},       // never runs: it is for foreign keys checked late
		{"sqlite_sequence", "SCAN sqlite_sequence"},             // one row
		{"WHERE s.visitor_id = ?", "USE TEMP B-TREE FOR ORDER BY"},
		{"s.visitor_id = (SELECT", "USE TEMP B-TREE FOR ORDER BY"},
		{"s.closed_at IS NULL\n   AND s.assignee_id", "USE TEMP B-TREE FOR ORDER BY"}, // an agent's open ones, by activity
		{"+s.closed_at IS NOT NULL\n   AND s.assignee_id", "USE TEMP B-TREE FOR ORDER BY"},
		{"ORDER BY s.id DESC", "SCAN s"},                                        // by row, from the newest on
		{"FROM chat_webhooks", "SCAN chat_webhooks"},                            // there are few
		{"FROM chat_pending_messages", "SCAN p"},                                // few, from the front
		{"DELETE FROM chat_push_subscriptions", "USE TEMP B-TREE FOR ORDER BY"}, // the browsers of one agent
		{"FROM chat_push_subscriptions", "SCAN chat_push_subscriptions"},        // all of them are told
		{"FROM chat_webhooks", "SCAN w"},
		{"AS first", "SCAN p"}, // so many rows from the front, by their number
		{"AS first", "SCAN t"},
		{"AS first", "SCAN first"},
		{"SET department = ?", "SCAN chat_sessions"},                                      // when a department is renamed
		{"a.routed_at", "SCAN a"},                                                         // the agents
		{"CASE WHEN v.last_seen_at >", "USE TEMP B-TREE FOR ORDER BY"},                    // open sessions without an answer
		{"ORDER BY s.waiting_since, s.id", "USE TEMP B-TREE FOR ORDER BY"},                // open sessions of agents who have gone
		{"FROM chat_bans", "SCAN chat_bans"},                                              // a thousand at most
		{"WHERE leased_until IS NOT NULL", "SCAN chat_webhook_lanes"},                     // once, when the database is opened
		{"FROM chat_greetings", "USE TEMP B-TREE FOR GROUP BY"},                           // a row for each trigger
		{"AS part", "SCAN part"},                                                          // a few rows, taken by their number
		{"INSERT INTO chat_session_search", "USE TEMP B-TREE FOR group_concat(ORDER BY)"}, // the tags of one session
	}
	checked := 0
	for _, text := range slices.Compact(slices.Sorted(slices.Values(f.sql))) {
		if !strings.Contains(text, "chat_") || strings.HasPrefix(text, "CREATE") {
			continue
		}
		checked++
		for _, step := range plan(t, s, text) {
			if !strings.Contains(step, "TEMP B-TREE") && !strings.HasPrefix(step, "SCAN ") ||
				strings.Contains(step, " USING ") || strings.HasPrefix(step, "SCAN json_each") || strings.Contains(text, " MATCH ") && strings.Contains(step, " VIRTUAL TABLE INDEX ") || step == "SCAN CONSTANT ROW" {
				continue
			}
			known := slices.ContainsFunc(exceptions, func(e struct{ statement, step string }) bool {
				return strings.Contains(text, e.statement) && e.step == step
			})
			if !known || step == "SCAN s" && strings.Contains(text, "s.closed_at IS NULL") {
				t.Errorf("%s\n\t%s", text, step)
			}
		}
	}
	if checked < 60 {
		t.Errorf("only %d statements were seen", checked)
	}
}

func plan(t *testing.T, s *Store, text string) (steps []string) {
	t.Helper()
	var rows []struct {
		ID, Parent, Notused int
		Detail              string
	}
	if err := s.writer.Select(&rows, "EXPLAIN QUERY PLAN "+text, make([]any, strings.Count(text, "?"))...); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	for _, r := range rows {
		steps = append(steps, r.Detail)
	}
	return steps
}
