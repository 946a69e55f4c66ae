package chat

import (
	"context"
	"crypto/sha256"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"
)

// The signs of spam.
const (
	SpamLinksOnly = "links_only" // nothing but addresses of pages
	SpamSameText  = "same_text"  // others have begun with the same words
	SpamTooFast   = "too_fast"   // sooner than somebody can read and write
)

// SpamRules say which sessions are marked as suspected spam, by the first
// message of a visitor who has written to nobody before. Marking is all: such a
// session gets a tag, which agents see and may remove, and nothing is refused,
// hidden or delayed. [Hooks.Challenge] may ask for more. The zero value looks
// for nothing, because each rule is wrong about somebody.
type SpamRules struct {
	// LinksOnly marks who writes nothing but addresses of pages.
	LinksOnly bool

	// SameText marks whose words this many other visitors have begun with
	// within an hour, on this node: counted are texts of 20 characters or more
	// that are no topic the page offers. 0 means no such limit.
	SameText int

	// TooFast marks who writes sooner than this after they were first seen.
	// Somebody who wrote before their browser reached the server is seen only
	// then, and marked too. 0 means no such limit.
	TooFast time.Duration

	// Tag is what marked sessions are tagged with: at most 50 characters.
	// Empty means "suspected spam".
	Tag string
}

func (r SpamRules) off() bool { return !r.LinksOnly && r.SameText <= 0 && r.TooFast <= 0 }

func (r SpamRules) tag() string {
	if tag, err := cleanLine("tag", r.Tag, 50); err == nil && tag != "" {
		return tag
	}
	return "suspected spam"
}

// mark adds the tag to those of a session, if there is room.
func (r SpamRules) mark(tags []string) []string {
	if len(tags) >= maxTags || slices.Contains(tags, r.tag()) {
		return tags
	}
	return append(slices.Clone(tags), r.tag())
}

// spamSigns returns the signs of spam in what may be a visitor's first words.
func (s *Service) spamSigns(ctx context.Context, v Visitor, sessionID, text string, topic any) ([]string, error) {
	if s.spam.off() || text == "" || v.Verified {
		return nil, nil
	}
	page, err := s.store.Sessions(ctx, SessionQuery{Page: Page{Limit: 2}, VisitorID: v.ID})
	if err != nil {
		return nil, err
	}
	if slices.ContainsFunc(page.Sessions, func(one Session) bool { return one.ID != sessionID }) {
		return nil, nil // no newcomer
	}
	var signs []string
	if s.spam.LinksOnly && onlyLinks(text) {
		signs = append(signs, SpamLinksOnly)
	}
	if s.spam.SameText > 0 && topic != text && s.sameTexts.others(text, v.ID, s.now()) >= s.spam.SameText {
		signs = append(signs, SpamSameText)
	}
	if s.spam.TooFast > 0 && s.now().Sub(v.CreatedAt) < s.spam.TooFast {
		signs = append(signs, SpamTooFast)
	}
	return signs, nil
}

// judge lets the host ask the writer of a message for a proof. It returns the
// session where its first message makes it suspect.
func (s *Service) judge(ctx context.Context, session Session, text string, in NewMessage) (suspected *Session, err error) {
	answer, err := cleanText("challenge_answer", in.ChallengeAnswer, maxAnswer)
	if err != nil || s.spam.off() && s.hooks.Challenge == nil {
		return nil, err
	}
	v, err := s.store.Visitor(ctx, session.VisitorID)
	if err != nil {
		return nil, err
	}
	var signs []string
	if session.MessageCount == 0 {
		if signs, err = s.spamSigns(ctx, v, session.ID, text, session.CustomData["topic"]); err != nil {
			return nil, err
		}
	}
	if len(signs) > 0 {
		suspected = &session
	}
	return suspected, s.challenge(ctx, Challenge{Visitor: v, SessionID: session.ID, Text: text, Signs: signs, Answer: answer})
}

// suspect tags a session whose first message came by itself. The message is
// stored, so that nothing here may fail its sender, who may have left already.
func (s *Service) suspect(ctx context.Context, session Session) {
	ctx, cancel := afterwards(ctx)
	defer cancel()
	for range 3 {
		tags := s.spam.mark(session.Tags)
		if len(tags) == len(session.Tags) {
			return
		}
		_, err := s.writer.do(ctx, OpUpdateSession{SessionID: session.ID, Patch: SessionPatch{Tags: &tags}, IfVersion: session.Version, At: s.now()})
		if err == nil {
			return
		}
		if session, err = s.store.Session(ctx, session.ID); err != nil {
			s.log.Warn("chat: could not mark a session as suspected spam", "session_id", session.ID, "error", err)
			return
		}
	}
}

// onlyLinks says whether a text holds addresses of pages and no other words.
func onlyLinks(text string) bool {
	links := 0
	for _, word := range strings.Fields(text) {
		word = strings.ToLower(strings.TrimFunc(word, func(r rune) bool { return strings.ContainsRune(`<>()[]{}"'.,;:!-–—*`, r) }))
		switch {
		case word == "":
		case strings.HasPrefix(word, "http://"), strings.HasPrefix(word, "https://"), strings.HasPrefix(word, "www."):
			links++
		default:
			return false
		}
	}
	return links > 0
}

const (
	sameTextTime  = time.Hour
	sameTextRunes = 20      // what is shorter, many people say
	maxSameTexts  = 1 << 12 // texts that are remembered
	maxSameBy     = 1 << 7  // visitors who are remembered of one of them
)

// sameTexts remembers who has begun with which words of late, by their hashes.
type sameTexts struct {
	mu   sync.Mutex
	seen map[[sha256.Size]byte]*sameText
}

type sameText struct {
	since time.Time
	by    []string // visitors
}

// others notes that a visitor has begun with a text, and returns how many
// others have.
func (t *sameTexts) others(text, visitorID string, now time.Time) int {
	text = strings.ToLower(strings.Join(strings.Fields(text), " "))
	if utf8.RuneCountInString(text) < sameTextRunes {
		return 0
	}
	key := sha256.Sum256([]byte(text))
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.seen == nil {
		t.seen = map[[sha256.Size]byte]*sameText{}
	}
	one := t.seen[key]
	if one == nil || now.Sub(one.since) > sameTextTime {
		t.makeRoom(now)
		one = &sameText{since: now}
		t.seen[key] = one
	}
	if i := slices.Index(one.by, visitorID); i >= 0 {
		return i // a repetition counts as it did
	}
	others := len(one.by)
	if others < maxSameBy {
		one.by = append(one.by, visitorID)
	}
	return others
}

// makeRoom drops what is too old and, where that is not enough, texts that
// one visitor only has begun with.
func (t *sameTexts) makeRoom(now time.Time) {
	if len(t.seen) < maxSameTexts {
		return
	}
	for key, one := range t.seen {
		if len(one.by) < 2 || now.Sub(one.since) > sameTextTime {
			delete(t.seen, key)
		}
	}
	if len(t.seen) >= maxSameTexts {
		clear(t.seen)
	}
}
