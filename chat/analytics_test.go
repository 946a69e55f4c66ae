package chat

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// day0 is a Monday. The sessions of these tests are told in seconds after it.
var day0 = time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)

func at(s int) time.Time { return day0.Add(time.Duration(s) * time.Second) }

func replies(list ...any) (out []AgentReply) {
	for i := 0; i < len(list); i += 2 {
		out = append(out, AgentReply{AgentID: list[i].(string), Took: time.Duration(list[i+1].(int)) * time.Second})
	}
	return out
}

// worked are sessions whose figures were worked out on paper.
func worked() []SessionFigures {
	return []SessionFigures{
		// Mara answers after 30 s, Jonas takes over and answers after 40 s.
		{CreatedAt: at(-5), FirstVisitorAt: at(0), FirstReplyAt: at(30), QueuedAt: at(0), AssignedAt: at(10), ClosedAt: at(600), AssigneeID: "jonas",
			VisitorMessages: 2, AgentMessages: 2, Score: 5, Replies: replies("mara", 30, "jonas", 40), VisitorLeft: true},
		// Nobody answers until the visitor closes it.
		{CreatedAt: at(100), FirstVisitorAt: at(100), ClosedAt: at(400), VisitorMessages: 3, VisitorLeft: true},
		// Assigned, but closed by the agent without a word.
		{CreatedAt: at(200), FirstVisitorAt: at(200), QueuedAt: at(200), AssignedAt: at(220), ClosedAt: at(300), AssigneeID: "mara", VisitorMessages: 1},
		// A bot first, then Mara; the visitor leaves without seeing it.
		{CreatedAt: at(300), FirstVisitorAt: at(300), FirstBotAt: at(301), FirstReplyAt: at(390), QueuedAt: at(300), AssignedAt: at(350), AssigneeID: "mara",
			VisitorMessages: 1, AgentMessages: 1, BotMessages: 1, Replies: replies("mara", 90), VisitorLeft: true, Unseen: true, Score: 2},
		// An open one that still waits: nothing is missed yet.
		{CreatedAt: at(500), FirstVisitorAt: at(500), VisitorMessages: 1},
		// Opened without a word.
		{CreatedAt: at(600)},
	}
}

func tallyOf(agent string, list []SessionFigures) Figures {
	t := tally{agentID: agent}
	for i := range list {
		t.add(&list[i])
	}
	return t.figures()
}

func checkDurations(t *testing.T, what string, got Durations, count int64, values ...float64) {
	t.Helper()
	if got.Count != count {
		t.Errorf("%s: %d, want %d", what, got.Count, count)
		return
	}
	for i, p := range []*float64{got.Mean, got.Median, got.P90, got.P95} {
		switch {
		case count == 0 && p != nil:
			t.Errorf("%s: figure %d of nothing is %v", what, i, *p)
		case count > 0 && *p != values[i]:
			t.Errorf("%s: figure %d is %v, want %v", what, i, *p, values[i])
		}
	}
}

func TestFiguresWorkedOutOnPaper(t *testing.T) {
	f := tallyOf("", worked())
	if f.Sessions != 5 || f.OpenedNoMessage != 1 || f.Closed != 3 || f.Missed != 2 || f.Abandoned != 1 || f.Dropped != 1 {
		t.Errorf("%+v", f)
	}
	checkDurations(t, "wait", f.Wait, 2, 60, 60, 84, 87)                 // 30, 90
	checkDurations(t, "bot", f.FirstResponse.Bot, 1, 1, 1, 1, 1)         // 1
	checkDurations(t, "accept", *f.Accept, 3, 26.667, 20, 44, 47)        // 10, 20, 50
	checkDurations(t, "reply", f.ReplyTime, 3, 53.333, 40, 80, 85)       // 30, 40, 90
	checkDurations(t, "duration", f.Duration, 3, 333.333, 300, 540, 570) // 600, 300, 100
	if f.CSAT.Ratings != 2 || f.CSAT.Positive != 1 || *f.CSAT.Score != 0.5 || f.CSAT.Spread != (RatingCount{0, 1, 0, 0, 1}) || f.CSAT.Requests != 2 || *f.CSAT.ResponseRate != 1 {
		t.Errorf("%+v", f.CSAT)
	}
	if m := f.MessagesPerSession; *m.Visitor != 1.6 || *m.Agent != 0.6 || *m.Bot != 0.2 {
		t.Errorf("%v %v %v", *m.Visitor, *m.Agent, *m.Bot)
	}
}

func TestFiguresOfTwoAgents(t *testing.T) {
	list := worked()
	mine := func(agent string) (out []SessionFigures) {
		for _, f := range list {
			if f.concerns(agent) {
				out = append(out, f)
			}
		}
		return out
	}
	mara := tallyOf("mara", mine("mara"))
	if mara.Sessions != 3 || mara.Missed != 1 || mara.Abandoned != 0 || mara.Dropped != 1 || mara.Closed != 1 || mara.CSAT.Ratings != 1 || mara.Accept != nil {
		t.Errorf("%+v", mara)
	}
	checkDurations(t, "Mara's wait", mara.Wait, 2, 60, 60, 84, 87)
	checkDurations(t, "Mara's replies", mara.ReplyTime, 2, 60, 60, 84, 87)
	jonas := tallyOf("jonas", mine("jonas"))
	if jonas.Sessions != 1 || jonas.Closed != 1 || jonas.CSAT.Positive != 1 || jonas.Missed != 0 {
		t.Errorf("%+v", jonas)
	}
	checkDurations(t, "Jonas's wait", jonas.Wait, 0)
	checkDurations(t, "Jonas's replies", jonas.ReplyTime, 1, 40, 40, 40, 40)
}

func TestFiguresOfNothing(t *testing.T) {
	f := tallyOf("", nil)
	checkDurations(t, "wait", f.Wait, 0)
	if f.CSAT.Score != nil || f.MessagesPerSession.Visitor != nil || f.Visitors != nil || f.Engagement != nil {
		t.Errorf("%+v", f)
	}
}

func TestBotsAlone(t *testing.T) {
	for _, c := range []struct {
		f    SessionFigures
		want bool
	}{
		{SessionFigures{BotMessages: 1, VisitorMessages: 1}, true},
		{SessionFigures{VisitorMessages: 1}, false},
		{SessionFigures{BotMessages: 1, AgentMessages: 1}, false},
		{SessionFigures{BotMessages: 1, AssigneeID: "mara"}, false},
		{SessionFigures{BotMessages: 1, AssignedAt: at(0)}, false},
		{SessionFigures{BotMessages: 1, HandedOver: true}, false},
	} {
		if got := c.f.botsAlone(); got != c.want {
			t.Errorf("%+v: %v", c.f, got)
		}
	}
}

func TestPagesOfSessions(t *testing.T) {
	for _, c := range []struct {
		address, page string
		want          bool
	}{
		{"https://shop.example/cups?a=1#b", "/cups", true}, {"https://shop.example/cups?a=1", "https://shop.example/cups?a=1", true},
		{"https://shop.example/cups", "/cup", false}, {"https://shop.example/cups", "cups", false}, {"", "", false}, {"", "/", false},
		{"https://shop.example/a%20b", "/a%20b", true}, {"%zz", "/", false},
	} {
		if got := onPage(c.address, c.page); got != c.want {
			t.Errorf("%q on %q: %v", c.address, c.page, got)
		}
	}
}

func TestDaysAreCutInTheirZone(t *testing.T) {
	for _, c := range []struct {
		zone, day string
		hours     float64
	}{
		{"UTC", "2026-10-25", 24}, {"Europe/Lisbon", "2026-10-25", 25}, {"Europe/Lisbon", "2026-03-29", 23}, {"America/New_York", "2026-03-08", 23},
		{"America/New_York", "2026-11-01", 25}, {"Asia/Kolkata", "2026-03-29", 24}, {"Australia/Lord_Howe", "2026-04-05", 24.5},
		{"America/Sao_Paulo", "2018-11-04", 23}, // which began at one o'clock
		{"America/Sao_Paulo", "2018-11-03", 24}, {"America/Sao_Paulo", "2018-02-17", 25},
		{"America/Havana", "2026-11-01", 25}, // where midnight came twice
		{"Pacific/Apia", "2011-12-29", 24},   // the day after it did not happen
	} {
		zone, err := time.LoadLocation(c.zone)
		if err != nil {
			t.Fatal(err)
		}
		day, _ := time.ParseInLocation(time.DateOnly, c.day, time.UTC)
		before := day.AddDate(0, 0, -1)
		noon := time.Date(before.Year(), before.Month(), before.Day(), 12, 0, 0, 0, zone)
		start := nextDay(noon, zone)
		if got := nextDay(start, zone).Sub(start).Hours(); got != c.hours {
			t.Errorf("%s in %s from %s has %v hours, want %v", c.day, c.zone, start, got, c.hours)
		}
	}
}

func TestHoursAreCutInTheirZone(t *testing.T) {
	kolkata, err := time.LoadLocation("Asia/Kolkata")
	if err != nil {
		t.Fatal(err)
	}
	from := time.Date(2026, 11, 23, 9, 10, 30, 5, time.UTC) // 14:40 there
	if got := nextHour(from, kolkata); !got.Equal(time.Date(2026, 11, 23, 9, 30, 0, 0, time.UTC)) {
		t.Errorf("the next hour begins at %s", got)
	}
}

func TestPercentilesOfUnsortedLists(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for n := 1; n < 200; n++ {
		list := make([]time.Duration, n)
		for i := range list {
			list[i] = time.Duration(random.IntN(1+n/3)) * time.Second // many are equal
		}
		sorted := slices.Sorted(slices.Values(list))
		for k := range list {
			order(list, k)
			if list[k] != sorted[k] || slices.Max(list[:k+1]) != sorted[k] || slices.Min(list[k:]) != sorted[k] {
				t.Fatalf("place %d of %v: %v", k, sorted, list)
			}
		}
	}
}

func TestReadingTogether(t *testing.T) {
	broken := errors.New("broken")
	waits := func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
	fails := func(context.Context) error { return broken }
	if err := together(t.Context(), waits, fails, waits); err != broken { //nolint:errorlint // that very one
		t.Errorf("%v, want the first error, which calls off the rest", err)
	}
	defer func() {
		if v := recover(); v != "a store's" {
			t.Errorf("recovered %v", v)
		}
	}()
	together(t.Context(), waits, func(context.Context) error { panic("a store's") })
	t.Error("the panic was kept from the caller")
}
