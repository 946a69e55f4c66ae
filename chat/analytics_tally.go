package chat

import (
	"math"
	"slices"
	"time"
)

// tally gathers what figures are computed from.
type tally struct {
	Figures
	wait, bot, accept, reply, duration []time.Duration
	visitor, agent, bots               int64
	agentID                            string     // whose figures they are; empty for all
	open                               *openHours // nil where all hours count
}

// Figure names a figure that is made of sessions: see [Service.FigureSessions].
type Figure string

// The figures that sessions can be listed by. Where a figure is a duration,
// its sessions are those that it was measured in.
const (
	FigureSessions      Figure = "sessions"
	FigureNoMessage     Figure = "opened_no_message"
	FigureClosed        Figure = "closed"
	FigureMissed        Figure = "missed"
	FigureAbandoned     Figure = "abandoned"
	FigureDropped       Figure = "dropped"
	FigureWait          Figure = "wait"
	FigureBotResponse   Figure = "first_bot_response"
	FigureAccept        Figure = "accept"
	FigureReplyTime     Figure = "reply_time"
	FigureDuration      Figure = "duration"
	FigureRequests      Figure = "rating_requests"
	FigureRatings       Figure = "ratings"
	FigurePositive      Figure = "ratings_positive"
	FigureNegative      Figure = "ratings_negative"
	figureRatingsPrefix Figure = "ratings_" // and a score from 1 to 5
)

// allFigures are all that can be asked for.
func allFigures() []Figure {
	list := []Figure{FigureSessions, FigureNoMessage, FigureClosed, FigureMissed, FigureAbandoned, FigureDropped, FigureWait, FigureBotResponse,
		FigureAccept, FigureReplyTime, FigureDuration, FigureRequests, FigureRatings, FigurePositive, FigureNegative}
	for score := '1'; score <= '5'; score++ {
		list = append(list, figureRatingsPrefix+Figure(score))
	}
	return list
}

// has says whether the session is one of those that make up the figure. It is
// the definition of each: figures are counted by it, and lists are made by it.
func (t *tally) has(figure Figure, f *SessionFigures) bool {
	if f.FirstVisitorAt.IsZero() {
		return figure == FigureNoMessage
	}
	closed, own := !f.ClosedAt.IsZero(), t.whose(f.AssigneeID)
	switch figure {
	case FigureSessions:
		return true
	case FigureClosed, FigureDuration:
		return own && closed
	case FigureMissed:
		return own && f.FirstReplyAt.IsZero() && (closed || f.VisitorLeft)
	case FigureAbandoned:
		return t.has(FigureMissed, f) && f.VisitorLeft && f.AssigneeID == ""
	case FigureDropped:
		return own && f.AssigneeID != "" && f.VisitorLeft && f.Unseen
	case FigureWait:
		return len(f.Replies) > 0 && t.whose(f.Replies[0].AgentID)
	case FigureBotResponse:
		return own && !f.FirstBotAt.IsZero()
	case FigureAccept:
		return own && t.agentID == "" && !f.QueuedAt.IsZero() && !f.AssignedAt.Before(f.QueuedAt)
	case FigureReplyTime:
		return slices.ContainsFunc(f.Replies, func(r AgentReply) bool { return t.whose(r.AgentID) })
	case FigureRequests:
		return own && (f.Score > 0 || !f.RatingAskedAt.IsZero())
	case FigureRatings:
		return own && f.Score > 0
	case FigurePositive:
		return own && f.Score >= 4
	case FigureNegative:
		return own && f.Score > 0 && f.Score <= 2
	}
	return own && f.Score > 0 && figure == figureRatingsPrefix+Figure(rune('0'+f.Score)) //nolint:gosec // G115: a score of 1 to 5
}

func (t *tally) add(f *SessionFigures) {
	for _, c := range []struct {
		figure Figure
		count  *int64
	}{
		{FigureSessions, &t.Sessions}, {FigureNoMessage, &t.OpenedNoMessage}, {FigureClosed, &t.Closed}, {FigureMissed, &t.Missed},
		{FigureAbandoned, &t.Abandoned}, {FigureDropped, &t.Dropped},
		{FigureRequests, &t.CSAT.Requests}, {FigureRatings, &t.CSAT.Ratings}, {FigurePositive, &t.CSAT.Positive},
	} {
		if t.has(c.figure, f) {
			*c.count++
		}
	}
	if f.FirstVisitorAt.IsZero() {
		return
	}
	t.visitor += f.VisitorMessages
	t.agent += f.AgentMessages
	t.bots += f.BotMessages
	for _, c := range []struct {
		figure      Figure
		list        *[]time.Duration
		from, until time.Time
	}{
		{FigureWait, &t.wait, f.FirstVisitorAt, f.FirstReplyAt}, {FigureBotResponse, &t.bot, f.FirstVisitorAt, f.FirstBotAt},
		{FigureAccept, &t.accept, f.QueuedAt, f.AssignedAt}, {FigureDuration, &t.duration, f.FirstVisitorAt, f.ClosedAt},
	} {
		if t.has(c.figure, f) {
			*c.list = append(*c.list, t.between(c.from, c.until))
		}
	}
	if t.has(FigureRatings, f) {
		t.CSAT.Spread[f.Score-1]++
	}
	t.addReplies(f)
}

func (t *tally) addReplies(f *SessionFigures) {
	for _, r := range f.Replies {
		switch {
		case !t.whose(r.AgentID):
		case t.open == nil:
			t.reply = append(t.reply, r.Took)
		default:
			from := f.CreatedAt.Add(r.After)
			t.reply = append(t.reply, t.open.between(from, from.Add(r.Took)))
		}
	}
}

// whose says whether what an agent did counts here.
func (t *tally) whose(agentID string) bool { return t.agentID == "" || agentID == t.agentID }

// between is how long it is from one moment to another, as far as it counts.
func (t *tally) between(from, to time.Time) time.Duration {
	if t.open == nil {
		return to.Sub(from)
	}
	return t.open.between(from, to)
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
	out.CSAT.ResponseRate = share(out.CSAT.Ratings, out.CSAT.Requests)
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
