package apitest

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/pealchat/pealchat/chat"
)

// atOnce calls do n times at the same moment and returns the answers.
func atOnce(n int, do func(i int) *reply) []*reply {
	replies := make([]*reply, n)
	start := make(chan struct{})
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			<-start
			replies[i] = do(i)
		})
	}
	close(start)
	all.Wait()
	return replies
}

// sends are the calls that a client_id makes repeatable.
func sends(f *fixture) map[string]func(text, clientID string) *reply {
	message := func(text, clientID string) object {
		return object{"session_id": f.session, "message": text, "client_id": clientID}
	}
	return map[string]func(text, clientID string) *reply{
		"agent": func(text, clientID string) *reply {
			body := message(text, clientID)
			body["sender"] = "agent"
			return f.admin().post("/api/v1/messages", encode(body))
		},
		"bot": func(text, clientID string) *reply {
			body := object{"sender": "bot", "message": text, "client_id": clientID}
			return f.admin().post("/api/v1/sessions/"+f.session+"/messages", encode(body))
		},
		"visitor": func(text, clientID string) *reply {
			return f.who.post("/visitor/v1/messages", encode(message(text, clientID)))
		},
		"note": func(text, clientID string) *reply {
			// A note's sender is an agent too: it shares the agents' client ids.
			return f.admin().post("/api/v1/sessions/"+f.session+"/notes", encode(object{"message": text, "client_id": "note " + clientID}))
		},
	}
}

// TestFiftyAtOnce sends one message fifty times at the same moment.
func TestFiftyAtOnce(t *testing.T) {
	t.Parallel()
	f := open(t, setup{}).fixture()
	for name, send := range sends(f) {
		for _, wrong := range fiftyAtOnce(f, send) {
			t.Errorf("%s: %s", name, wrong)
		}
	}
}

// fiftyAtOnce says what is wrong with fifty sends at once.
func fiftyAtOnce(f *fixture, send func(text, clientID string) *reply) (wrong []string) {
	count := func() int {
		return len(f.admin().get("/api/v1/sessions/" + f.session + "/messages?limit=200").is(200).list("messages"))
	}
	before := count()
	statuses, answers := map[int]int{}, map[string]int{}
	for _, r := range atOnce(50, func(int) *reply { return send("only once", "the same") }) {
		statuses[r.status]++
		answers[r.raw]++
	}
	if len(answers) != 1 {
		wrong = append(wrong, fmt.Sprintf("%d different answers: %v", len(answers), answers))
	}
	if statuses[201] != 1 || statuses[200] != 49 {
		wrong = append(wrong, fmt.Sprintf("statuses %v", statuses))
	}
	if n := count() - before; n != 1 {
		wrong = append(wrong, fmt.Sprintf("%d messages more", n))
	}
	return wrong
}

// forgetful is a store that does not know a client_id again.
type forgetful struct{ chat.Store }

func (s forgetful) Append(ctx context.Context, ops []chat.Op) ([]chat.OpResult, error) {
	for i, op := range ops {
		if send, ok := op.(chat.OpAppendMessage); ok {
			send.Message.ClientID = ""
			ops[i] = send
		}
	}
	return s.Store.Append(ctx, ops)
}

// TestFiftyAtOnceHasTeeth: over such a store TestFiftyAtOnce fails in every way.
func TestFiftyAtOnceHasTeeth(t *testing.T) {
	t.Parallel()
	f := open(t, setup{wrap: func(real chat.Store) chat.Store { return forgetful{real} }}).fixture()
	if wrong := fiftyAtOnce(f, sends(f)["visitor"]); len(wrong) != 3 {
		t.Errorf("it says %q", wrong)
	}
}

// TestClientIDs repeats sends, with the same and another body, before and
// after a restart on the same file, and after the session's end.
func TestClientIDs(t *testing.T) {
	t.Parallel()
	s := open(t, setup{})
	f := s.fixture()
	first := map[string]*reply{}
	for name, send := range sends(f) {
		first[name] = send("once", "c-1").is(201) // one client_id: each sender has its own
	}
	check := func(f *fixture) {
		t.Helper()
		for name, send := range sends(f) {
			if again := send("once", "c-1").is(200); again.raw != first[name].raw {
				t.Errorf("%s: first\n%s\nagain\n%s", name, first[name].raw, again.raw)
			}
			send("otherwise", "c-1").fails(409, "client_id_reused", "client_id")
			send("once ", "c-1").fails(409, "client_id_reused", "client_id")
		}
	}
	check(f)

	// Another session has client ids of its own.
	other := s.fixture()
	other.who.post("/visitor/v1/messages", encode(object{"session_id": other.session, "message": "once", "client_id": "c-1"})).is(201)

	s.close()
	restarted := open(t, setup{file: s.file})
	f = f.movedTo(restarted)
	check(f)
	f.admin().post("/api/v1/sessions/"+f.session+"/close", ``).is(200)
	check(f)
}

// movedTo is the fixture on a server that has the same database.
func (f *fixture) movedTo(s *site) *fixture {
	g := *f
	who := *f.who
	who.site = s
	g.site, g.who = s, &who
	return &g
}

// TestStartingOnce starts one session fifty times at the same moment.
func TestStartingOnce(t *testing.T) {
	t.Parallel()
	s := open(t, setup{})
	v := s.visitor()
	body := `{"visitor_name":"Ines","message":"Hello?","client_id":"start-1"}`
	statuses := map[int]int{}
	replies := atOnce(50, func(int) *reply { return v.post("/visitor/v1/sessions", body) })
	for _, r := range replies {
		statuses[r.status]++
		if r.text("session_id") != replies[0].text("session_id") || len(r.list("messages")) != 1 {
			t.Errorf("two answers:\n%s\n%s", r.raw, replies[0].raw)
		}
		if r.header.Get("Location") != replies[0].header.Get("Location") {
			t.Errorf("Location %q and %q", r.header.Get("Location"), replies[0].header.Get("Location"))
		}
	}
	if statuses[201] != 1 || statuses[200] != 49 {
		t.Errorf("statuses %v", statuses)
	}
	if got := v.get("/visitor/v1/sessions").is(200).list("sessions"); len(got) != 1 || got[0]["message_count"] != 1.0 {
		t.Errorf("sessions: %v", got)
	}
	v.post("/visitor/v1/sessions", `{"visitor_name":"Ines","message":"Hello!","client_id":"start-1"}`).fails(409, "client_id_reused", "client_id")
	s.visitor().post("/visitor/v1/sessions", body).is(201) // another visitor's is another one
}

// TestSeqHasNoGap has several senders write at once.
func TestSeqHasNoGap(t *testing.T) {
	t.Parallel()
	f := open(t, setup{}).fixture()
	atOnce(40, func(i int) *reply {
		switch i % 4 {
		case 0:
			return f.who.post("/visitor/v1/messages", encode(object{"session_id": f.session, "message": fmt.Sprint(i)})).is(201)
		case 1:
			return f.admin().post("/api/v1/sessions/"+f.session+"/notes", encode(object{"message": fmt.Sprint(i)})).is(201)
		}
		return f.admin().post("/api/v1/messages", encode(object{"session_id": f.session, "sender": "agent", "message": fmt.Sprint(i)})).is(201)
	})
	list := f.who.get("/visitor/v1/sessions/" + f.session + "/messages").is(200).list("messages")
	for i, m := range list {
		if m["seq"] != float64(i+1) {
			t.Fatalf("seq are %v", column(list, "seq"))
		}
	}
	if len(list) != 31 {
		t.Errorf("%d messages", len(list))
	}
}

// TestOneClaimWins has several claim a session at once.
func TestOneClaimWins(t *testing.T) {
	t.Parallel()
	f := open(t, setup{}).fixture()
	var keys []*client
	for range 10 {
		keys = append(keys, f.keyed("write"))
	}
	path := "/api/v1/sessions/" + f.session + "/claim"
	winner := -1
	for i, r := range atOnce(len(keys), func(i int) *reply { return keys[i].post(path, ``) }) {
		if r.status == 200 && winner < 0 {
			winner = i
			continue
		}
		r.fails(409, "already_claimed", "")
	}
	if winner < 0 {
		t.Fatal("nobody won")
	}
	again := keys[winner].post(path, ``).is(200)
	me := keys[winner].get("/api/v1/me").is(200)
	again.has(map[string]any{"assignee_id": me.text("agent.agent_id"), "version": 2})
	keys[(winner+1)%10].post(path, `{}`).fails(409, "already_claimed", "")
}
