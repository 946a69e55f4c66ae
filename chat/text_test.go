package chat

import (
	"errors"
	"strings"
	"testing"
)

func TestTextIsCleaned(t *testing.T) {
	for _, c := range []struct {
		name, in, want, refusal string
	}{
		{name: "plain", in: "Hello", want: "Hello"},
		{name: "markup stays text", in: "<b onclick=x>", want: "<b onclick=x>"},
		{name: "line ends", in: "a\r\nb\rc\nd", want: "a\nb\nc\nd"},
		{name: "control characters go", in: "a\x07b\x1b[31mc\td", want: "ab[31mc\td"},
		{name: "four-byte characters", in: "👩‍👩‍👧 Zürich", want: "👩‍👩‍👧 Zürich"},
		{name: "exactly the limit", in: strings.Repeat("ü", 20), want: strings.Repeat("ü", 20)},
		{name: "over the limit", in: strings.Repeat("ü", 21), refusal: "message has 21 characters; at most 20 are allowed."},
		{name: "empty", in: "", refusal: "message must not be empty."},
		{name: "white space", in: " \t\n\u00a0\u3000", refusal: "message must not be empty."},
		{name: "zero width", in: "\u200b\u200d\ufeff\u2060", refusal: "message must not be empty."},
		{name: "blank letters", in: "\u3164\u115f\u2800", refusal: "message must not be empty."},
		{name: "variation selectors and joiners", in: "\ufe0f\u034f\U000e0100\u180e", refusal: "message must not be empty."},
		{name: "an emoji keeps its selector", in: "❤️", want: "❤️"},
		{name: "NUL", in: "a\x00b", refusal: "message must not contain NUL characters."},
		{name: "not UTF-8", in: "a\xffb", refusal: "message is not valid UTF-8."},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := checkText("message", c.in, 20)
			if c.refusal == "" {
				if err != nil || got != c.want {
					t.Fatalf("got %q, %v; want %q", got, err, c.want)
				}
				return
			}
			e, ok := errors.AsType[*Error](err)
			if !ok || e.Message != c.refusal || e.Field != "message" || !errors.Is(err, ErrInvalid) {
				t.Fatalf("got %q, %v; want the refusal %q", got, err, c.refusal)
			}
		})
	}
}

func TestNamesStayOnOneLineAndTurnNothingRound(t *testing.T) {
	got, err := cleanLine("visitor_name", "  Ines\n\u202egnp.exe\u2066 Carvalho ", 200)
	if want := "Ines gnp.exe Carvalho"; err != nil || got != want {
		t.Fatalf("got %q, %v; want %q", got, err, want)
	}
}

func TestANameThatShowsNothingIsNone(t *testing.T) {
	if got, err := cleanLine("visitor_name", " \u200b\u3164 ", 200); err != nil || got != "" {
		t.Fatalf("got %q, %v", got, err)
	}
}

func TestEmailAddresses(t *testing.T) {
	for in, ok := range map[string]bool{
		"":                        true,
		"ines@example.com":        true,
		"ines+shop@mail.test":     true,
		"ines":                    false,
		"Ines <ines@example.com>": false,
		"ines@example.com, b@c.d": false,
		"@example.com":            false,
	} {
		if _, err := cleanEmail("visitor_email", in, 254); (err == nil) != ok {
			t.Errorf("%q: %v, want accepted = %v", in, err, ok)
		}
	}
}

func TestShorten(t *testing.T) {
	for in, want := range map[string]string{
		"one line":          "one line",
		"two\nlines  here":  "two lines…",
		"exactly te":        "exactly te",
		"exactly ten and 1": "exactly t…",
	} {
		if got := shorten(in, 10); got != want {
			t.Errorf("shorten(%q) = %q, want %q", in, got, want)
		}
	}
}
