package chat

import (
	"encoding/json"
	"unicode/utf8"
)

// maxTravel is how many bytes of a kind go to other nodes in one note, which
// leaves room for what encoding adds. Of a longer preview of a visitor's words
// the end goes: it is what the agent has not seen yet.
const maxTravel = 4000

// share tells the other nodes of an ephemeral event that they cannot know of
// by themselves. Who is here they are told otherwise.
func (s *Service) share(e *Event) {
	if s.nodes.broker == nil || travelled(e.Type) == nil {
		return
	}
	encoded, err := json.Marshal(e.Data)
	if err != nil {
		return
	}
	if t, ok := e.Data.(Typing); ok && len(encoded) > maxTravel {
		// What is escaped takes up to six bytes for one.
		t.Preview = ending(t.Preview, maxTravel*len(t.Preview)/len(encoded)/2)
		if encoded, err = json.Marshal(t); err != nil {
			return
		}
	}
	if p, ok := e.Data.(PageVisit); ok && len(encoded) > maxTravel {
		p.Page.Referrer = "" // two addresses may be longer together than a hint
		if encoded, err = json.Marshal(p); err != nil {
			return
		}
	}
	s.nodes.tell(note{Event: &remark{e.Type, e.At, e.SessionID, e.VisitorID, encoded}})
}

// repeat tells those who listen here of an event on another node.
func (s *Service) repeat(r remark) {
	decode := travelled(r.Type)
	if decode == nil {
		return
	}
	data, err := decode(r.Data)
	if err != nil {
		s.log.Debug("chat: another node tells of an event that is not understood", "event", r.Type, "error", err)
		return
	}
	s.hub.publish([]*Event{{Type: r.Type, At: r.At, Data: data, SessionID: r.SessionID, VisitorID: r.VisitorID}})
}

// travelled returns how the data of an ephemeral event is read that goes to
// other nodes, nil for those that do not.
func travelled(kind string) func([]byte) (any, error) {
	switch kind {
	case EventTyping:
		return decodeAs[Typing]
	case EventSeen:
		return decodeAs[Seen]
	case EventVisitorPage:
		return decodeAs[PageVisit]
	case EventWebhookDisabled:
		return decodeAs[WebhookNotice]
	}
	return nil
}

func decodeAs[T any](data []byte) (any, error) {
	var v T
	err := json.Unmarshal(data, &v)
	return v, err
}

// ending cuts a text down to its end.
func ending(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	text = text[len(text)-limit:]
	for !utf8.RuneStart(text[0]) {
		text = text[1:]
	}
	return "…" + text
}
