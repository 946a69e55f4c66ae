package httpapi

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxDepth is how deeply a body may be nested. The service's own limit on
// custom data is lower; this one bounds the recursion.
const maxDepth = 32

// badJSON is the answer to a body that is not JSON as we take it.
func badJSON(field, format string, args ...any) error {
	return &failure{status: http.StatusBadRequest, code: "invalid_json", field: clip(field), message: fmt.Sprintf(format, args...)}
}

// badField is the answer to a field that is wrong.
func badField(field, format string, args ...any) error {
	return &failure{status: http.StatusBadRequest, code: "invalid_request", field: clip(field), message: fmt.Sprintf(format, args...)}
}

// clip keeps what the client chose from filling the answer.
func clip(s string) string {
	if utf8.RuneCountInString(s) <= 100 {
		return s
	}
	return string([]rune(s)[:99]) + "…"
}

// parser reads JSON into maps, slices, strings, booleans and json.Number,
// and refuses what encoding/json silently repairs or lets through.
type parser struct {
	data []byte
	dec  *json.Decoder
	path []step // to the value that is being read
}

// parseObject reads a body that is one JSON object and nothing else.
func parseObject(data []byte) (map[string]any, error) {
	if len(bytes.TrimSpace(data)) == 0 {
		return nil, badJSON("", "The body is empty; it must be one JSON object.")
	}
	if !json.Valid(data) {
		var whole json.RawMessage
		err := json.Unmarshal(data, &whole) // says what is wrong
		if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
			return nil, badJSON("", "The body is not one JSON object: %s, at byte %d.", syntax, syntax.Offset)
		}
		return nil, badJSON("", "The body is not one JSON object.")
	}
	p := &parser{data: data, dec: json.NewDecoder(bytes.NewReader(data))}
	p.dec.UseNumber()
	v, err := p.value()
	if err != nil {
		return nil, err
	}
	object, ok := v.(map[string]any)
	if !ok {
		return nil, badJSON("", "The body must be one JSON object, not %s.", kindOf(v))
	}
	return object, nil
}

// step leads from a value to one within it.
type step struct {
	key   string
	array bool
	index int
}

// where names the value that is being read. It is put into words for an error
// only: below one long key the names of all values would come to gigabytes.
func (p *parser) where() string {
	path := ""
	for _, s := range p.path {
		if s.array {
			path += "[" + strconv.Itoa(s.index) + "]"
		} else {
			path = join(path, s.key)
		}
	}
	return path
}

// token returns the next token and the bytes it stands in.
func (p *parser) token() (json.Token, []byte, error) {
	start := p.dec.InputOffset()
	t, err := p.dec.Token()
	if err != nil {
		return nil, nil, badJSON("", "The body is not one JSON object.")
	}
	return t, p.data[start:p.dec.InputOffset()], nil
}

func (p *parser) value() (any, error) {
	t, raw, err := p.token()
	if err != nil {
		return nil, err
	}
	switch t := t.(type) {
	case json.Delim:
		if len(p.path) >= maxDepth {
			return nil, badJSON(p.where(), "The body is nested too deeply.")
		}
		if t == '{' {
			return p.object()
		}
		return p.array()
	case string:
		return t, p.checkString(t, raw)
	case json.Number:
		return t, p.checkNumber(t.String())
	}
	return t, nil // true, false, null
}

func (p *parser) object() (any, error) {
	object := map[string]any{}
	for p.dec.More() {
		t, raw, err := p.token()
		if err != nil {
			return nil, err
		}
		key := t.(string) // the syntax has been checked
		p.path = append(p.path, step{key: key})
		if err := p.checkString(key, raw); err != nil {
			return nil, err
		}
		if _, twice := object[key]; twice {
			return nil, badJSON(p.where(), "%s stands in the body twice.", clip(p.where()))
		}
		if object[key], err = p.value(); err != nil {
			return nil, err
		}
		p.path = p.path[:len(p.path)-1]
	}
	_, _, err := p.token()
	return object, err
}

func (p *parser) array() (any, error) {
	array := []any{}
	for p.dec.More() {
		p.path = append(p.path, step{array: true, index: len(array)})
		v, err := p.value()
		if err != nil {
			return nil, err
		}
		p.path = p.path[:len(p.path)-1]
		array = append(array, v)
	}
	_, _, err := p.token()
	return array, err
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// checkString looks at a string as it was sent: encoding/json has put U+FFFD
// where the bytes were not UTF-8 or half of a surrogate pair was missing.
func (p *parser) checkString(s string, raw []byte) error {
	switch {
	case !utf8.Valid(raw):
		return badJSON(strings.ToValidUTF8(p.where(), "\ufffd"), "The body is not valid UTF-8.")
	case loneSurrogate(raw):
		return badJSON(p.where(), "The body holds half of a surrogate pair.")
	case strings.IndexByte(s, 0) >= 0:
		field := strings.ReplaceAll(p.where(), "\x00", "")
		return badField(field, "%s must not contain NUL characters.", clip(field))
	}
	return nil
}

// loneSurrogate looks for an escape of half a surrogate pair in the source of
// a string that is known to be well-formed otherwise.
func loneSurrogate(raw []byte) bool {
	unit := func(i int) (uint64, bool) { // the \uXXXX at i
		if i+6 > len(raw) || raw[i] != '\\' || raw[i+1] != 'u' {
			return 0, false
		}
		n, err := strconv.ParseUint(string(raw[i+2:i+6]), 16, 16)
		return n, err == nil
	}
	for i := 0; i < len(raw); i++ {
		if raw[i] != '\\' {
			continue
		}
		n, ok := unit(i)
		switch {
		case !ok:
			i++ // another escape, of two characters
		case n >= 0xd800 && n < 0xdc00:
			low, ok := unit(i + 6)
			if !ok || low < 0xdc00 || low > 0xdfff {
				return true
			}
			i += 11
		case n >= 0xdc00 && n <= 0xdfff:
			return true
		default:
			i += 5
		}
	}
	return false
}

// checkNumber holds numbers to what every client and database can represent:
// whole ones to int64, others to float64.
func (p *parser) checkNumber(s string) error {
	bad := func(what string) error {
		return badField(p.where(), "%s is %s.", cmp.Or(clip(p.where()), "The number"), what)
	}
	if !strings.ContainsAny(s, ".eE") {
		if _, err := strconv.ParseInt(s, 10, 64); err != nil {
			return bad("a whole number that does not fit into 64 bits")
		}
		return nil
	}
	f, err := strconv.ParseFloat(s, 64)
	mantissa, _, _ := strings.Cut(strings.ToLower(s), "e")
	if err != nil || math.IsInf(f, 0) || f == 0 && strings.ContainsAny(mantissa, "123456789") {
		return bad("a number that does not fit into a 64-bit float")
	}
	return nil
}

// kindOf names a parsed value for a person.
func kindOf(v any) string {
	switch v.(type) {
	case nil:
		return "null"
	case bool:
		return "a boolean"
	case string:
		return "a string"
	case json.Number:
		return "a number"
	case []any:
		return "an array"
	}
	return "an object"
}
