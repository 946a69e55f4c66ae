package httpapi

import (
	"net/http"

	"github.com/pealchat/pealchat/chat"
)

type cannedReplyList struct {
	Replies []chat.CannedReply `json:"canned_replies"`
	Next    string             `json:"next_cursor,omitempty"`
}

func (h *Handler) cannedReplies(r *http.Request, by caller) (answer, error) {
	p := queryOf(r)
	page := p.page()
	if p.err != nil {
		return answer{}, p.err
	}
	list, err := h.svc.CannedReplies(r.Context(), by.Actor, page)
	return done(cannedReplyList{orEmpty(list.Replies), list.Next}), nameCursor(err, page)
}

func (h *Handler) createCannedReply(r *http.Request, by caller, in chat.NewCannedReply) (answer, error) {
	reply, err := h.svc.CreateCannedReply(r.Context(), by.Actor, in)
	return created(reply), err
}

func (h *Handler) updateCannedReply(r *http.Request, by caller, in chat.CannedReplyChange) (answer, error) {
	reply, err := h.svc.UpdateCannedReply(r.Context(), by.Actor, r.PathValue("canned_reply_id"), in)
	return done(reply), err
}

func (h *Handler) removeCannedReply(r *http.Request, by caller) (answer, error) {
	return noContent, h.svc.DeleteCannedReply(r.Context(), by.Actor, r.PathValue("canned_reply_id"))
}
