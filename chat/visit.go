package chat

import (
	"encoding/json"
	"net/netip"
	"net/url"
	"time"
)

// visitGap is how long a visitor may look at one page before the next one
// counts as the beginning of another visit.
const visitGap = 30 * time.Minute

// Visit is one stay of a visitor on the host's site, where pages are tracked.
// What it says was so when it began.
type Visit struct {
	StartedAt time.Time `json:"started_at"`
	LastAt    time.Time `json:"last_at"` // when the latest of its pages was opened
	Pages     int       `json:"pages"`   // how many were seen
	Landing   PageRef   `json:"landing"` // the first one; Referrer says where the visitor came from
	Campaign  *Campaign `json:"utm,omitempty"`
	Locale    string    `json:"locale,omitempty"`
	Device    Device    `json:"device"`
	Returning bool      `json:"returning"`         // the visitor had been here before
	Address   string    `json:"address,omitempty"` // as Tracking.Addresses has it kept
	Place     *Place    `json:"place,omitempty"`   // as Options.Place has said
}

// Campaign is what the address of the first page says of how the visitor was
// led there: its parameters that begin with "utm_".
type Campaign struct {
	Source  string `json:"source,omitempty"`
	Medium  string `json:"medium,omitempty"`
	Name    string `json:"campaign,omitempty"`
	Term    string `json:"term,omitempty"`
	Content string `json:"content,omitempty"`
}

// Place is where an address is, as far as the host knows. Every field may be
// empty. Texts longer than 100 characters are shortened.
type Place struct {
	Country string `json:"country,omitempty"` // as people read it, or an ISO 3166 code
	Region  string `json:"region,omitempty"`
	City    string `json:"city,omitempty"`
	Company string `json:"company,omitempty"` // whose network it is
}

// Addresses says what becomes of the network addresses of visitors whose
// pages are tracked.
type Addresses int

const (
	AddressesNone  Addresses = iota // they are not kept
	AddressesCut                    // the network is kept: an IPv4 /24, an IPv6 /48
	AddressesWhole                  // they are kept as they are
)

// VisitQuery selects the visits of a visitor, the latest first.
type VisitQuery struct {
	Page
	VisitorID string
}

// VisitPage is one page of visits. Next is empty at the end.
type VisitPage struct {
	Visits []Visit
	Next   string
}

// MarshalJSON writes times with milliseconds.
func (v Visit) MarshalJSON() ([]byte, error) {
	type plain Visit
	return json.Marshal(struct {
		plain
		StartedAt stamp `json:"started_at"`
		LastAt    stamp `json:"last_at"`
	}{plain(v), stamp(v.StartedAt), stamp(v.LastAt)})
}

// OpPlaceVisit says where the latest visit of a visitor comes from. A visitor
// who has none: Duplicate. Event: none.
type OpPlaceVisit struct {
	VisitorID string
	Place     Place
}

func (OpPlaceVisit) op() {}

// kept returns the address in the form in which it may be kept.
func (a Addresses) kept(ip netip.Addr) string {
	switch {
	case !ip.IsValid() || a == AddressesNone:
		return ""
	case a == AddressesWhole:
		return ip.String()
	}
	return a.cut(ip).String()
}

// cut returns the address without the part that tells one visitor of a
// network from the other, where that is asked for.
func (a Addresses) cut(ip netip.Addr) netip.Addr {
	if a != AddressesCut || !ip.IsValid() {
		return ip
	}
	bits := 48
	if ip.Is4() {
		bits = 24
	}
	network, err := ip.Prefix(bits)
	if err != nil {
		return netip.Addr{}
	}
	return network.Addr()
}

// campaignParams are the parameters that Campaign is made of. They name an
// advertisement and nobody in person, so they are kept in addresses, too.
var campaignParams = []string{"utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content"}

// campaignOf reads an address that has been checked. Nil means that it names
// none.
func campaignOf(address string) *Campaign {
	u, err := url.Parse(address)
	if err != nil || u.RawQuery == "" {
		return nil
	}
	query := u.Query()
	value := func(i int) string {
		text, err := cleanLine("", shortenRaw(query.Get(campaignParams[i]), 100), 100)
		if err != nil {
			return ""
		}
		return text
	}
	c := Campaign{value(0), value(1), value(2), value(3), value(4)}
	if c == (Campaign{}) {
		return nil
	}
	return &c
}
