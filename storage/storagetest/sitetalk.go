package storagetest

import (
	"container/heap"
	"math"
	"strings"
	"time"

	"github.com/pealchat/pealchat/chat"
)

var (
	agentNames  = []string{"Mara Reyes", "Jonas Oberg", "Tess Stoll", "Ines Costa", "Ravi Nair", "Lena Vogt"}
	departments = []string{"sales", "sales", "support", "support", "support", "returns", ""}
	sources     = []string{"widget", "widget", "widget", "widget", "widget", "widget", "widget", "api", "agent", "test"}
	tags        = []string{"vip", "delivery", "glaze", "wholesale", "complaint"}
	pages       = []string{"/", "/", "/cups", "/bowls", "/vases", "/basket", "/delivery", "/contact", "/cups/sage", "/bowls/large"}
	comments    = []string{"", "", "", "Quick and kind.", "Solved in minutes, thank you.", "It took too long.", "I had to ask twice.", "Lovely people."}
	words       = strings.Fields(`order delivery cup bowl glaze parcel refund return colour sage clay kiln broken gift postcode invoice
		address Lisbon Porto Berlin tomorrow today week when where how much does it take can you send me a picture of the thank please
		yes no maybe one two three set large small food safe dishwasher microwave basket discount code card payment failed again`)

	// byHour is how likely somebody comes in an hour, against the busiest.
	byHour = [24]float64{.08, .05, .03, .02, .03, .07, .16, .33, .59, .88, 1, .95, .73, .77, .91, .93, .8, .63, .52, .54, .58, .45, .27, .14}
)

// talk sends in the visitors who write, and shares the messages among them.
func (m *maker) talk() {
	lengths := make([]float64, m.Sessions)
	var sum float64
	for i := range lengths {
		lengths[i] = 0.15 + m.rand.ExpFloat64()
		sum += lengths[i]
	}
	spare := float64(m.Messages - m.Sessions)
	var before, total float64
	for _, length := range lengths {
		total += length / sum * spare
		n := 1 + int(math.Round(total)-math.Round(before))
		before = total
		m.due = append(m.due, &thread{at: m.moment(), next: write, left: n, turn: chat.SenderVisitor, agent: m.rand.IntN(m.Agents), bot: m.rand.IntN(6) == 0})
	}
	heap.Init(&m.due)
}

// write begins a session with the visitor's first message.
func write(m *maker, t *thread) {
	op := chat.OpCreateSession{}
	if len(m.known) > 0 && m.rand.IntN(5) == 0 {
		t.visitor = m.known[m.rand.IntN(len(m.known))]
	} else {
		t.visitor = m.id("visitor")
		op.Visitor = &chat.Visitor{ID: t.visitor, Name: "Visitor", CreatedAt: t.at, LastSeenAt: t.at}
		m.known = append(m.known, t.visitor)
	}
	t.session = m.id("session")
	page := m.page()
	op.Session = chat.Session{
		ID: t.session, Status: chat.StatusActive, VisitorID: t.visitor, VisitorName: "Visitor", Source: sources[m.rand.IntN(len(sources))],
		Department: departments[m.rand.IntN(len(departments))], Page: &page, CreatedAt: t.at, UpdatedAt: t.at, Version: 1,
		CustomData: map[string]any{"basket": m.rand.IntN(200), "plan": "standard"},
	}
	if m.rand.IntN(4) == 0 {
		op.Session.Tags = []string{tags[m.rand.IntN(len(tags))]}
	}
	op.First = m.message(t, chat.SenderVisitor, t.visitor)
	m.add(op)
	m.add(chat.OpAddPageViews{Views: []chat.PageView{{VisitorID: t.visitor, PageRef: page, At: t.at}}})
	if m.rand.IntN(200) == 0 {
		m.add(chat.OpBanVisitor{VisitorID: t.visitor, Ban: &chat.Ban{Reason: "spam", At: t.at, By: agentID(0)}})
	}
	t.left--
	switch miss := m.rand.IntN(100); {
	case miss < 3, miss < 9 && t.bot: // nobody answers, or only a bot
		t.agent = -1
		t.after(m.pause(10*time.Minute), speak)
	case t.bot && t.left > 0:
		t.after(m.pause(2*time.Second), greet)
	default:
		t.after(m.pause(45*time.Second), assign)
	}
}

func (t *thread) after(pause time.Duration, next func(*maker, *thread)) {
	t.at, t.next = t.at.Add(pause), next
}

// greet is a bot's first word, before an agent comes.
func greet(m *maker, t *thread) {
	m.add(chat.OpAppendMessage{Message: *m.message(t, chat.SenderBot, "bot")})
	t.left--
	t.after(m.pause(45*time.Second), assign)
}

func assign(m *maker, t *thread) {
	id := agentID(t.agent)
	m.add(chat.OpUpdateSession{SessionID: t.session, At: t.at, Patch: chat.SessionPatch{AssigneeID: &id}})
	t.turn = chat.SenderAgent
	t.after(m.pause(2*time.Minute), speak)
}

// speak says the next thing, or ends the session.
func speak(m *maker, t *thread) {
	if t.left <= 0 {
		finish(m, t)
		return
	}
	sender, id := t.turn, t.visitor
	switch {
	case t.agent < 0 && t.bot && m.rand.IntN(2) == 0:
		sender, id = chat.SenderBot, "bot"
	case t.agent < 0:
		sender, id = chat.SenderVisitor, t.visitor
	case sender == chat.SenderAgent:
		id = agentID(t.agent)
	}
	m.add(chat.OpAppendMessage{Message: *m.message(t, sender, id)})
	t.left--
	if t.agent >= 0 && m.rand.IntN(4) > 0 {
		if t.turn == chat.SenderVisitor {
			t.turn = chat.SenderAgent
		} else {
			t.turn = chat.SenderVisitor
		}
	}
	pause := m.pause(50 * time.Second)
	if t.agent >= 0 && m.rand.IntN(300) == 0 { // somebody else takes over
		t.agent = m.rand.IntN(m.Agents)
		t.after(pause, assign)
		return
	}
	t.after(pause, speak)
}

func finish(m *maker, t *thread) {
	if m.rand.IntN(10) > 0 {
		m.add(chat.OpMarkSeen{SessionID: t.session, MessageID: t.last, Sender: chat.SenderVisitor})
	}
	if m.To.Sub(t.at) < 12*time.Hour {
		return // still open when the story ends
	}
	m.add(chat.OpCloseSession{SessionID: t.session, At: t.at, VisitorLeft: m.rand.IntN(3) > 0})
	if t.agent >= 0 && m.rand.IntN(10) > 0 {
		m.add(chat.OpAskRating{SessionID: t.session, At: t.at})
	}
	if t.agent >= 0 && m.rand.IntN(3) == 0 {
		score := 5
		if m.rand.IntN(3) == 0 {
			score = 1 + m.rand.IntN(5)
		}
		m.add(chat.OpRateSession{SessionID: t.session, Rating: chat.Rating{Score: score, Comment: comments[m.rand.IntN(len(comments))], At: t.at.Add(m.pause(time.Minute))}})
	}
}

func (m *maker) message(t *thread, sender, id string) *chat.Message {
	var text strings.Builder
	for n := 4 + m.rand.IntN(24); n > 0; n-- {
		text.WriteString(words[min(m.rand.IntN(len(words)), m.rand.IntN(len(words)))]) // the first ones more often
		text.WriteByte(' ')
	}
	if m.rand.IntN(20_000) == 0 {
		text.WriteString("celadon ")
	}
	t.last = m.id("message")
	return &chat.Message{
		ID: t.last, SessionID: t.session, Sender: sender, SenderID: id, SenderName: id, Text: strings.TrimSpace(text.String()), At: t.at,
		ClientID: t.last, Fingerprint: "0123456789abcdef0123456789abcdef",
	}
}
