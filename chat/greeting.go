package chat

import (
	"context"
	"slices"
	"time"
)

// greetingTime is how long after a greeting a session counts as its answer.
const greetingTime = 30 * time.Minute

// PresenceAnswer is what a visitor's browser learns for a sign of life.
type PresenceAnswer struct {
	Session *Session       // an open one with something in it that they have not seen, if there is one
	Offers  []TriggerOffer // triggers that may greet them
}

// TriggerOffer is a trigger as a visitor's browser is told of it: who it is for
// has been found out, but for what only the browser knows. When all of that
// holds it asks for the greeting with [Service.Greet].
type TriggerOffer struct {
	TriggerID     string         `json:"trigger_id"`
	Page          string         `json:"page,omitempty"`
	SecondsOnPage int            `json:"seconds_on_page,omitempty"`
	CustomData    map[string]any `json:"custom_data,omitempty"`
}

// Greeting is what a visitor is to read.
type Greeting struct {
	TriggerID string `json:"trigger_id"`
	Message   string `json:"message"`
}

// OpGreetVisitor notes that the visitor is shown the trigger's greeting. Again:
// Duplicate. Event: none.
type OpGreetVisitor struct {
	TriggerID string
	VisitorID string
	At        time.Time
}

func (OpGreetVisitor) op() {}

// GreetingCount says how many visitors were shown a trigger's greeting in a
// period, and how many of these answered it, whenever that was: began a
// session within half an hour.
type GreetingCount struct {
	TriggerID string
	Shown     int64
	Answered  int64
}

// GreetingStore reads greetings. They count beyond the life of a trigger, and
// of a visitor, who is then nobody.
type GreetingStore interface {
	// Greetings counts those shown at from or later and before to, by
	// trigger, in the order of their ids.
	Greetings(ctx context.Context, from, to time.Time) ([]GreetingCount, error)

	// Greeted returns the triggers whose greeting the visitor was shown.
	Greeted(ctx context.Context, visitorID string) ([]string, error)
}

// offers returns the triggers that may greet the visitor who acts, in the
// order of the settings.
func (s *Service) offers(ctx context.Context, by Actor) ([]TriggerOffer, error) {
	settings, err := s.CurrentSettings(ctx)
	if err != nil {
		return nil, err
	}
	list := slices.DeleteFunc(slices.Clone(settings.Triggers), func(t Trigger) bool { return !t.Enabled })
	if len(list) == 0 {
		return nil, nil
	}
	shown, err := s.store.Greeted(ctx, by.id)
	if err != nil || len(shown) >= len(list) && !slices.ContainsFunc(list, func(t Trigger) bool { return !slices.Contains(shown, t.ID) }) {
		return nil, err
	}
	v, in, err := s.stay(ctx, by.id)
	if err != nil {
		return nil, err
	}
	here := s.team(ctx)
	var offers []TriggerOffer
	for _, t := range list {
		if slices.Contains(shown, t.ID) {
			continue
		}
		if unsure, ok := t.Conditions.hold(v, in, here); ok {
			offers = append(offers, TriggerOffer{t.ID, t.Conditions.Page, t.Conditions.SecondsOnPage, unsure})
		}
	}
	return offers, nil
}

// stay returns a visitor and their present visit. What waits to be stored is
// looked at first: it may be stored meanwhile, and would be missed both times.
func (s *Service) stay(ctx context.Context, visitorID string) (Visitor, stay, error) {
	waiting := s.trail.of(visitorID)
	v, err := s.store.Visitor(ctx, visitorID)
	return v, stayOf(v, waiting), err
}

func (s *Service) team(ctx context.Context) team {
	open, _ := s.Hours(ctx)
	return team{available: open && len(s.AvailableAgents(ctx)) > 0, open: open}
}

// Greet returns the greeting of a trigger for the visitor who acts, whose
// browser shows it at once: it counts as shown. Each visitor is told it once.
// Otherwise, while they have an open session, and where the conditions do not
// hold any more, it is not told.
func (s *Service) Greet(ctx context.Context, by Actor, triggerID string) (greeting Greeting, told bool, err error) {
	if err := s.trackable(by); err != nil {
		return greeting, false, err
	}
	if triggerID == "" {
		return greeting, false, invalid("trigger_id", "trigger_id must not be empty.")
	}
	open, err := s.store.Sessions(ctx, SessionQuery{Page: Page{Limit: 1}, VisitorID: by.id, Status: StatusActive})
	if err != nil {
		return greeting, false, err
	}
	t, err := s.trigger(ctx, triggerID)
	if err != nil {
		return greeting, false, err
	}
	v, in, err := s.stay(ctx, by.id)
	if err != nil {
		return greeting, false, err
	}
	if _, ok := t.Conditions.hold(v, in, s.team(ctx)); !ok || len(open.Sessions) > 0 {
		return greeting, false, nil
	}
	now := s.now()
	res, err := s.writer.do(ctx, OpGreetVisitor{TriggerID: t.ID, VisitorID: by.id, At: now})
	if err != nil || res.Duplicate {
		return greeting, false, err
	}
	if s.trail.add(PageView{VisitorID: by.id, Name: "greeting_shown", Data: map[string]any{"greeting": t.Message}, At: now}) {
		s.freshTrail(ctx)
	}
	return Greeting{t.ID, t.Message}, true, nil
}

// trigger returns one that is enabled.
func (s *Service) trigger(ctx context.Context, id string) (Trigger, error) {
	settings, err := s.CurrentSettings(ctx)
	if err != nil {
		return Trigger{}, err
	}
	i := slices.IndexFunc(settings.Triggers, func(t Trigger) bool { return t.ID == id && t.Enabled })
	if i < 0 {
		return Trigger{}, ErrUnknownTrigger
	}
	return settings.Triggers[i], nil
}

// DryRun says for whom conditions would hold just now.
type DryRun struct {
	Online   int       `json:"online"`   // visitors who were looked at
	Matching int       `json:"matching"` // those for whom all conditions hold
	Visitors []Visitor `json:"visitors"` // the first of them
}

// Bounds of a dry run: it is there to see whether conditions are right.
const (
	dryRunLooks = 1000
	dryRunShows = 10
)

// DryRunTrigger says for which of the visitors who are on the site the
// conditions hold, up to 1,000 of them, whatever they were shown before. What
// hangs on data that only their page has told the widget does not hold.
func (s *Service) DryRunTrigger(ctx context.Context, by Actor, c Conditions) (DryRun, error) {
	c, err := c.check("conditions.")
	if err != nil {
		return DryRun{}, err
	}
	run := DryRun{Visitors: []Visitor{}}
	now, here := s.now(), s.team(ctx)
	page := Page{Limit: MaxPageSize}
	for run.Online < dryRunLooks {
		found, err := s.Visitors(ctx, by, page, VisitorFilter{Online: true})
		if err != nil {
			return DryRun{}, err
		}
		for _, v := range found.Visitors {
			run.Online++
			if !c.holdNow(v, now, here) {
				continue
			}
			if run.Matching++; len(run.Visitors) < dryRunShows {
				run.Visitors = append(run.Visitors, v)
			}
		}
		if page.After = found.Next; page.After == "" {
			break
		}
	}
	return run, nil
}
