package sqlstore

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"

	"github.com/pealchat/pealchat/chat"
)

// The numbers of chat_webhook_deliveries.state are the indexes of these.
var deliveryStates = []string{chat.DeliveryPending, chat.DeliveryDelivered, chat.DeliveryFailed, chat.DeliverySkipped}

const (
	statePending   = 0
	stateDelivered = 1
	stateFailed    = 2
	stateSkipped   = 3
)

// deliveryRow is a row of delivery-columns.
type deliveryRow struct {
	WebhookID    int64 `db:"webhook_id"`
	N            int64
	SessionID    int64 `db:"session_id"`
	Event        string
	State        int
	Attempt      int
	Tries        int
	Refusals     int
	DueAt        int64         `db:"due_at"`
	StartedAt    sql.NullInt64 `db:"started_at"`
	At           int64
	SettledAt    sql.NullInt64 `db:"settled_at"`
	Attempts     sql.NullString
	Webhook      string
	Enabled      int
	FailingSince sql.NullInt64 `db:"failing_since"`
	Session      sql.NullString
	Body         []byte // where the statement reads it
}

func (s *Store) delivery(r *deliveryRow) (chat.Delivery, error) {
	d := chat.Delivery{
		ID: chat.DeliveryID(r.Webhook, r.N), WebhookID: r.Webhook, Event: r.Event, SessionID: r.Session.String,
		State: deliveryStates[r.State], At: fromMillis(r.At), SettledAt: fromOptMillis(r.SettledAt),
		Number: r.N, Attempt: r.Attempt, Tries: r.Tries, Refusals: r.Refusals, StartedAt: fromOptMillis(r.StartedAt), Body: r.Body,
	}
	if p, ok := chat.DeliveryPosition(r.N); ok {
		d.EventID = s.eventID(int64(p))
	}
	if r.State == statePending {
		d.NextAttempt = fromMillis(r.DueAt)
	}
	if r.Attempts.Valid {
		if err := json.Unmarshal([]byte(r.Attempts.String), &d.Attempts); err != nil {
			return d, fmt.Errorf("sqlstore: delivery %s: %w", d.ID, err)
		}
	}
	return d, nil
}

// deliveryKey names a delivery from outside.
type deliveryKey struct {
	Webhook string
	N       int64
}

// Delivery implements chat.WebhookStore.
func (s *Store) Delivery(ctx context.Context, id string) (chat.Delivery, error) {
	webhook, n, err := chat.ParseDeliveryID(id)
	if err != nil {
		return chat.Delivery{}, err
	}
	var row deliveryRow
	if err := s.one(ctx, s.read.Delivery, &row, deliveryKey{webhook, n}, chat.ErrUnknownDelivery); err != nil {
		return chat.Delivery{}, err
	}
	return s.delivery(&row)
}

// deliveryFilter holds the parameters of a delivery list.
type deliveryFilter struct {
	Webhook string

	keyset
}

// Deliveries implements chat.WebhookStore.
func (s *Store) Deliveries(ctx context.Context, q chat.DeliveryQuery) (chat.DeliveryPage, error) {
	key := sortKey{column: "d.n"}
	place, err := key.place(q.Page)
	if err != nil {
		return chat.DeliveryPage{}, err
	}
	conditions := []string{"d.webhook_id = (SELECT id FROM chat_webhooks WHERE public_id = :webhook AND removed = 0)"}
	if q.State != "" {
		// As a literal, because there are indexes for some of them.
		for i, name := range deliveryStates {
			if name == q.State {
				conditions = append(conditions, fmt.Sprintf("d.state = %d", i))
			}
		}
	}
	var rows []deliveryRow
	text := s.read.DeliverySelect + key.clauses(place, conditions)
	if err := s.list(ctx, text, &rows, deliveryFilter{q.WebhookID, place}); err != nil {
		return chat.DeliveryPage{}, err
	}
	rows, more := trim(place, rows)
	page := chat.DeliveryPage{Deliveries: make([]chat.Delivery, len(rows))}
	for i := range rows {
		if page.Deliveries[i], err = s.delivery(&rows[i]); err != nil {
			return chat.DeliveryPage{}, err
		}
	}
	if more {
		page.Next = chat.Cursor{Key: rows[place.last(len(rows))].N}.String()
	}
	return page, nil
}
