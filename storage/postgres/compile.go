package postgres

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
)

var (
	parameter = regexp.MustCompile(`:[a-z_]+|::`)
	table     = regexp.MustCompile(`\bchat_[a-z_]+`)
)

// compiler writes statements for one schema. Names of tables stand with their
// schema, so that it does not matter which one a borrowed connection looks in
// first, and tenants can share a pool. A parameter that appears several times
// is sent once.
func compiler(schema string) func(text string) (query string, params []string) {
	prefix := pgx.Identifier{schema}.Sanitize() + "."
	return func(text string) (string, []string) {
		var params []string
		text = parameter.ReplaceAllStringFunc(text, func(name string) string {
			if name == "::" {
				return name
			}
			name = strings.TrimPrefix(name, ":")
			i := slices.Index(params, name)
			if i < 0 {
				i, params = len(params), append(params, name)
			}
			return "$" + strconv.Itoa(i+1)
		})
		return table.ReplaceAllStringFunc(text, func(name string) string { return prefix + name }), params
	}
}
