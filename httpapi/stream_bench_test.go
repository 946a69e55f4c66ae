package httpapi

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"net/http/httptest"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pealchat/pealchat/chat"
	"github.com/pealchat/pealchat/storage/sqlite"
)

// The figures stand beside those of a server that does the least one can:
// write bytes that are ready to sockets. Readers and server share the
// process, so trust the ratios only.

var benchCases = []struct {
	name    string
	readers int
	opts    streamOptions
}{
	{"1", 1, streamOptions{}}, {"100", 100, streamOptions{}}, {"2000", 2000, streamOptions{}},
	{"2000 ordinary", 2000, streamOptions{ordinary: true}},
}

// benchReaders reads n connections and tells when each has come to the end
// of another event.
type benchReaders struct {
	conns   []net.Conn
	arrived sync.WaitGroup
}

func (rs *benchReaders) read(c net.Conn, in *bufio.Reader) {
	for {
		line, err := in.ReadSlice('\n')
		if err != nil {
			return
		}
		if bytes.HasPrefix(line, []byte("data: ")) {
			rs.arrived.Done()
		}
	}
}

// newBenchStreams opens n streams, all past their opening.
func newBenchStreams(b *testing.B, r *rig, n int) *benchReaders {
	b.Helper()
	network := to(r.listen())
	rs := &benchReaders{}
	for range n {
		c := dial(b, network, "/events")
		c.want("ready")
		rs.conns = append(rs.conns, c.conn)
		go rs.read(c.conn, c.in)
	}
	return rs
}

// newRawSockets opens n plain connections.
func newRawSockets(b *testing.B, n int) (rs *benchReaders, servers []net.Conn) {
	b.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	rs = &benchReaders{}
	for range n {
		c, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			b.Fatal(err)
		}
		s, err := l.Accept()
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { c.Close(); s.Close() })
		rs.conns, servers = append(rs.conns, c), append(servers, s)
		go rs.read(c, bufio.NewReader(c))
	}
	return rs, servers
}

// BenchmarkStreamFanOut: one message to n streams, until all have it.
func BenchmarkStreamFanOut(b *testing.B) {
	for _, c := range benchCases {
		b.Run(c.name, func(b *testing.B) {
			n := c.readers
			raw, servers := newRawSockets(b, n)
			frame := []byte("event: message_sent\ndata: " + strings.Repeat("x", 300) + "\nid: memory00.1234\n\n")
			r := newRigOn(b, newMemoryStore(), c.opts)
			session := r.session("Ines")
			rs := newBenchStreams(b, r, n)
			var floor, took time.Duration
			b.ReportAllocs()
			for b.Loop() {
				start := time.Now()
				raw.arrived.Add(n)
				for _, s := range servers {
					s.Write(frame)
				}
				raw.arrived.Wait()
				middle := time.Now()
				rs.arrived.Add(n)
				r.send(session.ID, "Good morning, how can we help?")
				rs.arrived.Wait()
				floor += middle.Sub(start)
				took += time.Since(middle)
			}
			b.ReportMetric(float64(took.Nanoseconds())/float64(b.N*n), "ns/delivery")
			b.ReportMetric(float64(took)/float64(floor), "x-raw")
		})
	}
}

// BenchmarkStreamBurst: 200 messages to n streams, as fast as they come.
func BenchmarkStreamBurst(b *testing.B) {
	const burst = 200
	for _, c := range benchCases {
		b.Run(c.name, func(b *testing.B) {
			n := c.readers
			r := newRigOn(b, newMemoryStore(), c.opts)
			session := r.session("Ines")
			rs := newBenchStreams(b, r, n)
			for b.Loop() {
				rs.arrived.Add(n * burst)
				for range burst {
					r.send(session.ID, "Good morning, how can we help?")
				}
				rs.arrived.Wait()
			}
			b.ReportMetric(float64(b.N*n*burst)/b.Elapsed().Seconds(), "deliveries/s")
		})
	}
}

// BenchmarkStreamIdle: what an idle stream holds, beside an idle socket.
func BenchmarkStreamIdle(b *testing.B) {
	b.Run("taken over", func(b *testing.B) { benchmarkStreamIdle(b, nil) })
	b.Run("ordinary", func(b *testing.B) { benchmarkStreamIdle(b, &Options{Streams: Streams{NoTakeover: true}}) })
}

func benchmarkStreamIdle(b *testing.B, opts *Options) {
	const n = 2000
	for b.Loop() {
		empty := held()
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			b.Fatal(err)
		}
		var sockets []net.Conn
		for range n {
			c, err := net.Dial("tcp", l.Addr().String())
			if err != nil {
				b.Fatal(err)
			}
			s, err := l.Accept()
			if err != nil {
				b.Fatal(err)
			}
			sockets = append(sockets, c, s)
		}
		raw := held() - empty
		for _, c := range sockets {
			c.Close()
		}
		sockets = nil
		l.Close()

		svc, key := newBenchService(b)
		srv := httptest.NewServer(New(svc, opts)) // all of it, because depth costs stack
		empty = held()
		for range n {
			c, err := net.Dial("tcp", srv.Listener.Addr().String())
			if err != nil {
				b.Fatal(err)
			}
			io.WriteString(c, "GET /api/v1/events HTTP/1.1\r\nHost: x\r\nX-API-Key: "+key+"\r\n\r\n")
			if err := skipOpening(c); err != nil {
				b.Fatal(err)
			}
			sockets = append(sockets, c)
		}
		streams := held() - empty - raw/2 // the readers' ends
		for _, c := range sockets {
			c.Close()
		}
		svc.Close()
		srv.Close()
		b.ReportMetric(float64(streams)/n/1024, "KB/stream")
		b.ReportMetric(float64(raw)/2/n/1024, "KB/socket")
	}
}

func newBenchService(b *testing.B) (svc *chat.Service, key string) {
	b.Helper()
	store, err := sqlite.Open(b.Context(), filepath.Join(b.TempDir(), "chat.db"), nil)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { store.Close() })
	svc = chat.New(store, nil)
	_, key, err = svc.CreateAPIKey(b.Context(), chat.AsHost("bench"), chat.NewAPIKey{Name: "bench", Scopes: []string{chat.ScopeRead}})
	if err != nil {
		b.Fatal(err)
	}
	return svc, key
}

// skipOpening reads until the ready event is there, with nothing left to hold.
func skipOpening(c net.Conn) error {
	var got []byte
	buf := make([]byte, 4<<10)
	for !bytes.Contains(got, []byte("heartbeat_s")) {
		n, err := c.Read(buf)
		if err != nil {
			return err
		}
		got = append(got, buf[:n]...)
	}
	return nil
}

// held returns the bytes in use on the heap and in stacks.
func held() int64 {
	var m runtime.MemStats
	for range 4 {
		time.Sleep(20 * time.Millisecond)
		runtime.GC() // shrinks stacks by half each time
	}
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc + m.StackInuse)
}
