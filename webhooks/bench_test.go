package webhooks

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/pealchat/pealchat/chat"
)

// benchRig is a rig whose receiver is a real server.
func benchRig(b *testing.B, h http.HandlerFunc) (r *rig, url string) {
	b.Helper()
	r = newRig(b, nil)
	r.disp = New(r.svc, &Options{Logger: quiet()})
	server := httptest.NewServer(h)
	b.Cleanup(func() {
		r.end()
		server.Close()
	})
	return r, server.URL
}

func (r *rig) webhookAt(url string) chat.Webhook {
	r.Helper()
	w, err := r.svc.CreateWebhook(context.Background(), host, chat.NewWebhook{URL: url, Events: []string{"*"}})
	if err != nil {
		r.Fatal(err)
	}
	return w.Webhook
}

// chatter sends n messages in 64 sessions, as fast as it goes.
func (r *rig) chatter(n int) {
	var next atomic.Int64
	var wg sync.WaitGroup
	for range 64 {
		wg.Go(func() {
			s := r.session()
			for next.Add(1) <= int64(n) {
				r.say(s.ID, "Thank you, the parcel has arrived and everything in it is whole.")
			}
		})
	}
	wg.Wait()
}

// BenchmarkDeliver measures how fast a backlog goes to one receiver that
// answers at once, from the log to the outcome on disk, and compares it with
// how fast 64 callers wrote the messages: that part does not depend on how busy
// the machine is.
func BenchmarkDeliver(b *testing.B) {
	var received atomic.Int64
	done := make(chan struct{}, 1)
	r, url := benchRig(b, func(w http.ResponseWriter, req *http.Request) {
		io.Copy(io.Discard, req.Body)
		w.WriteHeader(http.StatusNoContent)
		if received.Add(1) == int64(b.N)+64 {
			done <- struct{}{}
		}
	})
	r.webhookAt(url)
	began := time.Now()
	r.chatter(b.N)
	writing := time.Since(began)
	b.ResetTimer()
	before := cpu()
	r.start()
	<-done
	for {
		due, err := r.svc.Outbox().Due(b.Context())
		if err == nil && len(due) == 0 {
			break
		}
		time.Sleep(time.Millisecond)
	}
	b.StopTimer()
	b.ReportMetric(float64(b.N+64)/b.Elapsed().Seconds(), "deliveries/s")
	b.ReportMetric(float64(cpu()-before)/1e3/float64(b.N+64), "cpu-us/delivery")
	b.ReportMetric(writing.Seconds()/b.Elapsed().Seconds(), "of-message-speed")
}

// BenchmarkSendBesideWebhooks measures how many messages 64 callers get
// through, as fast as they can, with ten webhooks that are served meanwhile and
// without, in turns, and reports the ratio.
func BenchmarkSendBesideWebhooks(b *testing.B) {
	var received atomic.Int64
	answer := func(w http.ResponseWriter, req *http.Request) {
		io.Copy(io.Discard, req.Body)
		w.WriteHeader(http.StatusNoContent)
		received.Add(1)
	}
	without, _ := benchRig(b, answer)
	with, url := benchRig(b, answer)
	for range 10 {
		with.webhookAt(url)
	}
	const round = 400 * time.Millisecond
	var ratios []float64
	sent := [2]int{}
	for i := range max(b.N, 2) {
		beside := func() int {
			with.start()
			defer with.stop()
			return with.chatterFor(round)
		}
		var x, y int
		if i%2 == 0 { // in this order and that, so that what changes on the machine is shared
			x = without.chatterFor(round)
			y = beside()
		} else {
			y = beside()
			x = without.chatterFor(round)
		}
		ratios = append(ratios, float64(y)/float64(x))
		sent[0], sent[1] = sent[0]+x, sent[1]+y
	}
	slices.Sort(ratios)
	seconds := round.Seconds() * float64(len(ratios))
	b.ReportMetric(ratios[len(ratios)/2], "median-ratio")
	b.ReportMetric(float64(sent[1])/float64(sent[0]), "mean-ratio")
	b.ReportMetric(float64(sent[0])/seconds, "messages/s-without")
	b.ReportMetric(float64(received.Load())/seconds, "deliveries/s-beside")
	b.ReportMetric(0, "ns/op")
}

// BenchmarkKeepUp sends a steady thousand messages a second, for a second for
// each of b.N, and reports which part of them had reached the one webhook when
// the last was sent, how long they took to get there, and how long their
// senders waited.
func BenchmarkKeepUp(b *testing.B) {
	var received atomic.Int64
	var lag, took latencies
	r, url := benchRig(b, func(w http.ResponseWriter, req *http.Request) {
		var e struct {
			At time.Time `json:"timestamp"`
		}
		json.NewDecoder(req.Body).Decode(&e)
		lag.add(time.Since(e.At))
		w.WriteHeader(http.StatusNoContent)
		received.Add(1)
	})
	r.webhookAt(url)
	r.start()
	for range 64 {
		r.sessions = append(r.sessions, r.session())
	}
	const rate = 1000
	var wg sync.WaitGroup
	began := time.Now()
	for i := range rate * b.N {
		due := began.Add(time.Duration(i) * time.Second / rate)
		time.Sleep(time.Until(due))
		wg.Go(func() {
			r.say(r.sessions[i%len(r.sessions)].ID, "Thank you, the parcel has arrived and everything in it is whole.")
			took.add(time.Since(due))
		})
	}
	wg.Wait()
	b.ReportMetric(float64(received.Load())/float64(rate*b.N+64), "delivered-share")
	b.ReportMetric(lag.at(50), "p50-lag-ms")
	b.ReportMetric(lag.at(99), "p99-lag-ms")
	b.ReportMetric(took.at(50), "p50-send-ms")
	b.ReportMetric(took.at(99), "p99-send-ms")
	b.ReportMetric(0, "ns/op")
}

type latencies struct {
	mu  sync.Mutex
	all []time.Duration
}

func (l *latencies) add(d time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all = append(l.all, d)
}

// at returns the percentile in milliseconds.
func (l *latencies) at(percent int) float64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	slices.Sort(l.all)
	return float64(l.all[(len(l.all)-1)*percent/100].Microseconds()) / 1e3
}

// chatterFor sends messages in 64 sessions for a while and returns how many.
func (r *rig) chatterFor(d time.Duration) int {
	var n atomic.Int64
	var wg sync.WaitGroup
	if len(r.sessions) == 0 {
		for range 64 {
			r.sessions = append(r.sessions, r.session())
		}
	}
	end := time.Now().Add(d)
	for _, s := range r.sessions {
		wg.Go(func() {
			for time.Now().Before(end) {
				r.say(s.ID, "Thank you, the parcel has arrived and everything in it is whole.")
				n.Add(1)
			}
		})
	}
	wg.Wait()
	return int(n.Load())
}

func cpu() time.Duration {
	var u syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
