package storagetest

import (
	"time"

	"github.com/pealchat/pealchat/chat"
)

var paperRows = []row{
	{"Paper/Autumn", testPaperAutumn},
	{"Paper/AutumnByTime", testPaperAutumnByTime},
	{"Paper/AutumnTeam", testPaperAutumnTeam},
	{"Paper/AutumnVisits", testPaperAutumnVisits},
	{"Paper/AutumnBusinessHours", testPaperAutumnBusinessHours},
	{"Paper/Spring", testPaperSpring},
	{"Paper/Grace", testPaperGrace},
}

// newAutumn tells of the weekend on which clocks in Lisbon are put back, at two
// o'clock on Sunday, 25 October: from Saturday until Monday.
func newAutumn(f *fixture) (p *paper, q chat.AnalyticsQuery) {
	p = newPaper(f, "10-28 12:00")
	q = chat.AnalyticsQuery{From: time.Date(2026, 10, 24, 0, 0, 0, 0, p.zone), To: time.Date(2026, 10, 27, 0, 0, 0, 0, p.zone), Zone: p.zone}

	// Begun before the period, the first word at its first moment; nobody
	// answers.
	p.begin("early", "10-23 22:59", nil)
	p.asks("early", "10-23 23:00")

	// Over midnight: ten to twelve on Saturday to twenty past on Sunday.
	p.begin("midnight", "10-24 22:50", func(s *chat.Session) {
		s.Department, s.Source, s.Tags, s.Page = "sales", "widget", []string{"vip"}, &chat.PageRef{URL: "https://shop.example/cups?size=2"}
	})
	p.asks("midnight", "10-24 22:50")
	p.assigned("midnight", "10-24 22:52", p.mara)
	p.answers("midnight", "10-24 23:05", p.mara)
	p.closed("midnight", "10-24 23:20", false)
	p.do(chat.OpAskRating{SessionID: p.ids["midnight"], At: p.at("10-24 23:21")})

	// Half past one, and forty minutes later it is ten past one. A bot comes
	// first, two agents answer.
	p.begin("twice", "10-25 00:30", nil)
	p.asks("twice", "10-25 00:30")
	p.says("twice", "10-25 00:30:10", chat.SenderBot, "bot")
	p.assigned("twice", "10-25 00:50", p.jonas)
	p.answers("twice", "10-25 01:10", p.jonas)
	p.asks("twice", "10-25 01:20")
	p.asks("twice", "10-25 01:21") // the same turn
	p.answers("twice", "10-25 01:23", p.mara)
	p.closed("twice", "10-25 02:00", false)
	p.do(chat.OpAskRating{SessionID: p.ids["twice"], At: p.at("10-25 02:00")})
	p.rated("twice", "10-25 02:01", 4)

	// Nobody answers, and the visitor leaves.
	p.begin("alone", "10-25 23:30", nil)
	p.asks("alone", "10-25 23:30")
	p.closed("alone", "10-25 23:40", true)

	// A bot alone.
	p.begin("bots", "10-26 10:00", nil)
	p.asks("bots", "10-26 10:00")
	p.says("bots", "10-26 10:00:02", chat.SenderBot, "bot")
	p.closed("bots", "10-26 10:05", false)

	// The visitor leaves without seeing the answer.
	p.begin("dropped", "10-26 11:00", nil)
	p.asks("dropped", "10-26 11:00")
	p.assigned("dropped", "10-26 11:01", p.mara)
	p.answers("dropped", "10-26 11:02", p.mara)
	p.closed("dropped", "10-26 11:30", true)

	// Without a word; a test; somebody who is banned by now; after the period.
	p.begin("silent", "10-26 12:00", nil)
	p.begin("test", "10-26 13:00", func(s *chat.Session) { s.Source = chat.SourceTest })
	p.asks("test", "10-26 13:00")
	p.begin("banned", "10-26 14:00", nil)
	p.asks("banned", "10-26 14:00")
	p.do(chat.OpBanVisitor{VisitorID: p.visitor["banned"], Ban: &chat.Ban{At: p.at("10-26 14:05")}, At: p.at("10-26 14:05")})
	p.begin("late", "10-26 23:59", nil)
	p.asks("late", "10-27 00:00")

	// Who had left comes back and opens another session, is given to Jonas at
	// once, reads his answer, and rates without being asked. It stays open.
	p.visitor["back"] = p.visitor["dropped"]
	p.begin("back", "10-26 15:00", func(s *chat.Session) { s.AssigneeID = p.jonas })
	p.asks("back", "10-26 15:00")
	answer := p.says("back", "10-26 15:00:30", chat.SenderAgent, p.jonas)
	p.do(chat.OpMarkSeen{SessionID: p.ids["back"], MessageID: answer, Sender: chat.SenderVisitor})
	p.rated("back", "10-26 15:10", 5)
	return p, q
}

func testPaperAutumn(f *fixture) {
	p, q := newAutumn(f)
	a := p.report(q)
	g := a.Figures
	p.equal("counts", []int64{g.Sessions, g.OpenedNoMessage, g.Closed, g.Missed, g.Abandoned, g.Dropped}, []int64{6, 1, 4, 2, 2, 1})
	p.equal("left out", a.Computed.LeftOut, chat.LeftOut{Bots: 1, Banned: 1, Test: 1})
	p.equal("computed from", a.Computed.Sessions, int64(6))
	p.measured("wait", g.Wait, 4, 862.5, 510, 1950, 2175)         // 30, 120, 900, 2400
	p.measured("bot", g.FirstResponse.Bot, 1, 10, 10, 10, 10)     // 10
	p.measured("accept", *g.Accept, 3, 460, 120, 984, 1092)       // 60, 120, 1200
	p.measured("reply", g.ReplyTime, 5, 726, 180, 1800, 2100)     // 30, 120, 180, 900, 2400
	p.measured("duration", g.Duration, 4, 2400, 1800, 4320, 4860) // 600, 1800, 1800, 5400
	p.equal("ratings", []int64{g.CSAT.Ratings, g.CSAT.Positive, g.CSAT.Requests}, []int64{2, 2, 3})
	p.equal("spread", g.CSAT.Spread, chat.RatingCount{0, 0, 0, 1, 1})
	p.share("score", g.CSAT.Score, 1)
	p.share("response rate", g.CSAT.ResponseRate, 2.0/3)
	p.share("visitors' messages", g.MessagesPerSession.Visitor, 8.0/6)
	p.share("agents' messages", g.MessagesPerSession.Agent, 5.0/6)
	p.share("bots' messages", g.MessagesPerSession.Bot, 1.0/6)

	for figure, names := range map[chat.Figure][]string{
		chat.FigureSessions: {"back", "dropped", "alone", "twice", "midnight", "early"}, chat.FigureNoMessage: {"silent"},
		chat.FigureClosed: {"dropped", "alone", "twice", "midnight"}, chat.FigureMissed: {"alone", "early"}, chat.FigureAbandoned: {"alone", "early"},
		chat.FigureDropped: {"dropped"}, chat.FigureWait: {"back", "dropped", "twice", "midnight"}, chat.FigureBotResponse: {"twice"},
		chat.FigureAccept: {"dropped", "twice", "midnight"}, chat.FigureReplyTime: {"back", "dropped", "twice", "midnight"},
		chat.FigureDuration: {"dropped", "alone", "twice", "midnight"}, chat.FigureRequests: {"back", "twice", "midnight"},
		chat.FigureRatings: {"back", "twice"}, chat.FigurePositive: {"back", "twice"}, chat.FigureNegative: {}, "ratings_4": {"twice"},
	} {
		p.behind(chat.FigureQuery{AnalyticsQuery: q, Figure: figure}, names...)
	}

	with := q
	with.Bots, with.Banned, with.Test = true, true, true
	p.equal("with all", p.report(with).Figures.Sessions, int64(9))
	for what, change := range map[string]func(*chat.AnalyticsQuery){
		"department": func(q *chat.AnalyticsQuery) { q.Department = "sales" }, "source": func(q *chat.AnalyticsQuery) { q.Source = "widget" },
		"tag": func(q *chat.AnalyticsQuery) { q.Tag = "vip" }, "path": func(q *chat.AnalyticsQuery) { q.Page = "/cups" },
		"address": func(q *chat.AnalyticsQuery) { q.Page = "https://shop.example/cups?size=2" },
	} {
		only := q
		change(&only)
		p.equal("sessions of the "+what, p.report(only).Figures.Sessions, int64(1))
		p.behind(chat.FigureQuery{AnalyticsQuery: only, Figure: chat.FigureSessions}, "midnight")
	}
	only := q
	only.Source = chat.SourceTest // asks for tests
	p.behind(chat.FigureQuery{AnalyticsQuery: only, Figure: chat.FigureSessions}, "test")
}

func testPaperAutumnByTime(f *fixture) {
	p, q := newAutumn(f)
	series, err := p.svc.AnalyticsByTime(p.ctx, asHost, q, false)
	p.noErr("AnalyticsByTime", err)
	var starts []string
	var counts []int64
	for _, point := range series.Points {
		starts = append(starts, point.Start.Format(time.RFC3339))
		counts = append(counts, point.Figures.Sessions)
	}
	p.equal("days", starts, []string{"2026-10-24T00:00:00+01:00", "2026-10-25T00:00:00+01:00", "2026-10-26T00:00:00Z"})
	p.equal("sessions by day", counts, []int64{2, 2, 2}) // over midnight counts where it began
	p.measured("Sunday's waits", series.Points[1].Figures.Wait, 1, 2400)

	sunday := q
	sunday.From, sunday.To = time.Date(2026, 10, 25, 0, 0, 0, 0, p.zone), time.Date(2026, 10, 26, 0, 0, 0, 0, p.zone)
	series, err = p.svc.AnalyticsByTime(p.ctx, asHost, sunday, true)
	p.noErr("AnalyticsByTime", err)
	hours := map[int]int64{}
	for i, point := range series.Points {
		if n := point.Figures.Sessions; n > 0 {
			hours[i] = n
		}
	}
	p.equal("hours of the long Sunday", len(series.Points), 25)
	p.equal("sessions by hour", hours, map[int]int64{1: 1, 24: 1})

	heat, err := p.svc.AnalyticsByHour(p.ctx, asHost, q)
	p.noErr("AnalyticsByHour", err)
	var want [7][24]int64
	for _, place := range [][2]int{{5, 0}, {5, 23}, {6, 1}, {6, 23}, {0, 11}, {0, 15}} {
		want[place[0]][place[1]] = 1
	}
	p.equal("by weekday and hour", heat.Sessions, want)
	weekday, hour := 6, 1
	p.behind(chat.FigureQuery{AnalyticsQuery: q, Figure: chat.FigureSessions, Weekday: &weekday, Hour: &hour}, "twice")
}

func testPaperAutumnTeam(f *fixture) {
	p, q := newAutumn(f)
	for minute := range 11 { // Mara is there from nine to ten past on Monday
		p.do(chat.OpNoteShifts{AgentIDs: []string{p.mara}, At: p.at("10-26 09:00").Add(time.Duration(minute) * time.Minute)})
	}
	team, err := p.svc.AnalyticsByAgent(p.ctx, asHost, q)
	p.noErr("AnalyticsByAgent", err)
	p.equal("agents", len(team.Agents), 2)
	jonas, mara := team.Agents[0].Figures, team.Agents[1].Figures // by name
	p.equal("Jonas's counts", []int64{jonas.Sessions, jonas.Closed, jonas.Missed, jonas.Dropped, jonas.CSAT.Ratings, jonas.CSAT.Requests}, []int64{2, 1, 0, 0, 2, 2})
	p.equal("Mara's counts", []int64{mara.Sessions, mara.Closed, mara.Missed, mara.Dropped, mara.CSAT.Ratings, mara.CSAT.Requests}, []int64{3, 2, 0, 1, 0, 1})
	p.measured("Jonas's waits", jonas.Wait, 2, 1215) // 30, 2400
	p.measured("Mara's waits", mara.Wait, 2, 510)    // 120, 900
	p.measured("Jonas's replies", jonas.ReplyTime, 2, 1215)
	p.measured("Mara's replies", mara.ReplyTime, 3, 400) // 120, 180, 900
	p.equal("sessions together", team.Team.Sessions, int64(6))
	// Mara had 28 minutes and 29; Jonas 70 and, until the period ends, nine
	// hours.
	p.equal("Mara's load", *mara.Load, chat.Workload{Mean: 1, Peak: 1, Busy: 57 * 60, Available: 600})
	p.equal("Jonas's load", *jonas.Load, chat.Workload{Mean: 1, Peak: 1, Busy: (70 + 9*60) * 60})
	p.equal("the team's load", *team.Team.Load, chat.Workload{Mean: 1, Peak: 1, Busy: (57 + 70 + 9*60) * 60, Available: 600})

	heat, err := p.svc.AnalyticsByHour(p.ctx, asHost, q)
	p.noErr("AnalyticsByHour", err)
	var want [7][24]float64
	want[0][9] = 600
	p.equal("available", heat.Available, want)

	q.AgentID = p.mara
	p.equal("Mara's report", p.report(q).Figures.Sessions, int64(3))
	p.behind(chat.FigureQuery{AnalyticsQuery: q, Figure: chat.FigureClosed}, "dropped", "midnight")

	parts, err := p.svc.AnalyticsByPart(p.ctx, asHost, chat.AnalyticsQuery{From: q.From, To: q.To, Zone: p.zone}, chat.ByDepartment)
	p.noErr("AnalyticsByPart", err)
	p.equal("parts", []any{len(parts.Parts), parts.Parts[0].Name, parts.Parts[0].Figures.Sessions, parts.Parts[1].Name, parts.Parts[1].Figures.Sessions, parts.Total.Sessions},
		[]any{2, "", int64(5), "sales", int64(1), int64(6)})
	p.measured("the department's waits", parts.Parts[1].Figures.Wait, 1, 900)
}

func testPaperAutumnVisits(f *fixture) {
	p, q := newAutumn(f)
	regular := p.id("visitor")
	p.do(chat.OpSaveVisitor{Visitor: chat.Visitor{ID: regular, CreatedAt: p.at("10-20 10:00"), LastSeenAt: p.at("10-20 10:00")}})
	for _, view := range []struct{ visitor, at, path string }{
		{p.visitor["midnight"], "10-24 22:40", "/cups"}, {p.visitor["midnight"], "10-24 22:41", "/basket"}, {p.visitor["midnight"], "10-25 09:00", "/cups"},
		{regular, "10-20 10:00", "/"}, {regular, "10-26 10:00", "/cups"}, {regular, "10-27 00:00", "/cups"},
	} {
		p.do(chat.OpAddPageViews{Views: []chat.PageView{{VisitorID: view.visitor, PageRef: chat.PageRef{URL: "https://shop.example" + view.path}, At: p.at(view.at)}}})
	}
	g := p.report(q).Figures
	p.equal("visits", []int64{*g.Visitors, *g.PageViews, *g.Engaged, *g.Returned}, []int64{2, 4, 1, 1})
	p.share("engagement", g.Engagement, 0.5)
	p.share("returning", g.Returning, 0.5)
	only := q
	only.Page = "/basket"
	g = p.report(only).Figures
	p.equal("of one page", []int64{*g.Visitors, *g.PageViews}, []int64{1, 1})
	series, err := p.svc.AnalyticsByTime(p.ctx, asHost, q, false)
	p.noErr("AnalyticsByTime", err)
	var days [][3]int64
	for _, point := range series.Points {
		days = append(days, [3]int64{*point.Figures.Visitors, *point.Figures.Engaged, *point.Figures.Returned})
	}
	p.equal("by day", days, [][3]int64{{1, 1, 0}, {1, 0, 1}, {1, 0, 1}})
	only = q
	only.Department = "sales"
	if g = p.report(only).Figures; g.Visitors != nil || g.Engagement != nil {
		p.Errorf("visits of a department: %+v", g)
	}
}

func (p *paper) openNineToFive() {
	p.Helper()
	settings, err := p.svc.CurrentSettings(p.ctx)
	p.noErr("CurrentSettings", err)
	settings.Hours.Enabled, settings.Hours.TimeZone = true, "Europe/Lisbon"
	w := &settings.Hours.Weekly
	for _, day := range []*[]chat.Interval{&w.Monday, &w.Tuesday, &w.Wednesday, &w.Thursday, &w.Friday, &w.Saturday, &w.Sunday} {
		*day = []chat.Interval{{From: "09:00", To: "17:00"}}
	}
	_, err = p.svc.SaveSettings(p.ctx, asHost, settings)
	p.noErr("SaveSettings", err)
}

func testPaperAutumnBusinessHours(f *fixture) {
	p, q := newAutumn(f)
	p.openNineToFive()
	q.BusinessHours = true
	g := p.report(q).Figures
	p.measured("wait", g.Wait, 4, 37.5, 15) // 0, 0, 30, 120
	p.measured("reply", g.ReplyTime, 5, 30) // 0, 0, 0, 30, 120
	p.measured("duration", g.Duration, 4, 450, 0)
	p.measured("accept", *g.Accept, 3, 20)
}

// testPaperSpring tells of the weekend on which clocks are put forward, at one
// o'clock on Sunday, 29 March.
func testPaperSpring(f *fixture) {
	p := newPaper(f, "04-02 12:00")
	q := chat.AnalyticsQuery{From: time.Date(2026, 3, 28, 0, 0, 0, 0, p.zone), To: time.Date(2026, 3, 31, 0, 0, 0, 0, p.zone), Zone: p.zone}
	// A minute before one until a minute past two: two minutes.
	p.begin("short", "03-29 00:59", nil)
	p.asks("short", "03-29 00:59")
	p.answers("short", "03-29 01:01", p.mara)
	// From a minute before five on Saturday until a minute past nine on Monday.
	p.begin("weekend", "03-28 16:59", nil)
	p.asks("weekend", "03-28 16:59")
	p.answers("weekend", "03-30 08:01", p.mara)

	p.measured("wait", p.report(q).Figures.Wait, 2, (120+140_520)/2.0)
	sunday := q
	sunday.From, sunday.To = time.Date(2026, 3, 29, 0, 0, 0, 0, p.zone), time.Date(2026, 3, 30, 0, 0, 0, 0, p.zone)
	series, err := p.svc.AnalyticsByTime(p.ctx, asHost, sunday, true)
	p.noErr("AnalyticsByTime", err)
	p.equal("hours of the short Sunday", len(series.Points), 23)
	p.equal("what comes after midnight's hour", series.Points[1].Start.Format(time.RFC3339), "2026-03-29T02:00:00+01:00")
	p.equal("in the first hour", series.Points[0].Figures.Sessions, int64(1))

	p.openNineToFive()
	q.BusinessHours = true
	p.measured("wait within hours", p.report(q).Figures.Wait, 2, 28_920/2.0) // a minute, eight hours on Sunday, a minute
}

// testPaperGrace tells of open sessions without an answer, as they are at noon:
// a visitor may be away for a quarter of an hour, and one who is there has not
// left however long ago they wrote.
func testPaperGrace(f *fixture) {
	p := newPaper(f, "11-04 12:00")
	q := chat.AnalyticsQuery{From: p.at("11-04 00:00"), To: p.at("11-05 00:00")}
	p.begin("there", "11-04 11:00", nil)
	p.asks("there", "11-04 11:00")
	p.svc.Touch(p.ctx, chat.AsVisitor(chat.Visitor{ID: p.visitor["there"]}))
	p.begin("gone", "11-04 11:30", nil)
	p.asks("gone", "11-04 11:44:59")
	p.begin("given", "11-04 11:31", nil) // missed, but not abandoned: somebody had it
	p.asks("given", "11-04 11:31")
	p.assigned("given", "11-04 11:32", p.mara)
	p.begin("just in time", "11-04 11:45", nil)
	p.asks("just in time", "11-04 11:45")

	g := p.report(q).Figures
	p.equal("counts", []int64{g.Sessions, g.Closed, g.Missed, g.Abandoned, g.Dropped}, []int64{4, 0, 2, 1, 0})
	p.behind(chat.FigureQuery{AnalyticsQuery: q, Figure: chat.FigureMissed}, "gone", "given")
	p.behind(chat.FigureQuery{AnalyticsQuery: q, Figure: chat.FigureAbandoned}, "gone")
}
