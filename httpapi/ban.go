package httpapi

import (
	"net/http"
	"time"

	"github.com/pealchat/pealchat/chat"
)

type newBan struct {
	Reason    string `json:"reason"`
	ExpiresAt string `json:"expires_at"`
}

func (h *Handler) banVisitor(r *http.Request, by caller, in newBan) (answer, error) {
	ban := chat.NewBan{Reason: in.Reason}
	if in.ExpiresAt != "" {
		var err error
		if ban.ExpiresAt, err = time.Parse(time.RFC3339, in.ExpiresAt); err != nil {
			return answer{}, badField("expires_at", "expires_at must be a time such as 2030-01-31T12:00:00Z.")
		}
	}
	return noContent, h.svc.BanVisitor(r.Context(), by.Actor, r.PathValue("visitor_id"), ban)
}

func (h *Handler) liftBan(r *http.Request, by caller) (answer, error) {
	return noContent, h.svc.LiftBan(r.Context(), by.Actor, r.PathValue("visitor_id"))
}

type firstWords struct {
	Message *string `json:"message"`
}

// startSession begins a session with a visitor who has not written.
func (h *Handler) startSession(r *http.Request, by caller, in firstWords) (answer, error) {
	var text string
	if in.Message != nil {
		if text = *in.Message; text == "" {
			return answer{}, badField("message", "message must not be empty. Leave it out to begin without one.")
		}
	}
	started, err := h.svc.StartSession(r.Context(), by.Actor, r.PathValue("visitor_id"), text)
	if err != nil {
		return answer{}, err
	}
	out := created(started.Session)
	messages := []chat.Message{}
	if started.Message != nil {
		messages = append(messages, *started.Message)
	}
	out.body = extended{out.body, "messages", messages}
	out.location = "../../sessions/" + started.Session.ID
	return out, nil
}
