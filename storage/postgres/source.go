package postgres

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
)

// source lends connections.
type source interface {
	borrow(ctx context.Context) (loan, error)

	// config says how to make a connection beside those that it lends.
	config(ctx context.Context) (*pgx.ConnConfig, error)
}

// loan is a connection that must be given back.
type loan interface {
	use(f func(*pgx.Conn) error) error
	giveBack()
}

// poolSource lends from a pool of pgx.
type poolSource struct{ pool *pgxpool.Pool }

func (s poolSource) borrow(ctx context.Context) (loan, error) {
	c, err := s.pool.Acquire(ctx)
	if err != nil {
		return nil, &connectError{err}
	}
	return poolLoan{c}, nil
}

func (s poolSource) config(ctx context.Context) (*pgx.ConnConfig, error) {
	cfg := s.pool.Config()
	if cfg.BeforeConnect != nil { // it may have a password that does not last
		if err := cfg.BeforeConnect(ctx, cfg.ConnConfig); err != nil {
			return nil, err
		}
	}
	return cfg.ConnConfig, nil
}

type poolLoan struct{ c *pgxpool.Conn }

func (l poolLoan) use(f func(*pgx.Conn) error) error { return f(l.c.Conn()) }

func (l poolLoan) giveBack() { l.c.Release() }

// dbSource lends from a *sql.DB of pgx's driver.
type dbSource struct{ db *sql.DB }

func (s dbSource) borrow(ctx context.Context) (loan, error) {
	c, err := s.db.Conn(ctx)
	if err != nil {
		return nil, &connectError{err}
	}
	return dbLoan{c}, nil
}

func (s dbSource) config(ctx context.Context) (cfg *pgx.ConnConfig, err error) {
	loan, err := s.borrow(ctx)
	if err != nil {
		return nil, err
	}
	defer loan.giveBack()
	err = loan.use(func(pg *pgx.Conn) error {
		cfg = pg.Config()
		return nil
	})
	return cfg, err
}

type dbLoan struct{ c *sql.Conn }

func (l dbLoan) use(f func(*pgx.Conn) error) error {
	return l.c.Raw(func(c any) error {
		std, ok := c.(*stdlib.Conn)
		if !ok {
			return errDriver
		}
		return f(std.Conn())
	})
}

// giveBack leaves a connection that is in the middle of something to nobody.
func (l dbLoan) giveBack() {
	l.c.Raw(func(c any) error {
		std, ok := c.(*stdlib.Conn)
		if ok && !std.Conn().IsClosed() && std.Conn().PgConn().TxStatus() == 'I' {
			return nil
		}
		return driver.ErrBadConn
	})
	l.c.Close()
}

// connector makes database/sql borrow from a source.
type connector struct {
	source source
	check  bool // prepare every statement on the server when it is made, to see whether it is sound

	// ending, if not nil, is called by tests between the last statement of a
	// transaction that adds to the log and its commit. With an error it is
	// undone.
	ending func() error
}

func (c *connector) Connect(ctx context.Context) (driver.Conn, error) {
	loan, err := c.source.borrow(ctx)
	if err != nil {
		return nil, err
	}
	return &conn{loan: loan, check: c.check, ending: c.ending}, nil
}

// Driver implements driver.Connector; nothing here goes by it.
func (c *connector) Driver() driver.Driver { return noDriver{} }

type noDriver struct{}

func (noDriver) Open(string) (driver.Conn, error) {
	return nil, errors.New("postgres: no driver to open by name")
}
