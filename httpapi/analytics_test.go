package httpapi

import (
	"encoding/csv"
	"strings"
	"testing"
	"time"

	"github.com/pealchat/pealchat/chat"
)

func TestAnalytics(t *testing.T) {
	s := newSite(t, Options{Agent: byCookie})
	s.call("GET", "/api/v1/me", "", "Cookie: user=mara").want(200)
	v := s.visitor()
	id := v.session("Is the sage glaze food safe?")
	s.call("POST", "/api/v1/sessions/"+id+"/claim", "", "Cookie: user=mara").want(200)
	s.call("POST", "/api/v1/messages", `{"session_id":"`+id+`","sender":"agent","message":"Yes"}`, "Cookie: user=mara").want(201)
	v.call("POST", "/sessions/"+id+"/close", "").want(200)
	v.call("POST", "/sessions/"+id+"/rating", `{"score":5}`).want(200)
	missed := v.session("Anybody?")
	v.call("POST", "/sessions/"+missed+"/close", "").want(200)
	bots := v.session("Hours?")
	s.api("POST", "/messages", `{"session_id":"`+bots+`","sender":"bot","message":"Until six"}`).want(201)
	s.api("POST", "/sessions", `{"visitor_name":"Ines"}`).want(201)

	s.api("GET", "/analytics/summary?from=2998-01-01&to=2999-01-01", "").want(200).has("sessions", 0, "wait.mean_s", nil, "csat.score", nil)
	always := "?from=" + time.Now().UTC().AddDate(0, 0, -1).Format(time.DateOnly) + "&to=" + time.Now().UTC().AddDate(0, 0, 2).Format(time.DateOnly)
	s.api("GET", "/analytics/summary"+always, "").want(200).has("sessions", 2, "missed", 1, "abandoned", 1, "dropped", 1, "opened_no_message", 1, "wait.count", 1,
		"accept.count", 1, "duration.count", 2, "csat.score", 1, "csat.spread.5", 1, "computed.left_out.bots", 1, "visitors", nil, "messages_per_session.visitor", 1)
	s.api("GET", "/analytics/summary"+always+"&bots=true", "").want(200).has("sessions", 3, "first_response.bot.count", 1, "computed.left_out.bots", 0)
	team := s.api("GET", "/analytics/agents"+always, "").want(200).has("agents.#", 1, "agents.0.sessions", 1, "agents.0.accept", nil, "agents.0.csat.positive", 1, "team.sessions", 2)
	s.api("GET", "/analytics/summary"+always+"&agent="+team.text("agents.0.agent_id"), "").want(200).has("sessions", 1, "missed", 0, "reply_time.count", 1)
	s.api("GET", "/analytics/summary"+always+"&tag=vip", "").want(200).has("sessions", 0)
	s.api("GET", "/analytics/timeseries"+always, "").want(200).has("points.#", 3)

	// Each figure opens its sessions.
	for figure, want := range map[string]int{
		"sessions": 2, "opened_no_message": 1, "closed": 2, "missed": 1, "abandoned": 1, "dropped": 1, "wait": 1, "first_bot_response": 0, "accept": 1,
		"reply_time": 1, "duration": 2, "rating_requests": 1, "ratings": 1, "ratings_positive": 1, "ratings_negative": 0, "ratings_5": 1, "ratings_4": 0,
	} {
		s.api("GET", "/analytics/sessions"+always+"&figure="+figure, "").want(200).has("sessions.#", want, "next_cursor", nil)
	}
	s.api("GET", "/analytics/sessions"+always+"&figure=missed", "").want(200).has("sessions.0.session_id", missed)
	s.api("GET", "/analytics/sessions"+always+"&figure=sessions&bots=true", "").want(200).has("sessions.#", 3)
	s.api("GET", "/analytics/breakdown"+always+"&by=source", "").want(200).has("by", "source", "parts.#", 2, "parts.0.name", "widget", "parts.0.sessions", 2, "total.sessions", 2)
}

func TestGreetingFigures(t *testing.T) {
	s := newSite(t, Options{})
	s.api("PUT", "/settings", `{"triggers":[{"trigger_id":"t1","name":"Welcome","message":"Hello"}]}`).want(200)
	s.api("GET", "/analytics/greetings", "").want(200).has("triggers.#", 1, "triggers.0.name", "Welcome", "triggers.0.shown", 0, "triggers.0.conversion", nil, "total.shown", 0)
	now := time.Now()
	for i, trigger := range []string{"t1", "t1", "gone"} {
		v := s.visitor()
		if _, err := s.store.Append(t.Context(), []chat.Op{chat.OpGreetVisitor{TriggerID: trigger, VisitorID: v.id, At: now}}); err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			v.session("Thanks for asking")
		}
	}
	always := "?from=" + now.UTC().AddDate(0, 0, -1).Format(time.DateOnly) + "&to=" + now.UTC().AddDate(0, 0, 2).Format(time.DateOnly)
	s.api("GET", "/analytics/greetings"+always, "").want(200).has("triggers.#", 2, "triggers.0.shown", 2, "triggers.0.answered", 1, "triggers.0.conversion", 0.5,
		"triggers.1.trigger_id", "gone", "triggers.1.name", nil, "triggers.1.conversion", 0, "total.shown", 3, "total.answered", 1)
	rows, err := csv.NewReader(strings.NewReader(s.api("GET", "/analytics/greetings"+always+"&format=csv", "").want(200).raw)).ReadAll()
	if err != nil || len(rows) != 4 || strings.Join(rows[1], " ") != "t1 Welcome 2 1 0.5" || rows[3][1] != "Total" {
		t.Errorf("%v %v", rows, err)
	}
}

func TestRatings(t *testing.T) {
	s := newSite(t, Options{})
	v := s.visitor()
	id := v.session("Hello")
	v.call("POST", "/sessions/"+id+"/close", "").want(200)
	for range 2 { // the widget may say so twice
		v.call("POST", "/sessions/"+id+"/rating-request", "").want(204)
	}
	s.visitor().call("POST", "/sessions/"+id+"/rating-request", "").failed(404, "not_found", "")
	s.api("GET", "/analytics/summary", "").want(200).has("csat.requests", 1, "csat.ratings", 0, "csat.response_rate", 0)
	v.call("POST", "/sessions/"+id+"/rating", `{"score":2,"comment":"Too SLOW"}`).want(200)
	w := s.visitor()
	second := w.session("Hello")
	w.call("POST", "/sessions/"+second+"/rating", `{"score":5}`).want(200)

	s.api("GET", "/analytics/ratings", "").want(200).has("ratings.#", 2, "ratings.0.session_id", second, "ratings.0.comment", nil,
		"ratings.1.comment", "Too SLOW", "ratings.1.score", 2, "ratings.1.session_id", id)
	for query, want := range map[string]int{"q=slow": 1, "q=fast": 0, "commented=true": 1, "score=5": 1, "score=2": 1, "score=1": 0, "tag=x": 0} {
		s.api("GET", "/analytics/ratings?"+query, "").want(200).has("ratings.#", want)
	}
	first := s.api("GET", "/analytics/ratings?limit=1", "").want(200).has("ratings.#", 1, "ratings.0.session_id", second)
	s.api("GET", "/analytics/ratings?limit=1&after="+first.text("next_cursor"), "").want(200).has("ratings.#", 1, "ratings.0.session_id", id, "next_cursor", nil)
	rows, err := csv.NewReader(strings.NewReader(s.api("GET", "/analytics/ratings?format=csv", "").want(200).raw)).ReadAll()
	if err != nil || len(rows) != 3 || rows[2][2] != "Too SLOW" {
		t.Errorf("%v %v", rows, err)
	}
	s.api("GET", "/analytics/summary", "").want(200).has("csat.requests", 2, "csat.response_rate", 1, "csat.score", 0.5)
}

func TestAnalyticsQueries(t *testing.T) {
	s := newSite(t, Options{})
	for query, field := range map[string]string{
		"tz=Nowhere": "tz", "tz=": "tz", "tz=Local": "tz", "tz=../../etc/passwd": "tz",
		"from=": "from", "from=yesterday": "from", "from=2026-02-30": "from", "from=2026-11-23T09:30:00": "from", "from=2026-11-23+09:30:00Z": "from",
		"to=x": "to", "from=2026-11-23&to=2026-11-23": "to", "from=2026-11-23&to=2026-11-22": "to",
		"from=2020-01-01&to=2026-01-01": "from", "from=2999-01-01": "from", "format=xml": "format", "bots=1": "bots", "agent=%00": "agent",
		"banned=yes": "banned", "test=": "test", "business_hours=0": "business_hours",
	} {
		for _, name := range []string{"summary", "timeseries", "agents", "heatmap", "breakdown", "ratings", "greetings"} {
			s.api("GET", "/analytics/"+name+"?"+query, "").failed(400, "invalid_request", field)
		}
	}
	for query, field := range map[string]string{
		"breakdown?by=colour": "by", "ratings?score=6": "score", "ratings?commented=1": "commented", "ratings?limit=0": "limit",
		"ratings?q=" + strings.Repeat("x", 201): "q",
	} {
		s.api("GET", "/analytics/"+query, "").failed(400, "invalid_request", field)
	}
	for field, value := range map[string]string{
		"agent": "a1", "department": "Sales", "source": "widget", "page": "/", "tag": "x", "bots": "true", "banned": "true", "test": "true", "business_hours": "true",
	} {
		s.api("GET", "/analytics/greetings?"+field+"="+value, "").failed(400, "invalid_request", field)
	}
	s.api("GET", "/analytics/greetings?bots=false&agent=", "").want(200)
	for query, field := range map[string]string{
		"": "figure", "colour": "figure", "ratings_6": "figure", "missed&weekday=8": "weekday", "missed&hour=24": "hour", "missed&tz=x": "tz", "missed&from=x": "from",
	} {
		s.api("GET", "/analytics/sessions?figure="+query, "").failed(400, "invalid_request", field)
	}
	for _, list := range []string{"ratings?after=", "sessions?figure=missed&after="} {
		s.api("GET", "/analytics/"+list+"x", "").failed(400, "invalid_cursor", "after")
	}
	s.api("GET", "/analytics/timeseries?interval=hour&from=2026-01-01&to=2026-02-02", "").failed(400, "invalid_request", "from")
	for _, offset := range []string{"%2B01:00", "+01:00"} { // escaped, and as people write it
		s.api("GET", "/analytics/summary?from=2026-03-24T12:00:00"+offset+"&to=2026-03-25", "").want(200).has("from", "2026-03-24T11:00:00.000Z")
	}
	s.api("GET", "/analytics/timeseries?interval=week", "").failed(400, "invalid_request", "interval")
	s.visitor().call("GET", "/analytics/summary", "").failed(404, "not_found", "")

	// The day in Lisbon on which clocks are put back has 25 hours.
	r := s.api("GET", "/analytics/timeseries?interval=hour&tz=Europe/Lisbon&from=2026-10-25&to=2026-10-26", "").want(200)
	r.has("points.#", 25, "points.0.start", "2026-10-25T00:00:00.000+01:00", "points.1.start", "2026-10-25T01:00:00.000+01:00", "points.2.start", "2026-10-25T01:00:00.000Z", "from", "2026-10-24T23:00:00.000Z")
}

func TestAnalyticsCSV(t *testing.T) {
	s := newSite(t, Options{Agent: byCookie})
	s.call("GET", "/api/v1/me", "", "Cookie: user=mara").want(200)
	for name, width := range map[string]int{"summary": 3, "timeseries": 1, "agents": 2, "breakdown": 1} {
		r := s.api("GET", "/analytics/"+name+"?format=csv", "").want(200)
		rows, err := csv.NewReader(strings.NewReader(r.raw)).ReadAll()
		if err != nil || len(rows) < 2 || len(rows[0]) != width+len(figureNames) || strings.Count(r.raw, "\r\n") != len(rows) {
			t.Errorf("%s: %v\n%s", name, err, r.raw)
		}
		if got := r.header.Get("Content-Disposition"); got != `attachment; filename="analytics-`+name+`.csv"` {
			t.Errorf("%s: %s", name, got)
		}
	}
	rows, _ := csv.NewReader(strings.NewReader(s.api("GET", "/analytics/heatmap?format=csv", "").want(200).raw)).ReadAll()
	if len(rows) != 8 || len(rows[0]) != 49 || rows[1][0] != "monday" {
		t.Errorf("%v", rows)
	}
}

func TestStats(t *testing.T) {
	s := newSite(t, Options{Agent: byCookie})
	s.visitor().session("Hello")
	s.api("GET", "/stats", "").want(200).has("open_sessions", 1, "waiting", 1, "deliveries_pending", 0, "agent_streams", 0, "visitor_streams", 0,
		"readers_behind", 0, "readers_dropped", 0, "queue", 0, "background", 0, "commits_failed", 0)
	s.call("GET", "/api/v1/stats", "", "Cookie: user=mara").failed(403, "forbidden", "")
	s.call("GET", "/api/v1/stats", "").failed(401, "invalid_api_key", "")
}
