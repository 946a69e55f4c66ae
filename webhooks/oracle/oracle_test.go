package oracle

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/pealchat/pealchat/chat"
	"github.com/pealchat/pealchat/storage/sqlite"
	"github.com/pealchat/pealchat/webhooks"
	standard "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

const otherSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

// request is a delivery as a receiver has it.
type request struct {
	header http.Header
	body   []byte
}

// deliveries has a chat with two live secrets send some, with whatever people
// write in them.
func deliveries(t *testing.T) (sent []request, secrets []string) {
	t.Helper()
	got := make(chan request, 100)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got <- request{r.Header, body}
	}))
	t.Cleanup(server.Close)
	store, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "chat.db"), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	log := slog.New(slog.DiscardHandler)
	svc := chat.New(store, &chat.Options{Logger: log, WebhookTargets: chat.WebhookTargets{Any: true}})
	t.Cleanup(func() { svc.Close() })
	host := chat.AsHost("Shop")
	w, err := svc.CreateWebhook(t.Context(), host, chat.NewWebhook{URL: server.URL, Events: []string{"*"}})
	if err != nil {
		t.Fatal(err)
	}
	rotated, err := svc.RotateWebhookSecret(t.Context(), host, w.Webhook.ID)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- webhooks.New(svc, &webhooks.Options{Logger: log}).Run(ctx) }()
	t.Cleanup(func() { cancel(); <-ended })
	texts := []string{"Hello", "Grüße aus Köln 😀", "</script><b>", "line\nbreak\u2028here", `"quoted" \ back`, "١٢٣ עברית", strings.Repeat("long ", 700)}
	for _, text := range texts {
		_, err := svc.CreateSession(t.Context(), host, chat.NewSession{VisitorName: "Ines", Message: text})
		if err != nil {
			t.Fatal(err)
		}
	}
	for range 2 * len(texts) {
		select {
		case r := <-got:
			sent = append(sent, r)
		case <-time.After(30 * time.Second):
			t.Fatalf("%d deliveries came", len(sent))
		}
	}
	return sent, []string{w.Secret, rotated.Secret}
}

// attempt is a request and whether it should be taken.
type attempt struct {
	name    string
	request request
	secret  string
	good    bool
}

// cases are the deliveries as they came, and what others might make of them.
func cases(t *testing.T) (all []attempt) {
	t.Helper()
	sent, secrets := deliveries(t)
	change := func(r request, name, value string) request {
		h := r.header.Clone()
		h.Set(name, value)
		return request{h, r.body}
	}
	for i, r := range sent {
		for n, secret := range secrets {
			all = append(all, attempt{fmt.Sprintf("delivery %d, secret %d", i, n), r, secret, true})
		}
		altered := request{r.header, bytes.Replace(r.body, []byte(`"event"`), []byte(`"Event"`), 1)}
		old := strconv.FormatInt(time.Now().Add(-6*time.Minute).Unix(), 10)
		all = append(all,
			attempt{fmt.Sprintf("delivery %d, wrong secret", i), r, otherSecret, false},
			attempt{fmt.Sprintf("delivery %d, altered body", i), altered, secrets[1], false},
			attempt{fmt.Sprintf("delivery %d, another id", i), change(r, webhooks.HeaderID, "msg_1"), secrets[1], false},
			attempt{fmt.Sprintf("delivery %d, another time", i), change(r, webhooks.HeaderTimestamp, old), secrets[1], false},
			attempt{fmt.Sprintf("delivery %d, no signature", i), change(r, webhooks.HeaderSignature, "v1,"), secrets[1], false},
		)
		signed := func(at time.Time) request {
			signature, err := webhooks.Sign("msg_2", at, r.body, secrets[0])
			if err != nil {
				t.Fatal(err)
			}
			again := change(change(r, webhooks.HeaderID, "msg_2"), webhooks.HeaderTimestamp, strconv.FormatInt(at.Unix(), 10))
			return change(again, webhooks.HeaderSignature, signature)
		}
		all = append(all,
			attempt{fmt.Sprintf("delivery %d, signed six minutes ago", i), signed(time.Now().Add(-6 * time.Minute)), secrets[0], false},
			attempt{fmt.Sprintf("delivery %d, signed in six minutes", i), signed(time.Now().Add(6 * time.Minute)), secrets[0], false},
			attempt{fmt.Sprintf("delivery %d, signed four minutes ago", i), signed(time.Now().Add(-4 * time.Minute)), secrets[0], true},
		)
	}
	return all
}

func TestLibraryInGo(t *testing.T) {
	for _, c := range cases(t) {
		wh, err := standard.NewWebhook(c.secret)
		if err != nil {
			t.Fatal(err)
		}
		if err := wh.Verify(c.request.body, c.request.header); (err == nil) != c.good {
			t.Errorf("%s: the library says %v", c.name, err)
		}
		if err := webhooks.Verify(c.request.header, c.request.body, c.secret); (err == nil) != c.good {
			t.Errorf("%s: Verify says %v", c.name, err)
		}
	}
}

func TestLibraryInJavaScript(t *testing.T) {
	if _, err := exec.LookPath("node"); err != nil {
		missing(t, "there is no node in the PATH")
	}
	if _, err := os.Stat("node_modules/standardwebhooks"); err != nil {
		missing(t, `"npm ci" has not been run in webhooks/oracle`)
	}
	type question struct {
		Secret  string            `json:"secret"`
		Headers map[string]string `json:"headers"`
		Body    string            `json:"body"`
	}
	all := cases(t)
	var ask []question
	for _, c := range all {
		h := map[string]string{}
		for _, name := range []string{webhooks.HeaderID, webhooks.HeaderTimestamp, webhooks.HeaderSignature} {
			h[name] = c.request.header.Get(name)
		}
		ask = append(ask, question{c.secret, h, base64.StdEncoding.EncodeToString(c.request.body)})
	}
	in, err := json.Marshal(ask)
	if err != nil {
		t.Fatal(err)
	}
	node := exec.CommandContext(t.Context(), "node", "verify.mjs")
	node.Stdin, node.Stderr = bytes.NewReader(in), os.Stderr
	out, err := node.Output()
	var verdicts []string
	if err == nil {
		err = json.Unmarshal(out, &verdicts)
	}
	if err != nil || len(verdicts) != len(all) {
		t.Fatalf("%d verdicts of %d: %v", len(verdicts), len(all), err)
	}
	for i, c := range all {
		if (verdicts[i] == "good") != c.good {
			t.Errorf("%s: the library says %s", c.name, verdicts[i])
		}
	}
}

// missing skips a test that cannot run, unless it has to.
func missing(t *testing.T, what string) {
	t.Helper()
	if os.Getenv("PEALCHAT_REQUIRE") == "all" {
		t.Fatal(what)
	}
	t.Skip(what)
}

// What the library signs we take, whatever the id and the body.
func TestWhatTheLibrarySigns(t *testing.T) {
	for range 200 {
		key := make([]byte, 24+rand.IntN(41))
		for i := range key {
			key[i] = byte(rand.Uint32())
		}
		secret := "whsec_" + base64.StdEncoding.EncodeToString(key)
		wh, err := standard.NewWebhook(secret)
		if err != nil {
			t.Fatal(err)
		}
		body := make([]byte, rand.IntN(2000))
		for i := range body {
			body[i] = byte(rand.Uint32())
		}
		id, now := "msg_"+strconv.Itoa(rand.Int()), time.Now()
		signature, err := wh.Sign(id, now, body)
		if err != nil {
			t.Fatal(err)
		}
		if ours, err := webhooks.Sign(id, now, body, secret); err != nil || ours != signature {
			t.Fatalf("we sign %q, %v; the library %q", ours, err, signature)
		}
		h := http.Header{}
		values := map[string]string{webhooks.HeaderID: id, webhooks.HeaderTimestamp: strconv.FormatInt(now.Unix(), 10), webhooks.HeaderSignature: signature}
		for _, name := range slices.Sorted(maps.Keys(values)) {
			h.Set(name, values[name])
		}
		if err := webhooks.Verify(h, body, secret); err != nil {
			t.Fatal(err)
		}
	}
}
