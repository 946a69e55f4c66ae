package routers

import (
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/gofiber/fiber/v3"
	"github.com/klauspost/compress/gzhttp"
	"github.com/pealchat/pealchat/chat"
	"github.com/pealchat/pealchat/chat/chattest"
	"github.com/pealchat/pealchat/httpapi"
)

// chatOf is a chat whose agents are known by a cookie.
func chatOf(t *testing.T) http.Handler {
	t.Helper()
	svc := chat.New(chattest.Store(t), nil)
	t.Cleanup(func() { svc.Close() })
	return httpapi.New(svc, &httpapi.Options{
		Streams: httpapi.Streams{Heartbeat: time.Second},
		Agent: func(r *http.Request) (chat.Agent, error) {
			if c, err := r.Cookie("staff"); err == nil {
				return chat.Agent{ID: c.Value, Name: c.Value}, nil
			}
			return chat.Agent{}, errors.New("nobody")
		},
	})
}

func TestChatWorksInEveryRouter(t *testing.T) {
	gin.SetMode(gin.TestMode)
	for name, router := range map[string]func(http.Handler) http.Handler{
		"net/http": NetHTTP, "chi": Chi, "gin": Gin, "echo": Echo, "gorilla": Gorilla,
		"compressed": func(chat http.Handler) http.Handler { return gzhttp.GzipHandler(NetHTTP(chat)) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			site := chattest.Start(t, router(chatOf(t)), "/chat/")
			chattest.CheckStreamingAt(t, site.URL)
			talk(t, site)
			for path, status := range map[string]int{"chat.js": 200, "console/": 200, "healthz": 200, "nowhere": 404} {
				if resp, err := http.Get(site.URL + path); err != nil || resp.StatusCode != status {
					t.Errorf("%s: %v, %v, want %d", path, resp.Status, err, status)
				}
			}
		})
	}
}

func TestChatWorksInFiber(t *testing.T) {
	app := Fiber(chatOf(t))
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go app.Listener(ln, fiber.ListenConfig{DisableStartupMessage: true})
	t.Cleanup(func() { app.ShutdownWithTimeout(time.Second) })
	url := "http://" + ln.Addr().String() + "/chat/"
	chattest.CheckStreamingAt(t, url)
	talk(t, chattest.At(t, url))
}

// talk has a visitor and an agent talk, both ways.
func talk(t *testing.T, site *chattest.Site) {
	t.Helper()
	visitor := site.Visitor()
	agent := site.Agent(http.Header{"Cookie": {"staff=Mara"}})
	session := visitor.Asks("Is anybody there?")
	agent.Hears("Is anybody there?")
	agent.Says(session, "Yes.")
	visitor.Hears("Yes.")
}

// The chat finds out by itself what would break it, and says so.
func TestTimeoutAroundTheChatIsNamed(t *testing.T) {
	srv := httptest.NewServer(http.TimeoutHandler(NetHTTP(chatOf(t)), time.Minute, ""))
	defer srv.Close()
	said := &saying{TB: t}
	chattest.CheckStreamingAt(said, srv.URL+"/chat/")
	if said.text == "" {
		t.Error("a timeout handler around the chat is not noticed")
	}
}

// saying takes failures instead of failing.
type saying struct {
	testing.TB
	text string
}

func (s *saying) Error(args ...any) { s.text = "failed" }
