package chat

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"
)

// FigureQuery asks for the sessions behind a figure.
type FigureQuery struct {
	AnalyticsQuery
	Figure Figure

	// Weekday and Hour, where not nil, select a place of the heat map: from 0
	// for Monday, and from 0 to 23, in the query's zone.
	Weekday, Hour *int

	Page Page // goes forward only
}

// FigureSessions returns one page of the sessions that make up a figure, the
// newest first: what Analytics counts with the same query, this lists.
func (s *Service) FigureSessions(ctx context.Context, by Actor, q FigureQuery) (SessionPage, error) {
	rows, next, err := s.figureRows(ctx, by, q, func(*SessionFigures) bool { return true })
	if err != nil {
		return SessionPage{}, err
	}
	page := SessionPage{Next: next}
	page.Sessions, err = s.sessionsOf(ctx, rows)
	return page, err
}

var errEnough = errors.New("chat: enough")

// figureRows returns what a page of a figure's sessions is made of.
func (s *Service) figureRows(ctx context.Context, by Actor, q FigureQuery, keep func(*SessionFigures) bool) (rows []SessionFigures, next string, err error) {
	r, err := s.newReport(ctx, by, q.AnalyticsQuery)
	if err != nil {
		return nil, "", err
	}
	page, ask, err := q.check(r)
	if err != nil {
		return nil, "", err
	}
	t := r.tally(q.AgentID)
	err = s.readFigures(ctx, r, ask, func(f *SessionFigures) error {
		if !t.has(q.Figure, f) || !q.within(f.CountedAt().In(r.q.Zone)) || !keep(f) {
			return nil
		}
		if len(rows) == page.Limit { // there is one more
			next = rows[len(rows)-1].Cursor.String()
			return errEnough
		}
		rows = append(rows, *f)
		return nil
	})
	if errors.Is(err, errEnough) {
		err = nil
	}
	return rows, next, err
}

func (q FigureQuery) check(r *report) (page Page, ask SessionFiguresQuery, err error) {
	if page, err = q.Page.check(); err != nil {
		return page, ask, err
	}
	if page.Before != "" {
		return page, ask, invalid("before", "The sessions behind a figure go forward only: use after.")
	}
	if all := allFigures(); !slices.Contains(all, q.Figure) {
		names := make([]string, len(all))
		for i, f := range all {
			names[i] = string(f)
		}
		return page, ask, invalid("figure", "figure must be one of "+strings.Join(names, ", ")+".")
	}
	ask = r.query()
	ask.Newest = true
	if ask.Rated = strings.HasPrefix(string(q.Figure), string(FigureRatings)); ask.Rated {
		ask.Detail = true
	}
	if page.After != "" {
		if ask.After, err = ParseCursor(page.After); err != nil {
			return page, ask, err
		}
		if ask.After.Row == 0 {
			return page, ask, ErrInvalidCursor
		}
	}
	return page, ask, nil
}

// within says whether a moment lies in the place of the heat map that is asked
// for.
func (q FigureQuery) within(at time.Time) bool {
	return (q.Weekday == nil || (int(at.Weekday())+6)%7 == *q.Weekday) && (q.Hour == nil || at.Hour() == *q.Hour)
}

func (s *Service) sessionsOf(ctx context.Context, rows []SessionFigures) ([]Session, error) {
	places := make([]Cursor, len(rows))
	for i, f := range rows {
		places[i] = f.Cursor
	}
	sessions, err := s.store.SessionsAt(ctx, places)
	for i := range sessions {
		sessions[i] = s.online(sessions[i])
	}
	return sessions, err
}

// RatingQuery selects ratings.
type RatingQuery struct {
	AnalyticsQuery
	Score     int    // 1 to 5; 0 means all
	Text      string // must stand in the comment, whatever its case
	Commented bool   // only those with a comment
	Page      Page   // goes forward only
}

// RatedSession is a rating with the session that it is about.
type RatedSession struct {
	Session Session
	Rating  Rating
}

// RatingPage is one page of ratings. Next is empty at the end.
type RatingPage struct {
	Ratings []RatedSession
	Next    string
}

// Ratings returns one page of the ratings of the sessions of a period, the
// newest session first: those that CSAT is made of.
func (s *Service) Ratings(ctx context.Context, by Actor, q RatingQuery) (RatingPage, error) {
	if q.Score < 0 || q.Score > 5 {
		return RatingPage{}, invalid("score", "score must be between 1 and 5.")
	}
	text, err := cleanText("q", q.Text, maxSearch)
	if err != nil {
		return RatingPage{}, err
	}
	text = strings.ToLower(strings.TrimSpace(text))
	ask := FigureQuery{AnalyticsQuery: q.AnalyticsQuery, Figure: FigureRatings, Page: q.Page}
	if q.Score > 0 {
		ask.Figure = figureRatingsPrefix + Figure(strconv.Itoa(q.Score))
	}
	rows, next, err := s.figureRows(ctx, by, ask, func(f *SessionFigures) bool {
		return (!q.Commented || f.Comment != "") && (text == "" || strings.Contains(strings.ToLower(f.Comment), text))
	})
	if err != nil {
		return RatingPage{}, err
	}
	sessions, err := s.sessionsOf(ctx, rows)
	page := RatingPage{Ratings: []RatedSession{}, Next: next}
	for _, session := range sessions {
		if session.Rating != nil {
			page.Ratings = append(page.Ratings, RatedSession{Session: session, Rating: *session.Rating})
		}
	}
	return page, err
}
