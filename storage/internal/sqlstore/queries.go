package sqlstore

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/jmoiron/sqlx"
)

//go:embed queries/*.sql
var sharedQueries embed.FS

// blocks are pieces of SQL by name.
type blocks map[string]string

// loadBlocks reads every queries/*.sql file. A block of a later file system
// replaces the block of the same name in an earlier one.
func loadBlocks(systems ...fs.FS) (blocks, error) {
	all := blocks{}
	for _, fsys := range systems {
		if fsys == nil {
			continue
		}
		names, err := fs.Glob(fsys, "queries/*.sql")
		if err != nil {
			return nil, err
		}
		own := blocks{}
		for _, name := range names {
			text, err := fs.ReadFile(fsys, name)
			if err != nil {
				return nil, err
			}
			if err := own.parse(string(text)); err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
		}
		for name, text := range own {
			all[name] = text
		}
	}
	return all, nil
}

// parse adds the blocks of one file. A block begins at a line "-- name: x";
// comment lines are left out, because sqlx would take a colon in them for the
// start of a parameter.
func (b blocks) parse(text string) error {
	var name string
	for line := range strings.Lines(text) {
		trimmed := strings.TrimSpace(line)
		if rest, ok := strings.CutPrefix(trimmed, "-- name:"); ok {
			name = strings.TrimSpace(rest)
			if _, ok := b[name]; ok {
				return fmt.Errorf("block %q appears twice", name)
			}
			b[name] = ""
			continue
		}
		if strings.HasPrefix(trimmed, "--") {
			continue
		}
		if name == "" {
			if trimmed != "" {
				return fmt.Errorf("%q stands before the first block", trimmed)
			}
			continue
		}
		b[name] += line
	}
	return nil
}

var (
	include  = regexp.MustCompile(`\{[a-z-]+( [a-z_]+)?\}`)
	included = regexp.MustCompile(`:([a-z])`) // a parameter
)

// expand returns a block with the blocks that it includes put in, and notes
// all of them as used. {block prefix} puts in a block with columns in place of
// its parameters, whose names have the prefix.
func (b blocks) expand(name string, used map[string]bool) (string, error) {
	text, ok := b[name]
	if !ok {
		return "", fmt.Errorf("there is no block %q", name)
	}
	used[name] = true
	var failed error
	text = include.ReplaceAllStringFunc(text, func(ref string) string {
		other, prefix, columns := strings.Cut(strings.Trim(ref, "{}"), " ")
		part, err := b.expand(other, used)
		if err != nil {
			failed = fmt.Errorf("in block %q: %w", name, err)
		}
		if columns {
			part = included.ReplaceAllString(part, prefix+"$1")
		}
		return strings.TrimSpace(part)
	})
	return strings.TrimSpace(text), failed
}

// statement is where a struct's field gets its SQL from.
var (
	statementType = reflect.TypeFor[*sqlx.NamedStmt]()
	textType      = reflect.TypeFor[string]()
)

// bind prepares on db the statement that the tag of each of dst's fields
// names. A string field gets the SQL itself.
func (b blocks) bind(cfg *Config, db *sqlx.DB, dst any, used map[string]bool) error {
	v := reflect.ValueOf(dst).Elem()
	for i := range v.NumField() {
		field := v.Type().Field(i)
		text, err := b.expand(field.Tag.Get("query"), used)
		if err != nil {
			return fmt.Errorf("%s: %w", field.Name, err)
		}
		switch field.Type {
		case textType:
			v.Field(i).SetString(text)
		case statementType:
			stmt, err := cfg.prepare(context.Background(), db, text)
			if err != nil {
				return fmt.Errorf("%s: %w", field.Name, err)
			}
			v.Field(i).Set(reflect.ValueOf(stmt))
		default:
			return fmt.Errorf("%s: cannot hold a query", field.Name)
		}
	}
	return nil
}

// unused fails when a block is neither named by a field nor included.
func (b blocks) unused(used map[string]bool) error {
	var names []string
	for name := range b {
		if !used[name] {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return nil
	}
	slices.Sort(names)
	return fmt.Errorf("blocks that nothing uses: %s", strings.Join(names, ", "))
}
