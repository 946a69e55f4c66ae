package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/pealchat/pealchat/chat"
	"github.com/pealchat/pealchat/httpapi"
	"github.com/pealchat/pealchat/storage/postgres"
	"github.com/pealchat/pealchat/storage/postgres/pgtest"
)

// TestEveryAnswerComesInTime has the host keep all connections of its pool to
// itself. Whatever is asked of the API meanwhile is answered in time: by 503 and
// when to try again, where it needs the database.
func TestEveryAnswerComesInTime(t *testing.T) {
	const allowed = 2 * time.Second // of five, which hosts allow who say nothing
	pool, err := pgxpool.New(t.Context(), pgtest.Database(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	quiet := slog.New(slog.DiscardHandler)
	store, err := postgres.New(t.Context(), pool, &postgres.Options{Logger: quiet, WriteTimeout: allowed, ReadTimeout: allowed})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	svc := chat.New(store, &chat.Options{Logger: quiet, WriteTimeout: allowed, Tracking: chat.Tracking{On: true}})
	t.Cleanup(func() { svc.Close() })
	if _, err := svc.EnsureAPIKey(t.Context(), testKey, chat.NewAPIKey{Name: "Test", Scopes: []string{chat.ScopeAdmin}}); err != nil {
		t.Fatal(err)
	}
	site := httptest.NewServer(httpapi.New(svc, &httpapi.Options{Logger: quiet}))
	t.Cleanup(site.Close)

	if status, err := ask(t.Context(), "POST", site.URL+"/visitor/v1/hello", "anyone"); status != http.StatusOK {
		t.Fatal(status, err)
	}

	var held []*pgxpool.Conn
	for range pool.Config().MaxConns {
		c, err := pool.Acquire(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		held = append(held, c)
	}
	routes, err := os.ReadFile("../../httpapi/testdata/routes.golden")
	if err != nil {
		t.Fatal(err)
	}
	var asking sync.WaitGroup
	var mu sync.Mutex
	told := map[int]int{}
	longest := time.Duration(0)
	for line := range strings.Lines(string(routes)) {
		var method, path, who string
		if _, err := fmt.Sscan(line, &method, &path, &who); err != nil {
			t.Fatal(err)
		}
		asking.Go(func() {
			began := time.Now()
			status, err := ask(t.Context(), method, site.URL+path, who)
			waited := time.Since(began)
			if err != nil || waited > allowed*7/4 || who == "agents" && method == "GET" && status != http.StatusServiceUnavailable && status != http.StatusBadRequest {
				t.Errorf("%s %s: %d, %v after %v", method, path, status, err, waited)
			}
			mu.Lock()
			defer mu.Unlock()
			told[status]++
			longest = max(longest, waited)
		})
	}
	asking.Wait()
	for _, c := range held {
		c.Release()
	}
	if status, err := ask(t.Context(), "GET", site.URL+"/api/v1/sessions", "agents"); status != http.StatusOK {
		t.Errorf("when there are connections again: %d, %v", status, err)
	}
	t.Logf("with %v allowed the longest took %v; answers by their status: %v", allowed, longest.Round(time.Millisecond), told)
}

// ask returns the status of an answer, and an error where it is one that does
// not say when to come back.
func ask(ctx context.Context, method, url, who string) (status int, err error) {
	for _, name := range []string{"session_id", "message_id", "visitor_id", "agent_id", "webhook_id", "delivery_id", "department_id", "file_id"} {
		url = strings.ReplaceAll(url, "{"+name+"}", "0123456789abcdef0123456789abcdef")
	}
	req, err := http.NewRequestWithContext(ctx, method, url, nil)
	if err != nil {
		return 0, err
	}
	if method != http.MethodGet {
		req.Body = io.NopCloser(strings.NewReader(`{}`))
		req.Header.Set("Content-Type", "application/json")
	}
	switch who {
	case "agents":
		req.Header.Set("Authorization", "Bearer "+testKey)
	case "visitors":
		req.Header.Set("Authorization", "Bearer "+strings.Repeat("a", 43))
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	switch {
	case resp.StatusCode == http.StatusServiceUnavailable && resp.Header.Get("Retry-After") == "":
		err = fmt.Errorf("it does not say when to come back")
	case resp.StatusCode == http.StatusInternalServerError:
		err = fmt.Errorf("that is nobody's fault here")
	}
	return resp.StatusCode, err
}
