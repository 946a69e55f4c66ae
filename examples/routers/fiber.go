package routers

import (
	"context"
	"net/http"

	"github.com/gofiber/fiber/v3"
	"github.com/gofiber/fiber/v3/middleware/adaptor"
)

// Fiber mounts the chat in fiber, through its adaptor. That hides from the
// chat when a client has gone: it is noticed with a heartbeat that cannot be
// written. Give the app no WriteTimeout, which cuts streams off.
func Fiber(chat http.Handler) *fiber.App {
	app := fiber.New(fiber.Config{BodyLimit: 16 << 20}) // files have 10 MiB at most
	app.All("/chat/*", adaptor.HTTPHandler(detached(chat)))
	app.Get("/", adaptor.HTTPHandlerFunc(page))
	return app
}

// detached serves requests without fasthttp's context. The adaptor lets a
// stream run on after its client has gone, when fasthttp uses that context for
// another request already. Options.Agent therefore sees cookies and headers,
// and no values of fiber's middleware.
func detached(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.ServeHTTP(w, r.WithContext(context.Background()))
	})
}
