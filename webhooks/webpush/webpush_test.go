package webpush

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"io"
	"log/slog"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pealchat/pealchat/chat"
	"github.com/pealchat/pealchat/storage/sqlite"
)

func decode(t *testing.T, s string) []byte {
	t.Helper()
	b, err := encoding.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// The example of RFC 8291, appendix A, to the byte.
func TestTheExampleOfTheStandard(t *testing.T) {
	sender, err := ecdh.P256().NewPrivateKey(decode(t, "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"))
	if err != nil {
		t.Fatal(err)
	}
	got, err := seal([]byte("When I grow up, I want to be a watermelon"),
		decode(t, "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"),
		decode(t, "BTBZMqHH6r4Tts7J_aSIgg"), sender, decode(t, "DGv6ra1nlYgDCS1FRnbzlw"))
	if err != nil {
		t.Fatal(err)
	}
	const want = "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
	if encoding.EncodeToString(got) != want {
		t.Errorf("the record is\n%s, want\n%s", encoding.EncodeToString(got), want)
	}
}

func TestWhatCannotBeSealed(t *testing.T) {
	browser := newBrowser(t)
	key, auth := browser.key.PublicKey().Bytes(), browser.auth
	if _, err := encrypt(make([]byte, maxPayload), key, auth); err != nil {
		t.Error(err)
	}
	if _, err := encrypt(make([]byte, maxPayload+1), key, auth); err == nil {
		t.Error("a message of one byte too much was sealed")
	}
	if _, err := encrypt([]byte("x"), make([]byte, 65), auth); err == nil {
		t.Error("sealed for a key that is no point")
	}
	if _, err := encrypt([]byte("x"), key, auth[:15]); err == nil {
		t.Error("sealed with a short auth")
	}
}

func TestKeys(t *testing.T) {
	k, err := ParseKey(NewKey() + "=\n")
	if err != nil {
		t.Fatal(err)
	}
	if public := decode(t, k.Public()); len(public) != 65 || public[0] != 4 {
		t.Errorf("the public key is %x", public)
	}
	for _, bad := range []string{"", "secret!", "AAAA", strings.Repeat("A", 43), strings.Repeat("_", 43)} {
		if _, err := ParseKey(bad); err == nil {
			t.Errorf("%q was taken", bad)
		} else if bad != "" && strings.Contains(err.Error(), bad) {
			t.Errorf("the error tells the key: %v", err)
		}
	}
}

// browser is the other side: it can read what is sent to it.
type browser struct {
	key  *ecdh.PrivateKey
	auth []byte
}

func newBrowser(t *testing.T) browser {
	t.Helper()
	key, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	auth := make([]byte, 16)
	rand.Read(auth)
	return browser{key, auth}
}

// open reads a record as RFC 8188 and RFC 8291 have the receiver do it.
func (b browser) open(t *testing.T, body []byte) []byte {
	t.Helper()
	salt, theirs, sealed := body[:16], body[21:21+65], body[86:]
	public, err := ecdh.P256().NewPublicKey(theirs)
	if err != nil {
		t.Fatal(err)
	}
	shared, err := b.key.ECDH(public)
	if err != nil {
		t.Fatal(err)
	}
	derive := func(secret, salt []byte, info string, n int) []byte {
		out, err := hkdf.Key(sha256.New, secret, salt, info, n)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	ikm := derive(shared, b.auth, "WebPush: info\x00"+string(b.key.PublicKey().Bytes())+string(theirs), 32)
	block, err := aes.NewCipher(derive(ikm, salt, "Content-Encoding: aes128gcm\x00", 16))
	if err != nil {
		t.Fatal(err)
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		t.Fatal(err)
	}
	plain, err := gcm.Open(nil, derive(ikm, salt, "Content-Encoding: nonce\x00", 12), sealed, nil)
	if err != nil || plain[len(plain)-1] != 2 {
		t.Fatalf("the record does not open: %v, %x", err, plain)
	}
	return plain[:len(plain)-1]
}

// checkSignature does what a push service does with the Authorization.
func checkSignature(t *testing.T, header, audience, public string) {
	t.Helper()
	token, key, ok := strings.Cut(strings.TrimPrefix(header, "vapid t="), ", k=")
	parts := strings.Split(token, ".")
	if !ok || key != public || len(parts) != 3 {
		t.Fatalf("the authorization is %q", header)
	}
	raw := decode(t, key)
	digest := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	signature := decode(t, parts[2])
	pub, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), raw)
	if err != nil {
		t.Fatal(err)
	}
	if len(signature) != 64 || !ecdsa.Verify(pub, digest[:], new(big.Int).SetBytes(signature[:32]), new(big.Int).SetBytes(signature[32:])) {
		t.Error("the signature is wrong")
	}
	var claims struct {
		Aud, Sub string
		Exp      int64
	}
	if err := json.Unmarshal(decode(t, parts[1]), &claims); err != nil {
		t.Fatal(err)
	}
	if left := time.Until(time.Unix(claims.Exp, 0)); claims.Aud != audience || claims.Sub != "mailto:ops@example.com" || left < time.Hour || left > 24*time.Hour {
		t.Errorf("the claims are %+v", claims)
	}
}

// rig is a service with a push service beside it.
type rig struct {
	svc   *chat.Service
	keys  Keys
	got   chan *http.Request
	body  chan []byte
	url   string
	reply atomic.Int64
}

func newRig(t *testing.T, targets chat.WebhookTargets) *rig {
	t.Helper()
	r := &rig{got: make(chan *http.Request, 10), body: make(chan []byte, 10)}
	r.reply.Store(201)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body, _ := io.ReadAll(req.Body)
		r.body <- body
		r.got <- req
		w.WriteHeader(int(r.reply.Load()))
	}))
	t.Cleanup(srv.Close)
	r.url = srv.URL
	keys, err := ParseKey(NewKey())
	if err != nil {
		t.Fatal(err)
	}
	r.keys = keys
	store, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "chat.db"), nil)
	if err != nil {
		t.Fatal(err)
	}
	r.svc = chat.New(store, &chat.Options{PushKey: keys.Public(), WebhookTargets: targets, Logger: slog.New(slog.DiscardHandler)})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{}, 2)
	go func() { r.svc.Run(ctx); done <- struct{}{} }()
	go func() {
		New(r.svc, keys, &Options{Subject: "mailto:ops@example.com", Logger: slog.New(slog.DiscardHandler)}).Run(ctx)
		done <- struct{}{}
	}()
	t.Cleanup(func() { cancel(); <-done; <-done; r.svc.Close(); store.Close() })
	return r
}

func (r *rig) agent(t *testing.T, id string) chat.Actor {
	t.Helper()
	by := chat.AsAgent(chat.Agent{ID: id, Name: id})
	if _, err := r.svc.SetAvailability(t.Context(), by, chat.Available); err != nil {
		t.Fatal(err)
	}
	return by
}

func (r *rig) subscribe(t *testing.T, by chat.Actor, path string, b browser) chat.PushSubscription {
	t.Helper()
	p, err := r.svc.SubscribePush(t.Context(), by, r.url+path, encoding.EncodeToString(b.key.PublicKey().Bytes()), encoding.EncodeToString(b.auth))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func (r *rig) next(t *testing.T) (*http.Request, []byte) {
	t.Helper()
	select {
	case req := <-r.got:
		return req, <-r.body
	case <-time.After(10 * time.Second):
		t.Fatal("nothing was pushed")
		return nil, nil
	}
}

func ok[T any](t *testing.T) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func TestAgentsAreTold(t *testing.T) {
	r := newRig(t, chat.WebhookTargets{Any: true})
	ada, bob := r.agent(t, "ada"), r.agent(t, "bob")
	atAda, atBob := newBrowser(t), newBrowser(t)
	r.subscribe(t, ada, "/ada?secret", atAda)
	host := chat.AsHost("Shop")

	started := ok[chat.StartedSession](t)(r.svc.CreateSession(t.Context(), host, chat.NewSession{VisitorName: "Ines", Message: "Is it food safe?"}))
	req, body := r.next(t)
	checkSignature(t, req.Header.Get("Authorization"), r.url, r.keys.Public())
	if req.URL.Path != "/ada" || req.Header.Get("Content-Encoding") != "aes128gcm" || req.Header.Get("TTL") != "600" || req.Header.Get("Urgency") != "high" || len(req.Header.Get("Topic")) > 32 {
		t.Errorf("the request is %s %v", req.URL, req.Header)
	}
	var got news
	if err := json.Unmarshal(atAda.open(t, body), &got); err != nil {
		t.Fatal(err)
	}
	if got.Kind != "message" || got.Name != "Ines" || got.Text != "Is it food safe?" || got.SessionID != started.Session.ID || got.MessageID == "" {
		t.Errorf("told %+v", got)
	}

	// Once it is Bob's, only Bob is told.
	r.subscribe(t, bob, "/bob", atBob)
	ok[chat.Session](t)(r.svc.ClaimSession(t.Context(), bob, started.Session.ID))
	ok[chat.SentMessage](t)(r.svc.SendMessage(t.Context(), host, chat.NewMessage{SessionID: started.Session.ID, Sender: chat.SenderVisitor, Text: strings.Repeat("ü", 4000)}))
	req, body = r.next(t)
	if req.URL.Path != "/bob" {
		t.Errorf("%s was told of what is Bob's", req.URL.Path)
	}
	if json.Unmarshal(atBob.open(t, body), &got); len([]rune(got.Text)) != 200 {
		t.Errorf("a long text has %d characters", len([]rune(got.Text)))
	}

	// A note that mentions Ada is for Ada, wherever the session is. A browser
	// that is gone is forgotten.
	r.reply.Store(410)
	ok[chat.SentMessage](t)(r.svc.AddNote(t.Context(), bob, started.Session.ID, "@ada look", "", "ada"))
	req, body = r.next(t)
	if json.Unmarshal(atAda.open(t, body), &got); req.URL.Path != "/ada" || got.Kind != "mention" || got.Name != "bob" {
		t.Errorf("%s was told %+v", req.URL.Path, got)
	}
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		if left := ok[[]chat.PushSubscription](t)(r.svc.PushSubscriptions(t.Context())); len(left) == 1 && left[0].AgentID == "bob" {
			break
		} else if time.Now().After(end) {
			t.Fatalf("%d browsers are left", len(left))
		}
	}
}

// What a browser names as its push service is connected to as webhooks are.
func TestThisMachineIsNotReached(t *testing.T) {
	r := newRig(t, chat.WebhookTargets{})
	ada := r.agent(t, "ada")
	b := newBrowser(t)
	_, err := r.svc.SubscribePush(t.Context(), ada, r.url, encoding.EncodeToString(b.key.PublicKey().Bytes()), encoding.EncodeToString(b.auth))
	if err == nil || !strings.HasPrefix(err.Error(), "endpoint must") {
		t.Errorf("a subscription to this machine: %v", err)
	}
	// A name that resolves to it is refused when it is dialled.
	port := netip.MustParseAddrPort(strings.TrimPrefix(r.url, "http://")).Port()
	r2 := newRig(t, chat.WebhookTargets{HTTP: true, Ports: []uint16{port}})
	s2 := New(r2.svc, r2.keys, nil)
	sub := chat.PushSubscription{Endpoint: strings.Replace(r.url, "127.0.0.1", "localhost", 1) + "/secret", P256DH: encoding.EncodeToString(b.key.PublicKey().Bytes()), Auth: encoding.EncodeToString(b.auth)}
	if _, err := s2.post(t.Context(), sub, "s1", []byte("{}")); err == nil || strings.Contains(err.Error(), "secret") || !strings.Contains(err.Error(), "blocked") {
		t.Errorf("a push to this machine: %v", err)
	}
}

func TestSubscriptionsAreChecked(t *testing.T) {
	r := newRig(t, chat.WebhookTargets{Any: true})
	ada := r.agent(t, "ada")
	b := newBrowser(t)
	key, auth := encoding.EncodeToString(b.key.PublicKey().Bytes()), encoding.EncodeToString(b.auth)
	for _, c := range []struct{ endpoint, key, auth, field string }{
		{"", key, auth, "endpoint"}, {"push.example", key, auth, "endpoint"}, {"https://push.example/", key[:80], auth, "p256dh"}, {"https://push.example/", key, "AAAA", "auth"},
		{"https://push.example/", key, auth + "==", "auth"},
	} {
		_, err := r.svc.SubscribePush(t.Context(), ada, c.endpoint, c.key, c.auth)
		if e, is := err.(*chat.Error); !is || e.Field != c.field {
			t.Errorf("%+v: %v", c, err)
		}
	}
}
