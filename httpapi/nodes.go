package httpapi

import (
	"encoding/json"

	"github.com/pealchat/pealchat/chat"
)

// What handlers on other nodes are told, by topic. It may get lost: then a
// limit is a little wider, and a stream ends when it is next looked at.
const (
	topicSignedOut = "http signed out"
	topicNonce     = "http nonce"
	topicSpent     = "http spent"
	topicRevoked   = "http revoked"
)

// usedNonce is a signed identity that somebody has used.
type usedNonce struct {
	Nonce string `json:"nonce"`
	Until int64  `json:"until"`
}

// spent is a call that was counted.
type spent struct {
	Rule string `json:"rule"`
	Who  string `json:"who"`
}

// joinNodes connects the handler with those on other nodes.
func (h *Handler) joinNodes(svc *chat.Service) {
	h.vouchers.tell = func(u usedNonce) { relay(svc, topicNonce, u) }
	h.buckets.tell = func(s spent) { relay(svc, topicSpent, s) }
	svc.OnRelay(topicSignedOut, func(id []byte) { h.streams.recheckPerson(string(id)) })
	svc.OnRelay(topicRevoked, func(id []byte) { h.streams.recheck(string(id)) })
	svc.OnRelay(topicNonce, hears(h.vouchers.hear))
	svc.OnRelay(topicSpent, hears(func(s spent) {
		if r, ok := h.rules.named(s.Rule); ok {
			h.buckets.hear(r, s.Who)
		}
	}))
}

func relay(svc *chat.Service, topic string, what any) {
	if data, err := json.Marshal(what); err == nil {
		svc.Relay(topic, data)
	}
}

func hears[T any](f func(T)) func([]byte) {
	return func(data []byte) {
		var v T
		if json.Unmarshal(data, &v) == nil {
			f(v)
		}
	}
}
