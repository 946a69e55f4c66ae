// Command metrics serves a chat, and what Prometheus asks for at /metrics. The
// packages beside it are what a host of its own would take: for Prometheus,
// and for OpenTelemetry.
package main

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"os"

	"github.com/pealchat/pealchat/chat"
	"github.com/pealchat/pealchat/examples/metrics/chatprometheus"
	"github.com/pealchat/pealchat/httpapi"
	"github.com/pealchat/pealchat/storage/sqlite"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

func main() {
	ctx := context.Background()
	store, err := sqlite.Open(ctx, "chat.db", nil)
	if err != nil {
		log.Fatal(err)
	}
	metrics := chatprometheus.New()
	svc := chat.New(store, &chat.Options{Metrics: metrics})
	metrics.Watch(svc)
	prometheus.MustRegister(metrics)
	go svc.Run(ctx)

	team := chat.NewAPIKey{Name: "Our team", Scopes: []string{chat.ScopeAdmin}}
	if _, err := svc.EnsureAPIKey(ctx, os.Getenv("CHAT_KEY"), team); err != nil {
		log.Fatal("CHAT_KEY: ", err)
	}
	http.Handle("/chat/", httpapi.New(svc, nil))
	http.Handle("/metrics", promhttp.Handler()) // /chat/healthz says whether this process should get requests
	fmt.Println("The figures are at http://127.0.0.1:8080/metrics and the console, for those with CHAT_KEY, at /chat/console/.")
	log.Fatal(http.ListenAndServe("127.0.0.1:8080", nil))
}
