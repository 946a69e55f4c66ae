package sqlstore

import (
	"context"
	"database/sql"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"

	"github.com/jmoiron/sqlx"
)

// A message is a handful of statements. What sqlx finds out by reflection about
// each of them, every time, would take longer than the database does: here it is
// found out once for each statement and type.

// in returns the statement as one of the batch's transaction.
func (b *batch) in(stmt *sqlx.NamedStmt) *sql.Stmt {
	own := b.stmts[stmt]
	if own == nil {
		own = b.tx.StmtContext(context.Background(), stmt.Stmt.Stmt)
		b.stmts[stmt] = own
	}
	return own
}

// execute executes a statement.
func (b *batch) execute(stmt *sqlx.NamedStmt, arg any) (sql.Result, error) {
	args, err := b.s.arguments(stmt, arg, b.room())
	if err != nil {
		return nil, err
	}
	defer b.vacate(args)
	b.writes(stmt)
	return b.in(stmt).ExecContext(context.Background(), args...)
}

// run executes a statement of which nothing more is asked.
func (b *batch) run(stmt *sqlx.NamedStmt, arg any) error {
	_, err := b.execute(stmt, arg)
	return err
}

// exec executes a statement and returns how many rows it has changed.
func (b *batch) exec(stmt *sqlx.NamedStmt, arg any) (int, error) {
	res, err := b.execute(stmt, arg)
	if err != nil {
		return 0, err
	}
	n, err := res.RowsAffected()
	return int(n), err
}

// insert executes a statement that adds one row and returns its number.
func (b *batch) insert(stmt *sqlx.NamedStmt, arg any) (id int64, err error) {
	if b.s.cfg.Shared {
		return id, b.need(stmt, &id, arg, sql.ErrNoRows)
	}
	res, err := b.execute(stmt, arg)
	if err != nil {
		return 0, err
	}
	return res.LastInsertId()
}

// list reads all rows into dst.
func (b *batch) list(stmt *sqlx.NamedStmt, dst, arg any) error {
	b.writes(stmt)
	return b.tx.NamedStmt(stmt).Select(dst, arg)
}

// get reads one row into dst and reports whether there was one.
func (b *batch) get(stmt *sqlx.NamedStmt, dst, arg any) (bool, error) {
	args, err := b.s.arguments(stmt, arg, b.room())
	if err != nil {
		return false, err
	}
	rows, err := b.in(stmt).QueryContext(context.Background(), args...)
	b.vacate(args)
	if err != nil {
		return false, err
	}
	defer rows.Close()
	if !rows.Next() {
		return false, rows.Err()
	}
	b.writes(stmt)
	into, err := b.s.targets(stmt, rows, dst, b.room())
	if err != nil {
		return false, err
	}
	defer b.vacate(into)
	if err := rows.Scan(into...); err != nil {
		return false, err
	}
	return true, rows.Close()
}

// need is get for a row without which the op cannot go on.
func (b *batch) need(stmt *sqlx.NamedStmt, dst, arg any, unknown error) error {
	ok, err := b.get(stmt, dst, arg)
	if err == nil && !ok {
		err = unknown
	}
	return err
}

// room is where the arguments of a statement, or the places of its columns, are
// put together until vacate. A store that has one writer needs it once.
func (b *batch) room() []any {
	if b.s.cfg.Shared {
		return nil
	}
	return b.s.room[:0]
}

func (b *batch) vacate(list []any) {
	if !b.s.cfg.Shared {
		clear(list)
		b.s.room = list
	}
}

// writes notes that the present op has written something, or may have.
func (b *batch) writes(stmt *sqlx.NamedStmt) {
	b.wrote = b.wrote || !strings.HasPrefix(stmt.QueryString, "SELECT")
}

// placeCache remembers where in values of a type the parameters of a statement
// are, or its columns go.
type placeCache struct {
	mu    sync.RWMutex
	found map[placeKey][][]int
}

type placeKey struct {
	stmt *sqlx.NamedStmt
	in   reflect.Type
}

func (c *placeCache) get(stmt *sqlx.NamedStmt, in reflect.Type, names func() ([]string, error)) ([][]int, error) {
	key := placeKey{stmt, in}
	c.mu.RLock()
	where, ok := c.found[key]
	c.mu.RUnlock()
	if ok {
		return where, nil
	}
	list, err := names()
	if err != nil {
		return nil, err
	}
	known := stmt.Stmt.Mapper.TypeMap(in).Names
	where = make([][]int, len(list))
	for i, name := range list {
		field, ok := known[name]
		if !ok {
			return nil, fmt.Errorf("sqlstore: %s has no %q", in, name)
		}
		where[i] = field.Index
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.found == nil {
		c.found = map[placeKey][][]int{}
	}
	c.found[key] = where
	return where, nil
}

// arguments returns the values of a statement's parameters, in room if they fit.
func (s *Store) arguments(stmt *sqlx.NamedStmt, arg any, room []any) ([]any, error) {
	v := reflect.Indirect(reflect.ValueOf(arg))
	where, err := s.params.get(stmt, v.Type(), func() ([]string, error) { return stmt.Params, nil })
	if err != nil {
		return nil, err
	}
	args := slices.Grow(room, len(where)+1)
	for _, index := range where {
		args = append(args, v.FieldByIndex(index).Interface())
	}
	return args, nil
}

// targets returns where the columns of a row go. dst points to a struct, or to
// the one value that there is.
func (s *Store) targets(stmt *sqlx.NamedStmt, rows *sql.Rows, dst any, room []any) ([]any, error) {
	v := reflect.ValueOf(dst).Elem()
	if _, ok := dst.(sql.Scanner); ok || v.Kind() != reflect.Struct {
		return append(room, dst), nil
	}
	where, err := s.columns.get(stmt, v.Type(), rows.Columns)
	if err != nil {
		return nil, err
	}
	into := slices.Grow(room, len(where))
	for _, index := range where {
		into = append(into, v.FieldByIndex(index).Addr().Interface())
	}
	return into, nil
}
