package sqlstore

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/pealchat/pealchat/chat"
)

// figuresRow reads rows of analytics-select, one after the other.
type figuresRow struct {
	chat.SessionFigures
	about             about
	assignee, visitor int64
	messages          int64
	replies, tags     string
}

// columns returns where the columns of analytics-select go and, with detail,
// those of analytics-detail.
func (r *figuresRow) columns(detail bool) []any {
	list := []any{
		&r.Cursor.Row, &r.Cursor.Key, (*timeColumn)(&r.CreatedAt), (*timeColumn)(&r.FirstVisitorAt), (*timeColumn)(&r.FirstReplyAt), (*timeColumn)(&r.FirstBotAt),
		(*timeColumn)(&r.QueuedAt), (*timeColumn)(&r.AssignedAt), (*timeColumn)(&r.ClosedAt), (*timeColumn)(&r.LastVisitorAt), (*timeColumn)(&r.RatingAskedAt),
		(*intColumn)(&r.assignee), (*intColumn)(&r.visitor), (*intColumn)(&r.messages), (*intColumn)(&r.AgentMessages), (*intColumn)(&r.BotMessages),
		(*flagColumn)(&r.Unseen), (*flagColumn)(&r.VisitorLeft), (*flagColumn)(&r.Test), (*flagColumn)(&r.HandedOver), (*scoreColumn)(&r.Score), &r.replies, (*textColumn)(&r.VisitorID),
	}
	if detail {
		list = append(list, &r.Department, &r.Source, &r.tags, (*textColumn)(&r.PageURL), (*textColumn)(&r.Comment))
	}
	return list
}

func (r *figuresRow) reset() { *r = figuresRow{about: r.about} }

// finish works out what does not stand in a column as it is.
func (r *figuresRow) finish() (err error) {
	r.AssigneeID, r.Ban = r.about.agents[r.assignee], r.about.bans[r.visitor]
	r.VisitorMessages = r.messages - r.AgentMessages - r.BotMessages
	if len(r.tags) > len("[]") {
		err = json.Unmarshal([]byte(r.tags), &r.Tags)
	}
	if err == nil {
		r.Replies, err = parseReplies(r.replies, r.about.agents)
	}
	if err != nil {
		return fmt.Errorf("sqlstore: session %d: %w", r.Cursor.Row, err)
	}
	return nil
}

// Reports have many rows of many columns. What can take a column by itself
// spares database/sql finding out by reflection how to convert it, which would
// take longer than everything else. NULL leaves the zero value.
type (
	timeColumn  time.Time
	intColumn   int64
	scoreColumn int
	flagColumn  bool
	textColumn  string
)

// Scan implements sql.Scanner.
func (m *timeColumn) Scan(src any) error {
	ms, err := scanned[int64](src)
	if err == nil && src != nil {
		*m = timeColumn(fromMillis(ms))
	}
	return err
}

// Scan implements sql.Scanner.
func (n *intColumn) Scan(src any) error {
	v, err := scanned[int64](src)
	*n = intColumn(v)
	return err
}

// Scan implements sql.Scanner.
func (s *scoreColumn) Scan(src any) error {
	v, err := scanned[int64](src)
	*s = scoreColumn(v)
	return err
}

// Scan implements sql.Scanner. One database answers a comparison with a
// number, the other with a flag.
func (f *flagColumn) Scan(src any) error {
	if v, ok := src.(bool); ok {
		*f = flagColumn(v)
		return nil
	}
	v, err := scanned[int64](src)
	*f = v != 0
	return err
}

// Scan implements sql.Scanner.
func (w *textColumn) Scan(src any) error {
	v, err := scanned[string](src)
	*w = textColumn(v)
	return err
}

func scanned[T any](src any) (value T, err error) {
	value, ok := src.(T)
	if !ok && src != nil {
		err = fmt.Errorf("a column has a %T, not a %T", src, value)
	}
	return value, err
}

// parseReplies reads what session-bump has written. A long conversation has
// dozens, so this goes over the bytes once.
func parseReplies(text string, agents map[int64]string) ([]chat.AgentReply, error) {
	if text == "" {
		return nil, nil
	}
	replies := make([]chat.AgentReply, 0, strings.Count(text, " "))
	var numbers [3]int64 // of an entry: the agent, and milliseconds
	at, sign := 0, int64(1)
	for i := range len(text) {
		switch c := text[i]; {
		case c >= '0' && c <= '9':
			numbers[at] = numbers[at]*10 + sign*int64(c-'0')
		case c == '-' && at > 0 && numbers[at] == 0 && text[i-1] == '/': // the clock was put back
			sign = -1
		case c == '/' && at < 2:
			at, sign = at+1, 1
		case c == ' ' && at == 2:
			replies = append(replies, chat.AgentReply{
				AgentID: agents[numbers[0]], Took: time.Duration(numbers[1]) * time.Millisecond, After: time.Duration(numbers[2]) * time.Millisecond,
			})
			numbers, at, sign = [3]int64{}, 0, 1
		default:
			return nil, fmt.Errorf("replies are damaged at %d", i)
		}
	}
	return replies, nil
}
