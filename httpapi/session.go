package httpapi

import (
	"net/http"
	"strconv"

	"github.com/pealchat/pealchat/chat"
)

// messagesShown is how many of a session's messages stand beside it.
const messagesShown = 50

// view is a session in the form that whoever calls may see.
func view(by caller, s chat.Session) any {
	if by.IsVisitor() {
		return s.ForVisitor()
	}
	return s
}

// withMessages adds the latest messages to a session's form.
func (h *Handler) withMessages(r *http.Request, by caller, s chat.Session) (any, error) {
	page, err := h.svc.Messages(r.Context(), by.Actor, chat.MessageQuery{
		SessionID: s.ID, Page: chat.Page{Limit: messagesShown, Before: chat.Latest},
	})
	return extended{view(by, s), "messages", orEmpty(page.Messages)}, err
}

type newSession struct {
	VisitorName  string         `json:"visitor_name"`
	VisitorEmail string         `json:"visitor_email"`
	Source       string         `json:"source"`
	CustomData   map[string]any `json:"custom_data"`
}

func (h *Handler) createSession(r *http.Request, by caller, in newSession) (answer, error) {
	started, err := h.svc.CreateSession(r.Context(), by.Actor, chat.NewSession{
		VisitorName: in.VisitorName, VisitorEmail: in.VisitorEmail, Source: in.Source, CustomData: in.CustomData,
	})
	if err != nil {
		return answer{}, err
	}
	out := created(started.Session)
	out.location = "sessions/" + started.Session.ID
	return out, nil
}

type newVisitorSession struct {
	VisitorName  string         `json:"visitor_name"`
	VisitorEmail string         `json:"visitor_email"`
	Message      string         `json:"message"`
	ClientID     string         `json:"client_id"`
	Department   string         `json:"department"`
	CustomData   map[string]any `json:"custom_data"`
	Page         *chat.PageRef  `json:"page"`
	Consent      string         `json:"consent"`
	Challenge    string         `json:"challenge_answer"`
}

func (h *Handler) createVisitorSession(r *http.Request, by caller, in newVisitorSession) (answer, error) {
	settle, err := h.spend(h.rules.sessions, by.address, by.ID(), in.ClientID)
	if err != nil {
		return answer{}, err
	}
	made := false
	defer func() { settle(made) }()
	started, err := h.svc.CreateSession(r.Context(), by.Actor, chat.NewSession{
		VisitorName: in.VisitorName, VisitorEmail: in.VisitorEmail, Message: in.Message, ClientID: in.ClientID,
		Department: in.Department, CustomData: in.CustomData, Page: in.Page, Consent: in.Consent, ChallengeAnswer: in.Challenge,
	})
	if err != nil {
		return answer{}, err
	}
	made = !started.Duplicate
	out := created(view(by, started.Session))
	if started.Message != nil {
		m, _ := started.Message.ForVisitor()
		out.body = extended{out.body, "messages", []chat.Message{m}}
	}
	if started.Duplicate {
		out.status = http.StatusOK
	}
	out.location = "sessions/" + started.Session.ID
	return out, nil
}

func (h *Handler) session(r *http.Request, by caller) (answer, error) {
	s, err := h.svc.Session(r.Context(), by.Actor, r.PathValue("session_id"))
	if err != nil {
		return answer{}, err
	}
	out := h.sessionAnswer(by, s)
	out.body, err = h.withMessages(r, by, s)
	return out, err
}

// sessionAnswer answers with a session; agents can use its version in If-Match.
func (h *Handler) sessionAnswer(by caller, s chat.Session) answer {
	out := done(view(by, s))
	if !by.IsVisitor() {
		out.etag = `"` + strconv.FormatInt(s.Version, 10) + `"`
	}
	return out
}

type sessionList struct {
	Sessions any    `json:"sessions"`
	Next     string `json:"next_cursor,omitempty"`
}

func (h *Handler) sessions(r *http.Request, by caller) (answer, error) {
	p := queryOf(r)
	status := p.one("status", "all", chat.StatusActive, chat.StatusClosed)
	return h.listSessions(r, by, p, status)
}

func (h *Handler) activeSessions(r *http.Request, by caller) (answer, error) {
	return h.listSessions(r, by, queryOf(r), chat.StatusActive)
}

func (h *Handler) listSessions(r *http.Request, by caller, p *query, status string) (answer, error) {
	q := chat.SessionQuery{
		Page:       p.page(),
		Department: p.text("department"),
		Tag:        p.text("tag"),
		Source:     p.text("source"),
		Snoozed:    p.maybe("snoozed"),
		Missed:     p.maybe("missed"),
		VisitorID:  p.text("visitor_id"),
		ByActivity: p.one("sort", "created", "activity") == "activity",
	}
	if status != "all" {
		q.Status = status
	}
	switch assignee := p.text("assignee"); assignee {
	case "none":
		q.Unassigned = true
	case "me":
		q.AssigneeID = by.ID()
	default:
		q.AssigneeID = assignee
	}
	if p.err != nil {
		return answer{}, p.err
	}
	page, err := h.svc.Sessions(r.Context(), by.Actor, q)
	return done(sessionList{orEmpty(page.Sessions), page.Next}), nameCursor(err, q.Page)
}

func (h *Handler) visitorSessions(r *http.Request, by caller) (answer, error) {
	p := queryOf(r)
	q := chat.SessionQuery{Page: p.page()}
	if p.err != nil {
		return answer{}, p.err
	}
	page, err := h.svc.Sessions(r.Context(), by.Actor, q)
	list := make([]chat.VisitorSession, len(page.Sessions))
	for i, s := range page.Sessions {
		list[i] = s.ForVisitor()
	}
	return done(sessionList{list, page.Next}), nameCursor(err, q.Page)
}

func (h *Handler) inbox(r *http.Request, by caller) (answer, error) {
	counts, err := h.svc.SessionCounts(r.Context(), by.Actor)
	return done(counts), err
}

type sessionChange struct {
	AssigneeID   *string        `json:"assignee_id" null:"ok"` // null releases
	Department   *string        `json:"department"`
	Tags         *[]string      `json:"tags"`
	VisitorName  *string        `json:"visitor_name"`
	VisitorEmail *string        `json:"visitor_email"`
	CustomData   map[string]any `json:"custom_data"`
}

func (h *Handler) updateSession(r *http.Request, by caller, in sessionChange) (answer, error) {
	version, err := ifMatch(r.Header, func() (int64, error) {
		s, err := h.svc.Session(r.Context(), by.Actor, r.PathValue("session_id"))
		return s.Version, err
	})
	if err != nil {
		return answer{}, err
	}
	s, err := h.svc.UpdateSession(r.Context(), by.Actor, r.PathValue("session_id"), chat.SessionChange{
		AssigneeID: in.AssigneeID, Department: in.Department, Tags: in.Tags, VisitorName: in.VisitorName,
		VisitorEmail: in.VisitorEmail, CustomData: in.CustomData, IfVersion: version,
	})
	return h.sessionAnswer(by, s), err
}

func (h *Handler) claimSession(r *http.Request, by caller, _ struct{}) (answer, error) {
	s, err := h.svc.ClaimSession(r.Context(), by.Actor, r.PathValue("session_id"))
	return h.sessionAnswer(by, s), err
}

func (h *Handler) transferSession(r *http.Request, by caller, in chat.Transfer) (answer, error) {
	s, err := h.svc.TransferSession(r.Context(), by.Actor, r.PathValue("session_id"), in)
	return h.sessionAnswer(by, s), err
}

type closing struct {
	Reason string `json:"reason"`
}

func (h *Handler) closeSession(r *http.Request, by caller, in closing) (answer, error) {
	s, err := h.svc.CloseSession(r.Context(), by.Actor, r.PathValue("session_id"), in.Reason)
	return h.sessionAnswer(by, s), err
}

type rating struct {
	Score   int    `json:"score"`
	Comment string `json:"comment"`
}

func (h *Handler) rateSession(r *http.Request, by caller, in rating) (answer, error) {
	s, err := h.svc.RateSession(r.Context(), by.Actor, r.PathValue("session_id"), in.Score, in.Comment)
	return done(view(by, s)), err
}

// askRating notes that the widget has shown the question.
func (h *Handler) askRating(r *http.Request, by caller) (answer, error) {
	return noContent, h.svc.AskRating(r.Context(), by.Actor, r.PathValue("session_id"))
}

type firstWords struct {
	Message  *string `json:"message"`
	ClientID string  `json:"client_id"`
}

// startSession begins a session with a visitor who has not written.
func (h *Handler) startSession(r *http.Request, by caller, in firstWords) (answer, error) {
	var text string
	if in.Message != nil {
		if text = *in.Message; text == "" {
			return answer{}, badField("message", "message must not be empty. Leave it out to begin without one.")
		}
	}
	started, err := h.svc.StartSession(r.Context(), by.Actor, r.PathValue("visitor_id"), text, in.ClientID)
	if err != nil {
		return answer{}, err
	}
	out := created(started.Session)
	messages := []chat.Message{}
	if started.Message != nil {
		messages = append(messages, *started.Message)
	}
	out.body = extended{out.body, "messages", messages}
	if started.Duplicate {
		out.status = http.StatusOK
	}
	out.location = "../../sessions/" + started.Session.ID
	return out, nil
}
