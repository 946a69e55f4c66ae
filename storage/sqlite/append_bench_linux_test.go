package sqlite

import (
	"fmt"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/pealchat/pealchat/chat"
)

const (
	benchSessions = 5000
	benchLog      = 12000 // pages of the write-ahead log that are taken into the file in one go, as the store has it
)

// BenchmarkAppend writes messages to 5,000 sessions in turn, in groups as a
// service forms them: the busier it is the larger they are. It reports what one
// message takes of the processor, which says more than time where other
// programs run, how much it adds to the write-ahead log, and how many pages a
// commit writes there. Taking the log into the file counts, too.
func BenchmarkAppend(b *testing.B) {
	s, err := Open(b.Context(), filepath.Join(b.TempDir(), "chat.db"), nil)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { s.Close() })
	if _, err := s.writer.Exec("PRAGMA wal_autocheckpoint = 0"); err != nil {
		b.Fatal(err)
	}
	n := benchFill(b, s)
	var pageSize int
	if err := s.writer.Get(&pageSize, "PRAGMA page_size"); err != nil {
		b.Fatal(err)
	}
	for _, group := range []int{1, 2, 8, 64} {
		b.Run(fmt.Sprint("group=", group), func(b *testing.B) {
			pages, commits := 0, 0
			every := benchLog / (5*group + 6) // commits until the log has about so many
			benchCheckpoint(b, s)
			began := benchCPU(b)
			for sent := 0; sent < b.N; sent += group {
				ops := make([]chat.Op, group)
				for i := range ops {
					n++
					ops[i] = benchMessage(n)
				}
				benchSend(b, s, ops)
				if commits++; commits%every == 0 {
					pages += benchCheckpoint(b, s)
				}
			}
			cpu := benchCPU(b) - began
			pages += benchCheckpoint(b, s)
			messages := float64(commits * group)
			b.ReportMetric(float64(cpu.Nanoseconds())/1e3/messages, "cpu-us/message")
			b.ReportMetric(float64(pages*(pageSize+24))/messages, "wal-B/message")
			b.ReportMetric(float64(pages)/float64(commits), "pages/commit")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// benchFill starts the sessions, with as many messages as a conversation has.
func benchFill(b *testing.B, s *Store) (n int) {
	now := time.UnixMilli(1_800_000_000_000)
	for i := range benchSessions {
		session := benchID(1, i)
		v := chat.Visitor{ID: benchID(0, i), CreatedAt: now, LastSeenAt: now}
		benchSend(b, s, []chat.Op{chat.OpCreateSession{Visitor: &v, Session: chat.Session{
			ID: session, VisitorID: v.ID, CreatedAt: now, Tags: []string{}, Status: chat.StatusActive, Source: "website",
		}}})
	}
	for n < 12*benchSessions {
		ops := make([]chat.Op, 250)
		for i := range ops {
			n++
			ops[i] = benchMessage(n)
		}
		benchSend(b, s, ops)
		if n%10_000 == 0 {
			benchCheckpoint(b, s)
		}
	}
	return n
}

// benchCheckpoint takes the log into the file and returns how many pages it
// had. The next commit starts it anew.
func benchCheckpoint(b *testing.B, s *Store) int {
	var row struct{ Busy, Log, Checkpointed int }
	if err := s.writer.Get(&row, "PRAGMA wal_checkpoint(PASSIVE)"); err != nil || row.Busy != 0 || row.Log != row.Checkpointed {
		b.Fatal(err, row)
	}
	return row.Log
}

func benchSend(b *testing.B, s *Store, ops []chat.Op) {
	results, err := s.Append(b.Context(), ops)
	for _, res := range results {
		if res.Err != nil {
			err = res.Err
		}
	}
	if err != nil {
		b.Fatal(err)
	}
}

// benchMessage is the nth message of all. Visitor and agent take turns.
func benchMessage(n int) chat.Op {
	m := chat.Message{
		ID: benchID(2, n), SessionID: benchID(1, n*7919%benchSessions), Sender: chat.SenderVisitor, SenderName: "Ada", At: time.UnixMilli(1_800_000_000_000 + int64(n)),
		Text: strings.Repeat("So it says here. ", 5), ClientID: fmt.Sprintf("c-%d-%020d", n*7919%1000, n), Fingerprint: "0123456789abcdef0123456789abcdef",
	}
	if n/benchSessions%2 == 1 {
		m.Sender, m.SenderID = chat.SenderAgent, "agent-1"
	}
	return chat.OpAppendMessage{Message: m}
}

// benchID is an id as those of the service: its first part grows with time, the
// rest is random.
func benchID(kind, n int) string {
	return fmt.Sprintf("01kb%06d%d%015x", n, kind, uint64(n)*0x9e3779b97f4a7c15>>4) //nolint:gosec // G115: no number is negative
}

func benchCPU(b *testing.B) time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
