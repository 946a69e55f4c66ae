package chat

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"
)

// MaxWebhooks is how many webhooks there can be.
const MaxWebhooks = 50

// secretOverlap is how long a webhook's old secret stays good after another
// has taken its place.
const secretOverlap = 24 * time.Hour

// NewWebhook is what a webhook is made from.
type NewWebhook struct {
	URL         string   `json:"url"`
	Events      []string `json:"events"`
	Description string   `json:"description"`
	Enabled     *bool    `json:"enabled"` // nil means true
	Version     int      `json:"version"` // 0 means the newest, 1
}

// WebhookChange names what to change of a webhook; nil fields stay.
type WebhookChange struct {
	URL         *string   `json:"url"`
	Events      *[]string `json:"events"`
	Description *string   `json:"description"`
	Enabled     *bool     `json:"enabled"`
	Version     *int      `json:"version"`
}

// WebhookSecret is a webhook with its new secret.
type WebhookSecret struct {
	Webhook       Webhook
	Secret        string
	PreviousUntil time.Time // the secret before it is good until then; zero if there was none
}

// CreateWebhook makes a webhook. It gets what happens from now on. The secret
// is returned this once.
func (s *Service) CreateWebhook(ctx context.Context, by Actor, in NewWebhook) (WebhookSecret, error) {
	if err := by.need(ScopeAdmin); err != nil {
		return WebhookSecret{}, err
	}
	now := s.now()
	w, err := s.changeWebhook(Webhook{ID: newID(now), Enabled: true, CreatedAt: now}, WebhookChange{
		URL: &in.URL, Events: &in.Events, Description: &in.Description, Enabled: in.Enabled, Version: new(cmp.Or(in.Version, webhookVersion)),
	})
	if err != nil {
		return WebhookSecret{}, err
	}
	secret := newWebhookSecret()
	if w.Secrets, err = s.sealSecrets([]webhookSecret{{Secret: secret}}); err != nil {
		return WebhookSecret{}, err
	}
	res, err := s.writer.do(ctx, OpSaveWebhook{Webhook: w, MaxWebhooks: MaxWebhooks})
	if err != nil {
		return WebhookSecret{}, err
	}
	s.ring()
	w, err = found(res.Webhook, nil)
	return WebhookSecret{Webhook: w, Secret: secret}, err
}

// UpdateWebhook changes a webhook. One that is enabled again goes on with what
// was pending; what happened meanwhile can be had with [Service.RedeliverAll].
func (s *Service) UpdateWebhook(ctx context.Context, by Actor, id string, in WebhookChange) (Webhook, error) {
	if err := by.need(ScopeAdmin); err != nil {
		return Webhook{}, err
	}
	return s.replaceWebhook(ctx, id, func(w Webhook) (Webhook, error) { return s.changeWebhook(w, in) })
}

// replaceWebhook changes a webhook as it is, again if somebody else was faster.
func (s *Service) replaceWebhook(ctx context.Context, id string, change func(Webhook) (Webhook, error)) (Webhook, error) {
	for range 50 {
		w, err := s.store.Webhook(ctx, id)
		if err != nil {
			return Webhook{}, err
		}
		revision := w.Revision
		if w, err = change(w); err != nil {
			return Webhook{}, err
		}
		res, err := s.writer.do(ctx, OpSaveWebhook{Webhook: w, IfRevision: revision})
		if errors.Is(err, ErrPrecondition) {
			continue
		}
		if err == nil {
			s.nudge(id)
		}
		return found(res.Webhook, err)
	}
	return Webhook{}, ErrBusy
}

func (s *Service) changeWebhook(w Webhook, in WebhookChange) (_ Webhook, err error) {
	if in.URL != nil {
		if err := s.targets.check(*in.URL); err != nil {
			return w, err
		}
		w.URL = *in.URL
	}
	if in.Events != nil {
		if w.Events, err = checkWebhookEvents(*in.Events); err != nil {
			return w, err
		}
	}
	if in.Description != nil {
		if w.Description, err = cleanLine("description", *in.Description, 200); err != nil {
			return w, err
		}
	}
	if in.Version != nil {
		if *in.Version != webhookVersion {
			return w, invalid("version", "version must be "+strconv.Itoa(webhookVersion)+".")
		}
		w.Version = *in.Version
	}
	if in.Enabled != nil && *in.Enabled != w.Enabled {
		w.Enabled, w.DisabledReason = *in.Enabled, ""
		if !w.Enabled {
			w.DisabledReason = DisabledByHand
		}
	}
	w.UpdatedAt = s.now()
	return w, nil
}

// checkWebhookEvents accepts types of events, and patterns that match some.
func checkWebhookEvents(in []string) ([]string, error) {
	if len(in) == 0 {
		return nil, invalid("events", `events must name at least one type of event, or a pattern such as "message_*".`)
	}
	if len(in) > len(webhookEvents)*2 {
		return nil, invalid("events", "events has too many entries.")
	}
	var out []string
	for i, asked := range in {
		known := slices.ContainsFunc(webhookEventTypes(), func(event string) bool { return matchesEvent(asked, event) })
		if !known {
			return nil, invalid("events", "events["+strconv.Itoa(i)+"] is no type of event, and no pattern that matches one. Types are "+
				strings.Join(webhookEventTypes(), ", ")+".")
		}
		if !slices.Contains(out, asked) {
			out = append(out, asked)
		}
	}
	return out, nil
}

// RotateWebhookSecret gives a webhook another secret, which is returned this
// once. For 24 hours deliveries are signed with both, so that the receiver
// can change over in its own time; a secret that was on its way out already
// ends now.
func (s *Service) RotateWebhookSecret(ctx context.Context, by Actor, id string) (WebhookSecret, error) {
	if err := by.need(ScopeAdmin); err != nil {
		return WebhookSecret{}, err
	}
	out := WebhookSecret{Secret: newWebhookSecret()}
	var err error
	out.Webhook, err = s.replaceWebhook(ctx, id, func(w Webhook) (Webhook, error) {
		old, err := s.openSecrets(w.Secrets)
		if err != nil {
			return w, err
		}
		now := s.now()
		list := []webhookSecret{{Secret: out.Secret}}
		out.PreviousUntil = time.Time{}
		if len(old) > 0 {
			out.PreviousUntil = now.Add(secretOverlap)
			list = append(list, webhookSecret{Secret: old[0].Secret, ExpiresAt: out.PreviousUntil})
		}
		w.UpdatedAt = now
		w.Secrets, err = s.sealSecrets(list)
		return w, err
	})
	if err != nil {
		return WebhookSecret{}, err
	}
	return out, nil
}

// DeleteWebhook removes a webhook with its deliveries.
func (s *Service) DeleteWebhook(ctx context.Context, by Actor, id string) error {
	if err := by.need(ScopeAdmin); err != nil {
		return err
	}
	if _, err := s.writer.do(ctx, OpDeleteWebhook{WebhookID: id}); err != nil {
		return err
	}
	s.ring()
	return nil
}

// Webhooks returns all webhooks, the oldest first.
func (s *Service) Webhooks(ctx context.Context, by Actor) ([]Webhook, error) {
	if err := by.need(ScopeAdmin); err != nil {
		return nil, err
	}
	return s.store.Webhooks(ctx)
}

// Webhook returns one webhook.
func (s *Service) Webhook(ctx context.Context, by Actor, id string) (Webhook, error) {
	if err := by.need(ScopeAdmin); err != nil {
		return Webhook{}, err
	}
	return s.store.Webhook(ctx, id)
}
