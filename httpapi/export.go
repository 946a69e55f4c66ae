package httpapi

import (
	"bufio"
	"encoding/json"
	"net/http"

	"github.com/pealchat/pealchat/chat"
)

// exportVisitor sends everything that is held about a visitor as a download:
// the visitor, their trail and visits, and each session with all its messages and its history. What the
// team wrote for itself stands apart, as notes.
func (h *Handler) exportVisitor(w http.ResponseWriter, r *http.Request, by caller) error {
	v, err := h.svc.Visitor(r.Context(), by.Actor, r.PathValue("visitor_id"))
	if err != nil {
		return err
	}
	sessions, err := h.svc.Sessions(r.Context(), by.Actor, chat.SessionQuery{VisitorID: v.ID, Page: chat.Page{Limit: exportStep}})
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="visitor-`+v.ID+`.json"`)
	if r.Method == http.MethodHead {
		w.WriteHeader(http.StatusOK)
		return nil
	}
	out := &export{h: h, r: r, by: by, out: bufio.NewWriter(w)}
	out.raw(`{"visitor":`)
	out.value(v)
	out.raw(`,"pages":[`)
	out.pages(v.ID)
	out.raw(`],"visits":[`)
	out.visits(v.ID)
	out.raw(`],"sessions":[`)
	out.sessions(sessions)
	out.raw("]}\n")
	if out.err == nil {
		out.err = out.out.Flush()
	}
	if out.err != nil {
		panic(http.ErrAbortHandler) // part of it is out: the client must see that the rest is missing
	}
	return nil
}

// exportStep is how many sessions are in memory at a time.
const exportStep = 20

// export writes the file. The first error is kept, and nothing is written after it.
type export struct {
	h   *Handler
	r   *http.Request
	by  caller
	out *bufio.Writer
	err error
}

func (e *export) raw(text string) {
	if e.err == nil {
		_, e.err = e.out.WriteString(text)
	}
}

func (e *export) value(v any) {
	if e.err != nil {
		return
	}
	var data []byte
	if data, e.err = json.Marshal(v); e.err == nil {
		_, e.err = e.out.Write(data)
	}
}

// item writes one entry of a list.
func (e *export) item(i int, v any) {
	if i > 0 {
		e.raw(",")
	}
	e.value(v)
}

// list writes all entries of a list that is read a page at a time.
func list[T any](e *export, read func(at chat.Page) (entries []T, next string, err error)) {
	at := chat.Page{Limit: chat.MaxPageSize}
	for n := 0; e.err == nil; {
		var entries []T
		entries, at.After, e.err = read(at)
		for _, v := range entries {
			e.item(n, v)
			n++
		}
		if at.After == "" {
			return
		}
	}
}

func (e *export) pages(visitorID string) {
	list(e, func(at chat.Page) ([]chat.PageView, string, error) {
		page, err := e.h.svc.PageViews(e.r.Context(), e.by.Actor, visitorID, at, true)
		return page.Views, page.Next, err
	})
}

func (e *export) visits(visitorID string) {
	list(e, func(at chat.Page) ([]chat.Visit, string, error) {
		page, err := e.h.svc.Visits(e.r.Context(), e.by.Actor, visitorID, at)
		return page.Visits, page.Next, err
	})
}

func (e *export) sessions(page chat.SessionPage) {
	for n := 0; e.err == nil; {
		for _, s := range page.Sessions {
			if n > 0 {
				e.raw(",")
			}
			n++
			e.session(s)
		}
		if page.Next == "" || e.err != nil {
			return
		}
		page, e.err = e.h.svc.Sessions(e.r.Context(), e.by.Actor, chat.SessionQuery{
			VisitorID: page.Sessions[0].VisitorID, Page: chat.Page{Limit: exportStep, After: page.Next},
		})
	}
}

func (e *export) history(sessionID string) {
	list(e, func(at chat.Page) ([]chat.HistoryEntry, string, error) {
		page, err := e.h.svc.History(e.r.Context(), e.by.Actor, sessionID, at)
		return page.Entries, page.Next, err
	})
}

// session writes a session as {"session", "messages", "notes", "history"}. Notes are few:
// they wait until the messages are out.
func (e *export) session(s chat.Session) {
	e.raw(`{"session":`)
	e.value(s)
	e.raw(`,"messages":[`)
	notes := []chat.Message{}
	q := chat.MessageQuery{SessionID: s.ID, Page: chat.Page{Limit: chat.MaxPageSize}}
	for n := 0; e.err == nil; {
		var page chat.MessagePage
		if page, e.err = e.h.svc.Messages(e.r.Context(), e.by.Actor, q); e.err != nil {
			return
		}
		for _, m := range page.Messages {
			if m.Note {
				notes = append(notes, m)
				continue
			}
			e.item(n, m)
			n++
		}
		if q.After = page.Next; q.After == "" {
			break
		}
	}
	e.raw(`],"notes":`)
	e.value(notes)
	e.raw(`,"history":[`)
	e.history(s.ID)
	e.raw("]}")
}
