package sqlstore

import (
	"database/sql"

	"github.com/jmoiron/sqlx"
	"github.com/pealchat/pealchat/chat"
)

// newDelivery holds the parameters with which a message goes to some webhooks.
type newDelivery struct {
	deliveryRow
	Webhooks string // JSON
}

func (b *batch) addDeliveries(op chat.OpAddDeliveries) (res chat.OpResult, err error) {
	if op.To != 0 {
		n, err := b.exec(b.s.write.CursorMove, cursorMove{chat.CursorWebhooks, int64(op.From), int64(op.To)})
		if err == nil && n == 0 {
			err = chat.ErrCursorMoved
		}
		if err != nil {
			return chat.OpResult{}, err
		}
	}
	for _, m := range op.Messages {
		row := deliveryRow{Event: m.Event, At: millis(m.At), DueAt: millis(op.Due)}
		ok, err := b.addBody(m, &row)
		if err != nil {
			return chat.OpResult{}, err
		}
		if !ok {
			continue
		}
		added, err := b.addDelivery(m, row)
		if err != nil {
			return chat.OpResult{}, err
		}
		res.Count += added
		if m.Position == 0 {
			if err := b.reloadDeliveries(m.To, row.N, &res); err != nil {
				return chat.OpResult{}, err
			}
		}
	}
	return res, nil
}

// addBody keeps the message's body and fills in the row what all its
// deliveries have in common. Without ok the session is gone.
func (b *batch) addBody(m chat.OutgoingEvent, row *deliveryRow) (ok bool, err error) {
	arg := struct {
		N         int64
		Session   sql.NullInt64
		MessageID sql.NullInt64 `db:"message_id"`
		Body      string
	}{Body: string(m.Body)}
	if m.SessionID != "" {
		var of struct {
			SessionID int64         `db:"session_id"`
			MessageID sql.NullInt64 `db:"message_id"`
			DeletedAt sql.NullInt64 `db:"deleted_at"`
		}
		if ok, err := b.get(b.s.write.DeliveryOfSession, &of, struct{ Session, Message string }{m.SessionID, m.MessageID}); err != nil || !ok {
			return false, err
		}
		if of.DeletedAt.Valid {
			// The body was made before the message was deleted.
			body, err := chat.BlankBody(m.Body, m.MessageID)
			if err != nil {
				return false, err
			}
			arg.Body = string(body)
		}
		arg.Session, arg.MessageID, row.SessionID = sql.NullInt64{Int64: of.SessionID, Valid: true}, of.MessageID, of.SessionID
	}
	if row.N = chat.DeliveryNumber(m.Position); m.Position == 0 {
		if row.N, err = b.nextNumber(); err != nil {
			return false, err
		}
	}
	if m.SessionID == "" {
		row.SessionID = -row.N
	}
	arg.N = row.N
	return true, b.run(b.s.write.DeliveryAddBody, arg)
}

// nextNumber returns a number for what is not in the log.
func (b *batch) nextNumber() (int64, error) {
	var head, last int64
	if err := b.need(b.s.write.EventHead, &head, struct{}{}, sql.ErrNoRows); err != nil {
		return 0, err
	}
	if err := b.need(b.s.write.DeliveryLastNumber, &last, struct{}{}, sql.ErrNoRows); err != nil {
		return 0, err
	}
	n := max(chat.DeliveryNumber(chat.Position(head)), last) + 1
	if _, isEvents := chat.DeliveryPosition(n); isEvents {
		return 0, &chat.Error{Kind: chat.ErrConflict, Code: "conflict", Message: "There were too many pings since the last event."}
	}
	return n, nil
}

// addDelivery adds one row for each webhook and counts those to be sent.
func (b *batch) addDelivery(m chat.OutgoingEvent, row deliveryRow) (added int, err error) {
	for _, part := range []struct {
		state    int
		webhooks []string
	}{{statePending, m.To}, {stateSkipped, m.Skip}} {
		if len(part.webhooks) == 0 {
			continue
		}
		arg := newDelivery{deliveryRow: row}
		arg.State = part.state
		if arg.Webhooks, err = encode("to", part.webhooks); err != nil {
			return 0, err
		}
		if part.state == stateSkipped {
			arg.SettledAt = sql.NullInt64{Int64: row.DueAt, Valid: true}
		}
		n, err := b.exec(b.s.write.DeliveryAdd, arg)
		if err != nil {
			return 0, err
		}
		if part.state == statePending && n > 0 {
			added = n
			if err := b.run(b.s.write.LaneOpen, arg); err != nil {
				return 0, err
			}
		}
	}
	return added, nil
}

func (b *batch) reloadDeliveries(webhooks []string, n int64, res *chat.OpResult) error {
	for _, id := range webhooks {
		var row deliveryRow
		ok, err := b.get(b.s.write.Delivery, &row, deliveryKey{id, n})
		if err != nil {
			return err
		}
		if !ok {
			continue
		}
		d, err := b.s.delivery(&row)
		if err != nil {
			return err
		}
		res.Deliveries = append(res.Deliveries, d)
	}
	return nil
}

// blankBodies takes the text of a message that was deleted out of what was
// sent or is to be sent.
func (b *batch) blankBodies(m messageRow) error {
	var rows []struct {
		N    int64
		Body string
	}
	arg := struct {
		SessionID int64 `db:"session_id"`
		MessageID int64 `db:"message_id"`
	}{m.SessionID, m.ID}
	if err := b.list(b.s.write.DeliveryBodies, &rows, arg); err != nil {
		return err
	}
	for _, row := range rows {
		body, err := chat.BlankBody([]byte(row.Body), m.PublicID)
		if err != nil {
			return err
		}
		row.Body = string(body)
		if err := b.run(b.s.write.DeliverySetBody, row); err != nil {
			return err
		}
	}
	return nil
}

// pruneArg holds the parameters of the statements that prune.
type pruneArg struct {
	WebhookID int64 `db:"webhook_id"`
	Through   int64
	Pending   int // 1: pending ones too
	Limit     int
}

func (b *batch) pruneDeliveries(op chat.OpPruneDeliveries) (res chat.OpResult, err error) {
	if !op.Before.IsZero() {
		var to int64
		if err := b.need(b.s.write.EventPruneTo, &to, struct{ Before int64 }{millis(op.Before)}, sql.ErrNoRows); err != nil {
			return res, err
		}
		op.Through = max(op.Through, chat.Position(to))
	}
	through := chat.DeliveryNumber(op.Through+1) - 1
	prune := func(stmt *sqlx.NamedStmt, arg pruneArg) error {
		if arg.Limit = op.Limit - res.Count; arg.Limit <= 0 {
			return nil
		}
		n, err := b.exec(stmt, arg)
		res.Count += n
		return err
	}
	var removed, all []int64
	if err := b.list(b.s.write.WebhookRemoved, &removed, struct{}{}); err != nil {
		return chat.OpResult{}, err
	}
	for _, id := range removed {
		if err := prune(b.s.write.DeliveryPrune, pruneArg{WebhookID: id, Through: maxNumber, Pending: 1}); err != nil {
			return chat.OpResult{}, err
		}
		if err := b.run(b.s.write.WebhookDelete, byID{id}); err != nil {
			return chat.OpResult{}, err
		}
	}
	if err := b.list(b.s.write.WebhookRows, &all, struct{}{}); err != nil {
		return chat.OpResult{}, err
	}
	for _, id := range all {
		if err := prune(b.s.write.DeliveryPrune, pruneArg{WebhookID: id, Through: through}); err != nil {
			return chat.OpResult{}, err
		}
	}
	return res, prune(b.s.write.DeliveryPruneBodies, pruneArg{Through: through})
}

const maxNumber = 1<<63 - 1
