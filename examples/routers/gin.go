package routers

import (
	"net/http"

	"github.com/gin-gonic/gin"
)

// Gin mounts the chat in gin.
func Gin(chat http.Handler) http.Handler {
	r := gin.New()
	r.Use(gin.Recovery())
	r.Any("/chat/*path", gin.WrapH(chat))
	r.GET("/", gin.WrapF(page))
	return r
}
