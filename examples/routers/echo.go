package routers

import (
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"
	"github.com/labstack/echo/v4/middleware"
)

// Echo mounts the chat in echo. Its BodyDump middleware, where it is used,
// should skip the chat: it keeps a copy of each response in memory.
func Echo(chat http.Handler) http.Handler {
	e := echo.New()
	e.Use(middleware.Recover(), middleware.GzipWithConfig(middleware.GzipConfig{
		Skipper: func(c echo.Context) bool { return strings.HasPrefix(c.Path(), "/chat/") },
	}))
	e.Any("/chat/*", echo.WrapHandler(chat))
	e.GET("/", echo.WrapHandler(http.HandlerFunc(page)))
	return e
}
