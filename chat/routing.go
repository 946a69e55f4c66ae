package chat

import (
	"slices"
	"time"
)

// The ways in which sessions find an agent.
const (
	RouteManual     = "manual"      // agents claim them
	RouteRoundRobin = "round_robin" // they are given out in turn
)

// What becomes of a department's sessions while none of its agents is there.
const (
	NobodyWait   = "wait"   // they wait for the department
	NobodyAnyone = "anyone" // any agent who is there gets them
)

// Routing says how sessions find an agent and what happens to those that
// nobody attends to. The zero Routing stands for the defaults: agents claim
// sessions themselves, Sticky, and MissedAfterMinutes 5.
type Routing struct {
	Mode     string `json:"mode"`     // RouteManual or RouteRoundRobin
	Capacity int    `json:"capacity"` // open sessions of one agent at most, 0 for no limit; claims are not limited

	// Sticky gives a visitor to the agent who had their last session, if they
	// are there and have room.
	Sticky bool `json:"sticky"`

	// Nobody is NobodyWait or NobodyAnyone. Outside the opening hours nothing
	// is given out at all.
	Nobody string `json:"nobody"`

	// ReturnAfterMinutes gives a session back to the queue when its visitor
	// has waited, and its agent has not been there and available, for so long.
	// 0 means never.
	ReturnAfterMinutes int `json:"return_after_minutes"`

	// AutoCloseMinutes closes a session after so long without a message, unless
	// its visitor waits for an answer or it is snoozed. 0 means never.
	AutoCloseMinutes int `json:"auto_close_minutes"`

	// MissedAfterMinutes is the grace time: a session without an agent's reply
	// counts as missed when its visitor has been gone for so long. 0 means
	// that only closing it makes it so.
	MissedAfterMinutes int `json:"missed_after_minutes"`
}

// CloseReasonIdle is the reason of sessions that Routing.AutoCloseMinutes has
// closed.
const CloseReasonIdle = "idle"

const maxRoutingMinutes = 30 * 24 * 60

func (r Routing) complete() Routing {
	if r == (Routing{}) {
		r.Sticky, r.MissedAfterMinutes = true, 5
	}
	if r.Mode == "" {
		r.Mode = RouteManual
	}
	if r.Nobody == "" {
		r.Nobody = NobodyWait
	}
	return r
}

func (r Routing) check() error {
	if r.Mode != RouteManual && r.Mode != RouteRoundRobin {
		return invalid("routing.mode", `routing.mode must be "manual" or "round_robin".`)
	}
	if r.Nobody != NobodyWait && r.Nobody != NobodyAnyone {
		return invalid("routing.nobody", `routing.nobody must be "wait" or "anyone".`)
	}
	for _, f := range []struct {
		field   string
		n, most int
	}{
		{"routing.capacity", r.Capacity, maxCapacity},
		{"routing.return_after_minutes", r.ReturnAfterMinutes, maxRoutingMinutes},
		{"routing.auto_close_minutes", r.AutoCloseMinutes, maxRoutingMinutes},
		{"routing.missed_after_minutes", r.MissedAfterMinutes, maxRoutingMinutes},
	} {
		if err := checkRange(f.field, f.n, f.most); err != nil {
			return err
		}
	}
	return nil
}

// QueuedSession is a session that waits for an agent: active, without an
// assignee, not snoozed, and with a visitor who waits for an answer.
type QueuedSession struct {
	SessionID  string
	VisitorID  string
	Department string
	QueuedAt   time.Time
	LastAgent  string // who had the visitor's last other session that anybody had
	ReleasedBy string // who had this one and gave it up; they are not to be given it again
	Version    int64  // of the session
	ForBots    bool   // no agent has answered it, and it does not have the tag HandedOver
}

// RoutingLoad is what an agent has to do.
type RoutingLoad struct {
	AgentID  string
	Open     int       // active sessions that are theirs and not snoozed
	RoutedAt time.Time // when OpAssignSession last gave them one; zero before
}

// What can be due.
const (
	DueWake   = "wake"   // Snooze.Until is At or earlier
	DueIdle   = "idle"   // what OpCloseSession would close with At as IdleSince
	DueMissed = "missed" // what OpMarkMissed would mark with At as Before
	DueReturn = "return" // what OpReturnSession would give back with At as Before
)

// DueQuery asks for sessions for which the time has come, Limit at most.
type DueQuery struct {
	Kind  string // one of the constants above
	At    time.Time
	Limit int
}

// DueSession is a session for which the time has come.
type DueSession struct {
	SessionID  string
	VisitorID  string
	LastSeenAt time.Time // the visitor's, or their last message if that came later
	Missed     bool      // it was marked before
}

// OpAssignSession gives a session that waits for an agent to one. It sets what
// OpUpdateSession sets, and when the agent was last given one. Version grows by
// 1. Event: session_updated. An agent who is away, or has Capacity open
// sessions that are not snoozed (if not 0): ErrNoRoom. A session that has an
// assignee: ErrAlreadyClaimed; one that does not wait: Duplicate.
type OpAssignSession struct {
	SessionID, AgentID string
	Capacity           int
	At                 time.Time
}

// OpReturnSession takes an active session that is not snoozed away from its
// agent, where the visitor has waited since Before or longer and the agent was
// last seen then or earlier. Version grows by 1. Event: session_updated. Where
// that is not so: Duplicate.
type OpReturnSession struct {
	SessionID string
	Before    time.Time
	At        time.Time
}

// OpMarkMissed sets Missed on an active session with a visitor's message and
// without an agent's, and not of a bot alone (see OpCloseSession), where the
// visitor's LastSeenAt and last message are of Before or earlier. Version grows
// by 1. Event: session_missed. Where that is not so, or Missed is set:
// Duplicate.
type OpMarkMissed struct {
	SessionID string
	Before    time.Time
	At        time.Time
}

// OpSeeVisitor moves a visitor's LastSeenAt on to At; OpSeeAgent notes that an
// agent is there and available at At. Both for those whom no request shows to
// be there. Event: none. Nobody of that id, or seen later: Duplicate.
type OpSeeVisitor struct {
	VisitorID string
	At        time.Time
}

// OpSeeAgent is described at OpSeeVisitor.
type OpSeeAgent struct {
	AgentID string
	At      time.Time
}

func (OpAssignSession) op() {}
func (OpReturnSession) op() {}
func (OpMarkMissed) op()    {}
func (OpSeeVisitor) op()    {}
func (OpSeeAgent) op()      {}

// rule is the routing of one session, with its department's say in it.
type rule struct {
	mode     string
	capacity int
	open     bool     // it is within the opening hours
	members  []string // who may get it; nil means everybody
}

// serves says whether the agent may get sessions under the rule.
func (r rule) serves(agent string) bool { return r.members == nil || slices.Contains(r.members, agent) }
