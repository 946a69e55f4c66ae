package chat

import (
	"encoding/json"
	"slices"
	"time"
)

// AnalyticsPeriod says what a report is about.
type AnalyticsPeriod struct {
	From time.Time // belongs to it
	To   time.Time // does not
	Zone string    // the name of the time zone
}

// AnalyticsBasis says how a report was computed.
type AnalyticsBasis struct {
	Period   AnalyticsPeriod
	Filters  AnalyticsFilters
	Sessions int64 // with a message of the visitor's
	LeftOut  LeftOut
}

// LeftOut is how many sessions a report does not count, by why.
type LeftOut struct {
	Bots   int64 `json:"bots"`   // bots alone have answered
	Banned int64 `json:"banned"` // their visitor is banned
	Test   int64 `json:"test"`   // their source is SourceTest
}

// MarshalJSON names the time zone beside the period.
func (b AnalyticsBasis) MarshalJSON() ([]byte, error) {
	type period struct {
		From stamp `json:"from"`
		To   stamp `json:"to"`
	}
	return json.Marshal(struct {
		Period   period           `json:"period"`
		Zone     string           `json:"tz"`
		Filters  AnalyticsFilters `json:"filters"`
		Sessions int64            `json:"sessions"`
		LeftOut  LeftOut          `json:"left_out"`
	}{period{stamp(b.Period.From), stamp(b.Period.To)}, b.Period.Zone, b.Filters, b.Sessions, b.LeftOut})
}

// AnalyticsFilters are the filters of a query.
type AnalyticsFilters struct {
	AgentID       string `json:"agent,omitempty"`
	Department    string `json:"department,omitempty"`
	Source        string `json:"source,omitempty"`
	Page          string `json:"page,omitempty"`
	Tag           string `json:"tag,omitempty"`
	Bots          bool   `json:"bots,omitempty"`
	Banned        bool   `json:"banned,omitempty"`
	Test          bool   `json:"test,omitempty"`
	BusinessHours bool   `json:"business_hours,omitempty"`
}

// Figures are computed from the sessions with a message of the visitor's, but
// for OpenedNoMessage. Of an agent, they are of the sessions that are assigned
// to them or that they have answered in; then Wait and FirstResponse are of
// those that they were the first to answer, ReplyTime is of their own replies,
// and Missed, Abandoned, Dropped, Duration and CSAT are of those that are
// assigned to them.
type Figures struct {
	Sessions        int64 `json:"sessions"`
	OpenedNoMessage int64 `json:"opened_no_message"` // begun, but without a message of the visitor's
	Closed          int64 `json:"closed"`

	// Missed have no reply of an agent's, and are closed or their visitor has
	// left. Abandoned are those of them that the visitor left while they were
	// not assigned.
	Missed    int64 `json:"missed"`
	Abandoned int64 `json:"abandoned"`

	// Dropped are assigned, and their visitor has left with an agent's message
	// unseen.
	Dropped int64 `json:"dropped"`

	Wait          Durations     `json:"wait"` // the visitor's first message to an agent's first
	FirstResponse FirstResponse `json:"first_response"`
	Accept        *Durations    `json:"accept"`     // coming into the queue to the first assignment; nil for an agent
	ReplyTime     Durations     `json:"reply_time"` // the first message of each visitor's turn to an agent's next
	Duration      Durations     `json:"duration"`   // the visitor's first message to closing

	CSAT               CSAT               `json:"csat"`
	MessagesPerSession MessagesPerSession `json:"messages_per_session"`

	// Visitors have seen a page in the period. They are nil, and so is what
	// depends on them, where visits are not recorded or the report is about
	// some agent, department, source or tag: those belong to sessions, not to
	// visits. Of a point in time they are its own visitors, so that days do
	// not add up to the period.
	Visitors   *int64   `json:"visitors"`
	PageViews  *int64   `json:"page_views"`
	Engaged    *int64   `json:"engaged"`    // visitors who have sent a message in the period
	Engagement *float64 `json:"engagement"` // those by all visitors, nil without any
	Returned   *int64   `json:"returned"`   // visitors who had been there before the period
	Returning  *float64 `json:"returning"`  // those by all visitors, nil without any

	// Load is nil but in the figures of the period and of agents.
	Load *Workload `json:"load,omitempty"`
}

// Workload says how many sessions agents had at once, and for how long somebody
// was there. It is of the time within the period, whenever sessions began, and
// follows who a session was assigned to at each moment.
type Workload struct {
	Mean      float64 `json:"concurrent_mean"` // sessions at once, over the time with at least one
	Peak      int64   `json:"concurrent_peak"`
	Busy      float64 `json:"busy_s"`      // seconds with at least one session
	Available float64 `json:"available_s"` // seconds with at least one agent available, to the minute
}

// Durations are in seconds. Where there are none, all but Count is nil.
// Percentiles are interpolated between the two nearest values.
type Durations struct {
	Count  int64    `json:"count"`
	Mean   *float64 `json:"mean_s"`
	Median *float64 `json:"median_s"`
	P90    *float64 `json:"p90_s"`
	P95    *float64 `json:"p95_s"`
}

// FirstResponse is the wait for an agent and, apart from it, for a bot.
type FirstResponse struct {
	Durations
	Bot Durations `json:"bot"`
}

// CSAT is what visitors thought. Ratings of 4 and 5 are positive.
type CSAT struct {
	Ratings  int64    `json:"ratings"`
	Positive int64    `json:"positive"`
	Score    *float64 `json:"score"` // positive ratings by all ratings, nil without any

	// Requests are the sessions whose visitor was shown the question, as the
	// widget says, or has rated without that. ResponseRate is ratings by
	// requests, nil without any.
	Requests     int64       `json:"requests"`
	ResponseRate *float64    `json:"response_rate"`
	Spread       RatingCount `json:"spread"`
}

// RatingCount is how many ratings there are of each score, from 1 up.
type RatingCount [5]int64

// MarshalJSON names the scores.
func (c RatingCount) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		One   int64 `json:"1"`
		Two   int64 `json:"2"`
		Three int64 `json:"3"`
		Four  int64 `json:"4"`
		Five  int64 `json:"5"`
	}{c[0], c[1], c[2], c[3], c[4]})
}

// MessagesPerSession are means, nil without sessions.
type MessagesPerSession struct {
	Visitor *float64 `json:"visitor"`
	Agent   *float64 `json:"agent"`
	Bot     *float64 `json:"bot"`
}

// Analytics are the figures of a period.
type Analytics struct {
	Period   AnalyticsPeriod
	Figures  Figures
	Computed AnalyticsBasis
}

// AnalyticsSeries are figures in the order of time.
type AnalyticsSeries struct {
	Period   AnalyticsPeriod
	Interval string // "day" or "hour"
	Points   []AnalyticsPoint
	Computed AnalyticsBasis
}

// AnalyticsPoint is a day or an hour, or what the period has of it.
type AnalyticsPoint struct {
	Start   time.Time
	Figures Figures
}

// AnalyticsTeam are the figures of agents, and of all sessions together.
type AnalyticsTeam struct {
	Period   AnalyticsPeriod
	Agents   []AgentFigures
	Team     Figures
	Computed AnalyticsBasis
}

// AgentFigures are an agent's.
type AgentFigures struct {
	ID, Name string
	Figures  Figures
}

// AnalyticsHours is how many sessions began in each hour of each weekday, and
// for how many seconds of it an agent was available.
type AnalyticsHours struct {
	Period    AnalyticsPeriod
	Sessions  [7][24]int64 // from Monday on
	Available [7][24]float64
	Computed  AnalyticsBasis
}

// botsAlone says whether a bot has answered, and nobody has taken it up nor was
// to: who was handed over to people and then met nobody has been missed.
func (f *SessionFigures) botsAlone() bool {
	return f.BotMessages > 0 && f.AgentMessages == 0 && f.AssigneeID == "" && f.AssignedAt.IsZero() && !f.HandedOver
}

// agents returns whose figures the session counts for.
func (f *SessionFigures) agents() []string {
	var ids []string
	add := func(id string) {
		if id != "" && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	add(f.AssigneeID)
	for _, r := range f.Replies {
		add(r.AgentID)
	}
	return ids
}

func (f *SessionFigures) concerns(agentID string) bool {
	return f.AssigneeID == agentID || slices.ContainsFunc(f.Replies, func(r AgentReply) bool { return r.AgentID == agentID })
}
