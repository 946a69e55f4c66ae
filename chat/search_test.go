package chat

import (
	"slices"
	"strings"
	"testing"
)

// TestExcerpt writes matches in brackets.
func TestExcerpt(t *testing.T) {
	bracket := func(text string, matches [][2]int) string {
		runes := []rune(text)
		for _, m := range slices.Backward(matches) {
			runes = slices.Concat(runes[:m[0]], []rune("["), runes[m[0]:m[1]], []rune("]"), runes[m[1]:])
		}
		return string(runes)
	}
	for _, test := range []struct {
		text    string
		matches [][2]int
		n       int
		want    string
	}{
		{"", nil, 8, ""},
		{"äbc def", [][2]int{{0, 3}, {4, 7}}, 8, "[äbc] [def]"},
		{"a\nb\tc", [][2]int{{2, 3}}, 8, "a [b] c"},
		{"0123456789", nil, 8, "0123456…"},
		{"0123456789", [][2]int{{0, 2}, {8, 9}}, 8, "[01]23456…"},
		{"0123456789", [][2]int{{9, 10}}, 8, "…345678[9]"},
		{"0123456789abcdef", [][2]int{{6, 8}}, 8, "…5[67]89a…"},
		{"0123456789abcdef", [][2]int{{6, 8}, {9, 12}}, 8, "…5[67]8[9a]…"},
		{"0123456789abcdef", [][2]int{{0, 16}}, 8, "[0123456]…"},
		{"0123456789abcdef", [][2]int{{4, 16}}, 8, "…3[45678]…"},
		{strings.Repeat("😀", 9), [][2]int{{8, 9}}, 8, "…" + strings.Repeat("😀", 6) + "[😀]"},
	} {
		text, matches := excerpt(test.text, test.matches, test.n)
		if got := bracket(text, matches); got != test.want {
			t.Errorf("%q %v: got %q, want %q", test.text, test.matches, got, test.want)
		}
		if n := len([]rune(text)); n > test.n {
			t.Errorf("%q: %d characters", text, n)
		}
	}
}

func FuzzExcerpt(f *testing.F) {
	f.Add("Is the sage glaze food safe?", 7, 11, 8)
	f.Fuzz(func(t *testing.T, text string, from, to, n int) {
		if size := len([]rune(text)); from < 0 || to <= from || to > size || n < 3 {
			return
		}
		out, matches := excerpt(text, [][2]int{{from, to}}, n)
		size := len([]rune(out))
		if size > n {
			t.Errorf("%d characters, at most %d", size, n)
		}
		for _, m := range matches {
			if m[0] < 0 || m[1] <= m[0] || m[1] > size {
				t.Errorf("the match %v is not in %q", m, out)
			}
		}
		if n >= 8 && len(matches) == 0 {
			t.Errorf("%q, of %q, shows nothing of [%d, %d]", out, text, from, to)
		}
	})
}

func TestSearchWords(t *testing.T) {
	for text, want := range map[string]string{
		"sage": "sage", "  sage\u00a0 glaze ": "sage|glaze", `"a" - b* ... (😀)`: `"a"|b*`, "...": "", "1.5 °C": "1.5|°C",
	} {
		words, err := searchWords(text)
		if got := strings.Join(words, "|"); got != want || err != nil {
			t.Errorf("%q: %q, %v", text, got, err)
		}
	}
}
