package httpapi

import (
	"cmp"
	"strconv"

	"github.com/pealchat/pealchat/chat"
)

// figureNames are the columns of figureCells. Columns are only ever added, at
// the end.
var figureNames = []string{
	"sessions", "opened_no_message", "closed", "missed", "abandoned", "dropped",
	"wait_count", "wait_mean_s", "wait_median_s", "wait_p90_s", "wait_p95_s",
	"first_bot_response_count", "first_bot_response_mean_s", "first_bot_response_median_s", "first_bot_response_p90_s", "first_bot_response_p95_s",
	"accept_count", "accept_mean_s", "accept_median_s", "accept_p90_s", "accept_p95_s",
	"reply_time_count", "reply_time_mean_s", "reply_time_median_s", "reply_time_p90_s", "reply_time_p95_s",
	"duration_count", "duration_mean_s", "duration_median_s", "duration_p90_s", "duration_p95_s",
	"ratings", "ratings_positive", "csat_score", "ratings_1", "ratings_2", "ratings_3", "ratings_4", "ratings_5",
	"visitor_messages_per_session", "agent_messages_per_session", "bot_messages_per_session",
	"rating_requests", "rating_response_rate",
	"visitors", "page_views", "engaged", "engagement", "returned", "returning",
	"concurrent_mean", "concurrent_peak", "busy_s", "available_s",
}

// figureCells writes what is not known as an empty cell.
func figureCells(f chat.Figures) []string {
	var cells []string
	whole := func(list ...int64) {
		for _, n := range list {
			cells = append(cells, strconv.FormatInt(n, 10))
		}
	}
	part := func(list ...*float64) {
		for _, v := range list {
			cells = append(cells, decimal(v))
		}
	}
	known := func(list ...*int64) {
		for _, n := range list {
			if n == nil {
				cells = append(cells, "")
			} else {
				whole(*n)
			}
		}
	}
	whole(f.Sessions, f.OpenedNoMessage, f.Closed, f.Missed, f.Abandoned, f.Dropped)
	for _, d := range []chat.Durations{f.Wait, f.FirstResponse.Bot, *cmp.Or(f.Accept, &chat.Durations{}), f.ReplyTime, f.Duration} {
		whole(d.Count)
		part(d.Mean, d.Median, d.P90, d.P95)
	}
	whole(f.CSAT.Ratings, f.CSAT.Positive)
	part(f.CSAT.Score)
	whole(f.CSAT.Spread[:]...)
	m := f.MessagesPerSession
	part(m.Visitor, m.Agent, m.Bot)
	whole(f.CSAT.Requests)
	part(f.CSAT.ResponseRate)
	known(f.Visitors, f.PageViews, f.Engaged)
	part(f.Engagement)
	known(f.Returned)
	part(f.Returning)
	if l := f.Load; l != nil {
		part(&l.Mean)
		whole(l.Peak)
		part(&l.Busy, &l.Available)
	} else {
		cells = append(cells, "", "", "", "")
	}
	return cells
}

// decimal writes what is not known as nothing.
func decimal(v *float64) string {
	if v == nil {
		return ""
	}
	return strconv.FormatFloat(*v, 'f', -1, 64)
}
