package sqlstore

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"math"
	"slices"
	"time"

	"github.com/pealchat/pealchat/chat"
)

// laneKey names a lane and holds the times that its statements take.
type laneKey struct {
	WebhookID int64 `db:"webhook_id"`
	SessionID int64 `db:"session_id"`
	N         int64
	DueAt     int64 `db:"due_at"`
	Blocked   int
	Now       int64
	Lease     int64
	Limit     int
	Lowest    int64 // below every session id: it makes SQLite use the index that begins with them
}

func (b *batch) claimDeliveries(op chat.OpClaimDeliveries) (res chat.OpResult, err error) {
	row, err := b.findWebhook(op.WebhookID)
	if err != nil {
		return chat.OpResult{}, err
	}
	w, err := row.webhook()
	if res.Webhook = &w; err != nil || row.Enabled == 0 {
		return res, err
	}
	key := laneKey{WebhookID: row.ID, Now: millis(op.Now), Lease: millis(op.Lease), Limit: op.Limit}
	var lanes []int64
	if err := b.list(b.s.write.LaneDue, &lanes, key); err != nil {
		return chat.OpResult{}, err
	}
	for _, key.SessionID = range lanes {
		if err := b.advance(key, true, &res); err != nil {
			return chat.OpResult{}, err
		}
	}
	return res, nil
}

// advance looks what a lane has next. With claim it takes that, if it is due;
// else it sets the lane to the time when something will be.
func (b *batch) advance(key laneKey, claim bool, res *chat.OpResult) error {
	row, wait, err := b.head(key)
	switch {
	case err != nil:
		return err
	case row == nil && wait.DueAt == math.MaxInt64:
		return b.run(b.s.write.LaneClose, key)
	case row != nil && claim:
		return b.lease(key, row, res)
	case row != nil:
		wait = laneKey{DueAt: row.DueAt}
	}
	key.DueAt, key.Blocked = wait.DueAt, wait.Blocked
	return b.run(b.s.write.LanePark, key)
}

// head returns the lane's delivery that can be sent now, or else in wait when
// there will be one: at the end of time if the lane is empty.
func (b *batch) head(key laneKey) (row *deliveryRow, wait laneKey, err error) {
	wait.DueAt = math.MaxInt64
	for key.Limit = 1; ; key.Limit = 1000 { // mostly the first decides
		var rows []deliveryRow
		if err := b.list(b.s.write.DeliveryNext, &rows, key); err != nil {
			return nil, wait, err
		}
		for i := range rows {
			wait.DueAt = min(wait.DueAt, rows[i].DueAt)
			if rows[i].DueAt <= key.Now {
				return &rows[i], wait, nil
			}
			if rows[i].Refusals < chat.MaxRefusals {
				wait.Blocked = 1
				return nil, wait, nil
			}
		}
		if len(rows) < key.Limit || key.Limit > 1 {
			return nil, wait, nil
		}
	}
}

func (b *batch) lease(key laneKey, row *deliveryRow, res *chat.OpResult) error {
	key.N = row.N
	if err := b.run(b.s.write.DeliveryClaim, key); err != nil {
		return err
	}
	if err := b.run(b.s.write.LaneLease, key); err != nil {
		return err
	}
	row.Attempt++
	row.Tries++
	if !row.StartedAt.Valid {
		row.StartedAt = sql.NullInt64{Int64: key.Now, Valid: true}
	}
	d, err := b.s.delivery(row)
	res.Deliveries = append(res.Deliveries, d)
	return err
}

func (b *batch) findDelivery(id string) (row deliveryRow, err error) {
	webhook, n, err := chat.ParseDeliveryID(id)
	if err == nil {
		err = b.need(b.s.write.Delivery, &row, deliveryKey{webhook, n}, chat.ErrUnknownDelivery)
	}
	return row, err
}

func (b *batch) settleDelivery(op chat.OpSettleDelivery) (res chat.OpResult, err error) {
	row, err := b.findDelivery(op.DeliveryID)
	if err != nil {
		return chat.OpResult{}, err
	}
	if row.State != statePending || row.Attempt != op.Attempt {
		return chat.OpResult{Duplicate: true}, nil
	}
	if err := row.settle(op); err != nil {
		return chat.OpResult{}, err
	}
	if err := b.run(b.s.write.DeliverySettle, row); err != nil {
		return chat.OpResult{}, err
	}
	if len(op.Attempts) > 0 {
		if err := b.health(row, op.Now); err != nil {
			return chat.OpResult{}, err
		}
	}
	key := laneKey{WebhookID: row.WebhookID, SessionID: row.SessionID, Now: millis(op.Now), Lease: millis(op.Next)}
	return res, b.advance(key, !op.Next.IsZero() && row.Enabled != 0, &res)
}

func (b *batch) renewDelivery(op chat.OpRenewDelivery) (chat.OpResult, error) {
	row, err := b.findDelivery(op.DeliveryID)
	if err != nil {
		return chat.OpResult{}, err
	}
	if row.State != statePending || row.Attempt != op.Attempt {
		return chat.OpResult{Duplicate: true}, nil
	}
	key := laneKey{WebhookID: row.WebhookID, SessionID: row.SessionID, N: row.N, Lease: millis(op.Lease)}
	n, err := b.exec(b.s.write.LaneRenew, key)
	return chat.OpResult{Duplicate: n == 0}, err
}

// ReleaseDeliveries gives back everything that is claimed. It is for databases
// that one process at a time uses: when it opens them, whoever claimed is gone.
func (s *Store) ReleaseDeliveries(ctx context.Context) error {
	return s.transact(ctx, func(b *batch) error {
		return b.run(s.write.LaneRelease, laneKey{Now: millis(time.Now())})
	})
}

// settle puts the outcome of an attempt into the row.
func (r *deliveryRow) settle(op chat.OpSettleDelivery) error {
	switch op.State {
	case chat.DeliveryPending:
		r.DueAt = millis(op.Due)
	case chat.DeliveryDelivered, chat.DeliveryFailed:
		r.State = slices.Index(deliveryStates, op.State)
		r.SettledAt = optMillis(op.Now)
	default:
		return errors.New("sqlstore: a delivery cannot be settled as " + op.State)
	}
	if len(op.Attempts) == 0 { // nothing was sent
		r.Attempt--
		if r.Tries--; r.Tries == 0 {
			r.StartedAt = sql.NullInt64{}
		}
		return nil
	}
	r.Refusals += flag(op.Refused)
	var attempts []chat.Attempt
	if r.Attempts.Valid {
		if err := json.Unmarshal([]byte(r.Attempts.String), &attempts); err != nil {
			return err
		}
	}
	attempts = append(attempts, op.Attempts...)
	attempts = attempts[max(0, len(attempts)-chat.MaxAttempts):]
	text, err := encode("attempts", attempts)
	r.Attempts = sql.NullString{String: text, Valid: true}
	return err
}

// health keeps since when nothing gets through to the webhook. When something
// does after a while, all that waits is due.
func (b *batch) health(row deliveryRow, now time.Time) error {
	arg := webhookRow{ID: row.WebhookID}
	delivered := row.State == stateDelivered
	if delivered != row.FailingSince.Valid {
		return nil // it worked and does, or did not and does not
	}
	if !delivered {
		arg.FailingSince = optMillis(now)
	}
	if err := b.run(b.s.write.WebhookFailing, arg); err != nil {
		return err
	}
	if !delivered || now.Sub(fromOptMillis(row.FailingSince)) < chat.Recovery {
		return nil
	}
	key := laneKey{WebhookID: row.WebhookID, Now: millis(now), Lowest: math.MinInt64}
	if err := b.run(b.s.write.DeliveryWake, key); err != nil {
		return err
	}
	return b.run(b.s.write.LaneWake, key)
}

func (b *batch) rearmDelivery(op chat.OpRearmDelivery) (chat.OpResult, error) {
	row, err := b.findDelivery(op.DeliveryID)
	if err != nil {
		return chat.OpResult{}, err
	}
	done, err := b.rearm(row, op.At)
	return chat.OpResult{Duplicate: !done}, err
}

// rearm makes a delivery due, unless it is being sent.
func (b *batch) rearm(row deliveryRow, at time.Time) (done bool, err error) {
	key := laneKey{WebhookID: row.WebhookID, SessionID: row.SessionID, N: row.N, Now: millis(at)}
	if row.State == statePending {
		var leased int64
		if err := b.need(b.s.write.LaneLeased, &leased, key, sql.ErrNoRows); err != nil || leased == row.N {
			return false, err
		}
	}
	if err := b.run(b.s.write.DeliveryRearm, key); err != nil {
		return false, err
	}
	return true, b.run(b.s.write.LaneRearm, key)
}

func (b *batch) rearmDeliveries(op chat.OpRearmDeliveries) (res chat.OpResult, err error) {
	webhook, err := b.findWebhook(op.WebhookID)
	if err != nil {
		return chat.OpResult{}, err
	}
	arg := struct {
		WebhookID int64 `db:"webhook_id"`
		After     int64
		Limit     int
	}{webhook.ID, op.After, op.Limit}
	var rows []deliveryRow
	if err := b.list(b.s.write.DeliveryListFrom, &rows, arg); err != nil {
		return chat.OpResult{}, err
	}
	if len(rows) == op.Limit {
		res.Next = rows[len(rows)-1].N
	}
	for _, row := range rows {
		row.WebhookID = webhook.ID
		if row.At < millis(op.Since) || !slices.Contains(op.States, deliveryStates[row.State]) {
			continue
		}
		done, err := b.rearm(row, op.At)
		if err != nil {
			return chat.OpResult{}, err
		}
		res.Count += flag(done)
	}
	return res, nil
}
