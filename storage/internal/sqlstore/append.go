package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/pealchat/pealchat/chat"
)

// Append implements chat.Store. The caller's context counts until the turn to
// write has come; then the transaction runs to its end, because a statement
// broken off in the middle would cost the connection. Only the caller's deadline
// still counts, where what does not answer may be the network.
func (s *Store) Append(ctx context.Context, ops []chat.Op) ([]chat.OpResult, error) {
	if len(ops) == 0 {
		return nil, nil
	}
	if err := s.takeTurn(ctx); err != nil {
		return nil, err
	}
	defer func() { <-s.turn }()
	w := &write{s: s, ops: ops, quick: !s.cfg.Shared || !slices.ContainsFunc(ops, func(op chat.Op) bool { return !plain(op) })}
	err := s.transact(ctx, w.run)
	if errors.Is(err, errNotQuick) {
		w.quick = false
		err = s.transact(ctx, w.run)
	}
	if err != nil {
		return nil, err
	}
	if w.erased && s.cfg.Erased != nil {
		s.cfg.Erased()
	}
	return w.results, nil
}

// write is a call of Append.
type write struct {
	s       *Store
	ops     []chat.Op
	quick   bool // without savepoints: see batch.quick
	results []chat.OpResult
	erased  bool
}

func (w *write) run(b *batch) error {
	w.results, b.quick = make([]chat.OpResult, len(w.ops)), w.quick
	if w.s.cfg.Shared {
		// Also for a quick one: in which order a statement takes its rows is the planner's to choose, and two that take
		// them in different orders wait for each other.
		if err := b.lock(wants(w.ops)); err != nil {
			return err
		}
	}
	if err := b.applyAll(w.ops, w.results); err != nil {
		return err
	}
	w.erased = b.erased
	return b.flush(true)
}

// nothing is the argument of statements without parameters.
var nothing = struct{}{}

// batch is one transaction of Append.
type batch struct {
	s       *Store
	tx      *sqlx.Tx
	stmts   map[*sqlx.NamedStmt]*sql.Stmt // those of s.write, in the transaction
	pending []pendingEvent
	erased  bool // something was, and must not stay in the files

	// Without savepoints, which cost every page or row that is written a copy.
	// It ends with errNotQuick where one would have been needed after all, which
	// is rare, and the transaction is carried out once more, with them.
	quick bool
	wrote bool // the present op has; only with quick
}

// errNotQuick: what a quick transaction had to do is not that simple.
var errNotQuick = errors.New("sqlstore: not a quick transaction")

// applyAll carries out the ops, those that can be sent together together.
func (b *batch) applyAll(ops []chat.Op, results []chat.OpResult) error {
	for i := 0; i < len(ops); {
		n := 1
		together := b.s.cfg.Shared && plain(ops[i])
		for together && i+n < len(ops) && plain(ops[i+n]) {
			n++
		}
		if together {
			ok, err := b.appendMany(ops[i:i+n], results[i:i+n])
			if err != nil {
				return err
			}
			together = ok
		}
		for ; n > 0; n-- {
			if !together || results[i].Message.ID == "" {
				var err error
				if results[i], err = b.apply(ops[i]); err != nil {
					return err
				}
			}
			i++
		}
	}
	return nil
}

// transact runs f in a transaction. The caller's context counts until the
// database's lock is there, for which a process outside may let it wait.
// Within the transaction there is nobody to wait for, and no time limit but
// for the whole.
//
// Where other processes get in the way of a transaction so that none could go
// on, the database undoes one of them. f is then called again.
func (s *Store) transact(caller context.Context, f func(*batch) error) error {
	until := time.Now().Add(s.cfg.writeTimeout())
	if deadline, ok := caller.Deadline(); ok && s.cfg.Shared && deadline.Before(until) {
		until = deadline
	}
	ctx, cancel := context.WithDeadline(context.Background(), until)
	defer cancel()
	err := s.attempt(caller, ctx, cancel, f)
	for n := 1; n < maxAttempts && err != nil && s.cfg.Classify(err) == Contended && ctx.Err() == nil; n++ {
		err = s.attempt(caller, ctx, cancel, f)
	}
	err = s.explain(err)
	switch {
	case err == nil:
		s.failing.Store(false)
	case errors.Is(err, chat.ErrUnavailable):
		s.failing.Store(true)
	}
	return err
}

// maxAttempts is how often a transaction is tried while others are in its way.
const maxAttempts = 5

func (s *Store) attempt(caller, ctx context.Context, cancel func(), f func(*batch) error) error {
	release := context.AfterFunc(caller, cancel)
	tx, err := s.cfg.Writer.BeginTxx(ctx, nil)
	if !release() {
		if err == nil {
			tx.Rollback()
		}
		return caller.Err()
	}
	if err != nil {
		return err
	}
	defer tx.Rollback() // after a commit it does nothing
	b := &batch{s: s, tx: tx, stmts: map[*sqlx.NamedStmt]*sql.Stmt{}}
	if err := f(b); err != nil {
		return err
	}
	return tx.Commit()
}

// apply carries out one op. An error of the op's own undoes it and goes into
// the result; any other ends the batch.
func (b *batch) apply(op chat.Op) (chat.OpResult, error) {
	switch op.(type) {
	case chat.OpMergeVisitor, chat.OpEraseVisitor, chat.OpPurgeSessions, chat.OpPurgeVisitors, chat.OpPruneEvents:
		// These change or remove what is in the log, so it must be complete.
		if err := b.flush(false); err != nil {
			return chat.OpResult{}, err
		}
	}
	if err := b.begin(); err != nil {
		return chat.OpResult{}, err
	}
	mark := len(b.pending)
	res, err := b.do(op)
	if err == nil {
		return res, b.end()
	}
	if !b.s.ownError(err) {
		return chat.OpResult{}, err
	}
	b.pending = b.pending[:mark]
	if err := b.rewind(); err != nil {
		return chat.OpResult{}, err
	}
	return chat.OpResult{Err: err}, b.end()
}

// marks says whether ops stand between savepoints. Where the database is not
// shared, an error leaves a transaction as it was before the statement, so an op
// that has written nothing needs none.
func (b *batch) marks() bool { return b.s.cfg.Shared || !b.quick }

func (b *batch) begin() error {
	b.wrote = false
	if !b.marks() {
		return nil
	}
	return b.later(b.s.write.OpBegin, nothing)
}

func (b *batch) end() error {
	if !b.marks() {
		return nil
	}
	return b.later(b.s.write.OpEnd, nothing)
}

// rewind undoes what the present op has done so far.
func (b *batch) rewind() error {
	switch {
	case b.marks():
		return b.run(b.s.write.OpRollback, nothing)
	case b.wrote:
		return errNotQuick
	}
	return nil
}

// panicked is the error of an op whose code panicked.
type panicked struct {
	value any
	stack []byte
}

func (p *panicked) Error() string { return fmt.Sprintf("sqlstore: panic: %v\n%s", p.value, p.stack) }

// ownError says whether err concerns one op only, and the transaction is sound.
func (s *Store) ownError(err error) bool {
	var known *chat.Error
	var panicked *panicked
	if errors.As(err, &known) {
		return !errors.Is(err, chat.ErrUnavailable)
	}
	return errors.As(err, &panicked)
}

func (b *batch) do(op chat.Op) (res chat.OpResult, err error) {
	defer func() {
		if v := recover(); v != nil {
			res, err = chat.OpResult{}, &panicked{v, debug.Stack()}
		}
		if err != nil && b.s.cfg.Classify(err) == Refused {
			err = &chat.Error{Kind: chat.ErrConflict, Code: "conflict", Message: "This is there already, or cannot be kept.", Err: err}
		}
	}()
	switch op := op.(type) {
	case chat.OpAppendMessage:
		return b.appendMessage(op)
	case chat.OpCreateSession:
		return b.createSession(op)
	case chat.OpAppendNote:
		return b.appendNote(op.Message)
	case chat.OpEditMessage:
		return b.editMessage(op)
	case chat.OpDeleteMessage:
		return b.deleteMessage(op)
	case chat.OpUpdateSession:
		return b.updateSession(op)
	case chat.OpCloseSession:
		return b.closeSession(op)
	case chat.OpRateSession:
		return b.rateSession(op)
	case chat.OpAskRating:
		return b.askRating(op)
	case chat.OpNoteShifts:
		return b.noteShifts(op)
	case chat.OpMarkSeen:
		return b.markSeen(op)
	case chat.OpSaveVisitor:
		return b.saveVisitor(op)
	case chat.OpBanVisitor:
		return b.banVisitor(op)
	case chat.OpBanAddress:
		return b.banAddress(op)
	case chat.OpLiftAddressBan:
		return b.liftAddressBan(op)
	case chat.OpPruneBans:
		return b.pruneBans(op)
	case chat.OpAddPageViews:
		return b.addPageViews(op)
	case chat.OpPlaceVisit:
		return b.placeVisit(op)
	case chat.OpGreetVisitor:
		return b.greetVisitor(op)
	case chat.OpMergeVisitor:
		return b.mergeVisitor(op)
	case chat.OpEraseVisitor:
		return b.eraseVisitor(op)
	case chat.OpAddFile:
		return b.addFile(op)
	case chat.OpAddFileChunk:
		return b.addFileChunk(op)
	case chat.OpDiscardFile:
		return b.discardFile(op)
	case chat.OpDeleteFile:
		return b.removeFile(op)
	case chat.OpSaveAgent:
		return b.saveAgent(op)
	case chat.OpSaveAPIKey:
		return b.saveKey(op)
	case chat.OpRevokeAPIKey:
		return b.revokeKey(op)
	case chat.OpTouchAPIKey:
		return b.touchKey(op)
	case chat.OpSaveSettings:
		return b.saveSettings(op)
	case chat.OpCreateCannedReply:
		return b.saveCannedReply(op)
	case chat.OpUpdateCannedReply:
		return b.updateCannedReply(op)
	case chat.OpDeleteCannedReply:
		return b.removeCannedReply(op)
	case chat.OpSaveDraft:
		return b.saveDraft(op.Draft)
	case chat.OpSavePushSubscription:
		return b.savePush(op)
	case chat.OpDeletePushSubscription:
		return b.removePush(op)
	case chat.OpCreateDepartment:
		return b.saveDepartment(op)
	case chat.OpUpdateDepartment:
		return b.updateDepartment(op)
	case chat.OpDeleteDepartment:
		return b.removeDepartment(op)
	case chat.OpSnoozeSession:
		return b.snoozeSession(op)
	case chat.OpWakeSession:
		return b.wakeSession(op)
	case chat.OpAssignSession:
		return b.assignSession(op)
	case chat.OpReturnSession:
		return b.returnSession(op)
	case chat.OpMarkMissed:
		return b.markMissed(op)
	case chat.OpSeeVisitor:
		return b.seeVisitor(op)
	case chat.OpSeeAgent:
		return b.seeAgent(op)
	case chat.OpDeletePending:
		return b.removePending(op)
	case chat.OpIndexSearch:
		return b.indexSearch(op)
	case chat.OpPurgeSessions:
		return b.purgeSessions(op)
	case chat.OpPurgePageViews:
		return b.purgePageViews(op)
	case chat.OpPurgeVisitors:
		return b.purgeVisitors(op)
	case chat.OpPurgeFiles:
		return b.purgeFiles(op)
	case chat.OpPruneEvents:
		return b.pruneEvents(op)
	case chat.OpSaveWebhook:
		return b.saveWebhook(op)
	case chat.OpDeleteWebhook:
		return b.removeWebhook(op)
	case chat.OpDisableWebhook:
		return b.disableWebhook(op)
	case chat.OpAddDeliveries:
		return b.addDeliveries(op)
	case chat.OpClaimDeliveries:
		return b.claimDeliveries(op)
	case chat.OpSettleDelivery:
		return b.settleDelivery(op)
	case chat.OpRenewDelivery:
		return b.renewDelivery(op)
	case chat.OpRearmDelivery:
		return b.rearmDelivery(op)
	case chat.OpRearmDeliveries:
		return b.rearmDeliveries(op)
	case chat.OpPruneDeliveries:
		return b.pruneDeliveries(op)
	case chat.OpHoldCursor:
		return b.holdCursor(op)
	case chat.OpDeleteCursor:
		return b.removeCursor(op)
	}
	return chat.OpResult{}, &chat.Error{Kind: chat.ErrInvalid, Code: "invalid_request", Message: fmt.Sprintf("This store does not know the operation %T.", op)}
}
