package chat

import (
	"encoding/json"
	"math"
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
	Bots int64 `json:"bots"` // bots alone have answered
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
	AgentID    string `json:"agent,omitempty"`
	Department string `json:"department,omitempty"`
	Source     string `json:"source,omitempty"`
	Page       string `json:"page,omitempty"`
	Tag        string `json:"tag,omitempty"`
	Bots       bool   `json:"bots,omitempty"`
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
	Accept        *Durations    `json:"accept"`     // the visitor's first message to the first assignment; nil for an agent
	ReplyTime     Durations     `json:"reply_time"` // the first message of each visitor's turn to an agent's next
	Duration      Durations     `json:"duration"`   // the visitor's first message to closing

	CSAT               CSAT               `json:"csat"`
	MessagesPerSession MessagesPerSession `json:"messages_per_session"`

	// Visitors, page views and what depends on them cannot be known while
	// visits are not recorded: nil.
	Visitors   *int64   `json:"visitors"`
	Engagement *float64 `json:"engagement"`
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

	// ResponseRate is nil: how often visitors were asked is not recorded.
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

// AnalyticsHours is how many sessions began in each hour of each weekday.
type AnalyticsHours struct {
	Period   AnalyticsPeriod
	Sessions [7][24]int64 // from Monday on
	Computed AnalyticsBasis
}

// botsAlone says whether a bot has answered and nobody has taken it up.
func (f *SessionFigures) botsAlone() bool {
	return f.BotMessages > 0 && f.AgentMessages == 0 && f.AssigneeID == "" && f.AssignedAt.IsZero()
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

// tally gathers what figures are computed from.
type tally struct {
	Figures
	wait, bot, accept, reply, duration []time.Duration
	visitor, agent, bots               int64
	agentID                            string // whose figures they are; empty for all
}

func (t *tally) add(f *SessionFigures) {
	if f.FirstVisitorAt.IsZero() {
		t.OpenedNoMessage++
		return
	}
	t.Sessions++
	t.visitor += f.VisitorMessages
	t.agent += f.AgentMessages
	t.bots += f.BotMessages
	if len(f.Replies) > 0 && t.whose(f.Replies[0].AgentID) {
		t.wait = append(t.wait, f.FirstReplyAt.Sub(f.FirstVisitorAt))
	}
	for _, r := range f.Replies {
		if t.whose(r.AgentID) {
			t.reply = append(t.reply, r.Took)
		}
	}
	if !t.whose(f.AssigneeID) {
		return
	}
	if !f.FirstBotAt.IsZero() {
		t.bot = append(t.bot, f.FirstBotAt.Sub(f.FirstVisitorAt))
	}
	if f.AssignedAt.After(f.FirstVisitorAt) {
		t.accept = append(t.accept, f.AssignedAt.Sub(f.FirstVisitorAt))
	}
	t.addEnd(f)
}

// whose says whether what an agent did counts here.
func (t *tally) whose(agentID string) bool { return t.agentID == "" || agentID == t.agentID }

// addEnd counts how the session ended.
func (t *tally) addEnd(f *SessionFigures) {
	closed := !f.ClosedAt.IsZero()
	if closed {
		t.Closed++
		t.duration = append(t.duration, f.ClosedAt.Sub(f.FirstVisitorAt))
	}
	if f.FirstReplyAt.IsZero() && (closed || f.VisitorLeft) {
		t.Missed++
		if f.VisitorLeft && f.AssigneeID == "" {
			t.Abandoned++
		}
	}
	if f.AssigneeID != "" && f.VisitorLeft && f.Unseen {
		t.Dropped++
	}
	if f.Score > 0 {
		t.CSAT.Ratings++
		t.CSAT.Spread[f.Score-1]++
		if f.Score >= 4 {
			t.CSAT.Positive++
		}
	}
}

func (t *tally) figures() Figures {
	out := t.Figures
	out.Wait, out.ReplyTime, out.Duration = durations(t.wait), durations(t.reply), durations(t.duration)
	out.FirstResponse = FirstResponse{Durations: out.Wait, Bot: durations(t.bot)}
	if t.agentID == "" {
		accept := durations(t.accept)
		out.Accept = &accept
	}
	out.CSAT.Score = share(out.CSAT.Positive, out.CSAT.Ratings)
	out.MessagesPerSession = MessagesPerSession{share(t.visitor, t.Sessions), share(t.agent, t.Sessions), share(t.bots, t.Sessions)}
	return out
}

// share returns part by whole, nil where there is nothing to divide by.
func share(part, whole int64) *float64 {
	if whole == 0 {
		return nil
	}
	v := float64(part) / float64(whole)
	return &v
}

// durations changes the order of its argument.
func durations(list []time.Duration) Durations {
	out := Durations{Count: int64(len(list))}
	if len(list) == 0 {
		return out
	}
	var sum float64
	for _, d := range list {
		sum += d.Seconds()
	}
	mean := thousandths(sum / float64(len(list)))
	out.Mean, out.Median, out.P90, out.P95 = &mean, percentile(list, 0.5), percentile(list, 0.9), percentile(list, 0.95)
	return out
}

// percentile takes a list that is not empty, and changes its order.
func percentile(list []time.Duration, p float64) *float64 {
	place := p * float64(len(list)-1)
	below := int(place)
	order(list, below)
	v := list[below].Seconds()
	if below+1 < len(list) {
		v += (place - float64(below)) * (slices.Min(list[below+1:]).Seconds() - v)
	}
	v = thousandths(v)
	return &v
}

// order puts the value that belongs at k in its place, with nothing greater
// before it and nothing less behind it. A year's reply times are millions:
// sorting all of them for three values would take most of a report's time.
func order(list []time.Duration, k int) {
	low, high := 0, len(list)-1
	for low < high {
		pivot := middle(list[low], list[(low+high)/2], list[high])
		i, j := low, high
		for i <= j {
			for list[i] < pivot {
				i++
			}
			for list[j] > pivot {
				j--
			}
			if i <= j {
				list[i], list[j] = list[j], list[i]
				i, j = i+1, j-1
			}
		}
		switch {
		case k <= j:
			high = j
		case k >= i:
			low = i
		default:
			return
		}
	}
}

func middle(a, b, c time.Duration) time.Duration { return max(min(a, b), min(max(a, b), c)) }

// thousandths rounds to what was measured.
func thousandths(s float64) float64 { return math.Round(s*1000) / 1000 }
