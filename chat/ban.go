package chat

import (
	"encoding/json"
	"net/netip"
	"strings"
	"time"
)

// Ban keeps a visitor out. What was said before stays, and agents go on
// reading it.
type Ban struct {
	Reason string    `json:"reason,omitempty"` // for agents; visitors never see it
	Until  time.Time `json:"until,omitzero"`   // zero: until it is lifted
	At     time.Time `json:"banned_at"`
	By     string    `json:"by,omitempty"` // the id of whoever said so

	// WithAddress says that the next address from which the visitor tries to
	// come back is banned as well, for as long.
	WithAddress bool `json:"with_address,omitempty"`
}

// MarshalJSON writes times with milliseconds.
func (b Ban) MarshalJSON() ([]byte, error) {
	type plain Ban
	return json.Marshal(struct {
		plain
		Until stamp `json:"until,omitzero"`
		At    stamp `json:"banned_at"`
	}{plain(b), stamp(b.Until), stamp(b.At)})
}

// holds says whether the ban is in force. A nil Ban is not.
func (b *Ban) holds(now time.Time) bool {
	return b != nil && (b.Until.IsZero() || now.Before(b.Until))
}

// inForce returns the ban if it is in force, else nil.
func (b *Ban) inForce(now time.Time) *Ban {
	if b.holds(now) {
		return b
	}
	return nil
}

// AddressBan keeps out every visitor who comes from an address or a network.
type AddressBan struct {
	ID        string    `json:"ban_id"`
	Address   string    `json:"address"` // an IP address, or a network such as "203.0.113.0/24"
	Reason    string    `json:"reason,omitempty"`
	Until     time.Time `json:"until,omitzero"` // zero: until it is lifted
	At        time.Time `json:"banned_at"`
	By        string    `json:"by,omitempty"`
	VisitorID string    `json:"visitor_id,omitempty"` // the banned visitor who came from there; it goes when their ban is lifted
}

// MarshalJSON writes times with milliseconds.
func (b AddressBan) MarshalJSON() ([]byte, error) {
	type plain AddressBan
	return json.Marshal(struct {
		plain
		Until stamp `json:"until,omitzero"`
		At    stamp `json:"banned_at"`
	}{plain(b), stamp(b.Until), stamp(b.At)})
}

// MaxAddressBans is how many addresses and networks can be banned at once.
const MaxAddressBans = 1000

// BanQuery selects the bans of addresses that hold at a moment, the newest
// first.
type BanQuery struct {
	Page
	At time.Time
}

// BanPage is one page of bans of addresses. Next is empty at the end.
type BanPage struct {
	Bans []AddressBan
	Next string
}

// OpBanVisitor sets the visitor's ban, or with a nil Ban lifts it, which lifts
// the bans of addresses that came with it too. Visitor in the result is as it
// is afterwards. Events: session_updated for each of their open sessions,
// whose versions grow by 1. Lifting where there is none: Duplicate. No such
// visitor: ErrUnknownVisitor.
type OpBanVisitor struct {
	VisitorID string
	Ban       *Ban
	At        time.Time
}

// OpBanAddress bans an address or a network. Where there is a ban of the same
// one already it takes that one's place, and its ID. AddressBan in the result
// is as it is afterwards. Where Ban names a visitor, WithAddress of theirs is
// cleared, and where it is not set nothing is banned: Duplicate. More than
// MaxAddressBans that hold At: ErrTooManyBans. Event: none.
type OpBanAddress struct {
	Ban AddressBan
	At  time.Time
}

// OpLiftAddressBan removes a ban of an address. No such ban: ErrUnknownBan.
// Event: none.
type OpLiftAddressBan struct{ BanID string }

// OpPruneBans removes the bans that ended by At, of visitors and of addresses.
// None: Duplicate.
type OpPruneBans struct{ At time.Time }

func (OpBanVisitor) op()     {}
func (OpBanAddress) op()     {}
func (OpLiftAddressBan) op() {}
func (OpPruneBans) op()      {}

// The widest networks that can be banned. A slip of the finger should not
// shut out half of the world.
const (
	widestIPv4 = 8
	widestIPv6 = 16
)

// parseNetwork reads an address or a network. What stands in it as IPv4 within
// IPv6 is taken for what it is, and bits behind the mask are cleared.
func parseNetwork(text string) (netip.Prefix, error) {
	none := func(message string) (netip.Prefix, error) { return netip.Prefix{}, invalid("address", message) }
	switch {
	case text == "":
		return none("address must not be empty.")
	case strings.Contains(text, "%"):
		return none("address must not name a zone.")
	}
	var p netip.Prefix
	if ip, err := netip.ParseAddr(text); err == nil {
		p = netip.PrefixFrom(ip, ip.BitLen())
	} else if p, err = netip.ParsePrefix(text); err != nil {
		return none("address must be an IP address such as 203.0.113.7 or a network such as 203.0.113.0/24.")
	}
	ip, bits, widest := p.Addr(), p.Bits(), widestIPv6
	if ip.Is4In6() && bits >= 96 {
		ip, bits = ip.Unmap(), bits-96
	}
	if ip.Is4() {
		widest = widestIPv4
	}
	if bits < widest {
		return none("address is a network that is too wide: of IPv4 a /8, of IPv6 a /16 is the most.")
	}
	return netip.PrefixFrom(ip, bits).Masked(), nil
}

// networkText is how a network is kept and shown: a single address without
// its mask.
func networkText(p netip.Prefix) string {
	if p.IsSingleIP() {
		return p.Addr().String()
	}
	return p.String()
}

// around is the network that counts as one visitor's place: an IPv4 address,
// or an IPv6 /64.
func around(ip netip.Addr) netip.Prefix {
	ip = ip.Unmap().WithZone("")
	bits := ip.BitLen()
	if ip.Is6() {
		bits = 64
	}
	return netip.PrefixFrom(ip, bits).Masked()
}
