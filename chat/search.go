package chat

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// maxSearch is how many characters may be searched for.
const maxSearch = 200

// excerptLength is how many characters of a text a search shows.
const excerptLength = 160

// SearchQuery asks a store for sessions and messages in which all of Words
// stand, whatever their case and accents; the last of them may be the beginning
// of a word. A word holds at least one letter or number; what else stands in
// it is no syntax, but parts words.
//
// First come the sessions themselves whose visitor's name, e-mail address and
// tags have the words, then the messages and notes; the newest first in both.
// That order is stable: what is written meanwhile does not move the rest.
type SearchQuery struct {
	Words []string
	Limit int
	After string // a cursor that a page gave out
}

// SearchPage is one page of what was found, the best first. Next is empty at
// the end.
type SearchPage struct {
	Hits []SearchHit
	Next string
}

// SearchHit is a session, or a message of it, that was found. From the store,
// Text is all that was searched: the message's text, or the session's
// visitor's name, e-mail address and tags, joined by SearchJoint. The service
// shortens it.
type SearchHit struct {
	Session Session
	Message *Message
	Text    string
	Matches [][2]int // where in Text the words stand, from and to, in characters
}

// SearchJoint stands between the fields of a session in a SearchHit's Text.
const SearchJoint = " · "

// MarshalJSON writes no matches as [].
func (h SearchHit) MarshalJSON() ([]byte, error) {
	if h.Matches == nil {
		h.Matches = [][2]int{}
	}
	return json.Marshal(struct {
		Session Session  `json:"session"`
		Message *Message `json:"message,omitempty"`
		Text    string   `json:"excerpt"`
		Matches [][2]int `json:"matches"`
	}(h))
}

// OpIndexSearch adds to the search index what is not in it yet, at most Limit
// sessions and as many messages, the oldest first. Count in the result is how
// many there were; fewer than Limit means that nothing is left. A store that
// indexes as it writes has always 0. What is edited, deleted or erased the
// index follows at once, within the op that does it; where words of erased
// texts are left in its structure, OpIndexSearch removes them, step by step, with
// Limit as the Count until it is done. Event: none. Nothing to do: Duplicate.
type OpIndexSearch struct{ Limit int }

func (OpIndexSearch) op() {}

const (
	indexStep  = 500  // rows indexed in one transaction, which holds up messages for a few milliseconds
	indexBit   = 100  // the same where nobody waits for it: about as long as the commit takes
	indexSteps = 20   // that a search waits for; the rest it leaves to Run
	eraseSteps = 1000 // that an erasure waits for
)

// Search finds sessions by their visitor's name, e-mail address and tags, and
// messages by their text: those with all the words of the text, the last of
// which may be unfinished. It sees everything that was committed before it
// began, but for a database with many thousands of messages that is being
// indexed for the first time.
func (s *Service) Search(ctx context.Context, by Actor, text string, page Page) (SearchPage, error) {
	if err := by.need(ScopeRead); err != nil {
		return SearchPage{}, err
	}
	page, err := page.check()
	if err != nil {
		return SearchPage{}, err
	}
	if page.Before != "" {
		return SearchPage{}, invalid("before", "A search goes forward only: use after.")
	}
	words, err := searchWords(text)
	if err != nil || len(words) == 0 {
		return SearchPage{}, err
	}
	if err := s.index(ctx, indexSteps, indexStep); err != nil {
		return SearchPage{}, err
	}
	found, err := s.store.Search(ctx, SearchQuery{Words: words, Limit: page.Limit, After: page.After})
	if err != nil {
		return SearchPage{}, err
	}
	for i := range found.Hits {
		hit := &found.Hits[i]
		hit.Session = s.online(hit.Session)
		hit.Text, hit.Matches = excerpt(hit.Text, hit.Matches, excerptLength)
	}
	return found, nil
}

// searchWords returns the words of what was typed. Signs by themselves are
// nothing that could be found.
func searchWords(text string) ([]string, error) {
	text, err := cleanText("q", text, maxSearch)
	if err != nil {
		return nil, err
	}
	if blank(text) {
		return nil, invalid("q", "q must have between 1 and "+strconv.Itoa(maxSearch)+" characters.")
	}
	var words []string
	for _, word := range strings.Fields(text) {
		if strings.ContainsFunc(word, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) }) {
			words = append(words, word)
		}
	}
	return words, nil
}

// index brings the search index up to date, in at most so many steps of so many
// rows. Who comes while somebody else is at it waits: what was committed before may be
// among what is being indexed.
func (s *Service) index(ctx context.Context, steps, rows int) error {
	select {
	case s.indexing <- struct{}{}:
		defer func() { <-s.indexing }()
	case <-ctx.Done():
		return ctx.Err()
	}
	for range steps {
		if !s.unindexed.Swap(false) {
			return nil
		}
		res, err := s.writer.do(ctx, OpIndexSearch{Limit: rows})
		if err != nil || res.Count >= rows {
			s.unindexed.Store(true)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// indexInBackground is for Run. It rests ten times as long as each step took,
// so that those who send are held up for a tenth of the time at most; what is
// left over waits for the next time or for somebody who searches.
func (s *Service) indexInBackground(ctx context.Context) {
	for begin := time.Now(); s.unindexed.Load() && time.Since(begin) < time.Second; {
		step := time.Now()
		if err := s.index(ctx, 1, indexBit); err != nil {
			if ctx.Err() == nil {
				s.log.Warn("chat: could not bring the search index up to date", "error", err)
			}
			return
		}
		select {
		case <-time.After(min(10*time.Since(step), time.Second)):
		case <-s.closed:
			return
		case <-ctx.Done():
			return
		}
	}
}

// excerpt cuts n characters out of the text around its first match, an
// ellipsis where something was cut, and makes one line of it.
func excerpt(text string, matches [][2]int, n int) (string, [][2]int) {
	runes := []rune(strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return ' '
		}
		return r
	}, text))
	from, to := 0, len(runes)
	if to > n {
		if len(matches) > 0 {
			from = max(0, min(matches[0][0]-n/4, to-n))
		}
		to = from + n
	}
	shift := -from
	out := runes[from:to]
	if from > 0 {
		out = append([]rune{'…'}, out[1:]...)
	}
	if to < len(runes) {
		out = append(out[:len(out)-1:len(out)-1], '…')
	}
	low, high := 0, len(out)
	if from > 0 {
		low = 1
	}
	if to < len(runes) {
		high--
	}
	var kept [][2]int
	for _, m := range matches {
		if a, b := max(m[0]+shift, low), min(m[1]+shift, high); a < b {
			kept = append(kept, [2]int{a, b})
		}
	}
	return string(out), kept
}
