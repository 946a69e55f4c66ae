package webhooks

import (
	"net/http"
	"time"

	"github.com/pealchat/pealchat/chat"
)

// Client returns a client for requests to addresses that somebody else has
// named. It connects to what targets allow and nothing else, whatever a name
// resolves to at that moment, follows no redirects and uses no proxy of the
// environment. timeout bounds connecting and waiting for the answer's head;
// the context of a request bounds the rest.
func Client(targets chat.WebhookTargets, timeout time.Duration) *http.Client {
	return newClient(targets, timeout, 4)
}
