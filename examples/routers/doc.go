// Package routers shows the chat mounted in the routers that Go programs use,
// each behind middleware of its own, and its tests hold that event streams
// come through. It is a module of its own, so that no router reaches a host
// that does not use it.
//
// In each of them the chat gets everything below its prefix, for all methods.
// Logging and recovering middleware may stand in front of it. Middleware that
// buffers responses or ends requests at a deadline may not: put that around
// the other routes.
package routers
