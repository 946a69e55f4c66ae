package httpapi

import (
	"net/http"
	"time"

	"github.com/pealchat/pealchat/chat"
)

type newBan struct {
	Reason      string `json:"reason"`
	Until       string `json:"until"`
	WithAddress bool   `json:"with_address"`
}

func (h *Handler) banVisitor(r *http.Request, by caller, in newBan) (answer, error) {
	until, err := endOfBan(in.Until)
	if err != nil {
		return answer{}, err
	}
	id := r.PathValue("visitor_id")
	err = h.svc.BanVisitor(r.Context(), by.Actor, id, chat.NewBan{Reason: in.Reason, Until: until, WithAddress: in.WithAddress})
	h.streams.recheck(id)
	return noContent, err
}

func endOfBan(text string) (until time.Time, err error) {
	if text == "" {
		return until, nil
	}
	if until, err = time.Parse(time.RFC3339, text); err != nil {
		return until, badField("until", "until must be a time such as 2030-01-31T12:00:00Z.")
	}
	return until, nil
}

func (h *Handler) liftBan(r *http.Request, by caller) (answer, error) {
	return noContent, h.svc.LiftBan(r.Context(), by.Actor, r.PathValue("visitor_id"))
}

type banList struct {
	Bans []chat.AddressBan `json:"bans"`
	Next string            `json:"next_cursor,omitempty"`
}

func (h *Handler) bans(r *http.Request, by caller) (answer, error) {
	p := queryOf(r)
	page := p.page()
	if p.err != nil {
		return answer{}, p.err
	}
	found, err := h.svc.Bans(r.Context(), by.Actor, page)
	return done(banList{orEmpty(found.Bans), found.Next}), nameCursor(err, page)
}

type newAddressBan struct {
	Address string `json:"address"`
	Reason  string `json:"reason"`
	Until   string `json:"until"`
}

func (h *Handler) banAddress(r *http.Request, by caller, in newAddressBan) (answer, error) {
	until, err := endOfBan(in.Until)
	if err != nil {
		return answer{}, err
	}
	ban, err := h.svc.BanAddress(r.Context(), by.Actor, chat.NewAddressBan{Address: in.Address, Reason: in.Reason, Until: until})
	h.streams.recheckBanned(r.Context())
	return created(ban), err
}

func (h *Handler) liftAddressBan(r *http.Request, by caller) (answer, error) {
	return noContent, h.svc.LiftAddressBan(r.Context(), by.Actor, r.PathValue("ban_id"))
}
