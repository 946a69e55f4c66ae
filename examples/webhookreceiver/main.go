// Webhookreceiver is the other end of a webhook: a program that gets a chat's
// events, makes sure that they are genuine, and does each thing once.
//
//	go run ./examples/quickstart -allow-private-webhooks
//	curl -H "X-API-Key: $KEY" -H "Content-Type: application/json" \
//	  -d '{"url":"http://127.0.0.1:9000/","events":["session_started","message_sent","session_closed"]}' \
//	  http://127.0.0.1:8080/chat/api/v1/webhooks
//	WEBHOOK_SECRET=whsec_… go run ./examples/webhookreceiver
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/pealchat/pealchat/webhooks"
)

func main() {
	addr := flag.String("addr", "127.0.0.1:9000", "listen on `host:port`")
	flag.Parse()
	secrets := strings.Fields(os.Getenv("WEBHOOK_SECRET")) // two of them while one takes the other's place
	if len(secrets) == 0 {
		log.Fatal("webhookreceiver: set WEBHOOK_SECRET to what the answer to POST /api/v1/webhooks has as secret")
	}
	server := &http.Server{Addr: *addr, Handler: newReceiver(secrets, os.Stdout), ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 15 * time.Second}
	fmt.Printf("Waiting for webhooks at http://%s/\n", *addr)
	log.Fatal(server.ListenAndServe())
}

// receiver prints what happens in the chat.
type receiver struct {
	secrets []string
	out     io.Writer

	mu   sync.Mutex
	done map[string]bool // by webhook-id; a program that must not forget keeps this in its database, in one transaction with what it does
}

func newReceiver(secrets []string, out io.Writer) *receiver {
	return &receiver{secrets: secrets, out: out, done: map[string]bool{}}
}

// event is the part of an event that this program is interested in.
type event struct {
	Type string    `json:"event"`
	At   time.Time `json:"timestamp"`
	Data struct {
		SessionID   string `json:"session_id"`
		VisitorName string `json:"visitor_name"`
		Sender      string `json:"sender"`
		Message     string `json:"message"`
	} `json:"data"`
}

const maxBody = 1 << 20

// ServeHTTP takes one delivery. Whatever is not a 2xx is sent again later, so
// it answers 204 only when the work is done, and an error only where trying
// again could help. 410 would switch the webhook off.
func (rc *receiver) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody)) // the signature is over these very bytes
	if err != nil {
		http.Error(w, "cannot read the body", http.StatusBadRequest)
		return
	}
	if err := webhooks.Verify(r.Header, body, rc.secrets...); err != nil {
		log.Printf("refused a request from %s: %v", r.RemoteAddr, err)
		http.Error(w, "not genuine", http.StatusUnauthorized)
		return
	}
	if err := rc.once(r.Header.Get(webhooks.HeaderID), body); err != nil {
		log.Printf("could not handle %s: %v", r.Header.Get(webhooks.HeaderID), err)
		http.Error(w, "try again later", http.StatusInternalServerError)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// once handles an event, unless that was done before: a delivery whose answer
// was lost comes again, with the same id and a webhook-attempt above 1.
func (rc *receiver) once(id string, body []byte) error {
	rc.mu.Lock()
	defer rc.mu.Unlock()
	if rc.done[id] {
		return nil
	}
	if err := rc.handle(body); err != nil {
		return err
	}
	rc.done[id] = true
	return nil
}

func (rc *receiver) handle(body []byte) error {
	var e event
	if err := json.Unmarshal(body, &e); err != nil {
		return errors.New("the body is not an event")
	}
	at := e.At.Format(time.TimeOnly)
	switch e.Type {
	case "session_started":
		_, err := fmt.Fprintf(rc.out, "%s  %s: %s has a question\n", at, e.Data.SessionID, e.Data.VisitorName)
		return err
	case "message_sent":
		_, err := fmt.Fprintf(rc.out, "%s  %s: %s: %q\n", at, e.Data.SessionID, e.Data.Sender, e.Data.Message)
		return err
	case "session_closed":
		_, err := fmt.Fprintf(rc.out, "%s  %s: closed\n", at, e.Data.SessionID)
		return err
	case "ping": // somebody tries whether it works
		_, err := fmt.Fprintf(rc.out, "%s  ping\n", at)
		return err
	}
	return nil // what this program does not know yet: it has been received
}
