package e2e

import (
	"bufio"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/pealchat/pealchat/chat"
	"github.com/pealchat/pealchat/storage/postgres"
	"github.com/pealchat/pealchat/storage/postgres/pgtest"
)

// nodeProgram is examples/cluster, built. While it is set, startServer starts
// three nodes that share a PostgreSQL database, where it starts the quickstart
// with its file otherwise.
var nodeProgram string

const nodeCount = 3

// site is three nodes, processes of examples/cluster, behind a proxy that sends
// requests to each in turn. Streams it does not leave to chance: those of
// visitors come from the first node and those of agents from the others, so
// that whatever one side sees of the other has gone from node to node.
type site struct {
	s    *server
	dsn  string
	dir  string
	turn atomic.Uint64

	mu    sync.Mutex
	nodes [nodeCount]*exec.Cmd
	addrs [nodeCount]string // "" while the node does not run
}

// TestOnNodes has the conversations of the other tests on three nodes.
func TestOnNodes(t *testing.T) {
	needBrowser(t)
	pgtest.Server(t) // or there is nothing to build for
	nodeProgram = filepath.Join(t.TempDir(), "cluster")
	defer func() { nodeProgram = "" }()
	build := exec.Command("go", "build", "-o", nodeProgram, ".")
	build.Dir = filepath.Join("..", "..", "examples", "cluster")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build the cluster: %v\n%s", err, out)
	}
	for name, test := range map[string]func(*testing.T){
		"two people talk":                 TestTwoPeopleTalk,
		"reloads":                         TestReloadsInMidConversation,
		"all nodes are killed":            TestTheServerIsKilledInMidConversation,
		"a message outlives its page":     TestAMessageOutlivesItsPage,
		"eight tabs":                      TestEightTabsStayResponsive,
		"what is being written":           TestWhatIsBeingWrittenIsSeenWhereItMay,
		"colleagues in the list":          TestColleaguesAreSeenInTheList,
		"drafts":                          TestDraftsFollowTheirWriter,
		"replies that cross":              TestRepliesDoNotCrossUnnoticed,
		"a reply that crosses is refused": TestTheServerRefusesAReplyThatCrosses,
		"messages are changed":            TestMessagesAreChangedQuotedAndTakenAway,
		"files":                           TestFilesToAndFro,
		"the queue":                       TestTheQueueMoves,
		"settings":                        TestSettingsReachVisitors,
		"visitors on the site":            TestVisitorsPage,
		"nodes are killed one by one":     nodesAreKilled,
	} {
		t.Run(name, test)
	}
}

// A node dies under the visitor's stream, and then one under the agent's.
// Neither of the two notices more than a moment, and nothing is lost.
func nodesAreKilled(t *testing.T) {
	s := startServer(t)
	visitor := visit(t, s)
	visitor.openChat()
	visitor.say("One")
	mara := enterConsole(t, s, "Mara Reyes")
	mara.click("All open", `labelled('.nav a', 'All open')`)
	mara.pick("Visitor")
	mara.reply("Two")
	visitor.hears("Two")
	visitor.expectOffline(true) // the browser notes what was cut
	mara.expectOffline(true)
	want := []string{"One", "Two"}
	for i := range nodeCount {
		s.site.kill(i)
		fromMara, fromVisitor := "Without node "+strconv.Itoa(i+1), "Still here without node "+strconv.Itoa(i+1)
		mara.reply(fromMara)
		visitor.hears(fromMara)
		visitor.say(fromVisitor)
		mara.reads(fromVisitor)
		want = append(want, fromMara, fromVisitor)
		s.site.startNode(i)
	}
	visitor.wantLines(want...)
	s.wantMessages(want...)
}

// newSite makes a database with the tests' key, and the proxy.
func newSite(s *server) *site {
	s.t.Helper()
	x := &site{s: s, dsn: pgtest.Database(s.t), dir: s.t.TempDir()}
	quiet := slog.New(slog.DiscardHandler)
	store, err := postgres.Open(s.t.Context(), x.dsn, &postgres.Options{Logger: quiet})
	if err != nil {
		s.t.Fatal(err)
	}
	svc := chat.New(store, nil)
	_, err = svc.EnsureAPIKey(s.t.Context(), key, chat.NewAPIKey{Name: "Alder & Clay", Scopes: []string{chat.ScopeAdmin}})
	svc.Close()
	store.Close()
	if err != nil {
		s.t.Fatal(err)
	}
	proxy := httptest.NewServer(&httputil.ReverseProxy{
		Transport: x,
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetXForwarded()
			r.Out.Host = r.In.Host
		},
		ErrorLog:     slog.NewLogLogger(quiet.Handler(), slog.LevelError),
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) },
	})
	s.t.Cleanup(func() {
		proxy.CloseClientConnections()
		proxy.Close()
	})
	s.addr = strings.TrimPrefix(proxy.URL, "http://")
	return x
}

// start starts the nodes that do not run. The first goes before the others:
// it makes the secret with which all of them sign the staff in.
func (x *site) start() {
	x.s.t.Helper()
	for i := range nodeCount {
		x.startNode(i)
	}
}

func (x *site) startNode(i int) {
	x.s.t.Helper()
	cmd := exec.Command(nodeProgram, "-node", strconv.Itoa(i+1), "-data", x.dir)
	cmd.Args = append(cmd.Args, x.s.flags...)
	cmd.Env = append(os.Environ(), "PEALCHAT_CLUSTER_DSN="+x.dsn)
	cmd.Stderr = writerFunc(x.s.write)
	in, err := cmd.StdinPipe() // the node ends with whoever has started it
	if err != nil {
		x.s.t.Fatal(err)
	}
	x.s.t.Cleanup(func() { in.Close() })
	out, err := cmd.StdoutPipe()
	if err != nil {
		x.s.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		x.s.t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	if !lines.Scan() {
		cmd.Wait()
		x.s.t.Fatalf("node %d did not start:\n%s", i+1, x.s.read())
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	x.nodes[i], x.addrs[i] = cmd, lines.Text()
}

// kill ends a node without a warning.
func (x *site) kill(i int) {
	x.mu.Lock()
	cmd := x.nodes[i]
	x.nodes[i], x.addrs[i] = nil, ""
	x.mu.Unlock()
	if cmd != nil {
		cmd.Process.Kill()
		cmd.Wait()
	}
}

func (x *site) killAll() {
	for i := range nodeCount {
		x.kill(i)
	}
}

// RoundTrip implements http.RoundTripper for the proxy. What a node that is
// gone has not answered is the browser's to repeat.
func (x *site) RoundTrip(r *http.Request) (*http.Response, error) {
	first := x.turn.Add(1)
	if strings.HasSuffix(r.URL.Path, "/events") {
		first = 1 + first%(nodeCount-1)
		if strings.HasPrefix(r.URL.Path, "/chat/visitor/") {
			first = 0
		}
	}
	r.URL.Scheme, r.URL.Host = "http", x.next(first)
	return http.DefaultTransport.RoundTrip(r)
}

// next is the address of a node that runs, from this one on.
func (x *site) next(first uint64) string {
	x.mu.Lock()
	defer x.mu.Unlock()
	for i := range uint64(nodeCount) {
		if addr := x.addrs[(first+i)%nodeCount]; addr != "" {
			return addr
		}
	}
	return "127.0.0.1:1" // nobody is there
}
