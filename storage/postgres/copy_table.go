package postgres

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
)

// copyTable is a table of the chat that is copied.
type copyTable struct {
	name, target string   // as SQLite and PostgreSQL call it
	columns      []string // of both
	types        []string // of the columns, in PostgreSQL
	keys         []int    // the columns of the primary key
	counts       bool     // the key is given out by a sequence
	words        bool     // there is a column besides, with what a search goes by

	here  map[string][sha256.Size]byte // by key, what PostgreSQL has
	gone  [][]any                      // the keys of what SQLite has no longer
	stale map[string]bool              // by key, what SQLite has otherwise, or alone: true if it is there
}

// madeHere are tables that SQLite has in another form, or for itself.
var madeHere = []string{"chat_migrations", "chat_session_words"}

// tables returns the tables, those that others refer to first.
func (c *copier) tables(ctx context.Context) ([]*copyTable, error) {
	rows, err := c.tx.Query(ctx, `
		SELECT t.relname, a.attname, format_type(a.atttypid, NULL), COALESCE(a.attnum = ANY (k.conkey), false), a.attidentity <> ''
		  FROM pg_class AS t
		  JOIN pg_namespace AS n ON n.oid = t.relnamespace
		  JOIN pg_attribute AS a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
		  LEFT JOIN pg_constraint AS k ON k.conrelid = t.oid AND k.contype = 'p'
		 WHERE n.nspname = $1 AND t.relkind = 'r' AND t.relname LIKE 'chat\_%'
		 ORDER BY t.relname, a.attnum`, c.schema)
	if err != nil {
		return nil, err
	}
	byName := map[string]*copyTable{}
	var name, column, kind string
	var key, counts bool
	_, err = pgx.ForEachRow(rows, []any{&name, &column, &kind, &key, &counts}, func() error {
		t := byName[name]
		if t == nil {
			t = &copyTable{name: name, target: c.name(name), here: map[string][sha256.Size]byte{}, stale: map[string]bool{}}
			byName[name] = t
		}
		if kind == "tsvector" {
			t.words = true
			return nil
		}
		if key {
			t.keys = append(t.keys, len(t.columns))
		}
		t.columns, t.types, t.counts = append(t.columns, column), append(t.types, kind), t.counts || counts && column == "id"
		return nil
	})
	if err != nil {
		return nil, err
	}
	for _, name := range madeHere {
		delete(byName, name)
	}
	return c.order(ctx, byName)
}

// order puts tables after those that they refer to.
func (c *copier) order(ctx context.Context, byName map[string]*copyTable) (list []*copyTable, err error) {
	rows, err := c.tx.Query(ctx, `
		SELECT t.relname, o.relname
		  FROM pg_constraint AS k
		  JOIN pg_class AS t ON t.oid = k.conrelid
		  JOIN pg_class AS o ON o.oid = k.confrelid
		  JOIN pg_namespace AS n ON n.oid = t.relnamespace
		 WHERE k.contype = 'f' AND n.nspname = $1 AND t.oid <> o.oid`, c.schema)
	if err != nil {
		return nil, err
	}
	needs := map[string][]string{}
	var table, other string
	if _, err := pgx.ForEachRow(rows, []any{&table, &other}, func() error {
		needs[table] = append(needs[table], other)
		return nil
	}); err != nil {
		return nil, err
	}
	placed := map[string]bool{}
	for len(list) < len(byName) {
		before := len(list)
		for name, t := range byName {
			if !placed[name] && !slices.ContainsFunc(needs[name], func(o string) bool { return byName[o] != nil && !placed[o] }) {
				list, placed[name] = append(list, t), true
			}
		}
		if len(list) == before {
			return nil, errors.New("postgres: tables refer to each other in a circle")
		}
	}
	return list, nil
}

func (t *copyTable) list() string { return strings.Join(t.columns, ", ") }

// key is the primary key of a row, as a key of maps.
func (t *copyTable) key(row []any) string {
	var b strings.Builder
	for _, i := range t.keys {
		fmt.Fprintf(&b, "%v\x00", row[i])
	}
	return b.String()
}

// sum stands for a row's content.
func sum(row []any) (out [sha256.Size]byte) {
	h := sha256.New()
	for _, v := range row {
		text := fmt.Sprint(v)
		if data, ok := v.([]byte); ok {
			text = string(data)
		}
		kind := byte(1)
		if v == nil {
			kind = 0 // NULL is not ""
		}
		h.Write(binary.BigEndian.AppendUint64([]byte{kind}, uint64(len(text))))
		h.Write([]byte(text))
	}
	h.Sum(out[:0])
	return out
}

// source calls each for every row that SQLite has, with values as PostgreSQL
// has them. The row is only good until each returns.
func (c *copier) source(ctx context.Context, t *copyTable, each func(row []any) error) error {
	rows, err := c.from.QueryContext(ctx, "SELECT "+t.list()+" FROM "+t.name) //nolint:gosec // G202: names of our own tables and columns
	if err != nil {
		return err
	}
	defer rows.Close()
	row, into := make([]any, len(t.columns)), make([]any, len(t.columns))
	for i := range row {
		into[i] = &row[i]
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return err
		}
		for i, v := range row {
			switch v := v.(type) {
			case []byte:
				if t.types[i] != "bytea" {
					row[i] = string(v)
				}
			case string:
				if t.types[i] == "bytea" {
					row[i] = []byte(v)
				}
			}
		}
		if err := each(row); err != nil {
			return err
		}
	}
	return rows.Err()
}

// compare finds out what differs.
func (c *copier) compare(ctx context.Context, t *copyTable) error {
	query := "SELECT " + t.list() + " FROM " + t.target
	if t.name == "chat_meta" {
		query += " WHERE name <> 'events_head'" // see finish
	}
	rows, err := c.tx.Query(ctx, query)
	if err != nil {
		return err
	}
	keys := map[string][]any{}
	for rows.Next() {
		row, err := rows.Values()
		if err != nil {
			rows.Close()
			return err
		}
		id := t.key(row)
		t.here[id] = sum(row)
		for _, i := range t.keys {
			keys[id] = append(keys[id], row[i])
		}
	}
	if err := rows.Err(); err != nil {
		return err
	}
	err = c.source(ctx, t, func(row []any) error {
		id := t.key(row)
		was, there := t.here[id]
		if !there || was != sum(row) {
			t.stale[id] = there
		}
		delete(keys, id)
		return nil
	})
	for _, key := range keys {
		t.gone = append(t.gone, key)
	}
	t.here = nil
	return err
}

// remove deletes what SQLite has no longer.
func (c *copier) remove(ctx context.Context, t *copyTable) error {
	var parts []string
	for n, i := range t.keys {
		parts = append(parts, fmt.Sprintf("%s = $%d", t.columns[i], n+1))
	}
	query := "DELETE FROM " + t.target + " WHERE " + strings.Join(parts, " AND ")
	for some := range slices.Chunk(t.gone, 1000) {
		batch := &pgx.Batch{}
		for _, key := range some {
			batch.Queue(query, key...)
		}
		if err := c.tx.SendBatch(ctx, batch).Close(); err != nil {
			return err
		}
	}
	c.done.Removed += int64(len(t.gone))
	return nil
}

// write adds and replaces rows: into a table beside first, which takes them as
// a stream, and from there.
func (c *copier) write(ctx context.Context, t *copyTable) error {
	if len(t.stale) == 0 {
		return nil
	}
	var columns []string
	for i, name := range t.columns {
		columns = append(columns, name+" "+t.types[i])
	}
	names := slices.Clone(t.columns)
	made := t.words || t.name == "chat_sessions"
	if made {
		columns, names = append(columns, "made_words text"), append(names, "made_words")
	}
	if _, err := c.tx.Exec(ctx, "CREATE TEMPORARY TABLE copied ("+strings.Join(columns, ", ")+") ON COMMIT DROP"); err != nil {
		return err
	}
	if err := c.stream(ctx, t, names, made); err != nil {
		return err
	}
	if err := c.merge(ctx, t); err != nil {
		return err
	}
	for _, there := range t.stale {
		if there {
			c.done.Changed++
		} else {
			c.done.Added++
		}
	}
	_, err := c.tx.Exec(ctx, "DROP TABLE copied")
	return err
}

// stream sends the rows that differ into the table beside.
func (c *copier) stream(ctx context.Context, t *copyTable, names []string, made bool) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	rows, failed := make(chan []any, 256), make(chan error, 1)
	go func() {
		defer close(rows)
		failed <- c.source(ctx, t, func(row []any) error {
			if _, differs := t.stale[t.key(row)]; !differs {
				return nil
			}
			out := slices.Clone(row)
			for i, v := range out {
				if data, ok := v.([]byte); ok {
					out[i] = slices.Clone(data)
				}
			}
			if made {
				named := map[string]any{}
				for i, name := range t.columns {
					named[name] = row[i]
				}
				text, err := wordsOf(t.name, named)
				if err != nil {
					return err
				}
				out = append(out, text)
			}
			select {
			case rows <- out:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})
	}()
	_, err := c.tx.CopyFrom(ctx, pgx.Identifier{"copied"}, names, pgx.CopyFromFunc(func() ([]any, error) { return <-rows, nil }))
	cancel()
	if from := <-failed; err == nil && !errors.Is(from, context.Canceled) {
		err = from
	}
	return err
}

// merge takes the rows over.
func (c *copier) merge(ctx context.Context, t *copyTable) error {
	into, values, sets, keys := slices.Clone(t.columns), slices.Clone(t.columns), []string(nil), []string(nil)
	if t.words {
		into, values = append(into, "words"), append(values, "CAST(made_words AS tsvector)")
	}
	for i, name := range into {
		if slices.Contains(t.keys, i) {
			keys = append(keys, name)
		} else {
			sets = append(sets, name+" = excluded."+name)
		}
	}
	action := "NOTHING"
	if len(sets) > 0 {
		action = "UPDATE SET " + strings.Join(sets, ", ")
	}
	_, err := c.tx.Exec(ctx, "INSERT INTO "+t.target+" ("+strings.Join(into, ", ")+") SELECT "+strings.Join(values, ", ")+
		" FROM copied ON CONFLICT ("+strings.Join(keys, ", ")+") DO "+action)
	if err != nil || t.name != "chat_sessions" {
		return err
	}
	_, err = c.tx.Exec(ctx, "INSERT INTO "+c.name("chat_session_words")+` (session_id, words) SELECT id, CAST(made_words AS tsvector) FROM copied
		ON CONFLICT (session_id) DO UPDATE SET words = excluded.words`)
	return err
}
