package sqlstore

import (
	"context"
	"database/sql"
	"errors"

	"github.com/pealchat/pealchat/chat"
)

// draftRow is a row of draft-get, and the parameters of the other statements.
type draftRow struct {
	Body      string `db:"body"`
	UpdatedAt int64  `db:"updated_at"`

	Session   string `db:"session"`
	SessionID int64  `db:"session_id"`
	Agent     string `db:"agent"`
	Note      int64  `db:"note"`
}

func draftKey(d chat.Draft) draftRow {
	row := draftRow{Session: d.SessionID, Agent: d.AgentID}
	if d.Note {
		row.Note = 1
	}
	return row
}

// Draft implements chat.DraftStore.
func (s *Store) Draft(ctx context.Context, sessionID, agentID string, note bool) (chat.Draft, error) {
	d := chat.Draft{SessionID: sessionID, AgentID: agentID, Note: note}
	row := draftKey(d)
	err := s.one(ctx, s.read.Draft, &row, row, sql.ErrNoRows)
	if errors.Is(err, sql.ErrNoRows) {
		return d, nil
	}
	if err != nil {
		return chat.Draft{}, err
	}
	d.Text, d.UpdatedAt = row.Body, fromMillis(row.UpdatedAt)
	return d, nil
}

func (b *batch) saveDraft(d chat.Draft) (chat.OpResult, error) {
	session, _, err := b.load(d.SessionID)
	if err != nil {
		return chat.OpResult{}, err
	}
	row := draftKey(d)
	row.SessionID, row.Body, row.UpdatedAt = session.ID, d.Text, millis(d.UpdatedAt)
	stmt := b.s.write.DraftSave
	if d.Text == "" {
		stmt = b.s.write.DraftRemove
	}
	return chat.OpResult{}, b.run(stmt, row)
}
