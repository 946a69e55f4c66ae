package httpapi

import (
	"net/http"

	"github.com/pealchat/pealchat/chat"
)

type found struct {
	Results []chat.SearchHit `json:"results"`
	Next    string           `json:"next_cursor,omitempty"`
}

// search goes forward only: the best stands at the start, and nobody begins
// at the end.
func (h *Handler) search(r *http.Request, by caller) (answer, error) {
	p := queryOf(r)
	text := p.text("q")
	page := chat.Page{Limit: p.number("limit", 1, chat.MaxPageSize), After: p.text("after")}
	if p.err != nil {
		return answer{}, p.err
	}
	results, err := h.svc.Search(r.Context(), by.Actor, text, page)
	return done(found{orEmpty(results.Hits), results.Next}), nameCursor(err, page)
}
