package webhooks

import (
	"context"
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
// answers at once, from the log to the outcome on disk.
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
	r.chatter(b.N)
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
	const round = time.Second
	var ratios []float64
	sent := [2]int{}
	for range max(b.N, 2) {
		plain := without.chatterFor(round)
		with.start()
		beside := with.chatterFor(round)
		with.stop()
		ratios = append(ratios, float64(beside)/float64(plain))
		sent[0], sent[1] = sent[0]+plain, sent[1]+beside
	}
	slices.Sort(ratios)
	b.ReportMetric(ratios[len(ratios)/2], "median-ratio")
	b.ReportMetric(float64(sent[1])/float64(sent[0]), "mean-ratio")
	b.ReportMetric(float64(sent[0])/round.Seconds()/float64(len(ratios)), "messages/s-without")
	b.ReportMetric(float64(received.Load())/round.Seconds()/float64(len(ratios)), "deliveries/s-beside")
	b.ReportMetric(0, "ns/op")
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
