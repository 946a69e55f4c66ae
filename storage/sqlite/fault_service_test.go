package sqlite

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/pealchat/pealchat/chat"
)

// world is what a method of the service meets: a database on which any call of
// the driver can be made to fail.
type world struct {
	testing.TB
	store *Store
	wrap  func(chat.Store) chat.Store // nil: nothing is wrong with the store
	f     *faults
	svc   *chat.Service // anew for each fault, so that nothing is remembered
	n     int
}

// serviceCall is a method of chat.Service with something for it to do.
type serviceCall struct {
	// ready makes what the method needs and returns the call of it, which is
	// the same each time: as from a caller who repeats.
	ready func(w *world) func(context.Context) error

	// reads is set for methods that write nothing.
	reads bool

	// calm says why a fault may stay without an error: then what was to be
	// written is written, or else a repetition writes it.
	calm string

	// twice says why a repetition may do it once more, or be refused, where the
	// first was committed and only its answer was lost. There is no client id.
	twice string
}

// TestFaultAnywhereInService makes each call to the driver fail in turn, under
// each method that the service has: before it has an effect, and after. The
// caller must hear of it, one repetition must leave the same rows behind as a
// call that nothing happened to, and no connection and no goroutine stays.
func TestFaultAnywhereInService(t *testing.T) {
	all := maps.Clone(serviceReads)
	maps.Copy(all, serviceWrites)
	methods := reflect.TypeFor[*chat.Service]()
	for i := range methods.NumMethod() {
		name := methods.Method(i).Name
		if _, ok := all[name]; !ok && serviceNoCalls[name] == "" {
			t.Errorf("no fault is put under Service.%s: add it to serviceReads or serviceWrites, or say in serviceNoCalls why not", name)
		}
	}
	for name := range all {
		if _, ok := methods.MethodByName(name); !ok {
			t.Errorf("there is no Service.%s any more", name)
		}
	}
	var points atomic.Int64
	names := slices.Sorted(maps.Keys(all))
	t.Run("on", func(t *testing.T) {
		const databases = 3
		for i := range databases {
			t.Run(fmt.Sprint(i), func(t *testing.T) {
				t.Parallel()
				store, f := openFaulty(t)
				// Each of thousands of commits would wait for the disk.
				if _, err := store.writer.Exec("PRAGMA synchronous(0)"); err != nil {
					t.Fatal(err)
				}
				made := 0
				for n := i; n < len(names); n += databases {
					t.Run(names[n], func(t *testing.T) {
						w := &world{TB: t, store: store, f: f, n: made}
						count := w.try(all[names[n]])
						if count == 0 {
							t.Error("it does not ask the database: nothing was made to fail")
						}
						points.Add(int64(count))
						made = w.n
					})
				}
			})
		}
	})
	t.Logf("%d methods, %d faults", len(all), points.Load())
	if points.Load() < 800 {
		t.Errorf("only %d faults", points.Load())
	}
	eventually(t, "no goroutine of a service is left", func() bool { return goroutinesOf("pealchat/chat.(") == 0 })
}

// goroutinesOf counts the goroutines that have a frame with this in it.
func goroutinesOf(frame string) (n int) {
	stacks := make([]byte, 4<<20)
	stacks = stacks[:runtime.Stack(stacks, true)]
	for g := range strings.SplitSeq(string(stacks), "\n\n") {
		if strings.Contains(g, frame) {
			n++
		}
	}
	return n
}

// try makes every call to the driver fail that the method makes, and returns
// how many that were.
func (w *world) try(call serviceCall) (points int) {
	clean := w.clean(call)
	for _, after := range []bool{false, true} {
		if after && call.reads {
			break
		}
		for at := 1; w.fails(call, at, after, clean); at++ {
			points++
		}
	}
	return points
}

// clean is what the method does to the database when nothing fails.
func (w *world) clean(call serviceCall) map[string]int {
	defer w.serve()()
	do := call.ready(w)
	before := w.rows()
	if err := do(w.Context()); err != nil {
		w.Fatalf("without a fault: %v", err)
	}
	return changes(before, w.rows())
}

// fails has the at-th call to the driver fail, if there are so many.
func (w *world) fails(call serviceCall, at int, after bool, clean map[string]int) (fired bool) {
	defer w.serve()()
	do := call.ready(w)
	defer w.serve()() // another service, which knows nothing yet
	before := w.rows()
	w.f.arm(at, after)
	err := do(w.Context())
	fired = w.f.fired()
	w.f.arm(0, false)
	what := fmt.Sprintf("fault at call %d (after=%v)", at, after)
	if fired && call.calm == "" && !errors.Is(err, errInjected) {
		w.Errorf("%s: the caller is told %v", what, err)
	}
	if fired && (err != nil || !maps.Equal(changes(before, w.rows()), clean)) {
		w.again(call, what, do, after, before, clean)
	}
	if n := w.store.writer.Stats().InUse + w.store.reader.Stats().InUse; n != 0 {
		w.Errorf("%s: %d connections were not given back", what, n)
	}
	return fired && !w.Failed()
}

// again repeats the call.
func (w *world) again(call serviceCall, what string, do func(context.Context) error, after bool, before, clean map[string]int) {
	done := changes(before, w.rows())
	err := do(w.Context())
	got := changes(before, w.rows())
	if call.twice != "" && after && maps.Equal(done, clean) {
		double := map[string]int{}
		for table, n := range clean {
			double[table] = 2 * n
		}
		refused := errors.Is(err, chat.ErrConflict) || errors.Is(err, chat.ErrNotFound) || errors.Is(err, chat.ErrPrecondition)
		if refused && maps.Equal(got, clean) || err == nil && (maps.Equal(got, clean) || maps.Equal(got, double)) {
			return
		}
	}
	if err != nil {
		w.Errorf("%s: the repetition fails: %v", what, err)
	}
	if !maps.Equal(got, clean) {
		w.Errorf("%s: after the repetition there are %v more rows, want %v", what, got, clean)
	}
}

// serve begins with a new service and returns what closes it.
func (w *world) serve() (stop func()) {
	before := w.svc
	var store chat.Store = w.store
	if w.wrap != nil {
		store = w.wrap(store)
	}
	w.svc = chat.New(store, &chat.Options{
		Logger: slog.New(slog.DiscardHandler), Tracking: chat.Tracking{On: true}, PushKey: "the public half", WebhookTargets: chat.WebhookTargets{Any: true},
		ContactPanel: func(context.Context, chat.Actor, chat.Visitor) (chat.ContactPanel, error) {
			return chat.ContactPanel{Actions: []chat.ContactAction{{ID: "refund", Label: "Refund", Do: func(context.Context) (string, error) { return "Done.", nil }}}}, nil
		},
	})
	now := w.svc
	return func() { now.Close(); w.svc = before }
}

// rows counts what every table has.
func (w *world) rows() map[string]int {
	w.Helper()
	var tables []string
	if err := w.store.writer.Select(&tables, "SELECT name FROM sqlite_schema WHERE type = 'table' AND name LIKE 'chat\\_%' ESCAPE '\\' AND name NOT LIKE '%\\_search%' ESCAPE '\\'"); err != nil {
		w.Fatal(err)
	}
	var parts []string
	for _, name := range tables {
		parts = append(parts, fmt.Sprintf("SELECT '%s' AS name, COUNT(*) AS n FROM %[1]s", name))
	}
	var list []struct {
		Name string
		N    int
	}
	if err := w.store.writer.Select(&list, strings.Join(parts, " UNION ALL ")); err != nil || len(list) < 30 {
		w.Fatal(err, len(list))
	}
	rows := map[string]int{}
	for _, row := range list {
		rows[row.Name] = row.N
	}
	return rows
}

// changes says by how many rows each table has changed.
func changes(before, after map[string]int) map[string]int {
	diff := map[string]int{}
	for table, n := range after {
		if n != before[table] {
			diff[table] = n - before[table]
		}
	}
	return diff
}

// The people and things of the world.

var (
	theShop = chat.AsHost("Shop")
	ada     = chat.AsAgent(chat.Agent{ID: "ada", Name: "Ada", Admin: true})
)

// name returns one that nothing has yet.
func (w *world) name(kind string) string {
	w.n++
	return fmt.Sprint(kind, " ", w.n)
}

func must[T any](w *world) func(T, error) T {
	w.Helper()
	return func(v T, err error) T {
		w.Helper()
		if err != nil {
			w.Fatalf("making ready: %v", err)
		}
		return v
	}
}

func (w *world) done(err error) {
	w.Helper()
	if err != nil {
		w.Fatalf("making ready: %v", err)
	}
}

func (w *world) visitor() (chat.Actor, chat.Welcome) {
	w.Helper()
	hello := must[chat.Welcome](w)(w.svc.Hello(w.Context(), chat.Hello{}))
	return chat.AsVisitor(hello.Visitor), hello
}

func (w *world) session() (chat.Actor, chat.Session) {
	w.Helper()
	who, _ := w.visitor()
	return who, must[chat.StartedSession](w)(w.svc.CreateSession(w.Context(), who, chat.NewSession{VisitorName: "Ines", Message: "Hello?"})).Session
}

func (w *world) message(by chat.Actor, sender string) (chat.Actor, chat.Session, chat.Message) {
	w.Helper()
	who, session := w.session()
	if by.ID() == "" {
		by = who
	}
	sent := must[chat.SentMessage](w)(w.svc.SendMessage(w.Context(), by, chat.NewMessage{SessionID: session.ID, Sender: sender, Text: "Something"}))
	return who, session, sent.Message
}

// newcomer is an agent whom the chat does not know yet.
func (w *world) newcomer() chat.Actor {
	return chat.AsAgent(chat.Agent{ID: w.name("agent"), Name: "Bo"})
}

func (w *world) webhook() chat.Webhook {
	w.Helper()
	return must[chat.WebhookSecret](w)(w.svc.CreateWebhook(w.Context(), theShop, chat.NewWebhook{URL: "https://example.com/" + fmt.Sprint(len(w.rows())), Events: []string{"*"}})).Webhook
}

func (w *world) delivery() chat.Delivery {
	w.Helper()
	return must[chat.Delivery](w)(w.svc.PingWebhook(w.Context(), theShop, w.webhook().ID))
}

func (w *world) upload(session string) chat.Upload {
	w.Helper()
	return must[chat.Upload](w)(w.svc.Upload(w.Context(), theShop, chat.NewFile{SessionID: session, Name: "a.txt", Content: strings.NewReader("Hello")}))
}

// readAll reads a file to its end.
func readAll(_ chat.File, r io.ReadSeekCloser, err error) error {
	if err != nil {
		return err
	}
	defer r.Close()
	_, err = io.Copy(io.Discard, r)
	return err
}

// only and last leave the error of what a method returns.
func only[T any](_ T, err error) error         { return err }
func last[T, U any](_ T, _ U, err error) error { return err }
