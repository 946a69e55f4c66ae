package chat

import "context"

// AnalyticsGreetings says what came of the greetings of a period.
type AnalyticsGreetings struct {
	Period   AnalyticsPeriod
	Triggers []GreetingFigures // in the order of the settings, then those that are gone
	Total    GreetingFigures   // of all triggers; its ID and Name are empty
}

// GreetingFigures are those of one trigger. Name is empty where it is gone.
type GreetingFigures struct {
	ID, Name   string
	Shown      int64    // visitors who were shown the greeting in the period
	Answered   int64    // of them, who began a session within half an hour
	Conversion *float64 // answered by shown, nil without any
}

// AnalyticsOfGreetings returns how many visitors were greeted in a period, and
// how many of them answered. The query may say no more than the period and its
// zone: greetings are shown to visitors, so that figures of those who answered
// in a department, say, would have nothing to be held against.
func (s *Service) AnalyticsOfGreetings(ctx context.Context, by Actor, q AnalyticsQuery) (AnalyticsGreetings, error) {
	r, err := s.newReport(ctx, by, AnalyticsQuery{From: q.From, To: q.To, Zone: q.Zone})
	if err != nil {
		return AnalyticsGreetings{}, err
	}
	if name := q.selects(); name != "" {
		return AnalyticsGreetings{}, invalid(name, name+" selects sessions; a report of greetings takes only from, to and tz.")
	}
	settings, err := s.CurrentSettings(ctx)
	if err != nil {
		return AnalyticsGreetings{}, err
	}
	counts, err := s.store.Greetings(ctx, r.q.From, r.q.To)
	if err != nil {
		return AnalyticsGreetings{}, err
	}
	out := AnalyticsGreetings{Period: r.period(), Triggers: []GreetingFigures{}}
	place := map[string]int{}
	for _, t := range settings.Triggers {
		place[t.ID] = len(out.Triggers)
		out.Triggers = append(out.Triggers, GreetingFigures{ID: t.ID, Name: t.Name})
	}
	for _, c := range counts {
		i, known := place[c.TriggerID]
		if !known {
			i = len(out.Triggers)
			out.Triggers = append(out.Triggers, GreetingFigures{ID: c.TriggerID})
		}
		g := &out.Triggers[i]
		g.Shown, g.Answered, g.Conversion = c.Shown, c.Answered, share(c.Answered, c.Shown)
		out.Total.Shown += c.Shown
		out.Total.Answered += c.Answered
	}
	out.Total.Conversion = share(out.Total.Answered, out.Total.Shown)
	return out, nil
}

// selects names something that tells sessions apart, or is empty.
func (q AnalyticsQuery) selects() string {
	switch {
	case q.AgentID != "":
		return "agent"
	case q.Department != "":
		return "department"
	case q.Source != "":
		return "source"
	case q.Page != "":
		return "page"
	case q.Tag != "":
		return "tag"
	case q.Bots:
		return "bots"
	case q.Banned:
		return "banned"
	case q.Test:
		return "test"
	case q.BusinessHours:
		return "business_hours"
	}
	return ""
}
