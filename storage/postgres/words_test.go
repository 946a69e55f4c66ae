package postgres

import (
	"strings"
	"testing"
)

func TestWords(t *testing.T) {
	for in, want := range map[string]string{
		"":                        "",
		"Is the Sage glaze, safe": "'is':1 'the':2 'sage':3 'glaze':4 'safe':5 ",
		"lea.b@correio.example":   "'lea':1 'b':2 'correio':3 'example':4 ",
		"NAÏVE e\u0301té ﬁn":      "'naive':1 'ete':2 'fin':3 ",
		"it's 1240°C \\ ' \" :*&": "'it':1 's':2 '1240':3 'c':4 ",
		"\u0301 配達 😀":             "'配達':1 ",
		"(ﾟ∀ﾟ) ｶﾞ":                "'ﾟ':1 'ﾟ':2 'カ':3 ",
	} {
		if got := (words{}).Words(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
	if got, want := (words{}).Words("a b", "", "c"), "'a':1 'b':2 'c':5 "; got != want {
		t.Errorf("several texts: %q, want %q", got, want)
	}
	if got := (words{}).Words(strings.Repeat("é", 5000)); len(got) > 600 {
		t.Errorf("a long word has %d bytes", len(got))
	}
}

func TestQuery(t *testing.T) {
	for in, want := range map[string]string{
		"sage gla":           "('sage') & ('gla':*)",
		"lea.b@cor":          "('lea' <-> 'b' <-> 'cor':*)",
		"pre-sale x":         "('pre' <-> 'sale') & ('x':*)",
		`"'; | ! (`:          "",
		"a OR b & !c":        "('a') & ('or') & ('b') & ('c':*)",
		"alpha\x00beta \xff": "('alpha' <-> 'beta')",
	} {
		if got := (words{}).Query(strings.Fields(in)); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestMark(t *testing.T) {
	for _, c := range []struct{ text, typed, want string }{
		{"Is the Sage glaze", "glaze sag", "Is the [Sage] [glaze]"},
		{"lea.b@correio.example", "lea.b@cor", "[lea.b@correio].example"},
		{"a a b", "a b", "[a] [a] [b]"},
		{"xéy été", "ete", "xéy [été]"},
		{"nothing", "other", "nothing"},
		{"glaze", "", "glaze"},
	} {
		got := strings.NewReplacer("\x01", "[", "\x02", "]").Replace((words{}).Mark(c.text, strings.Fields(c.typed)))
		if got != c.want {
			t.Errorf("%q in %q: %q, want %q", c.typed, c.text, got, c.want)
		}
	}
}

// What goes a shorter way must come out the same.
func TestPlainWords(t *testing.T) {
	var all []byte
	for c := range byte(128) {
		all = append(all, 'a', c, 'B', c, c)
	}
	for _, text := range []string{string(all), "", " ", "One, two; THREE 4 five.", strings.Repeat("x", 2*maxToken), strings.Repeat("a ", 20000)} {
		plain, other := (words{}).Words(text), (words{}).Words(text+" é")
		if rest, ok := strings.CutPrefix(other, plain); !ok || !strings.HasPrefix(rest, "'e':") || strings.Count(rest, "'") != 2 {
			t.Errorf("%.40q: %.80q, and with another word %.80q", text, plain, other)
		}
	}
}
