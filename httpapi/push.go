package httpapi

import "net/http"

// newPush is what a browser's PushSubscription says of itself.
type newPush struct {
	Endpoint string   `json:"endpoint"`
	Keys     pushKeys `json:"keys"`
}

type pushKeys struct {
	P256DH string `json:"p256dh"`
	Auth   string `json:"auth"`
}

func (h *Handler) subscribePush(r *http.Request, by caller, in newPush) (answer, error) {
	if in.Keys == (pushKeys{}) {
		return answer{}, badField("keys", "keys must hold p256dh and auth.")
	}
	p, err := h.svc.SubscribePush(r.Context(), by.Actor, in.Endpoint, in.Keys.P256DH, in.Keys.Auth)
	return created(p), err
}

func (h *Handler) unsubscribePush(r *http.Request, by caller) (answer, error) {
	return noContent, h.svc.UnsubscribePush(r.Context(), by.Actor, r.PathValue("push_subscription_id"))
}

// worker serves the console's service worker, which shows push messages. It
// stands beside the console, because it may see no more than that.
func (h *Handler) worker(w http.ResponseWriter, r *http.Request, _ caller) error {
	w.Header().Set("Content-Security-Policy", "default-src 'none'")
	return h.file(w, r, "console/worker.js", "no-cache")
}
