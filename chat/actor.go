package chat

import "slices"

// Actor is who calls: every method of [Service] that reads or changes
// something for somebody takes one, and decides by it what may be done. The
// zero Actor may do nothing.
type Actor struct {
	kind   actorKind
	id     string
	name   string
	scopes []string
	person string // a visitor's ExternalID
	ban    *Ban   // a visitor's
}

type actorKind int

const (
	nobody actorKind = iota
	visitorActor
	agentActor
	keyActor
	hostActor
)

// AsVisitor acts as a visitor: on their own sessions only.
func AsVisitor(v Visitor) Actor {
	return Actor{kind: visitorActor, id: v.ID, name: v.Name, person: v.ExternalID, ban: v.Banned}
}

// AsAgent acts as one of the host's own users, on all sessions.
func AsAgent(a Agent) Actor {
	scopes := []string{ScopeRead, ScopeWrite}
	if a.Admin {
		scopes = append(scopes, ScopeAdmin)
	}
	return Actor{kind: agentActor, id: a.ID, name: a.Name, scopes: scopes}
}

// AsAPIKey acts as a program with an API key, within the key's scopes. It may
// speak for the visitor or a bot as well as for the agents.
func AsAPIKey(k APIKey) Actor {
	return Actor{kind: keyActor, id: k.ID, name: k.Name, scopes: k.Scopes}
}

// AsHost acts as the host's own code, which may do everything. name is what
// visitors read beside what it writes.
func AsHost(name string) Actor {
	return Actor{kind: hostActor, id: "host", name: name, scopes: []string{ScopeAdmin}}
}

// IsVisitor says whether the actor is a visitor.
func (a Actor) IsVisitor() bool { return a.kind == visitorActor }

// ID returns the id of the visitor, agent or key that acts.
func (a Actor) ID() string { return a.id }

// ExternalID returns the host's own id of a visitor whom it knows, and of an
// agent. It is empty for others.
func (a Actor) ExternalID() string {
	if a.kind == agentActor {
		return a.id
	}
	return a.person
}

// Name returns the name of the visitor, agent or key that acts.
func (a Actor) Name() string { return a.name }

// Scopes returns what the actor may do on the agents' side: a subset of
// ScopeRead, ScopeWrite and ScopeAdmin.
func (a Actor) Scopes() []string {
	switch {
	case slices.Contains(a.scopes, ScopeAdmin):
		return []string{ScopeRead, ScopeWrite, ScopeAdmin}
	case slices.Contains(a.scopes, ScopeWrite):
		return []string{ScopeRead, ScopeWrite}
	case slices.Contains(a.scopes, ScopeRead):
		return []string{ScopeRead}
	}
	return []string{}
}

// need returns an error unless the actor is on the agents' side and has the
// scope.
func (a Actor) need(scope string) error {
	if a.kind == nobody {
		return &Error{Kind: ErrUnauthenticated, Code: "invalid_api_key", Message: "Nobody is signed in."}
	}
	if a.kind == visitorActor {
		return forbidden("Visitors may not do this.")
	}
	if !slices.Contains(a.Scopes(), scope) {
		return forbidden("This needs the scope " + scope + ".")
	}
	return nil
}

// side says for whom the actor reads and writes.
func (a Actor) side() string {
	if a.kind == visitorActor {
		return SenderVisitor
	}
	return SenderAgent
}
