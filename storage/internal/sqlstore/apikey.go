package sqlstore

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"

	"github.com/pealchat/pealchat/chat"
)

// keyRow is a row of api-key-columns.
type keyRow struct {
	PublicID   string        `db:"public_id"`
	Name       string        `db:"name"`
	Prefix     string        `db:"prefix"`
	Scopes     string        `db:"scopes"`
	CreatedAt  int64         `db:"created_at"`
	LastUsedAt sql.NullInt64 `db:"last_used_at"`
	RevokedAt  sql.NullInt64 `db:"revoked_at"`
}

func (r keyRow) key() (chat.APIKey, error) {
	k := chat.APIKey{
		ID: r.PublicID, Name: r.Name, Prefix: r.Prefix, CreatedAt: fromMillis(r.CreatedAt),
		LastUsedAt: fromOptMillis(r.LastUsedAt), RevokedAt: fromOptMillis(r.RevokedAt),
	}
	if err := json.Unmarshal([]byte(r.Scopes), &k.Scopes); err != nil {
		return k, fmt.Errorf("sqlstore: API key %s: %w", r.PublicID, err)
	}
	return k, nil
}

// APIKeyByHash implements chat.APIKeyStore.
func (s *Store) APIKeyByHash(ctx context.Context, hash string) (chat.APIKey, error) {
	var row keyRow
	if err := s.one(ctx, s.read.KeyByHash, &row, struct{ Hash string }{hash}, chat.ErrUnknownAPIKey); err != nil {
		return chat.APIKey{}, err
	}
	return row.key()
}

// APIKeys implements chat.APIKeyStore. The oldest comes first.
func (s *Store) APIKeys(ctx context.Context) ([]chat.APIKey, error) {
	var rows []keyRow
	if err := s.many(ctx, s.read.KeyList, &rows, nothing); err != nil {
		return nil, err
	}
	keys := make([]chat.APIKey, len(rows))
	for i, row := range rows {
		var err error
		if keys[i], err = row.key(); err != nil {
			return nil, err
		}
	}
	return keys, nil
}

func (b *batch) saveKey(op chat.OpSaveAPIKey) (chat.OpResult, error) {
	k := op.Key
	if k.Scopes == nil {
		k.Scopes = []string{}
	}
	scopes, err := encode("scopes", k.Scopes)
	if err != nil {
		return chat.OpResult{}, err
	}
	arg := struct {
		keyRow
		Hash string
	}{keyRow{
		PublicID: k.ID, Name: k.Name, Prefix: k.Prefix, Scopes: scopes, CreatedAt: millis(k.CreatedAt),
		LastUsedAt: optMillis(k.LastUsedAt), RevokedAt: optMillis(k.RevokedAt),
	}, op.Hash}
	var row keyRow
	known, err := b.get(b.s.write.KeyByHash, &row, arg)
	if err != nil {
		return chat.OpResult{}, err
	}
	stmt := b.s.write.KeyInsert
	if known {
		stmt = b.s.write.KeyUpdate
	}
	if err := b.run(stmt, arg); err != nil {
		return chat.OpResult{}, err
	}
	if err := b.need(b.s.write.KeyByHash, &row, arg, chat.ErrUnknownAPIKey); err != nil {
		return chat.OpResult{}, err
	}
	key, err := row.key()
	return chat.OpResult{Duplicate: known, APIKey: &key}, err
}

func (b *batch) revokeKey(op chat.OpRevokeAPIKey) (chat.OpResult, error) {
	row, err := b.findKey(op.KeyID)
	if err != nil {
		return chat.OpResult{}, err
	}
	duplicate := row.RevokedAt.Valid
	if !duplicate {
		row.RevokedAt = optMillis(op.At)
		err = b.run(b.s.write.KeyRevoke, keyTime{op.KeyID, millis(op.At)})
	}
	if err != nil {
		return chat.OpResult{}, err
	}
	key, err := row.key()
	return chat.OpResult{Duplicate: duplicate, APIKey: &key}, err
}

func (b *batch) touchKey(op chat.OpTouchAPIKey) (chat.OpResult, error) {
	row, err := b.findKey(op.KeyID)
	if err != nil {
		return chat.OpResult{}, err
	}
	row.LastUsedAt = optMillis(op.At)
	if err := b.run(b.s.write.KeyTouch, keyTime{op.KeyID, millis(op.At)}); err != nil {
		return chat.OpResult{}, err
	}
	key, err := row.key()
	return chat.OpResult{APIKey: &key}, err
}

// keyTime holds the parameters of the statements that set a key's time.
type keyTime struct {
	ID string
	At int64
}

func (b *batch) findKey(id string) (row keyRow, err error) {
	err = b.need(b.s.write.Key, &row, struct{ ID string }{id}, chat.ErrUnknownAPIKey)
	return row, err
}
