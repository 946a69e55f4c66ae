package chat

import (
	"context"
	"encoding/json"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Tracking says whether it is noted which pages visitors see. The zero value
// notes nothing.
type Tracking struct {
	On bool

	// KeepQuery names the parameters of addresses whose values are kept, such
	// as "colour". The values of all others, and fragments, are cut off
	// before anything is stored: they may be private. The five parameters
	// from "utm_source" to "utm_content" are always kept: they name an
	// advertisement, not a person.
	KeepQuery []string

	// Addresses says whether visits keep the network address of the visitor.
	// With AddressesCut, Options.Place is given the network only, too.
	Addresses Addresses
}

// PageView is a page that a visitor saw or, where Name is not empty, something
// that the host's page said of them there: a line in the visitor's trail.
type PageView struct {
	VisitorID string `json:"-"`
	PageRef
	Name string         `json:"name,omitempty"`
	Data map[string]any `json:"data,omitempty"`
	At   time.Time      `json:"timestamp"`

	// Visit is what a visit that begins with this page says of itself.
	Visit Visit `json:"-"`

	from netip.Addr
}

// MarshalJSON writes times with milliseconds.
func (p PageView) MarshalJSON() ([]byte, error) {
	type plain PageView
	return json.Marshal(struct {
		plain
		At stamp `json:"timestamp"`
	}{plain(p), stamp(p.At)})
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
	Trail     bool // with the lines that the host's pages have added
}

// PageViewPage is one page of page views. Next is empty at the end.
type PageViewPage struct {
	Views []PageView
	Next  string
}

// PageViewStore reads which pages visitors saw, and their visits. A visitor
// that does not exist: ErrUnknownVisitor.
type PageViewStore interface {
	PageViews(ctx context.Context, q PageViewQuery) (PageViewPage, error)
	Visits(ctx context.Context, q VisitQuery) (VisitPage, error)
}

// OpAddPageViews adds the views, in this order, and sets Page and LastSeenAt of
// their visitors where they were not seen later. A page that a visitor opens
// within Gap of the one before goes on with their visit, and adds 1 to its
// Pages; another begins one, with what its Visit says, Returning where the
// visitor was made or has visited longer than Gap before. A view with a Name
// only becomes a line of the trail, with the address of the page where the
// visitor is. Views of visitors that do not exist are left out. Began in the
// result names those who have begun a visit. Event: none.
type OpAddPageViews struct {
	Views []PageView
	Gap   time.Duration
}

func (OpAddPageViews) op() {}

// Tracking says whether pages are noted.
func (s *Service) Tracking() bool { return s.tracking.On }

// KeptQuery names the parameters of addresses whose values are kept.
func (s *Service) KeptQuery() []string { return slices.Concat(campaignParams, s.tracking.KeepQuery) }

// Presence is what a visitor's browser says of the page that it shows.
type Presence struct {
	Page      *PageRef   // where they have just arrived; nil while they stay
	Address   netip.Addr // of the visitor; may be zero
	Locale    string     // a BCP 47 tag, such as "pt-BR"; may be empty
	UserAgent string
}

// ReportPresence notes that the visitor who acts is on the site, and which page
// they have opened if they have. They count as present for a while, without any
// stream. Pages are stored within seconds, together with others. Nobody is
// greeted who is in a session.
func (s *Service) ReportPresence(ctx context.Context, by Actor, in Presence) (PresenceAnswer, error) {
	if in.Page != nil {
		if err := s.visit(ctx, by, in, "page."); err != nil {
			return PresenceAnswer{}, err
		}
	} else if err := s.trackable(by); err != nil {
		return PresenceAnswer{}, err
	}
	s.Touch(ctx, by)
	open, err := s.store.Sessions(ctx, SessionQuery{Page: Page{Limit: 1}, VisitorID: by.id, Status: StatusActive})
	switch {
	case err != nil:
		return PresenceAnswer{}, err
	case len(open.Sessions) == 0:
		offers, err := s.offers(ctx, by)
		return PresenceAnswer{Offers: offers}, err
	case open.Sessions[0].VisitorUnread == 0:
		return PresenceAnswer{}, nil
	}
	session := s.online(open.Sessions[0])
	return PresenceAnswer{Session: &session}, nil
}

func (s *Service) trackable(by Actor) error {
	if !s.tracking.On {
		return ErrTrackingOff
	}
	if !by.IsVisitor() {
		return forbidden("Only visitors visit pages.")
	}
	select {
	case <-s.closed: // nobody would store it
		return ErrClosed
	default:
		return s.barred(by)
	}
}

// AddPageView notes the page that the visitor who acts is on. It is stored within
// seconds, together with others.
func (s *Service) AddPageView(ctx context.Context, by Actor, in Presence) error {
	return s.visit(ctx, by, in, "")
}

// visit names the fields of the page with the prefix in errors.
func (s *Service) visit(ctx context.Context, by Actor, in Presence, prefix string) error {
	if err := s.trackable(by); err != nil {
		return err
	}
	clean, err := checkPage(prefix, in.Page)
	if err != nil {
		return err
	}
	if clean == nil || clean.URL == "" {
		return invalid(prefix+"url", prefix+"url must not be empty.")
	}
	locale, err := cleanLine("locale", in.Locale, 35)
	if err != nil {
		return err
	}
	device := deviceOf(in.UserAgent)
	if device.Kind == DeviceBot {
		return nil // nobody is there
	}
	campaign := campaignOf(clean.URL)
	clean = s.tracking.barePage(clean)
	s.tell(EventVisitorPage, "", by.id, PageVisit{VisitorID: by.id, Page: *clean})
	view := PageView{VisitorID: by.id, PageRef: *clean, At: s.now(), from: in.Address, Visit: Visit{
		Campaign: campaign, Locale: locale, Device: device, Address: s.tracking.Addresses.kept(in.Address),
	}}
	if s.trail.add(view) {
		return s.storeTrail(ctx)
	}
	return nil
}

// maxTrailName is how long the name of a line in a visitor's trail may be.
const maxTrailName = 100

// AddTrailLine adds a line to the trail of the visitor who acts: something that
// the host's page says they did, such as "checkout_started". data may be nil.
// Nobody vouches for it.
func (s *Service) AddTrailLine(ctx context.Context, by Actor, name string, data map[string]any) error {
	if err := s.trackable(by); err != nil {
		return err
	}
	name, err := cleanLine("name", name, maxTrailName)
	if err != nil {
		return err
	}
	if blank(name) {
		return invalid("name", "name must not be empty.")
	}
	if err := s.checkData("data", data); err != nil {
		return err
	}
	if s.trail.add(PageView{VisitorID: by.id, Name: name, Data: data, At: s.now()}) {
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
		if !slices.Contains(t.KeepQuery, name) && !slices.Contains(campaignParams, strings.ToLower(name)) {
			query.Del(name)
		}
	}
	u.User, u.Fragment, u.RawFragment, u.RawQuery, u.ForceQuery = nil, "", "", query.Encode(), false
	return u.String()
}

// barePage does so for what a visitor's browser says of the page that they are
// on: the widget has done it, another front end may not have. Nil is nil.
func (t Tracking) barePage(p *PageRef) *PageRef {
	if p == nil {
		return nil
	}
	return &PageRef{URL: t.bare(p.URL), Title: p.Title, Referrer: t.bare(p.Referrer)}
}

// PageViews returns one page of what a visitor saw, the latest first; with
// trail also what the host's pages said they did.
func (s *Service) PageViews(ctx context.Context, by Actor, visitorID string, page Page, trail bool) (PageViewPage, error) {
	if err := by.need(ScopeRead); err != nil {
		return PageViewPage{}, err
	}
	q := PageViewQuery{VisitorID: visitorID, Trail: trail}
	var err error
	if q.Page, err = page.check(); err != nil {
		return PageViewPage{}, err
	}
	if err := s.storeTrail(ctx); err != nil {
		return PageViewPage{}, err
	}
	return s.store.PageViews(ctx, q)
}

// Visits returns one page of a visitor's visits, the latest first.
func (s *Service) Visits(ctx context.Context, by Actor, visitorID string, page Page) (VisitPage, error) {
	if err := by.need(ScopeRead); err != nil {
		return VisitPage{}, err
	}
	q := VisitQuery{VisitorID: visitorID}
	var err error
	if q.Page, err = page.check(); err != nil {
		return VisitPage{}, err
	}
	if err := s.storeTrail(ctx); err != nil {
		return VisitPage{}, err
	}
	return s.store.Visits(ctx, q)
}
