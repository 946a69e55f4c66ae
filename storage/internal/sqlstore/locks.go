package sqlstore

import (
	"slices"

	"github.com/jmoiron/sqlx"
	"github.com/pealchat/pealchat/chat"
)

// Locks are the numbers of the locks that processes with one database take
// from each other, for as long as a transaction lasts.
//
// Transactions that only add messages, or change sessions and visitors, run
// beside each other: each takes the rows it is about, in the same order
// everywhere, so that they never wait for one another in a circle. What
// webhooks keep is for one transaction at a time. Whatever is not known here
// to be safe beside others runs alone. The log's lock comes last, right before
// the commit: see flush.
type Locks struct {
	All        int64 // shared, or alone
	Deliveries int64
	Log        int64
}

// wanted is what a transaction has to lock.
type wanted struct {
	alone, deliveries  bool
	sessions, visitors []string // public ids
}

// wants says what the ops have to lock.
func wants(ops []chat.Op) (w wanted) {
	for _, op := range ops {
		w.add(op)
	}
	return w
}

func (w *wanted) add(op chat.Op) {
	session := func(id string) { w.sessions = append(w.sessions, id) }
	visitor := func(id string) { w.visitors = append(w.visitors, id) }
	switch op := op.(type) {
	case chat.OpAppendMessage:
		session(op.Message.SessionID)
	case chat.OpAppendNote:
		session(op.Message.SessionID)
	case chat.OpEditMessage:
		session(op.SessionID)
	case chat.OpDeleteMessage:
		session(op.SessionID)
		w.deliveries = true // it empties what is kept of the message there
	case chat.OpUpdateSession:
		session(op.SessionID)
		// It notes the agent as seen, and their rows are not taken in order.
		w.alone = w.alone || op.Patch.AssigneeID != nil && *op.Patch.AssigneeID != ""
	case chat.OpCloseSession:
		session(op.SessionID)
	case chat.OpSnoozeSession:
		session(op.SessionID)
	case chat.OpWakeSession:
		session(op.SessionID)
	case chat.OpReturnSession:
		session(op.SessionID)
	case chat.OpMarkMissed:
		session(op.SessionID)
	case chat.OpSeeVisitor:
		visitor(op.VisitorID)
	case chat.OpRateSession:
		session(op.SessionID)
	case chat.OpAskRating:
		session(op.SessionID)
	case chat.OpMarkSeen:
		session(op.SessionID)
	case chat.OpCreateSession:
		visitor(op.Session.VisitorID)
	case chat.OpSaveVisitor:
		visitor(op.Visitor.ID)
	case chat.OpBanVisitor:
		visitor(op.VisitorID)
	case chat.OpPlaceVisit:
		visitor(op.VisitorID)
	case chat.OpGreetVisitor:
		visitor(op.VisitorID)
	case chat.OpAddPageViews:
		for _, v := range op.Views {
			visitor(v.VisitorID)
		}
	case chat.OpAddDeliveries, chat.OpClaimDeliveries, chat.OpSettleDelivery, chat.OpRenewDelivery, chat.OpRearmDelivery, chat.OpRearmDeliveries,
		chat.OpPruneDeliveries, chat.OpSaveWebhook, chat.OpDeleteWebhook, chat.OpDisableWebhook:
		w.deliveries = true
	case chat.OpAddFile, chat.OpAddFileChunk, chat.OpDiscardFile, chat.OpDeleteFile, chat.OpSaveAgent, chat.OpTouchAPIKey, chat.OpSaveDraft, chat.OpDeletePending,
		chat.OpHoldCursor, chat.OpDeleteCursor, chat.OpPruneEvents, chat.OpIndexSearch:
		// One statement, or one whose outcome others cannot change.
	default:
		w.alone = true
	}
}

// lock takes what the ops want, in the order that all processes keep to. It
// is sent with the first statement that follows.
func (b *batch) lock(w wanted) error {
	q, keys := &b.s.shared, b.s.cfg.Locks
	type key struct{ Key int64 }
	if w.alone {
		return b.later(q.LockAlone, key{keys.All})
	}
	if err := b.later(q.LockShared, key{keys.All}); err != nil {
		return err
	}
	if w.deliveries {
		if err := b.later(q.LockDeliveries, key{keys.Deliveries}); err != nil {
			return err
		}
	}
	for _, rows := range []struct {
		stmt *sqlx.NamedStmt
		ids  []string
	}{{q.LockVisitors, w.visitors}, {q.LockSessions, w.sessions}} {
		if len(rows.ids) == 0 {
			continue
		}
		slices.Sort(rows.ids)
		list, err := encode("ids", slices.Compact(rows.ids))
		if err == nil {
			err = b.later(rows.stmt, struct {
				IDs string `db:"ids"`
			}{list})
		}
		if err != nil {
			return err
		}
	}
	return nil
}
