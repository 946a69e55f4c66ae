// Package httpapi serves a [chat.Service] over HTTP: the agents' and
// integrations' API under api/v1, the visitors' API under visitor/v1, the
// event streams of both, the script for the host's pages and the agents'
// console.
//
// The handler works wherever it is mounted, with or without
// [http.StripPrefix]: it finds its own routes at the end of the path and sends
// out relative addresses only.
//
//	mux.Handle("/chat/", httpapi.New(svc, &httpapi.Options{Agent: whoIs}))
//
// Because the prefix is not known, the same routes also answer below any
// further path under it. Rules about who may call belong into [Options] or
// around the whole handler, not into path patterns of a proxy.
//
// Guides for tasks lie beside the source: README.md (the API), login.md and
// proxy.md (routers and proxies).
package httpapi
