package chat

import "time"

// Every node knows who is present on all of them: each tells the others of
// signs of life that it has had, at once when somebody comes, and then every
// few seconds. Each draws its own conclusions from what it knows and tells its
// own people; so it notices, too, when a node dies with everybody on it.

// tellHere tells the other nodes who is here by signs that this node has had:
// those since it last did so, or everybody.
func (s *Service) tellHere(everybody bool) {
	now := s.now()
	sent := false
	out := note{}
	size := 0
	flush := func() {
		s.nodes.send(out)
		out, size, sent = note{}, 0, true
	}
	for k, left := range s.presence.signs(everybody, now) {
		if size+len(k.id)+16 > maxTravel {
			flush()
		}
		if out.Here == nil {
			out.Here = map[string]map[string]int{}
		}
		if out.Here[k.kind] == nil {
			out.Here[k.kind] = map[string]int{}
		}
		out.Here[k.kind][k.id] = int(left/time.Second) + 1
		size += len(k.id) + 16
	}
	if out.Here != nil || !sent {
		flush() // an empty note says that this node is here
	}
	if everybody {
		for agent, session := range s.viewing.all(now) {
			s.nodes.send(note{Views: map[string]string{agent: session}})
		}
	}
}

// hereElsewhere takes in that somebody is present on another node.
func (s *Service) hereElsewhere(k presenceKey, left time.Duration, now time.Time) {
	if s.presence.hear(k, now.Add(min(left, agentTTL)), now) {
		s.changedElsewhere(k, EventVisitorOnline)
	}
}

// changedElsewhere tells the people of this node that somebody on another has
// come or gone.
func (s *Service) changedElsewhere(k presenceKey, event string) {
	if k.kind == SenderVisitor {
		s.tell(event, "", k.id, VisitorPresence{VisitorID: k.id})
		return
	}
	s.meetLater(k.id)
}
