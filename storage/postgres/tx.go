package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/pealchat/pealchat/chat"
)

// execPgx runs a statement in a pgx.Tx of the host's.
func execPgx(ctx context.Context, tx chat.Tx, query string, args []any) (int64, error) {
	own, ok := tx.(pgx.Tx)
	if !ok {
		return 0, fmt.Errorf("postgres: a transaction is a *sql.Tx or a pgx.Tx, not a %T", tx)
	}
	tag, err := own.Exec(ctx, query, args...)
	return tag.RowsAffected(), err
}
