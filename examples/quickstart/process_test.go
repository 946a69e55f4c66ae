package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

var client = &http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 64}}

// call sends a request with the key of the tests and decodes the answer.
func (p *program) call(t *testing.T, method, path, body string, into any) (status int) {
	t.Helper()
	return p.callWith(t, testKey, method, path, body, into)
}

func (p *program) callWith(t *testing.T, key, method, path, body string, into any) (status int) {
	t.Helper()
	status, err := request(t.Context(), key, method, p.base+path, body, into)
	if err != nil {
		t.Fatal(err)
	}
	return status
}

func request(ctx context.Context, key, method, url, body string, into any) (status int, err error) {
	r, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	if err != nil {
		return 0, err
	}
	r.Header.Set("Authorization", "Bearer "+key)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	res, err := client.Do(r)
	if err != nil {
		return 0, err
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err == nil && into != nil && res.StatusCode < 300 {
		err = json.Unmarshal(answer, into)
	}
	return res.StatusCode, err
}

type message struct {
	ID       string `json:"message_id"`
	Seq      int    `json:"seq"`
	Text     string `json:"message"`
	ClientID string `json:"client_id"`
}

func (p *program) newSession(t *testing.T) (id string) {
	t.Helper()
	var session struct {
		ID string `json:"session_id"`
	}
	if status := p.call(t, "POST", "/chat/api/v1/sessions", `{"visitor_name":"Ida"}`, &session); status != 201 {
		t.Fatalf("new session: status %d\n%v", status, p)
	}
	return session.ID
}

// messages reads the whole session, page by page.
func (p *program) messages(t *testing.T, session string) (all []message) {
	t.Helper()
	path := "/chat/api/v1/sessions/" + session + "/messages?limit=200"
	for next := ""; ; {
		var page struct {
			Messages []message `json:"messages"`
			Next     string    `json:"next_cursor"`
		}
		if status := p.call(t, "GET", path+next, "", &page); status != 200 {
			t.Fatalf("messages: status %d", status)
		}
		all = append(all, page.Messages...)
		if page.Next == "" {
			return all
		}
		next = "&after=" + url.QueryEscape(page.Next)
	}
}

// event is one event of a stream.
type event struct{ id, kind, data string }

// stream reads events until the stream ends or each returns false.
func stream(ctx context.Context, url, token, after string, each func(event) bool) error {
	r, err := http.NewRequestWithContext(ctx, "GET", url, nil)
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", "Bearer "+token)
	if after != "" {
		r.Header.Set("Last-Event-ID", after)
	}
	res, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != 200 {
		body, _ := io.ReadAll(res.Body)
		return fmt.Errorf("status %d: %s", res.StatusCode, body)
	}
	var e event
	lines := bufio.NewScanner(res.Body)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		field, value, _ := strings.Cut(lines.Text(), ":")
		value = strings.TrimPrefix(value, " ")
		switch field {
		case "id":
			e.id = value
		case "event":
			e.kind = value
		case "data":
			e.data += value
		case "":
			if e.kind != "" && !each(e) {
				return nil
			}
			e = event{}
		}
	}
	return lines.Err()
}

func TestTermEndsOpenStreams(t *testing.T) {
	p := start(t, "-addr", "127.0.0.1:0", "-db", filepath.Join(t.TempDir(), "chat.db"), "-api-key", testKey)
	var hello struct{ Token string }
	if status := p.call(t, "POST", "/chat/visitor/v1/hello", `{}`, &hello); status != 200 {
		t.Fatalf("hello: status %d", status)
	}
	const streams = 50
	var ready, ended sync.WaitGroup
	farewells := make([]string, streams)
	errs := make([]error, streams)
	for i := range streams {
		path, token := "/chat/api/v1/events", testKey
		if i < 3 {
			path, token = "/chat/visitor/v1/events", hello.Token
		}
		ready.Add(1)
		ended.Add(1)
		go func() {
			defer ended.Done()
			once := sync.OnceFunc(ready.Done)
			defer once()
			errs[i] = stream(t.Context(), p.base+path, token, "", func(e event) bool {
				switch e.kind {
				case "ready":
					once()
				case "bye":
					farewells[i] = e.data
				}
				return true
			})
		}()
	}
	ready.Wait()

	sent := time.Now()
	p.signal(t, syscall.SIGTERM)
	watchdog := time.AfterFunc(20*time.Second, func() { p.cmd.Process.Kill() })
	err := p.cmd.Wait()
	took := time.Since(sent)
	watchdog.Stop()
	ended.Wait()
	if err != nil {
		t.Errorf("ended with %v\n%s", err, p.stderr)
	}
	if took > 5*time.Second { // what service managers are told to allow
		t.Errorf("took %v to end", took)
	}
	for i, data := range farewells {
		if !strings.Contains(data, `"shutdown"`) || errs[i] != nil {
			t.Errorf("stream %d: bye %q, error %v", i, data, errs[i])
		}
	}
	if strings.Contains(p.stderr.String(), "level=ERROR") || strings.Contains(p.stderr.String(), "were cut") {
		t.Errorf("the log complains:\n%s", p.stderr)
	}
}

// TestKillUnderLoad kills the program again and again while eight writers
// send, and follows all of it on one stream that resumes. After each kill it
// answers again soon: how soon is printed.
func TestKillUnderLoad(t *testing.T) {
	const writers, kills = 8, 20
	db := filepath.Join(t.TempDir(), "chat.db")
	p := start(t, "-addr", "127.0.0.1:0", "-db", db, "-api-key", testKey)
	addr := strings.TrimPrefix(p.base, "http://")
	base := p.base

	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var follower sync.WaitGroup
	heard := &hearing{ready: make(chan struct{}), once: map[string]int{}}
	follower.Go(func() { heard.follow(ctx, base) })
	select {
	case <-heard.ready:
	case <-time.After(15 * time.Second):
		t.Fatalf("the stream does not begin\n%v", p)
	}

	// Each writer has one session, and repeats a message under the same
	// client_id until it is acknowledged.
	acked := make([][]message, writers)
	failed := make([]error, writers)
	done := make(chan struct{})
	var load sync.WaitGroup
	sessions := make([]string, writers)
	for i := range writers {
		sessions[i] = p.newSession(t)
		load.Go(func() { acked[i], failed[i] = write(ctx, base, sessions[i], done) })
	}
	var longest time.Duration
	for range kills {
		time.Sleep(time.Duration(50+rand.IntN(150)) * time.Millisecond) // under load; when exactly is chance
		p.signal(t, syscall.SIGKILL)
		p.cmd.Wait()
		began := time.Now()
		p = start(t, "-addr", addr, "-db", db, "-api-key", testKey)
		if status := p.call(t, "GET", "/chat/healthz", "", nil); status != 200 {
			t.Fatalf("after a kill: status %d", status)
		}
		longest = max(longest, time.Since(began))
	}
	close(done)
	load.Wait()

	total := 0
	for i, session := range sessions {
		if failed[i] != nil {
			t.Fatalf("writer %d: %v", i, failed[i])
		}
		total += len(acked[i])
		compare(t, p.messages(t, session), acked[i])
	}
	if total < writers*kills {
		t.Fatalf("only %d messages were acknowledged: this tests nothing", total)
	}
	heard.waitFor(t, acked)
	stop()
	follower.Wait()
	p.signal(t, syscall.SIGTERM)
	p.cmd.Wait()
	sound(t, db)
	t.Logf("%d messages over %d kills, 0 lost, 0 doubled; %v at most from a start to the first 200", total, kills, longest.Round(time.Millisecond))
	if longest > 5*time.Second { // a second on a machine with nothing else to do
		t.Errorf("%v from a start to the first 200", longest)
	}
}

// write sends messages until done is closed and the last is acknowledged.
func write(ctx context.Context, base, session string, done <-chan struct{}) (acked []message, err error) {
	for n := 1; ; n++ {
		body := fmt.Sprintf(`{"session_id":%q,"sender":"visitor","message":"number %d","client_id":"c%d"}`, session, n, n)
		for {
			var m message
			status, err := request(ctx, testKey, "POST", base+"/chat/api/v1/messages", body, &m)
			if ctx.Err() != nil {
				return acked, ctx.Err()
			}
			if err == nil && (status == 201 || status == 200) {
				acked = append(acked, m)
				break
			}
			if err == nil && status != 503 {
				return acked, fmt.Errorf("message %d: status %d", n, status)
			}
			time.Sleep(10 * time.Millisecond) // the server is being restarted
		}
		select {
		case <-done:
			return acked, nil
		default:
		}
	}
}

// compare checks that a session holds what was acknowledged, once, in order
// and without a gap.
func compare(t *testing.T, kept, acked []message) {
	t.Helper()
	if len(kept) != len(acked) {
		t.Errorf("%d messages kept, %d acknowledged", len(kept), len(acked))
		return
	}
	for i, m := range kept {
		if want := fmt.Sprintf("number %d", i+1); m.Seq != i+1 || m.Text != want || m.ID != acked[i].ID || acked[i].Seq != m.Seq {
			t.Errorf("kept %+v at %d, acknowledged %+v", m, i, acked[i])
			return
		}
	}
}

// hearing collects the messages that a resuming stream brings.
type hearing struct {
	ready chan struct{} // closed when the stream has begun

	mu     sync.Mutex
	begun  bool
	once   map[string]int // how often each message came
	resets int
}

func (h *hearing) follow(ctx context.Context, base string) {
	last := ""
	for ctx.Err() == nil {
		// An error is a server that is being restarted.
		_ = stream(ctx, base+"/chat/api/v1/events", testKey, last, func(e event) bool {
			if e.id != "" {
				last = e.id
			}
			h.note(e)
			return true
		})
		time.Sleep(10 * time.Millisecond)
	}
}

func (h *hearing) note(e event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch e.kind {
	case "ready":
		if !h.begun {
			h.begun = true
			close(h.ready)
		}
	case "reset":
		h.resets++
	case "message_sent":
		var envelope struct{ Data message }
		if json.NewDecoder(bytes.NewBufferString(e.data)).Decode(&envelope) == nil {
			h.once[envelope.Data.ID]++
		}
	}
}

// waitFor returns when every message was heard; each must have come once.
func (h *hearing) waitFor(t *testing.T, acked [][]message) {
	t.Helper()
	deadline := time.Now().Add(15 * time.Second)
	for {
		err := h.check(acked)
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Error(err)
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func (h *hearing) check(acked [][]message) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.resets > 0 {
		return errors.New("the stream was reset: it could not resume")
	}
	for _, list := range acked {
		for _, m := range list {
			if n := h.once[m.ID]; n != 1 {
				return fmt.Errorf("message %d (%s) came %d times on the stream", m.Seq, m.ID, n)
			}
		}
	}
	return nil
}
