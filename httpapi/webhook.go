package httpapi

import (
	"net/http"
	"time"

	"github.com/pealchat/pealchat/chat"
)

type webhookList struct {
	Webhooks []chat.Webhook `json:"webhooks"`
	Next     string         `json:"next_cursor,omitempty"`
}

func (h *Handler) webhooks(r *http.Request, by caller) (answer, error) {
	p := queryOf(r)
	page := p.page()
	if p.err != nil {
		return answer{}, p.err
	}
	list, err := h.svc.Webhooks(r.Context(), by.Actor)
	if err != nil {
		return answer{}, err
	}
	list, next, err := webhookPages.page(list, page)
	return done(webhookList{orEmpty(list), next}), nameCursor(err, page)
}

func (h *Handler) webhook(r *http.Request, by caller) (answer, error) {
	w, err := h.svc.Webhook(r.Context(), by.Actor, r.PathValue("webhook_id"))
	return done(w), err
}

// createWebhook answers with the secret, this once.
func (h *Handler) createWebhook(r *http.Request, by caller, in chat.NewWebhook) (answer, error) {
	made, err := h.svc.CreateWebhook(r.Context(), by.Actor, in)
	out := created(extended{made.Webhook, "secret", made.Secret})
	out.location = "webhooks/" + made.Webhook.ID
	return out, err
}

func (h *Handler) updateWebhook(r *http.Request, by caller, in chat.WebhookChange) (answer, error) {
	w, err := h.svc.UpdateWebhook(r.Context(), by.Actor, r.PathValue("webhook_id"), in)
	return done(w), err
}

func (h *Handler) deleteWebhook(r *http.Request, by caller) (answer, error) {
	return noContent, h.svc.DeleteWebhook(r.Context(), by.Actor, r.PathValue("webhook_id"))
}

// rotateWebhookSecret answers with the new secret, this once.
func (h *Handler) rotateWebhookSecret(r *http.Request, by caller) (answer, error) {
	made, err := h.svc.RotateWebhookSecret(r.Context(), by.Actor, r.PathValue("webhook_id"))
	out := extended{made.Webhook, "secret", made.Secret}
	if !made.PreviousUntil.IsZero() {
		out = extended{out, "previous_secret_expires_at", stamp(made.PreviousUntil)}
	}
	return done(out), err
}

// pingWebhook only has the ping sent: the answer will stand in the log.
func (h *Handler) pingWebhook(r *http.Request, by caller) (answer, error) {
	d, err := h.svc.PingWebhook(r.Context(), by.Actor, r.PathValue("webhook_id"))
	return accepted(d), err
}

type deliveryPage struct {
	Deliveries []chat.Delivery `json:"deliveries"`
	Next       string          `json:"next_cursor,omitempty"`
}

func (h *Handler) deliveries(r *http.Request, by caller) (answer, error) {
	p := queryOf(r)
	q := chat.DeliveryQuery{Page: p.page(), WebhookID: r.PathValue("webhook_id")}
	if state := p.one("state", "all", chat.DeliveryPending, chat.DeliveryDelivered, chat.DeliveryFailed, chat.DeliverySkipped); state != "all" {
		q.State = state
	}
	if p.err != nil {
		return answer{}, p.err
	}
	page, err := h.svc.Deliveries(r.Context(), by.Actor, q)
	return done(deliveryPage{orEmpty(page.Deliveries), page.Next}), nameCursor(err, q.Page)
}

func (h *Handler) delivery(r *http.Request, by caller) (answer, error) {
	d, err := h.svc.Delivery(r.Context(), by.Actor, r.PathValue("delivery_id"))
	return done(d), err
}

func (h *Handler) redeliver(r *http.Request, by caller) (answer, error) {
	d, err := h.svc.Redeliver(r.Context(), by.Actor, r.PathValue("delivery_id"))
	return accepted(d), err
}

type redelivery struct {
	State *string `json:"state"`
	Since *string `json:"since"`
}

type redelivered struct {
	Count int `json:"redelivered"`
}

func (h *Handler) redeliverAll(r *http.Request, by caller, in redelivery) (answer, error) {
	var out chat.Redelivery
	if in.State != nil {
		if out.State = *in.State; out.State == "" {
			return answer{}, badField("state", "state must not be empty.")
		}
	}
	if in.Since != nil {
		var err error
		if out.Since, err = time.Parse(time.RFC3339, *in.Since); err != nil {
			return answer{}, badField("since", "since must be a time such as 2026-03-24T12:00:00Z.")
		}
	}
	n, err := h.svc.RedeliverAll(r.Context(), by.Actor, r.PathValue("webhook_id"), out)
	return accepted(redelivered{n}), err
}
