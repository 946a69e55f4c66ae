package postgres

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// words makes what a search goes by: letters and numbers in lower case and
// without accents, everything else parts words. PostgreSQL's own parsers
// depend on the language of the database and take addresses and the like for
// one word; this finds the same on every server, and the same as SQLite.
type words struct{}

// token is a word of a text and where it stands there, in characters.
type token struct {
	text     string
	from, to int
}

// maxToken is how many bytes of a word count: PostgreSQL refuses words of 2 kB.
const maxToken = 512

// maxPlace is the highest place that a tsvector can hold.
const maxPlace = 16383

// parse returns the words of a text.
func parse(text string) (list []token) {
	if plain(text) {
		return parsePlain(text)
	}
	var word []rune
	from, at := 0, 0
	end := func() {
		if len(word) > 0 {
			list = append(list, token{fold(string(word)), from, at})
			word = word[:0]
		}
	}
	for _, r := range text {
		switch {
		case unicode.IsLetter(r) || unicode.IsNumber(r):
			if len(word) == 0 {
				from = at
			}
			word = append(word, r)
		case unicode.IsMark(r) && len(word) > 0:
			word = append(word, r)
		default:
			end()
		}
		at++
	}
	end()
	return list
}

// plain says whether a text has nothing but what ASCII has, as most have in the
// language that most is written in.
func plain(text string) bool {
	for i := range len(text) {
		if text[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// parsePlain is parse for a plain text, in which every byte is a character.
func parsePlain(text string) []token {
	text = strings.ToLower(text)
	list := make([]token, 0, len(text)/6)
	for from := 0; from < len(text); {
		at := from
		for at < len(text) && (text[at] >= 'a' && text[at] <= 'z' || text[at] >= '0' && text[at] <= '9') {
			at++
		}
		if at > from {
			list = append(list, token{cut(text[from:at]), from, at})
		}
		from = at + 1
	}
	return list
}

// fold takes the case and the accents off a word. Some letters are nothing but
// an accent, and stand by themselves in smileys such as (ﾟ∀ﾟ): those remain,
// because PostgreSQL takes no empty word.
func fold(word string) string {
	var b strings.Builder
	for _, r := range norm.NFKD.String(word) {
		r = unicode.ToLower(r)
		if unicode.IsLetter(r) || unicode.IsNumber(r) {
			b.WriteRune(r)
		}
	}
	if b.Len() == 0 {
		return cut(word)
	}
	return cut(b.String())
}

func cut(word string) string {
	if len(word) <= maxToken {
		return word
	}
	return strings.ToValidUTF8(word[:maxToken], "")
}

// Words implements sqlstore.TextIndex: a tsvector. Between two texts a place
// stays free, so that no words are found that stand in both.
func (words) Words(texts ...string) string {
	size := 0
	for _, text := range texts {
		size += 2 * len(text)
	}
	b := make([]byte, 0, size)
	place := 0
	for _, text := range texts {
		for _, t := range parse(text) {
			place++
			b = append(append(append(b, '\''), t.text...), "':"...)
			b = append(strconv.AppendInt(b, int64(min(place, maxPlace)), 10), ' ')
		}
		place++
	}
	return string(b)
}

// Query implements sqlstore.TextIndex: a tsquery. What of a word is parted by
// signs must stand together.
func (words) Query(typed []string) string {
	var parts []string
	for _, phrase := range phrases(typed) {
		for i, t := range phrase.tokens {
			phrase.tokens[i] = "'" + t + "'"
		}
		part := strings.Join(phrase.tokens, " <-> ")
		if phrase.open {
			part += ":*"
		}
		parts = append(parts, "("+part+")")
	}
	return strings.Join(parts, " & ")
}

// phrase is a word as it was typed. open: the last of it is unfinished.
type phrase struct {
	tokens []string
	open   bool
}

func phrases(typed []string) (list []phrase) {
	for i, word := range typed {
		p := phrase{open: i == len(typed)-1}
		for _, t := range parse(word) {
			p.tokens = append(p.tokens, t.text)
		}
		if len(p.tokens) > 0 {
			list = append(list, p)
		}
	}
	return list
}

// in says whether the phrase stands at the beginning of the tokens.
func (p phrase) in(tokens []token) bool {
	if len(tokens) < len(p.tokens) {
		return false
	}
	for i, want := range p.tokens {
		last := i == len(p.tokens)-1
		if tokens[i].text != want && !(last && p.open && strings.HasPrefix(tokens[i].text, want)) {
			return false
		}
	}
	return true
}

// Mark implements sqlstore.TextIndex.
func (words) Mark(text string, typed []string) string {
	tokens, found := parse(text), phrases(typed)
	marks := make([]bool, len([]rune(text))+1) // characters that belong to something found
	starts := make([]bool, len(marks))
	for i := range tokens {
		for _, p := range found {
			if !p.in(tokens[i:]) {
				continue
			}
			from, to := tokens[i].from, tokens[i+len(p.tokens)-1].to
			if !marks[from] {
				starts[from] = true
			}
			for at := from; at < to; at++ {
				marks[at] = true
			}
		}
	}
	var b strings.Builder
	at, open := 0, false
	for _, r := range text {
		if open && (!marks[at] || starts[at]) {
			b.WriteByte('\x02')
			open = false
		}
		if marks[at] && !open {
			b.WriteByte('\x01')
			open = true
		}
		b.WriteRune(r)
		at++
	}
	if open {
		b.WriteByte('\x02')
	}
	return b.String()
}
