package chat

import (
	"errors"
	"regexp"
	"strings"
	"testing"
	"time"
)

func TestIDsSortByTimeAndDoNotRepeat(t *testing.T) {
	shape := regexp.MustCompile(`^[0-9a-z]{26}$`)
	seen := map[string]bool{}
	last := ""
	for ms := range int64(2000) {
		id := newID(time.UnixMilli(1_700_000_000_000 + ms))
		if !shape.MatchString(id) || seen[id] || id <= last {
			t.Fatalf("id %q after %q", id, last)
		}
		seen[id], last = true, id
	}
	now := time.Now()
	for range 2000 {
		if id := newID(now); seen[id] {
			t.Fatalf("id %q twice", id)
		} else {
			seen[id] = true
		}
	}
}

func TestSecretsHave160Bits(t *testing.T) {
	a, b := newSecret("peal_"), newSecret("peal_")
	if !strings.HasPrefix(a, "peal_") || len(a) != len("peal_")+32 || a == b {
		t.Fatalf("secrets %q and %q", a, b)
	}
}

func TestFingerprintsKeepPartsApart(t *testing.T) {
	if fingerprint("ab", "c") == fingerprint("a", "bc") {
		t.Fatal("two different lists look alike")
	}
	if fingerprint("a", "b") != fingerprint("a", "b") {
		t.Fatal("one list looks like two")
	}
}

func FuzzCursor(f *testing.F) {
	f.Add("")
	f.Add(Cursor{Key: 1_700_000_000_000, Row: 42}.String())
	f.Add(Cursor{Key: -1, Row: -1}.String())
	f.Fuzz(func(t *testing.T, s string) {
		c, err := ParseCursor(s)
		if err != nil {
			if !errors.Is(err, ErrInvalid) {
				t.Fatal(err)
			}
			return
		}
		if c.String() != s {
			t.Fatalf("%q and %q are one cursor", s, c.String())
		}
	})
}

func FuzzEventID(f *testing.F) {
	for _, s := range []string{"", "k3f9x2ab.1842", "k3f9x2ab.0", "k3f9x2ab.01", "K3F9X2AB.1", "k3f9x2ab.9223372036854775807", "k3f9x2ab.9223372036854775808", "k3f9x2ab.-1", "k3f9x2ab.1\n"} {
		f.Add(s)
	}
	strict := regexp.MustCompile(`^[0-9a-z]{8}\.[0-9]{1,19}$`)
	f.Fuzz(func(t *testing.T, s string) {
		identity, p, err := parseEventID(s)
		if err != nil {
			if !errors.Is(err, ErrInvalid) {
				t.Fatal(err)
			}
			return
		}
		if !strict.MatchString(s) || eventID(identity, p) != s {
			t.Fatalf("%q was read as %q and %d", s, identity, p)
		}
	})
}
