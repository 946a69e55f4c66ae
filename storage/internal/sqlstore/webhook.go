package sqlstore

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"github.com/pealchat/pealchat/chat"
)

// webhookRow is a row of webhook-columns.
type webhookRow struct {
	ID             int64
	PublicID       string `db:"public_id"`
	URL            string `db:"url"`
	Events         string
	Description    string
	Enabled        int
	Version        int
	DisabledReason string        `db:"disabled_reason"`
	FailingSince   sql.NullInt64 `db:"failing_since"`
	CreatedAt      int64         `db:"created_at"`
	UpdatedAt      int64         `db:"updated_at"`
	StartsAfter    int64         `db:"starts_after"`
	Secrets        string
	Revision       int64
}

func newWebhook(w chat.Webhook) (webhookRow, error) {
	if w.Events == nil {
		w.Events = []string{}
	}
	events, err := encode("events", w.Events)
	return webhookRow{
		PublicID: w.ID, URL: w.URL, Events: events, Description: w.Description, Enabled: flag(w.Enabled), Version: w.Version,
		DisabledReason: w.DisabledReason, CreatedAt: millis(w.CreatedAt), UpdatedAt: millis(w.UpdatedAt), Secrets: w.Secrets,
	}, err
}

func flag(set bool) int {
	if set {
		return 1
	}
	return 0
}

func (r *webhookRow) webhook() (chat.Webhook, error) {
	w := chat.Webhook{
		ID: r.PublicID, URL: r.URL, Description: r.Description, Enabled: r.Enabled != 0, Version: r.Version,
		DisabledReason: r.DisabledReason, FailingSince: fromOptMillis(r.FailingSince), CreatedAt: fromMillis(r.CreatedAt),
		UpdatedAt: fromMillis(r.UpdatedAt), StartsAfter: chat.Position(r.StartsAfter), Secrets: r.Secrets, Revision: r.Revision,
	}
	if err := json.Unmarshal([]byte(r.Events), &w.Events); err != nil {
		return w, fmt.Errorf("sqlstore: webhook %s: %w", r.PublicID, err)
	}
	return w, nil
}

// Webhook implements chat.WebhookStore.
func (s *Store) Webhook(ctx context.Context, id string) (chat.Webhook, error) {
	var row webhookRow
	if err := s.one(ctx, s.read.Webhook, &row, struct{ ID string }{id}, chat.ErrUnknownWebhook); err != nil {
		return chat.Webhook{}, err
	}
	return row.webhook()
}

// Webhooks implements chat.WebhookStore.
func (s *Store) Webhooks(ctx context.Context) ([]chat.Webhook, error) {
	var rows []webhookRow
	if err := s.many(ctx, s.read.WebhookList, &rows, struct{}{}); err != nil {
		return nil, err
	}
	list := make([]chat.Webhook, len(rows))
	for i := range rows {
		var err error
		if list[i], err = rows[i].webhook(); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// DueDeliveries implements chat.WebhookStore.
func (s *Store) DueDeliveries(ctx context.Context) (map[string]time.Time, error) {
	var rows []struct {
		Webhook string
		Due     sql.NullInt64
	}
	if err := s.many(ctx, s.read.WebhookDue, &rows, struct{}{}); err != nil {
		return nil, err
	}
	due := map[string]time.Time{}
	for _, row := range rows {
		if row.Due.Valid {
			due[row.Webhook] = fromMillis(row.Due.Int64)
		}
	}
	return due, nil
}

func (b *batch) findWebhook(id string) (row webhookRow, err error) {
	err = b.need(b.s.write.Webhook, &row, struct{ ID string }{id}, chat.ErrUnknownWebhook)
	return row, err
}

func (b *batch) saveWebhook(op chat.OpSaveWebhook) (chat.OpResult, error) {
	row, err := newWebhook(op.Webhook)
	if err != nil {
		return chat.OpResult{}, err
	}
	if op.IfRevision == 0 {
		err = b.insertWebhook(row, op.MaxWebhooks)
	} else {
		err = b.updateWebhook(row, op.IfRevision)
	}
	if err != nil {
		return chat.OpResult{}, err
	}
	return b.reloadWebhook(op.Webhook.ID)
}

func (b *batch) reloadWebhook(id string) (chat.OpResult, error) {
	row, err := b.findWebhook(id)
	if err != nil {
		return chat.OpResult{}, err
	}
	w, err := row.webhook()
	return chat.OpResult{Webhook: &w}, err
}

func (b *batch) insertWebhook(row webhookRow, limit int) error {
	var there int
	if err := b.need(b.s.write.WebhookCount, &there, struct{}{}, sql.ErrNoRows); err != nil {
		return err
	}
	if limit > 0 && there >= limit {
		return chat.ErrTooManyWebhooks
	}
	if err := b.need(b.s.write.EventHead, &row.StartsAfter, struct{}{}, sql.ErrNoRows); err != nil {
		return err
	}
	if there == 0 {
		// Nobody has followed the log, perhaps for long.
		if err := b.run(b.s.write.CursorSet, cursorMove{Name: chat.CursorWebhooks, To: row.StartsAfter}); err != nil {
			return err
		}
	}
	return b.run(b.s.write.WebhookInsert, row)
}

func (b *batch) updateWebhook(row webhookRow, revision int64) error {
	old, err := b.findWebhook(row.PublicID)
	if err != nil {
		return err
	}
	row.ID, row.Revision, row.FailingSince = old.ID, revision, old.FailingSince
	if row.Enabled > old.Enabled {
		row.FailingSince = sql.NullInt64{}
	}
	n, err := b.exec(b.s.write.WebhookUpdate, row)
	if err == nil && n == 0 {
		err = chat.ErrVersionMismatch
	}
	return err
}

func (b *batch) removeWebhook(op chat.OpDeleteWebhook) (chat.OpResult, error) {
	row, err := b.findWebhook(op.WebhookID)
	if err != nil {
		return chat.OpResult{}, err
	}
	if err := b.run(b.s.write.LaneCloseAll, laneKey{WebhookID: row.ID}); err != nil {
		return chat.OpResult{}, err
	}
	return chat.OpResult{}, b.run(b.s.write.WebhookRemove, byID{row.ID})
}

func (b *batch) disableWebhook(op chat.OpDisableWebhook) (chat.OpResult, error) {
	row, err := b.findWebhook(op.WebhookID)
	if err != nil {
		return chat.OpResult{}, err
	}
	since := row.FailingSince
	works := !op.FailingBefore.IsZero() && (!since.Valid || since.Int64 > millis(op.FailingBefore))
	if row.Enabled == 0 || works {
		w, err := row.webhook()
		return chat.OpResult{Duplicate: true, Webhook: &w}, err
	}
	row.Enabled, row.DisabledReason, row.UpdatedAt = 0, op.Reason, millis(op.At)
	if _, err := b.exec(b.s.write.WebhookUpdate, row); err != nil {
		return chat.OpResult{}, err
	}
	return b.reloadWebhook(op.WebhookID)
}
