package sqlstore

import (
	"context"

	"github.com/pealchat/pealchat/chat"
)

// pushRow is a row of push-list, and the parameters of the other statements.
type pushRow struct {
	ID        string `db:"id"`
	AgentID   string `db:"agent_id"`
	Endpoint  string `db:"endpoint"`
	P256DH    string `db:"public_key"`
	Auth      string `db:"auth"`
	CreatedAt int64  `db:"created_at"`

	Keep int `db:"keep"`
}

// PushSubscriptions implements chat.PushStore.
func (s *Store) PushSubscriptions(ctx context.Context) ([]chat.PushSubscription, error) {
	var rows []pushRow
	if err := s.many(ctx, s.read.PushList, &rows, nothing); err != nil {
		return nil, err
	}
	list := make([]chat.PushSubscription, len(rows))
	for i, r := range rows {
		list[i] = chat.PushSubscription{ID: r.ID, AgentID: r.AgentID, Endpoint: r.Endpoint, P256DH: r.P256DH, Auth: r.Auth, CreatedAt: fromMillis(r.CreatedAt)}
	}
	return list, nil
}

func (b *batch) savePush(op chat.OpSavePushSubscription) (chat.OpResult, error) {
	p := op.Subscription
	row := pushRow{ID: p.ID, AgentID: p.AgentID, Endpoint: p.Endpoint, P256DH: p.P256DH, Auth: p.Auth, CreatedAt: millis(p.CreatedAt), Keep: op.Keep}
	if err := b.run(b.s.write.PushSave, row); err != nil {
		return chat.OpResult{}, err
	}
	return chat.OpResult{}, b.run(b.s.write.PushTrim, row)
}

func (b *batch) removePush(op chat.OpDeletePushSubscription) (chat.OpResult, error) {
	return chat.OpResult{}, b.run(b.s.write.PushRemove, pushRow{ID: op.ID, AgentID: op.AgentID})
}
