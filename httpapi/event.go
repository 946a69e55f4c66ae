package httpapi

import (
	"net/http"

	"github.com/pealchat/pealchat/chat"
)

// events streams everything that the caller may hear of: all sessions for
// agents, their own for visitors.
func (h *Handler) events(w http.ResponseWriter, r *http.Request, by caller) error {
	return h.stream(w, r, by, chat.Topic{})
}

func (h *Handler) sessionEvents(w http.ResponseWriter, r *http.Request, by caller) error {
	return h.stream(w, r, by, chat.Topic{SessionID: r.PathValue("session_id")})
}

func (h *Handler) stream(w http.ResponseWriter, r *http.Request, by caller, topic chat.Topic) error {
	if by.foreign {
		return crossOrigin(nil) // whoever listens counts as present
	}
	release, err := h.openStream(by)
	if err != nil {
		return err
	}
	return h.streams.serve(w, r, by.Actor, topic, by.may, release)
}

// openStream counts a visitor's streams. Agents and keys have as many as they
// like.
func (h *Handler) openStream(by caller) (release func(), err error) {
	if !by.IsVisitor() {
		return func() {}, nil
	}
	return h.slots.take(
		claim{bucketKey{"streams", by.ID()}, h.rules.visitorStreams},
		claim{bucketKey{"streams of address", by.address}, h.rules.addressStreams},
	)
}
