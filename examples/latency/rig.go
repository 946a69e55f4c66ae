package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/pealchat/pealchat/chat"
	"github.com/pealchat/pealchat/chat/natsbroker"
	"github.com/pealchat/pealchat/httpapi"
	"github.com/pealchat/pealchat/storage/postgres"
)

var (
	shop  = chat.AsHost("Shop")
	quiet = slog.New(slog.NewTextHandler(io.Discard, nil))
)

// rig is what all turns share.
type rig struct {
	cfg  config
	nats *server.Server
	n    int // turns so far
}

func newRig(ctx context.Context, cfg config) (*rig, error) {
	s, err := server.NewServer(&server.Options{Host: "127.0.0.1", Port: server.RANDOM_PORT, NoLog: true, NoSigs: true})
	if err != nil {
		return nil, err
	}
	s.Start()
	if !s.ReadyForConnections(10 * time.Second) {
		return nil, errors.New("the NATS server did not start")
	}
	return &rig{cfg: cfg, nats: s}, ctx.Err()
}

func (r *rig) close() { r.nats.Shutdown() }

// node is a process of the chat, but for the process.
type node struct {
	svc    *chat.Service
	server *httptest.Server
	close  func()
}

// noBroker says that a node is to have none.
type noBroker struct{}

func (noBroker) Publish(chat.Hint) {}
func (noBroker) Run(ctx context.Context, _ func(chat.Hint)) error {
	<-ctx.Done()
	return ctx.Err()
}

func (r *rig) node(ctx context.Context, broker chat.Broker) (*node, error) {
	store, err := postgres.Open(ctx, r.cfg.dsn, &postgres.Options{Schema: r.schema(), Logger: quiet})
	if err != nil {
		return nil, err
	}
	svc := chat.New(store, &chat.Options{Broker: broker, Logger: quiet})
	running, stop := context.WithCancel(ctx)
	var group sync.WaitGroup
	group.Go(func() { svc.Run(running) })
	server := httptest.NewServer(httpapi.New(svc, &httpapi.Options{Logger: quiet, Rates: httpapi.Rates{
		Sessions: -1, Hellos: -1, Messages: -1, VisitorStreams: -1, AddressStreams: -1,
	}}))
	return &node{svc, server, func() {
		stop()
		group.Wait()
		svc.Close()
		server.CloseClientConnections()
		server.Close()
		store.Close()
	}}, nil
}

func (r *rig) schema() string { return fmt.Sprintf("pealchat_latency_%d_%d", os.Getpid(), r.n) }

// pair is where the visitors are and where the agent is.
type pair struct{ visitors, agent *node }

func (r *rig) pair(ctx context.Context, a, b chat.Broker) (*pair, error) {
	first, err := r.node(ctx, a)
	if err != nil {
		return nil, err
	}
	second, err := r.node(ctx, b)
	return &pair{first, second}, err
}

func oneNode(ctx context.Context, r *rig) (*pair, error) {
	n, err := r.node(ctx, nil)
	return &pair{n, n}, err
}

func overNotify(ctx context.Context, r *rig) (*pair, error) { return r.pair(ctx, nil, nil) }

func overNothing(ctx context.Context, r *rig) (*pair, error) {
	return r.pair(ctx, noBroker{}, noBroker{})
}

func overNATS(ctx context.Context, r *rig) (*pair, error) {
	var ends [2]chat.Broker
	for i := range ends {
		conn, err := nats.Connect(fmt.Sprint("nats://127.0.0.1:", r.nats.Addr().(*net.TCPAddr).Port))
		if err != nil {
			return nil, err
		}
		if ends[i], err = natsbroker.New(conn, r.schema()); err != nil {
			return nil, err
		}
	}
	return r.pair(ctx, ends[0], ends[1])
}

// turn sets up the nodes of a way and measures them.
func (r *rig) turn(ctx context.Context, w *way) (took times, err error) {
	r.n++
	defer r.drop()
	p, err := w.nodes(ctx, r)
	if err != nil {
		return took, err
	}
	defer p.visitors.close()
	if p.agent != p.visitors {
		defer p.agent.close()
	}
	time.Sleep(500 * time.Millisecond) // until the nodes know each other
	stop, err := r.floor(ctx)
	if err != nil {
		return took, err
	}
	took, err = r.measure(ctx, p)
	floor, failed := stop()
	took.floor = floor
	return took, errors.Join(err, failed)
}

func (r *rig) drop() {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, r.cfg.dsn)
	if err == nil {
		_, err = conn.Exec(ctx, "DROP SCHEMA IF EXISTS "+pgx.Identifier{r.schema()}.Sanitize()+" CASCADE")
		conn.Close(ctx)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "latency: the schema remains:", err)
	}
}

// measure has the visitors write and the agent listen.
func (r *rig) measure(ctx context.Context, p *pair) (took times, err error) {
	agent, err := listen(ctx, p.agent)
	if err != nil {
		return took, err
	}
	defer agent.close()
	var visitors []*visitor
	for range r.cfg.visitors {
		v, err := newVisitor(ctx, p.visitors)
		if err != nil {
			return took, err
		}
		visitors = append(visitors, v)
	}
	warmUp := r.cfg.rate // a second's, in which connections are made and statements prepared
	total := warmUp + int(float64(r.cfg.rate)*r.cfg.turn.Seconds())
	pace := time.NewTicker(time.Second / time.Duration(r.cfg.rate))
	defer pace.Stop()
	var sending sync.WaitGroup
	defer sending.Wait()
	list := make([]struct{ began, stored, heard time.Time }, total)
	failed := make(chan error, 1)
	for i := range list {
		<-pace.C
		sending.Go(func() {
			list[i].began = time.Now()
			if err := visitors[i%len(visitors)].send(ctx, fmt.Sprint("message ", i, " end")); err != nil {
				select {
				case failed <- err:
				default:
				}
			}
			list[i].stored = time.Now()
		})
	}
	for heard := range total {
		select {
		case got := <-agent.heard:
			list[got.number].heard = got.at
		case err := <-failed:
			return took, err
		case <-time.After(20 * time.Second):
			return took, fmt.Errorf("the agent heard %d of %d messages", heard, total)
		}
	}
	sending.Wait()
	for _, m := range list[warmUp:] {
		took.heard = append(took.heard, m.heard.Sub(m.began))
		took.stored = append(took.stored, m.stored.Sub(m.began))
		took.way = append(took.way, max(0, m.heard.Sub(m.stored)))
	}
	return took, nil
}

// visitor writes.
type visitor struct {
	url, token, session string
	client              *http.Client
}

func newVisitor(ctx context.Context, n *node) (*visitor, error) {
	v := &visitor{url: n.server.URL + "/visitor/v1", client: n.server.Client()}
	var hello struct{ Token string }
	if err := v.post(ctx, "/hello", map[string]any{}, &hello); err != nil {
		return nil, err
	}
	v.token = hello.Token
	var started struct {
		ID string `json:"session_id"`
	}
	err := v.post(ctx, "/sessions", map[string]any{"message": "Hello"}, &started)
	v.session = started.ID
	return v, err
}

func (v *visitor) send(ctx context.Context, text string) error {
	return v.post(ctx, "/messages", map[string]any{"session_id": v.session, "message": text}, nil)
}

func (v *visitor) post(ctx context.Context, path string, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, v.url+path, strings.NewReader(string(body)))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	if v.token != "" {
		req.Header.Set("Authorization", "Bearer "+v.token)
	}
	res, err := v.client.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		return err
	}
	if res.StatusCode >= 300 {
		return fmt.Errorf("%s: %s: %.200s", path, res.Status, answer)
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(answer, out)
}

// receipt is a message in the agent's stream.
type receipt struct {
	number int
	at     time.Time
}

type agentStream struct {
	heard chan receipt
	close func()
}

// listen opens the agent's event stream.
func listen(ctx context.Context, n *node) (*agentStream, error) {
	_, secret, err := n.svc.CreateAPIKey(ctx, shop, chat.NewAPIKey{Name: "agent", Scopes: []string{chat.ScopeRead}})
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, n.server.URL+"/api/v1/events", nil)
	if err != nil {
		cancel()
		return nil, err
	}
	req.Header.Set("X-API-Key", secret)
	s := &agentStream{make(chan receipt, 1<<16), cancel}
	open := make(chan error, 1)
	go s.read(n.server.Client(), req, open)
	if err := <-open; err != nil {
		cancel()
		return nil, err
	}
	return s, nil
}

// read says when the stream is open, or why not, and reads it to its end.
func (s *agentStream) read(client *http.Client, req *http.Request, open chan<- error) {
	res, err := client.Do(req)
	open <- err
	if err != nil {
		return
	}
	defer res.Body.Close()
	lines := bufio.NewScanner(res.Body)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		i := strings.Index(lines.Text(), `"message":"message `)
		if i < 0 || !strings.Contains(lines.Text(), `"event":"message_sent"`) {
			continue
		}
		var number int
		if _, err := fmt.Sscanf(lines.Text()[i:], `"message":"message %d end"`, &number); err == nil {
			s.heard <- receipt{number, time.Now()}
		}
	}
}
