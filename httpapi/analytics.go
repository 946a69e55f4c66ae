package httpapi

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/pealchat/pealchat/chat"
)

// table is a report in both its forms.
type table struct {
	json any
	rows [][]string // the first names the columns
}

// report makes an endpoint of a function that reads figures.
func report(name string, read func(r *http.Request, by caller, p *query, q chat.AnalyticsQuery) (table, error)) endpoint {
	return func(w http.ResponseWriter, r *http.Request, by caller) error {
		p := queryOf(r)
		format, q := p.one("format", "json", "csv"), p.analytics()
		if p.err != nil {
			return p.err
		}
		out, err := read(r, by, p, q)
		if err == nil {
			err = p.err
		}
		if err != nil {
			return err
		}
		if format == "json" {
			return done(out.json).write(w, r)
		}
		return writeTable(w, r, name, out.rows)
	}
}

func writeTable(w http.ResponseWriter, r *http.Request, name string, rows [][]string) error {
	var data bytes.Buffer
	to := csv.NewWriter(&data)
	to.UseCRLF = true
	for _, row := range rows {
		for i := range row {
			row[i] = cell(row[i])
		}
	}
	if err := to.WriteAll(rows); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="analytics-`+name+`.csv"`)
	w.Header().Set("Content-Length", strconv.Itoa(data.Len()))
	w.WriteHeader(http.StatusOK)
	if r.Method != http.MethodHead {
		w.Write(data.Bytes()) // an error here means that the client has gone
	}
	return nil
}

// analytics returns what all reports take.
func (q *query) analytics() chat.AnalyticsQuery {
	zone := q.zone("tz")
	return chat.AnalyticsQuery{
		Zone: zone, From: q.moment("from", zone), To: q.moment("to", zone),
		AgentID: q.text("agent"), Department: q.text("department"), Source: q.text("source"), Tag: q.text("tag"), Page: q.text("page"),
		Bots: q.flag("bots"), Banned: q.flag("banned"), Test: q.flag("test"), BusinessHours: q.flag("business_hours"),
	}
}

// zone returns a time zone by its IANA name; absent it is UTC. "Local" would
// be the server's own, which is nobody's business.
func (q *query) zone(name string) *time.Location {
	if !q.values.Has(name) {
		return time.UTC
	}
	s := q.text(name)
	zone, err := time.LoadLocation(s)
	if err != nil || s == "" || s == "Local" {
		q.fail(name, "%s must be the name of a time zone, such as Europe/Lisbon.", name)
		return time.UTC
	}
	return zone
}

// moment returns a time or the start of a day; absent it is zero.
func (q *query) moment(name string, zone *time.Location) time.Time {
	if !q.values.Has(name) {
		return time.Time{}
	}
	s := q.text(name)
	// In a URL a plus is a space unless it is escaped, which offsets seldom are.
	t, err := time.Parse(time.RFC3339, strings.Replace(s, " ", "+", 1))
	if err != nil {
		t, err = time.ParseInLocation(time.DateOnly, s, zone)
	}
	if err != nil || t.Year() < 1970 || t.Year() > 9000 {
		q.fail(name, "%s must be a day such as 2026-11-23, or a time such as 2026-11-23T09:30:00Z.", name)
		return time.Time{}
	}
	return t
}

// period is what all reports begin with.
type period struct {
	From string `json:"from"`
	To   string `json:"to"`
	Zone string `json:"tz"`
}

func periodOf(p chat.AnalyticsPeriod) period { return period{stamp(p.From), stamp(p.To), p.Zone} }

type analyticsSummary struct {
	period
	chat.Figures
	Computed chat.AnalyticsBasis `json:"computed"`
}

func (h *Handler) analyticsSummary(r *http.Request, by caller, _ *query, q chat.AnalyticsQuery) (table, error) {
	a, err := h.svc.Analytics(r.Context(), by.Actor, q)
	p := periodOf(a.Period)
	return table{
		json: analyticsSummary{p, a.Figures, a.Computed},
		rows: [][]string{append([]string{"from", "to", "tz"}, figureNames...), append([]string{p.From, p.To, p.Zone}, figureCells(a.Figures)...)},
	}, err
}

type analyticsPoint struct {
	Start string `json:"start"`
	chat.Figures
}

type analyticsSeries struct {
	period
	Interval string              `json:"interval"`
	Points   []analyticsPoint    `json:"points"`
	Computed chat.AnalyticsBasis `json:"computed"`
}

func (h *Handler) analyticsTimeseries(r *http.Request, by caller, in *query, q chat.AnalyticsQuery) (table, error) {
	interval := in.one("interval", "day", "hour")
	if in.err != nil {
		return table{}, in.err
	}
	a, err := h.svc.AnalyticsByTime(r.Context(), by.Actor, q, interval == "hour")
	out := analyticsSeries{periodOf(a.Period), a.Interval, make([]analyticsPoint, len(a.Points)), a.Computed}
	rows := [][]string{append([]string{"start"}, figureNames...)}
	for i, p := range a.Points {
		start := p.Start.Format("2006-01-02T15:04:05.000Z07:00") // as clocks there show it: which day it is must be plain
		out.Points[i] = analyticsPoint{start, p.Figures}
		rows = append(rows, append([]string{start}, figureCells(p.Figures)...))
	}
	return table{out, rows}, err
}

type analyticsAgent struct {
	ID   string `json:"agent_id"`
	Name string `json:"name"`
	chat.Figures
}

type analyticsTeam struct {
	period
	Agents   []analyticsAgent    `json:"agents"`
	Team     chat.Figures        `json:"team"`
	Computed chat.AnalyticsBasis `json:"computed"`
}

func (h *Handler) analyticsAgents(r *http.Request, by caller, _ *query, q chat.AnalyticsQuery) (table, error) {
	a, err := h.svc.AnalyticsByAgent(r.Context(), by.Actor, q)
	out := analyticsTeam{periodOf(a.Period), make([]analyticsAgent, len(a.Agents)), a.Team, a.Computed}
	rows := [][]string{append([]string{"agent_id", "name"}, figureNames...)}
	for i, agent := range a.Agents {
		out.Agents[i] = analyticsAgent{agent.ID, agent.Name, agent.Figures}
		rows = append(rows, append([]string{agent.ID, agent.Name}, figureCells(agent.Figures)...))
	}
	return table{out, append(rows, append([]string{"", "Team"}, figureCells(a.Team)...))}, err
}

type analyticsHours struct {
	period
	Weekdays []weekday           `json:"weekdays"`
	Computed chat.AnalyticsBasis `json:"computed"`
}

type weekday struct {
	Name      string      `json:"weekday"`
	Sessions  [24]int64   `json:"sessions"`
	Available [24]float64 `json:"available_s"`
}

func (h *Handler) analyticsHeatmap(r *http.Request, by caller, _ *query, q chat.AnalyticsQuery) (table, error) {
	a, err := h.svc.AnalyticsByHour(r.Context(), by.Actor, q)
	out := analyticsHours{period: periodOf(a.Period), Computed: a.Computed}
	head := []string{"weekday"}
	for hour := range 24 {
		head = append(head, fmt.Sprintf("hour_%02d", hour))
	}
	for hour := range 24 {
		head = append(head, fmt.Sprintf("available_%02d_s", hour))
	}
	rows := [][]string{head}
	for i, name := range []string{"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"} {
		out.Weekdays = append(out.Weekdays, weekday{name, a.Sessions[i], a.Available[i]})
		row := []string{name}
		for _, n := range a.Sessions[i] {
			row = append(row, strconv.FormatInt(n, 10))
		}
		for _, s := range a.Available[i] {
			row = append(row, strconv.FormatFloat(s, 'f', -1, 64))
		}
		rows = append(rows, row)
	}
	return table{out, rows}, err
}
