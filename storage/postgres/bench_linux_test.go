package postgres

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/pealchat/pealchat/chat"
	"github.com/pealchat/pealchat/storage/postgres/pgtest"
	"github.com/pealchat/pealchat/storage/storagetest"
)

// benchServer is a server whose disk is waited for, as in production.
func benchServer(b *testing.B) *pgtest.Cluster {
	b.Helper()
	c, err := pgtest.Start(pgtest.Config{Durable: true, Settings: []string{"shared_buffers=256MB", "max_wal_size=4GB"}})
	if err != nil {
		pgtest.Missing(b, err.Error())
	}
	b.Cleanup(c.Close)
	return c
}

func BenchmarkStore(b *testing.B) {
	server := benchServer(b)
	storagetest.RunBenchmarks(b, func(b *testing.B) chat.Store { return mustOpen(b, pgtest.NewDatabase(b, server.DSN)) })
}

const benchSessions = 2000

var benchClients = flag.Int("clients", 128, "BenchmarkNodes: how many write at the same time")

// writeWay is one way to write messages.
type writeWay struct {
	name     string
	send     func() error
	services []*chat.Service
	listen   bool // somebody on every node hears every message meanwhile
	count    int64
	took     time.Duration
	cpu      time.Duration // of this process and the server
	server   time.Duration // of the server alone
	wal      int64         // bytes that the server has logged
}

// BenchmarkNodes writes messages from 128 clients, or as many as -clients says,
// in three ways, in turns and on the same tables: in a transaction each, as a
// program without groups would, through one node, through four, and through
// four with somebody on each who hears everything. It reports messages a
// second, what each costs of the processors, which says more on a machine that
// does other things too, how much of the server's log, and how many times better
// than the first way the others are; at the end, how much of the disk a message
// takes.
func BenchmarkNodes(b *testing.B) {
	server := benchServer(b)
	dsn := pgtest.NewDatabase(b, server.DSN)
	var list []*Store
	for range 4 {
		list = append(list, node(b, dsn, setup{}))
	}
	for i := range benchSessions {
		startSession(b, list[0], fmt.Sprint("s", i))
	}
	execSQL(b, dsn, "ANALYZE")
	var n atomic.Int64
	texts := benchTexts()
	message := func() chat.Message {
		i := n.Add(1)
		m := textMessage(fmt.Sprint("s", i%benchSessions), fmt.Sprintf("%026d", i)).Message
		m.Text = texts[i%int64(len(texts))]
		return m
	}
	ways := []*writeWay{plainWay(b, dsn, message)}
	for _, nodes := range []int{1, 4} {
		ways = append(ways, nodesWay(b, list[:nodes], message))
	}
	heard := nodesWay(b, list, message)
	heard.name, heard.listen = "4-nodes-heard", true
	ways = append(ways, heard)
	b.ResetTimer()
	// Turns of half a second each, so that what else the machine does hits all
	// alike.
	for range b.N {
		for _, w := range ways {
			stop := w.hear(b)
			wal := askNumber(b, dsn, walWritten)
			began, cpu, serverBefore := time.Now(), ownCPU(b), serverCPU(b, server)
			w.count += together(b, began.Add(500*time.Millisecond), w.send)
			w.took += time.Since(began)
			own := ownCPU(b) - cpu
			theirs := serverCPU(b, server) - serverBefore
			w.cpu, w.server = w.cpu+own+theirs, w.server+theirs
			w.wal += askNumber(b, dsn, walWritten) - wal
			stop()
		}
	}
	rate := func(w *writeWay) float64 { return float64(w.count) / w.took.Seconds() }
	cost := func(w *writeWay) float64 { return float64(w.cpu.Microseconds()) / float64(w.count) }
	for _, w := range ways {
		b.ReportMetric(rate(w), w.name+"/s")
		b.ReportMetric(cost(w), w.name+"-cpu-us")
		b.ReportMetric(float64(w.server.Microseconds())/float64(w.count), w.name+"-server-us")
		b.ReportMetric(float64(w.wal)/float64(w.count), w.name+"-wal-B")
		if w != ways[0] {
			b.ReportMetric(rate(w)/rate(ways[0]), w.name+"-rate-ratio")
			b.ReportMetric(cost(ways[0])/cost(w), w.name+"-cpu-ratio")
		}
	}
	b.ReportMetric(float64(askNumber(b, dsn, onDisk))/float64(n.Load()), "disk-B")
	b.ReportMetric(0, "ns/op")
}

const (
	walWritten = "SELECT CAST(pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0') AS bigint)"
	onDisk     = "SELECT pg_total_relation_size('chat_messages') + pg_total_relation_size('chat_events')"
)

func askNumber(b *testing.B, dsn, query string) (n int64) {
	b.Helper()
	conn, err := pgx.Connect(b.Context(), dsn)
	if err == nil {
		err = errors.Join(conn.QueryRow(b.Context(), query).Scan(&n), conn.Close(b.Context()))
	}
	if err != nil {
		b.Fatal(err)
	}
	return n
}

// benchTexts are texts of 200 characters, of words of which a few come often.
func benchTexts() []string {
	random := rand.New(rand.NewPCG(1, 2))
	common := rand.NewZipf(random, 1.1, 10, 20_000)
	texts := make([]string, 1000)
	for i := range texts {
		for len(texts[i]) < 195 {
			texts[i] += "word" + strconv.FormatUint(common.Uint64(), 36) + " "
		}
	}
	return texts
}

func plainWay(b *testing.B, dsn string, message func() chat.Message) *writeWay {
	pool, err := pgxpool.New(b.Context(), dsn+" pool_max_conns=32")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(pool.Close)
	return &writeWay{name: "plain", send: func() error { return plainSend(pool, message()) }}
}

func nodesWay(b *testing.B, list []*Store, message func() chat.Message) *writeWay {
	var services []*chat.Service
	for _, s := range list {
		svc := chat.New(s, &chat.Options{Logger: quiet.Logger})
		b.Cleanup(func() { svc.Close() })
		services = append(services, svc)
	}
	var turn atomic.Int64
	return &writeWay{name: fmt.Sprint(len(list), "-nodes"), services: services, send: func() error {
		m := message()
		_, err := services[turn.Add(1)%int64(len(services))].SendMessage(context.Background(), shop, chat.NewMessage{
			SessionID: m.SessionID, Sender: chat.SenderAgent, Text: m.Text, ClientID: m.ClientID,
		})
		return err
	}}
}

// hear has the services run and somebody listen to each until stop is called.
func (w *writeWay) hear(b *testing.B) (stop func()) {
	if !w.listen {
		return func() {}
	}
	ctx, cancel := context.WithCancel(context.Background())
	var group sync.WaitGroup
	for _, svc := range w.services {
		group.Go(func() { svc.Run(ctx) })
		sub, err := svc.Subscribe(ctx, shop, chat.SubscribeOptions{})
		if err != nil {
			b.Fatal(err)
		}
		group.Go(func() {
			defer sub.Close()
			for {
				if _, err := sub.Next(ctx); err != nil {
					return
				}
			}
		})
	}
	time.Sleep(300 * time.Millisecond) // until they know each other
	return func() { cancel(); group.Wait() }
}

// together lets all clients send until the end.
func together(b *testing.B, end time.Time, send func() error) (count int64) {
	var sent atomic.Int64
	var group sync.WaitGroup
	for range *benchClients {
		group.Go(func() {
			for time.Now().Before(end) {
				if err := send(); err != nil {
					b.Error(err)
					return
				}
				sent.Add(1)
			}
		})
	}
	group.Wait()
	return sent.Load()
}

// plainSend is what a program would do that writes each message in a
// transaction of its own.
func plainSend(pool *pgxpool.Pool, m chat.Message) error {
	ctx := context.Background()
	return pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		var session, seq, row int64
		at := time.Now().UnixMilli()
		err := tx.QueryRow(ctx, `UPDATE chat_sessions SET message_count = message_count + 1, updated_at = $2, active_at = $2, unread = unread + 1
			WHERE public_id = $1 AND closed_at IS NULL RETURNING id, message_count`, m.SessionID, at).Scan(&session, &seq)
		if err != nil {
			return err
		}
		err = tx.QueryRow(ctx, `INSERT INTO chat_messages (public_id, session_id, seq, note, sender, sender_id, sender_name, body, client_id, fingerprint, at, words)
			VALUES ($1, $2, $3, 0, 'visitor', '', '', $4, $5, 'f', $6, CAST($7 AS tsvector)) RETURNING id`,
			m.ID, session, seq, m.Text, m.ClientID, at, words{}.Words(m.Text)).Scan(&row)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, "INSERT INTO chat_events (type, session_id, message_id, at) VALUES ('message_sent', $1, $2, $3)", session, row, at)
		return err
	})
}

// ownCPU is what this process has used.
func ownCPU(b *testing.B) time.Duration {
	b.Helper()
	var own syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &own); err != nil {
		b.Fatal(err)
	}
	return time.Duration(own.Utime.Nano() + own.Stime.Nano())
}

// serverCPU is what those of the server have used.
func serverCPU(b *testing.B, server *pgtest.Cluster) (sum time.Duration) {
	b.Helper()
	// All processes of a server work in the folder with its data, below that of
	// its socket.
	socket, _, _ := strings.Cut(strings.TrimPrefix(server.DSN, "host="), " ")
	folders, err := filepath.Glob("/proc/[0-9]*/cwd")
	if err != nil {
		b.Fatal(err)
	}
	for _, link := range folders {
		if dir, err := os.Readlink(link); err != nil || dir != filepath.Join(socket, "data") {
			continue
		}
		text, err := os.ReadFile(filepath.Join(filepath.Dir(link), "stat"))
		_, rest, ok := strings.Cut(string(text), ") ")
		if fields := strings.Fields(rest); err == nil && ok && len(fields) > 12 {
			user, _ := strconv.Atoi(fields[11])
			system, _ := strconv.Atoi(fields[12])
			sum += time.Duration(user+system) * (time.Second / 100)
		}
	}
	return sum
}
