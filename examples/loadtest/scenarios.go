//go:build unix

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/pealchat/pealchat/chat"
	"github.com/pealchat/pealchat/chat/client"
)

// patience is how long the last events may take to arrive before they count as
// lost.
const patience = 20 * time.Second

// sender sends messages to topics: sessions of the chat, or names of the floor.
type sender struct {
	srv    *server
	http   *http.Client
	topics []string
	sent   []int // messages, by topic

	mu        sync.Mutex
	committed []time.Duration // from sending to the answer
}

func newSender(ctx context.Context, srv *server, topics int) (*sender, error) {
	s := &sender{srv: srv, sent: make([]int, topics), topics: make([]string, topics),
		http: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 200}}}
	if srv.kind != "chat" {
		for i := range topics {
			s.topics[i] = fmt.Sprint(i)
		}
		return s, nil
	}
	api, err := client.New("http://"+srv.addr+"/chat/", client.Options{Key: key, HTTP: s.http})
	if err != nil {
		return nil, err
	}
	return s, inParallel(topics, func(i int) error {
		session, err := api.CreateSession(ctx, client.NewSession{VisitorName: fmt.Sprint("Visitor ", i)})
		s.topics[i] = session.ID
		return err
	})
}

// path is where a topic's events can be heard.
func (s *sender) path(topic int) string {
	if s.srv.kind != "chat" {
		return "/listen/" + s.topics[topic]
	}
	return "/chat/api/v1/sessions/" + s.topics[topic] + "/events"
}

// send sends the topic's next message. One goroutine at a time for each topic.
func (s *sender) send(ctx context.Context, topic int) error {
	s.sent[topic]++
	start := time.Now()
	text := fmt.Sprint(s.sent[topic], " ", start.UnixNano())
	url, body := "http://"+s.srv.addr+"/publish/"+s.topics[topic], []byte(text)
	if s.srv.kind == "chat" {
		url = "http://" + s.srv.addr + "/chat/api/v1/messages"
		body, _ = json.Marshal(client.NewMessage{SessionID: s.topics[topic], Sender: chat.SenderAgent, Message: text})
	}
	req, err := http.NewRequestWithContext(ctx, "POST", url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("X-API-Key", key)
	req.Header.Set("Content-Type", "application/json")
	resp, err := s.http.Do(req)
	if err != nil {
		return err
	}
	answer, _ := io.ReadAll(resp.Body)
	resp.Body.Close()
	if resp.StatusCode != http.StatusCreated {
		return fmt.Errorf("sending: %s: %s", resp.Status, answer)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.committed = append(s.committed, time.Since(start))
	return nil
}

// sendAll sends rounds messages to every topic, rate a second in all.
func (s *sender) sendAll(ctx context.Context, rounds, rate int) (took time.Duration, err error) {
	const workers = 64
	begin := time.Now()
	var wg sync.WaitGroup
	errs := make([]error, workers)
	for w := range workers {
		wg.Go(func() {
			for round := range rounds {
				for topic := w; topic < len(s.topics) && errs[w] == nil; topic += workers {
					due := begin.Add(time.Duration(round*len(s.topics)+topic) * time.Second / time.Duration(rate))
					time.Sleep(time.Until(due))
					errs[w] = s.send(ctx, topic)
				}
			}
		})
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return 0, err
		}
	}
	return time.Since(begin), nil
}

// load sends, with and without readers, and says what the readers cost.
func load(ctx context.Context, srv *server, s *sender, rounds, rate int, t *tally, readers []*reader, quiet func() error) (figures, error) {
	if err := warmUp(ctx, s, rate, t, readers); err != nil {
		return nil, err
	}
	before, err := srv.usage(false)
	if err != nil {
		return nil, err
	}
	took, err := s.sendAll(ctx, rounds, rate)
	if err != nil {
		return nil, err
	}
	if err := t.wait(ctx, patience); err != nil {
		return nil, err
	}
	after, err := srv.usage(false)
	if err != nil {
		return nil, err
	}
	t.missing(readers)
	s.mu.Lock()
	commits := s.committed
	s.committed = nil
	s.mu.Unlock()
	// The same once more with nobody to hear it: what is left is taking the
	// messages in.
	if err := quiet(); err != nil {
		return nil, err
	}
	if _, err := s.sendAll(ctx, rounds, rate); err != nil {
		return nil, err
	}
	unheard, err := srv.usage(false)
	if err != nil {
		return nil, err
	}
	messages := float64(rounds * len(s.topics))
	delivering := (after.CPU - before.CPU) - (unheard.CPU - after.CPU)
	return figures{
		{"delivered a second", float64(t.delivered) / took.Seconds(), "/s", false},
		{"from sending to receipt, p50", t.percentile(.5), "ms", true},
		{"from sending to receipt, p99", t.percentile(.99), "ms", true},
		{"from sending to the answer, p50", percentile(commits, .5), "ms", true},
		{"from sending to the answer, p99", percentile(commits, .99), "ms", true},
		{"CPU for a million deliveries", delivering / float64(t.delivered) * 1e6, "s", true},
		{"CPU to take a million messages in", (unheard.CPU - after.CPU) / messages * 1e6, "s", true},
		{"CPU for both, a million messages", (after.CPU - before.CPU) / messages * 1e6, "s", true},
		{"lost", float64(t.lost), "", false},
		{"doubled", float64(t.doubled), "", false},
	}, nil
}

// warm is how many messages each topic gets before anything is measured: the
// first ones meet connections, caches and code that nobody has used yet. They
// must arrive like all others.
const warm = 1

func warmUp(ctx context.Context, s *sender, rate int, t *tally, readers []*reader) error {
	if _, err := s.sendAll(ctx, warm, rate); err != nil {
		return err
	}
	if err := t.forget(ctx, warm*len(readers)); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.committed = nil
	return nil
}

func runChat(ctx context.Context, cfg config, srv *server) (figures, error) {
	rounds := max(1, int(cfg.duration.Seconds())*cfg.rate/cfg.sessions)
	s, err := newSender(ctx, srv, cfg.sessions)
	if err != nil {
		return nil, err
	}
	t := newTally(2*cfg.sessions, warm+rounds)
	readers, err := open(ctx, srv.addr, 2*cfg.sessions, func(i int) string { return s.path(i / 2) }, t)
	defer closeAll(readers)
	if err != nil {
		return nil, err
	}
	return load(ctx, srv, s, rounds, cfg.rate, t, readers, func() error { return leave(srv, readers) })
}

func runFanOut(ctx context.Context, cfg config, srv *server) (figures, error) {
	return fanOut(ctx, cfg, srv, 0)
}

func runStalled(ctx context.Context, cfg config, srv *server) (figures, error) {
	return fanOut(ctx, cfg, srv, cfg.readers/100)
}

// fanOut sends 10 messages a second to all readers.
func fanOut(ctx context.Context, cfg config, srv *server, stalled int) (figures, error) {
	const rate = 10
	rounds := max(1, int(cfg.duration.Seconds()*rate))
	s, err := newSender(ctx, srv, 1)
	if err != nil {
		return nil, err
	}
	t := newTally(cfg.readers, warm+rounds)
	readers, err := open(ctx, srv.addr, cfg.readers, func(int) string { return s.path(0) }, t)
	defer closeAll(readers)
	if err != nil {
		return nil, err
	}
	for i := range stalled {
		r, _, err := dial(ctx, srv.addr, i, s.path(0), "")
		if err != nil {
			return nil, err
		}
		r.conn.(*net.TCPConn).SetReadBuffer(1 << 10)
		defer r.conn.Close()
	}
	return load(ctx, srv, s, rounds, rate, t, readers, func() error { return leave(srv, readers) })
}

// leave closes the readers and waits until the server has noticed.
func leave(srv *server, readers []*reader) error {
	closeAll(readers)
	time.Sleep(3 * time.Second) // longer than a stream that is idle takes to notice
	_, err := srv.usage(true)
	return err
}

// runStorm cuts all readers off, sends what they miss, and has them come back.
func runStorm(ctx context.Context, cfg config, srv *server) (figures, error) {
	const before, missed = 3, 20
	s, err := newSender(ctx, srv, 1)
	if err != nil {
		return nil, err
	}
	t := newTally(cfg.storm, before)
	readers, err := open(ctx, srv.addr, cfg.storm, func(int) string { return s.path(0) }, t)
	defer func() { closeAll(readers) }()
	if err != nil {
		return nil, err
	}
	if _, err := s.sendAll(ctx, before, 10); err != nil {
		return nil, err
	}
	if err := t.wait(ctx, patience); err != nil {
		return nil, err
	}
	t.missing(readers)
	lost, doubled := t.lost, t.doubled
	closeAll(readers)
	if _, err := s.sendAll(ctx, missed, 100); err != nil {
		return nil, err
	}
	t = newTally(cfg.storm, before+missed)
	start := time.Now()
	err = inParallel(cfg.storm, func(i int) error {
		was := readers[i]
		r, in, err := dial(ctx, srv.addr, i, s.path(0), was.id)
		if err != nil {
			return err
		}
		r.last = was.last
		readers[i] = r
		go r.listen(in, t)
		return nil
	})
	if err != nil {
		return nil, err
	}
	back := time.Since(start)
	if err := t.wait(ctx, patience); err != nil {
		return nil, err
	}
	whole := time.Since(start)
	t.missing(readers)
	return figures{
		{"readers", float64(cfg.storm), "", false},
		{"all connected after", back.Seconds(), "s", false},
		{"all had what they missed after", whole.Seconds(), "s", false},
		{"delivered", float64(t.delivered), "", false},
		{"lost", float64(lost + t.lost), "", false},
		{"doubled", float64(doubled + t.doubled), "", false},
	}, nil
}

func runIdle(ctx context.Context, cfg config, srv *server) (figures, error) {
	s, err := newSender(ctx, srv, 1)
	if err != nil {
		return nil, err
	}
	before, err := srv.usage(true)
	if err != nil {
		return nil, err
	}
	readers := make([]*reader, cfg.idle)
	defer func() { closeAll(readers) }()
	err = inParallel(cfg.idle, func(i int) error {
		r, _, err := dial(ctx, srv.addr, i, s.path(0), "") // nobody reads on: nothing is said
		readers[i] = r
		return err
	})
	if err != nil {
		return nil, err
	}
	return idleFigures(cfg, srv, before, cfg.idle)
}

// idleFigures waits, and says what streams that were opened since before take.
func idleFigures(cfg config, srv *server, before usage, streams int) (figures, error) {
	time.Sleep(2 * time.Second)
	open, err := srv.usage(true)
	if err != nil {
		return nil, err
	}
	time.Sleep(cfg.duration)
	later, err := srv.usage(false)
	if err != nil {
		return nil, err
	}
	return figures{
		{"streams", float64(streams), "", false},
		{"memory of a stream", float64(open.Memory-before.Memory) / float64(streams) / 1024, "KB", true},
		{"CPU, of one core", (later.CPU - open.CPU) / cfg.duration.Seconds() * 100, "%", false},
	}, nil
}
