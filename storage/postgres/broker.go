package postgres

import (
	"context"
	"hash/fnv"
	"log/slog"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"
	"github.com/pealchat/pealchat/chat"
)

const (
	defaultTick     = 5 * time.Millisecond
	maxWaitingHints = 256 << 10 // bytes of data that may wait to be sent; more is dropped
	listenerPing    = 5 * time.Second
	brokerTimeout   = 5 * time.Second // for connecting, and for one NOTIFY
	minReconnect    = 50 * time.Millisecond
	maxReconnect    = time.Second
)

// BrokerOptions configures a broker on LISTEN and NOTIFY. The zero value is
// fine.
type BrokerOptions struct {
	// Logger gets what an operator can act on. Nil means slog.Default().
	Logger *slog.Logger

	// Schema is that of the store. Empty means the schema in which the
	// connection would make tables, as with [Options].
	Schema string

	// Tick is the least time between two NOTIFYs of this node; what comes
	// meanwhile goes into one. A server carries some 2,000 a second, so it
	// should be half a millisecond for each node at least. 0 means 5
	// milliseconds, which is enough for ten.
	Tick time.Duration
}

// broker is a chat.Broker on LISTEN and NOTIFY, over two connections of its
// own. What is sent goes out after the commits that it tells of, outside of
// any transaction of a store: NOTIFY makes commits wait for each other.
type broker struct {
	connect func(context.Context) (*pgx.Conn, error)
	schema  string
	tick    time.Duration
	log     *slog.Logger

	mu       sync.Mutex
	running  bool
	position chat.Position
	queue    []string
	size     int           // of what is in queue
	bell     chan struct{} // holds a token when there is something to send
}

// NewBroker returns a broker that connects to the database that dsn names, for
// where the store's own connections go through a pooler, which cannot LISTEN.
// Otherwise it is not needed: a store brings its own. opts may be nil. It does
// not connect before it runs.
func NewBroker(dsn string, opts *BrokerOptions) (chat.Broker, error) {
	if opts == nil {
		opts = &BrokerOptions{}
	}
	cfg, err := pgx.ParseConfig(dsn)
	if err != nil {
		return nil, openError("the database", ErrInvalidDSN, err)
	}
	log := opts.Logger
	if log == nil {
		log = slog.Default()
	}
	b := newBroker(opts.Schema, log, func(context.Context) (*pgx.ConnConfig, error) { return cfg.Copy(), nil })
	if opts.Tick > 0 {
		b.tick = opts.Tick
	}
	return b, nil
}

// Broker implements chat.BrokerStore. Each broker makes, while it runs, two
// connections of its own, beside those of the store's pool.
//
// PostgreSQL lets every role that may connect to the database listen. So they
// can hear who is present and typing and, where [chat.Settings.TypingPreview]
// is set, what; never a message. Where that is too many, give the chat a
// database of its own, or [chat.Options.Broker] another broker.
func (s *Store) Broker() chat.Broker { return newBroker(s.schema, s.log, s.from.config) }

func newBroker(schema string, log *slog.Logger, config func(context.Context) (*pgx.ConnConfig, error)) *broker {
	b := &broker{schema: schema, tick: defaultTick, log: log, bell: make(chan struct{}, 1)}
	b.connect = func(ctx context.Context) (*pgx.Conn, error) {
		ctx, cancel := context.WithTimeout(ctx, brokerTimeout)
		defer cancel()
		cfg, err := config(ctx)
		if err != nil {
			return nil, err
		}
		cfg.OnNotification = nil // of the host's, or of the connection that this was copied from
		return pgx.ConnectConfig(ctx, cfg)
	}
	return b
}

// Publish implements chat.Broker.
func (b *broker) Publish(h chat.Hint) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.running {
		return
	}
	b.position = max(b.position, h.Position)
	if n := len(h.Data); n > 0 && n <= chat.MaxHint && b.size+n <= maxWaitingHints && sendable(h.Data) {
		b.queue, b.size = append(b.queue, string(h.Data)), b.size+n
	}
	select {
	case b.bell <- struct{}{}:
	default:
	}
}

// sendable says whether PostgreSQL takes it for text. One hint that it does
// not take would cost all that are sent with it.
func sendable(data []byte) bool {
	return utf8.Valid(data) && !strings.Contains(string(data), "\x00")
}

// take returns what waits, packed.
func (b *broker) take() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	position, queue := b.position, b.queue
	b.position, b.queue, b.size = 0, nil, 0
	return pack(position, queue)
}

func (b *broker) setRunning(running bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.running = running
	b.position, b.queue, b.size = 0, nil, 0
}

// Run implements chat.Broker.
func (b *broker) Run(ctx context.Context, receive func(chat.Hint)) error {
	var mu sync.Mutex // what is missed because of the sender is told from its goroutine
	told := func(h chat.Hint) {
		mu.Lock()
		defer mu.Unlock()
		receive(h)
	}
	b.setRunning(true)
	defer b.setRunning(false)
	var group sync.WaitGroup
	defer group.Wait()
	group.Go(func() {
		b.keep(ctx, "send", func(conn *pgx.Conn, again bool) error {
			if again {
				told(chat.Hint{}) // what waited was dropped
			}
			return b.send(ctx, conn)
		})
	})
	b.keep(ctx, "listen", func(conn *pgx.Conn, _ bool) error { return b.listen(ctx, conn, told) })
	return ctx.Err()
}

// keep has work done on a connection, and on another one when that fails,
// until ctx ends.
func (b *broker) keep(ctx context.Context, what string, work func(conn *pgx.Conn, again bool) error) {
	pause, again, failing := minReconnect, false, false
	for ctx.Err() == nil {
		conn, err := b.connect(ctx)
		if err == nil {
			if failing {
				b.log.Info("postgres: the broker is connected again", "to", what)
			}
			began := time.Now()
			failing = false
			err = work(conn, again)
			closeConn(conn)
			if time.Since(began) > maxReconnect {
				pause = minReconnect
			}
			again = true
		}
		if ctx.Err() != nil {
			return
		}
		if !failing {
			b.log.Warn("postgres: the broker has lost its connection; other nodes hear of this one later", "to", what, "error", err)
		}
		failing = true
		select {
		case <-time.After(pause/2 + rand.N(pause)): //nolint:gosec // G404: nobody gains by foreseeing it
		case <-ctx.Done():
		}
		pause = min(2*pause, maxReconnect)
	}
}

func closeConn(conn *pgx.Conn) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	conn.Close(ctx)
}

// send sends what waits, once a tick, until the connection fails.
func (b *broker) send(ctx context.Context, conn *pgx.Conn) error {
	channel, err := b.channel(ctx, conn)
	if err != nil {
		return err
	}
	for {
		select {
		case <-b.bell:
		case <-ctx.Done():
			return ctx.Err()
		}
		began := time.Now()
		if payloads := b.take(); len(payloads) > 0 {
			if err := notify(ctx, conn, channel, payloads); err != nil {
				return err
			}
		}
		select {
		case <-time.After(b.tick - time.Since(began)):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func notify(ctx context.Context, conn *pgx.Conn, channel string, payloads []string) error {
	ctx, cancel := context.WithTimeout(ctx, brokerTimeout)
	defer cancel()
	_, err := conn.Exec(ctx, "SELECT pg_notify($1, payload) FROM unnest(CAST($2 AS text[])) AS payload", channel, payloads)
	return err
}

// listen hands on what other nodes send, until the connection fails. One that
// is only half open is found out by asking every now and then.
func (b *broker) listen(ctx context.Context, conn *pgx.Conn, receive func(chat.Hint)) error {
	channel, err := b.channel(ctx, conn)
	if err != nil {
		return err
	}
	if _, err := conn.Exec(ctx, "LISTEN "+pgx.Identifier{channel}.Sanitize()); err != nil {
		return err
	}
	receive(chat.Hint{})
	for {
		waiting, cancel := context.WithTimeout(ctx, listenerPing)
		n, err := conn.WaitForNotification(waiting)
		cancel()
		switch {
		case err == nil:
			for _, h := range unpack(n.Payload) {
				receive(h)
			}
		case ctx.Err() != nil:
			return ctx.Err()
		case conn.IsClosed():
			return err
		default: // only the time to wait is over
			ping, cancel := context.WithTimeout(ctx, brokerTimeout)
			err := conn.Ping(ping)
			cancel()
			if err != nil {
				return err
			}
		}
	}
}

// channel returns the name under which the nodes on one schema meet.
func (b *broker) channel(ctx context.Context, conn *pgx.Conn) (string, error) {
	schema := b.schema
	if schema == "" {
		ctx, cancel := context.WithTimeout(ctx, brokerTimeout)
		defer cancel()
		if err := conn.QueryRow(ctx, "SELECT COALESCE(current_schema(), '')").Scan(&schema); err != nil {
			return "", err
		}
	}
	return channelName(schema), nil
}

func channelName(schema string) string {
	const longest = 63 // of a name in PostgreSQL, in bytes
	name := "pealchat_" + schema
	if len(name) > longest {
		hash := fnv.New64a()
		hash.Write([]byte(schema))
		name = "pealchat#" + strconv.FormatUint(hash.Sum64(), 16)
	}
	return name
}

// maxPayload is how many bytes NOTIFY takes at once.
const maxPayload = 7999

// pack puts hints into as few payloads as will do: a position, and then each
// data with its length before it.
func pack(position chat.Position, queue []string) (payloads []string) {
	if position == 0 && len(queue) == 0 {
		return nil
	}
	var text strings.Builder
	text.WriteString(strconv.FormatInt(int64(position), 10) + " ")
	for _, data := range queue {
		size := strconv.Itoa(len(data)) + ":"
		if text.Len()+len(size)+len(data) > maxPayload {
			payloads = append(payloads, text.String())
			text.Reset()
			text.WriteString("0 ")
		}
		text.WriteString(size + data)
	}
	return append(payloads, text.String())
}

// unpack reads what pack has written. What it cannot read ends it: somebody
// else has used the channel.
func unpack(payload string) (hints []chat.Hint) {
	number, rest, _ := strings.Cut(payload, " ")
	if position, err := strconv.ParseInt(number, 10, 64); err == nil && position > 0 {
		hints = append(hints, chat.Hint{Position: chat.Position(position)})
	}
	for rest != "" {
		size, data, ok := strings.Cut(rest, ":")
		n, err := strconv.Atoi(size)
		if !ok || err != nil || n <= 0 || n > len(data) {
			return hints
		}
		hints = append(hints, chat.Hint{Data: []byte(data[:n])})
		rest = data[n:]
	}
	return hints
}
