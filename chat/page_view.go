package chat

import (
	"context"
	"encoding/json"
	"net/url"
	"slices"
	"sync"
	"time"
)

// Tracking says whether it is noted which pages visitors see. The zero value
// notes nothing.
type Tracking struct {
	On bool

	// KeepQuery names the parameters of addresses whose values are kept, such
	// as "utm_source". The values of all others, and fragments, are cut off
	// before anything is stored: they may be private.
	KeepQuery []string
}

// PageView is a page that a visitor saw.
type PageView struct {
	VisitorID string `json:"-"`
	PageRef
	At time.Time `json:"timestamp"`
}

// MarshalJSON writes times with milliseconds.
func (p PageView) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		PageRef
		At stamp `json:"timestamp"`
	}{p.PageRef, stamp(p.At)})
}

// PageVisit is the data of EventVisitorPage.
type PageVisit struct {
	VisitorID string  `json:"visitor_id"`
	Page      PageRef `json:"page"`
}

// EventVisitorPage is an ephemeral event, for agents. Data is a PageVisit.
const EventVisitorPage = "visitor_page"

// PageViewQuery selects the pages of a visitor, the latest first.
type PageViewQuery struct {
	Page
	VisitorID string
}

// PageViewPage is one page of page views. Next is empty at the end.
type PageViewPage struct {
	Views []PageView
	Next  string
}

// PageViewStore reads which pages visitors saw. A visitor that does not
// exist: ErrUnknownVisitor.
type PageViewStore interface {
	PageViews(ctx context.Context, q PageViewQuery) (PageViewPage, error)
}

// AddPageViews adds the views, and sets Page and LastSeenAt of their visitors
// where they were not seen later. Views of visitors that do not exist are left
// out. Event: none.
type AddPageViews struct{ Views []PageView }

func (AddPageViews) op() {}

// trailStep is how long views wait in memory, so that many go into one
// commit; trailLength is how many may wait.
const (
	trailStep   = 5 * time.Second
	trailLength = 500
)

// trail holds the views that are not stored yet.
type trail struct {
	mu    sync.Mutex
	views []PageView
}

// add takes in a view and says whether as many are waiting as may.
func (t *trail) add(v PageView) (full bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.views = append(t.views, v)
	return len(t.views) >= trailLength
}

func (t *trail) take() []PageView {
	t.mu.Lock()
	defer t.mu.Unlock()
	views := t.views
	t.views = nil
	return views
}

// Tracking says whether pages are noted.
func (s *Service) Tracking() bool { return s.tracking.On }

// Visit notes the page that the visitor who acts is on. It is stored within
// seconds, together with others.
func (s *Service) Visit(ctx context.Context, by Actor, page PageRef) error {
	if !s.tracking.On {
		return ErrTrackingOff
	}
	if !by.IsVisitor() {
		return forbidden("Only visitors visit pages.")
	}
	if err := s.barred(by); err != nil {
		return err
	}
	clean, err := checkPage("", &page)
	if err != nil {
		return err
	}
	if clean.URL == "" {
		return invalid("url", "url must not be empty.")
	}
	clean.URL, clean.Referrer = s.tracking.bare(clean.URL), s.tracking.bare(clean.Referrer)
	s.tell(EventVisitorPage, "", by.id, PageVisit{VisitorID: by.id, Page: *clean})
	if s.trail.add(PageView{VisitorID: by.id, PageRef: *clean, At: s.now()}) {
		return s.storeTrail(ctx)
	}
	return nil
}

// bare cuts off what may be private in an address.
func (t Tracking) bare(address string) string {
	u, err := url.Parse(address)
	if err != nil || address == "" {
		return ""
	}
	query := u.Query()
	for name := range query {
		if !slices.Contains(t.KeepQuery, name) {
			query.Del(name)
		}
	}
	u.User, u.Fragment, u.RawFragment, u.RawQuery, u.ForceQuery = nil, "", "", query.Encode(), false
	return u.String()
}

// storeTrail stores the views that wait. Where that fails they are lost: they
// are worth less than the memory that an unreachable store would cost.
func (s *Service) storeTrail(ctx context.Context) error {
	views := s.trail.take()
	if len(views) == 0 {
		return nil
	}
	_, err := s.writer.do(ctx, AddPageViews{Views: views})
	return err
}

// PageViews returns one page of what a visitor saw, the latest first.
func (s *Service) PageViews(ctx context.Context, by Actor, visitorID string, page Page) (PageViewPage, error) {
	if err := by.need(ScopeRead); err != nil {
		return PageViewPage{}, err
	}
	q := PageViewQuery{VisitorID: visitorID}
	var err error
	if q.Page, err = page.check(); err != nil {
		return PageViewPage{}, err
	}
	if err := s.storeTrail(ctx); err != nil {
		return PageViewPage{}, err
	}
	return s.store.PageViews(ctx, q)
}
