package chattest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/pealchat/pealchat/chat"
	"github.com/pealchat/pealchat/chat/client"
)

// promptly is how soon an event must arrive that nothing holds back. It is
// generous: what buffers holds events back until a stream ends, or for as long
// as its buffer is not full.
const promptly = 5 * time.Second

// CheckStreaming fails the test if the host's router and middleware do not let
// event streams through: if they buffer, compress in a way that holds back,
// end requests at a deadline, or hide that a client has gone. handler is the
// host's whole handler, and prefix is where the chat is mounted in it, such as
// "/chat/". It makes one visitor and one session, over a loopback address.
func CheckStreaming(t testing.TB, handler http.Handler, prefix string) {
	t.Helper()
	srv := httptest.NewServer(handler)
	defer srv.Close()
	defer srv.CloseClientConnections()
	CheckStreamingAt(t, srv.URL+"/"+strings.Trim(prefix, "/")+"/")
}

// CheckStreamingAt is [CheckStreaming] for a chat that is already served at
// url, such as behind a proxy.
func CheckStreamingAt(t testing.TB, url string) {
	t.Helper()
	if err := checkStreaming(t.Context(), url); err != nil {
		t.Error("chattest:", err)
	}
}

func checkStreaming(ctx context.Context, url string) error {
	visitor, err := client.New(url, client.Options{})
	if err != nil {
		return err
	}
	if _, err := visitor.Hello(ctx); err != nil {
		return fmt.Errorf("no chat answers below %s: %w", url, err)
	}
	stream := visitor.Events(ctx, "")
	defer stream.Close()
	if err := arrives(ctx, stream, "ready"); err != nil {
		return err
	}
	session, err := visitor.CreateSession(ctx, client.NewSession{Message: "Does this arrive?"})
	if err != nil {
		return fmt.Errorf("starting a session: %w", err)
	}
	if err := arrives(ctx, stream, chat.EventMessageSent); err != nil {
		return err
	}
	return visitor.CloseSession(ctx, session.ID)
}

// arrives waits for one event, and says what keeps it back if it does not come.
func arrives(ctx context.Context, stream *client.Stream, kind string) error {
	ctx, cancel := context.WithTimeout(ctx, promptly)
	defer cancel()
	for {
		e, err := stream.Next(ctx)
		switch {
		case errors.Is(err, context.DeadlineExceeded):
			return fmt.Errorf("%s has not arrived after %s: something between the chat and the connection holds event streams back; keep middleware that buffers, compresses or times out away from the chat", kind, promptly)
		case err != nil:
			return err
		case e.Type == kind:
			return nil
		}
	}
}
