package sqlstore

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

func files(text ...string) fstest.MapFS {
	m := fstest.MapFS{}
	for i, t := range text {
		m["queries/"+string(rune('a'+i))+".sql"] = &fstest.MapFile{Data: []byte(t)}
	}
	return m
}

func TestLoadBlocks(t *testing.T) {
	for _, c := range []struct {
		name   string
		shared []string
		own    []string
		want   map[string]string
		err    string
	}{
		{"one", []string{"-- About the file: it has one.\n\n-- name: a\nSELECT 1\n  FROM t\n"}, nil, map[string]string{"a": "SELECT 1\n  FROM t"}, ""},
		{"comments go", []string{"-- name: a\nSELECT 1\n-- with: a colon\n FROM t"}, nil, map[string]string{"a": "SELECT 1\n FROM t"}, ""},
		{"the next one's comment goes", []string{"-- name: a\nSELECT 1\n\n-- About b: x.\n-- name: b\nSELECT 2"}, nil, map[string]string{"a": "SELECT 1", "b": "SELECT 2"}, ""},
		{"include", []string{"-- name: c\nx, {d}\n-- name: a\nSELECT {c}\n-- name: d\ny"}, nil, map[string]string{"a": "SELECT x, y"}, ""},
		{"replaced", []string{"-- name: a\nSELECT 1\n-- name: b\nSELECT 2"}, []string{"-- name: a\nSELECT 3"}, map[string]string{"a": "SELECT 3", "b": "SELECT 2"}, ""},
		{"twice in one file", []string{"-- name: a\nSELECT 1\n-- name: a\nSELECT 2"}, nil, nil, `"a" appears twice`},
		{"twice in two files", []string{"-- name: a\nSELECT 1", "-- name: a\nSELECT 2"}, nil, nil, `"a" appears twice`},
		{"before the first", []string{"SELECT 1"}, nil, nil, "before the first block"},
		{"include of nothing", []string{"-- name: a\nSELECT {b}"}, nil, map[string]string{"a": ""}, `no block "b"`},
		{"missing", []string{"-- name: a\nSELECT 1"}, nil, map[string]string{"b": ""}, `no block "b"`},
		{"unused", []string{"-- name: a\nSELECT 1\n-- name: b\nSELECT 2"}, nil, map[string]string{"a": "SELECT 1"}, "nothing uses: b"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := map[string]string{}
			err := func() error {
				b, err := loadBlocks(files(c.shared...), nil, files(c.own...))
				if err != nil {
					return err
				}
				used := map[string]bool{}
				for name := range c.want {
					if got[name], err = b.expand(name, used); err != nil {
						return err
					}
				}
				return b.unused(used)
			}()
			if c.err != "" {
				if err == nil || !strings.Contains(err.Error(), c.err) {
					t.Fatalf("error %v, want %q", err, c.err)
				}
				return
			}
			if err != nil || !maps.Equal(got, c.want) {
				t.Errorf("%q, %v; want %q", got, err, c.want)
			}
		})
	}
}

func TestBindNeedsStatements(t *testing.T) {
	b := blocks{"a": "SELECT 1"}
	var good struct {
		A string `query:"a"`
	}
	if err := b.bind(nil, nil, &good, map[string]bool{}); err != nil || good.A != "SELECT 1" {
		t.Errorf("%q, %v", good.A, err)
	}
	var bad struct {
		A int `query:"a"`
	}
	if err := b.bind(nil, nil, &bad, map[string]bool{}); err == nil {
		t.Error("a number took a query")
	}
}

func TestLoadMigrations(t *testing.T) {
	file := func(name string) fstest.MapFS {
		return fstest.MapFS{"migrations/0001_a.sql": {Data: []byte("x")}, "migrations/" + name: {Data: []byte("y")}}
	}
	list, err := LoadMigrations(file("0002_b_c.sql"))
	if err != nil || len(list) != 2 || list[1] != (Migration{2, "b_c", "y"}) {
		t.Errorf("%+v, %v", list, err)
	}
	for _, name := range []string{"0003_b.sql", "b.sql", "0001_b.sql"} {
		if list, err := LoadMigrations(file(name)); err == nil {
			t.Errorf("%s: %+v, want an error", name, list)
		}
	}
	if slices.ContainsFunc(list, func(m Migration) bool { return len(m.checksum()) != 64 }) {
		t.Error("a checksum is short")
	}
}
