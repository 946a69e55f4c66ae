package chat

import (
	"net/mail"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// shorten cuts s to n runes, the last of them an ellipsis where something was
// cut, and makes one line of it.
func shorten(s string, n int) string {
	s = strings.Join(strings.Fields(s), " ")
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	runes := []rune(s)
	return strings.TrimRight(string(runes[:n-1]), " ") + "…"
}

// invisible reports runes that show nothing by themselves: space, zero-width
// and format characters, variation selectors, fillers, and the empty Braille
// pattern.
func invisible(r rune) bool {
	return r == '\u2800' || unicode.IsSpace(r) ||
		unicode.In(r, unicode.Cf, unicode.Cc, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point)
}

func blank(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return !invisible(r) }) < 0
}

// checkText returns a text of several lines ready to store: valid UTF-8, line
// ends as \n, without control characters, at most limit runes, not blank.
func checkText(field, s string, limit int) (string, error) {
	s, err := cleanText(field, s, limit)
	if err == nil && blank(s) {
		err = invalid(field, field+" must not be empty.")
	}
	return s, err
}

// lineEnds makes one line end of all kinds.
var lineEnds = strings.NewReplacer("\r\n", "\n", "\r", "\n")

// cleanText is checkText for a text that may be empty.
func cleanText(field, s string, limit int) (string, error) {
	if !utf8.ValidString(s) {
		return "", invalid(field, field+" is not valid UTF-8.")
	}
	if strings.ContainsRune(s, 0) {
		return "", invalid(field, field+" must not contain NUL characters.")
	}
	if n := utf8.RuneCountInString(s); n > limit {
		return "", invalid(field, field+" has "+strconv.Itoa(n)+" characters; at most "+strconv.Itoa(limit)+" are allowed.")
	}
	s = lineEnds.Replace(s)
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' && r != '\t' {
			return -1
		}
		return r
	}, s), nil
}

// cleanLine is cleanText for what stands on one line, such as a name. It also
// drops the characters that turn the direction of the text around them, with
// which a name could disguise what stands beside it. What shows nothing is empty.
func cleanLine(field, s string, limit int) (string, error) {
	s, err := cleanText(field, s, limit)
	if err != nil {
		return "", err
	}
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\n', r == '\t', r == '\u2028', r == '\u2029':
			return ' '
		case r >= '\u202a' && r <= '\u202e', r >= '\u2066' && r <= '\u2069':
			return -1
		}
		return r
	}, s)
	if blank(s) {
		return "", nil
	}
	return strings.TrimSpace(s), nil
}

// cleanEmail accepts an empty address, or one such as ines@example.com.
func cleanEmail(field, s string, limit int) (string, error) {
	s, err := cleanLine(field, s, limit)
	if err != nil || s == "" {
		return s, err
	}
	a, err := mail.ParseAddress(s)
	if err != nil || a.Address != s || a.Name != "" {
		return "", invalid(field, field+" is not an e-mail address.")
	}
	return s, nil
}

// cleanID accepts what may stand as an id that a client chose.
func cleanID(field, s string) (string, error) {
	if utf8.RuneCountInString(s) > maxClientID {
		return "", invalid(field, field+" has more than "+strconv.Itoa(maxClientID)+" characters.")
	}
	if !utf8.ValidString(s) || strings.IndexFunc(s, unicode.IsControl) >= 0 {
		return "", invalid(field, field+" must not contain control characters.")
	}
	return s, nil
}

// shortenRaw cuts s to n runes.
func shortenRaw(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n])
	}
	return s
}
