package sqlstore

import (
	"context"
	"database/sql"
	"encoding/json"
	"math"
	"strings"
	"unicode/utf8"

	"github.com/jmoiron/sqlx"
	"github.com/pealchat/pealchat/chat"
)

// The two parts of what a search finds, as they stand in its cursors.
const (
	foundSessions = iota
	foundMessages
)

// searchRow is a row of search-sessions or search-messages, with marks around
// what was found.
type searchRow struct {
	ID           int64
	VisitorName  string `db:"visitor_name"`
	VisitorEmail string `db:"visitor_email"`
	Tags         string `db:"tags"`
	Body         string `db:"body"`
	partOf       int64
}

// Search implements chat.SearchStore. One transaction sees one state: what
// the index names is there.
func (s *Store) Search(ctx context.Context, q chat.SearchQuery) (chat.SearchPage, error) {
	after := chat.Cursor{Key: foundSessions, Row: math.MaxInt64}
	if q.After != "" {
		var err error
		if after, err = chat.ParseCursor(q.After); err != nil || after.Row < 1 || after.Key < foundSessions || after.Key > foundMessages {
			return chat.SearchPage{}, invalidCursor("after")
		}
	}
	if len(q.Words) == 0 {
		return chat.SearchPage{}, nil
	}
	ctx, cancel := s.reading(ctx)
	defer cancel()
	tx, err := s.cfg.Reader.BeginTxx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return chat.SearchPage{}, s.explain(err)
	}
	defer tx.Rollback()
	page, err := s.search(ctx, tx, q, after)
	return page, s.explain(err)
}

func (s *Store) search(ctx context.Context, tx *sqlx.Tx, q chat.SearchQuery, after chat.Cursor) (chat.SearchPage, error) {
	size := limit(chat.Page{Limit: q.Limit})
	words := matchAll(q.Words)
	if text := s.cfg.Text; text != nil {
		if words = text.Query(q.Words); words == "" {
			return chat.SearchPage{}, nil
		}
	}
	var rows []searchRow
	for part, stmt := range []*sqlx.NamedStmt{s.read.SearchSessions, s.read.SearchMessages} {
		arg := struct {
			Words  string
			Before int64
			Limit  int
		}{words, math.MaxInt64, size + 1 - len(rows)}
		switch {
		case int64(part) < after.Key || arg.Limit == 0:
			continue
		case int64(part) == after.Key:
			arg.Before = after.Row
		}
		var found []searchRow
		if err := tx.NamedStmtContext(ctx, stmt).SelectContext(ctx, &found, arg); err != nil {
			return chat.SearchPage{}, err
		}
		for i := range found {
			found[i].partOf = int64(part)
			if s.cfg.Text != nil {
				found[i].mark(s.cfg.Text, q.Words)
			}
		}
		rows = append(rows, found...)
	}
	var page chat.SearchPage
	if len(rows) > size {
		rows = rows[:size]
		last := rows[size-1]
		page.Next = chat.Cursor{Key: last.partOf, Row: last.ID}.String()
	}
	var err error
	page.Hits, err = s.hits(ctx, tx, rows)
	return page, err
}

// hits gives what was found its sessions and messages.
func (s *Store) hits(ctx context.Context, tx *sqlx.Tx, rows []searchRow) ([]chat.SearchHit, error) {
	var messageIDs, sessionIDs idList
	for _, row := range rows {
		if row.partOf == foundMessages {
			messageIDs.add(row.ID)
		} else {
			sessionIDs.add(row.ID)
		}
	}
	messages := map[int64]messageRow{}
	if len(messageIDs) > 0 {
		var found []messageRow
		if err := tx.NamedStmtContext(ctx, s.read.MessageRows).SelectContext(ctx, &found, messageIDs.arg()); err != nil {
			return nil, err
		}
		for _, m := range found {
			messages[m.ID] = m
			sessionIDs.add(m.SessionID)
		}
	}
	sessions := map[int64]chat.Session{}
	if len(sessionIDs) > 0 {
		var found []sessionRow
		if err := tx.NamedStmtContext(ctx, s.read.SessionRows).SelectContext(ctx, &found, sessionIDs.arg()); err != nil {
			return nil, err
		}
		for i := range found {
			var err error
			if sessions[found[i].ID], err = found[i].session(); err != nil {
				return nil, err
			}
		}
	}
	hits := make([]chat.SearchHit, len(rows))
	for i, row := range rows {
		hit, marked := chat.SearchHit{Session: sessions[row.ID]}, row.fields()
		if row.partOf == foundMessages {
			m := messages[row.ID]
			message, err := m.message()
			if err != nil {
				return nil, err
			}
			hit.Session, hit.Message, marked = sessions[m.SessionID], &message, row.Body
		}
		hit.Text, hit.Matches = unmark(marked)
		hits[i] = hit
	}
	return hits, nil
}

// fields returns what was searched of a session.
func (r *searchRow) fields() string {
	var fields []string
	for _, f := range []string{r.VisitorName, r.VisitorEmail, r.Tags} {
		if f != "" {
			fields = append(fields, f)
		}
	}
	return strings.Join(fields, chat.SearchJoint)
}

// unmark takes the marks out of a text and returns where they stood.
func unmark(marked string) (text string, matches [][2]int) {
	var b strings.Builder
	at, start := 0, 0
	for _, r := range marked {
		switch r {
		case '\x01':
			start = at
		case '\x02':
			matches = append(matches, [2]int{start, at})
		default:
			b.WriteRune(r)
			at++
		}
	}
	return b.String(), matches
}

// matchAll returns the FTS5 expression for texts that have all words. In
// quotes nothing is syntax, and a quote in there is written twice.
func matchAll(words []string) string {
	quoted := make([]string, len(words))
	for i, w := range words {
		if !utf8.ValidString(w) {
			w = strings.ToValidUTF8(w, " ")
		}
		quoted[i] = `"` + strings.NewReplacer(`"`, `""`, "\x00", " ").Replace(w) + `"`
	}
	return strings.Join(quoted, " ") + "*"
}

// TextIndex says what is kept of texts so that the database finds them.
type TextIndex interface {
	// Words returns what is kept of some texts that belong together.
	Words(texts ...string) string

	// Query returns what to look for, so that all the words are found, the
	// last of them also as the beginning of one; empty if nothing can be.
	Query(words []string) string

	// Mark returns the text with the characters 1 and 2 around what was found.
	Mark(text string, words []string) string
}

func (s *Store) words(texts ...string) string {
	if s.cfg.Text == nil {
		return ""
	}
	return s.cfg.Text.Words(texts...)
}

// messageWords keeps what a search finds of a message whose text has changed.
func (b *batch) messageWords(row int64, text string) error {
	if b.s.cfg.Text == nil {
		return nil
	}
	return b.run(b.s.text.MessageWords, struct {
		ID    int64
		Words string
	}{row, b.s.words(text)})
}

// sessionWords keeps what a search finds of a session itself.
func (b *batch) sessionWords(row int64, s sessionRow) error {
	if b.s.cfg.Text == nil {
		return nil
	}
	var tags []string
	if err := json.Unmarshal([]byte(s.Tags), &tags); err != nil {
		return err
	}
	return b.run(b.s.text.SessionWords, struct {
		ID    int64
		Words string
	}{row, b.s.words(s.VisitorName, s.VisitorEmail, strings.Join(tags, chat.SearchJoint))})
}

// mark does what the database has not.
func (r *searchRow) mark(text TextIndex, words []string) {
	for _, field := range []*string{&r.VisitorName, &r.VisitorEmail, &r.Tags, &r.Body} {
		*field = text.Mark(*field, words)
	}
}
