package httpapi

import (
	"net/http"
	"strconv"

	"github.com/pealchat/pealchat/chat"
)

type analyticsPart struct {
	Name string `json:"name"`
	chat.Figures
}

type analyticsParts struct {
	period
	By       chat.Breakdown      `json:"by"`
	Parts    []analyticsPart     `json:"parts"`
	Total    chat.Figures        `json:"total"`
	Computed chat.AnalyticsBasis `json:"computed"`
}

func (h *Handler) analyticsBreakdown(r *http.Request, by caller, in *query, q chat.AnalyticsQuery) (table, error) {
	part := in.one("by", string(chat.ByDepartment), string(chat.BySource), string(chat.ByPage), string(chat.ByTag))
	if in.err != nil {
		return table{}, in.err
	}
	a, err := h.svc.AnalyticsByPart(r.Context(), by.Actor, q, chat.Breakdown(part))
	out := analyticsParts{periodOf(a.Period), a.By, make([]analyticsPart, len(a.Parts)), a.Total, a.Computed}
	rows := [][]string{append([]string{part}, figureNames...)}
	for i, p := range a.Parts {
		out.Parts[i] = analyticsPart{p.Name, p.Figures}
		rows = append(rows, append([]string{p.Name}, figureCells(p.Figures)...))
	}
	return table{out, append(rows, append([]string{"Total"}, figureCells(a.Total)...))}, err
}

type analyticsGreetings struct {
	period
	Triggers []greetingFigures `json:"triggers"`
	Total    greetingFigures   `json:"total"`
}

type greetingFigures struct {
	ID         string   `json:"trigger_id,omitempty"`
	Name       string   `json:"name,omitempty"`
	Shown      int64    `json:"shown"`
	Answered   int64    `json:"answered"`
	Conversion *float64 `json:"conversion"`
}

func (h *Handler) analyticsGreetings(r *http.Request, by caller, _ *query, q chat.AnalyticsQuery) (table, error) {
	a, err := h.svc.AnalyticsOfGreetings(r.Context(), by.Actor, q)
	out := analyticsGreetings{periodOf(a.Period), make([]greetingFigures, len(a.Triggers)), greetingFigures(a.Total)}
	rows := [][]string{{"trigger_id", "name", "shown", "answered", "conversion"}}
	cells := func(g greetingFigures) []string {
		return []string{g.ID, g.Name, strconv.FormatInt(g.Shown, 10), strconv.FormatInt(g.Answered, 10), decimal(g.Conversion)}
	}
	for i, t := range a.Triggers {
		out.Triggers[i] = greetingFigures(t)
		rows = append(rows, cells(out.Triggers[i]))
	}
	total := out.Total
	total.Name = "Total"
	return table{out, append(rows, cells(total))}, err
}

type ratingList struct {
	Ratings []sessionRating `json:"ratings"`
	Next    string          `json:"next_cursor,omitempty"`
}

// sessionRating is a rating with what a list shows of its session.
type sessionRating struct {
	SessionID    string `json:"session_id"`
	Score        int    `json:"score"`
	Comment      string `json:"comment,omitempty"`
	At           string `json:"created_at"`
	VisitorID    string `json:"visitor_id"`
	VisitorName  string `json:"visitor_name"`
	AssigneeID   string `json:"assignee_id,omitempty"`
	AssigneeName string `json:"assignee_name,omitempty"`
}

func (h *Handler) analyticsRatings(r *http.Request, by caller, in *query, q chat.AnalyticsQuery) (table, error) {
	ask := chat.RatingQuery{
		AnalyticsQuery: q, Score: in.number("score", 1, 5), Text: in.text("q"), Commented: in.flag("commented"),
		Page: chat.Page{Limit: in.number("limit", 1, chat.MaxPageSize), After: in.text("after")},
	}
	if in.err != nil {
		return table{}, in.err
	}
	page, err := h.svc.Ratings(r.Context(), by.Actor, ask)
	out := ratingList{make([]sessionRating, len(page.Ratings)), page.Next}
	rows := [][]string{{"created_at", "score", "comment", "session_id", "visitor_id", "visitor_name", "assignee_id", "assignee_name"}}
	for i, p := range page.Ratings {
		s := p.Session
		out.Ratings[i] = sessionRating{s.ID, p.Rating.Score, p.Rating.Comment, stamp(p.Rating.At), s.VisitorID, s.VisitorName, s.AssigneeID, s.AssigneeName}
		rows = append(rows, []string{
			stamp(p.Rating.At), strconv.Itoa(p.Rating.Score), p.Rating.Comment, s.ID, s.VisitorID, s.VisitorName, s.AssigneeID, s.AssigneeName,
		})
	}
	return table{out, rows}, nameCursor(err, ask.Page)
}

// figureSessions lists the sessions behind a figure of a report.
func (h *Handler) figureSessions(r *http.Request, by caller) (answer, error) {
	p := queryOf(r)
	q := chat.FigureQuery{
		AnalyticsQuery: p.analytics(), Figure: chat.Figure(p.text("figure")),
		Page: chat.Page{Limit: p.number("limit", 1, chat.MaxPageSize), After: p.text("after")},
	}
	if p.values.Has("weekday") {
		day := p.number("weekday", 1, 7) - 1
		q.Weekday = &day
	}
	if p.values.Has("hour") {
		hour := p.number("hour", 0, 23)
		q.Hour = &hour
	}
	if p.err != nil {
		return answer{}, p.err
	}
	page, err := h.svc.FigureSessions(r.Context(), by.Actor, q)
	return done(sessionList{orEmpty(page.Sessions), page.Next}), nameCursor(err, q.Page)
}
