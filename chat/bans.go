package chat

import (
	"cmp"
	"context"
	"net/netip"
	"sync"
	"time"
)

// NewBan is what a ban is made from.
type NewBan struct {
	Reason string
	Until  time.Time // zero means until it is lifted

	// WithAddress also bans the next address from which the visitor tries to
	// come back, an IPv6 one with its /64 network. Addresses of visitors are
	// not kept otherwise, so there is none to ban before.
	WithAddress bool
}

// NewAddressBan is what a ban of an address is made from.
type NewAddressBan struct {
	Address string // an IP address, or a network such as "203.0.113.0/24"
	Reason  string
	Until   time.Time // zero means until it is lifted
}

// BanVisitor keeps a visitor out, from now until the ban ends or is lifted. A
// second ban takes the first one's place.
func (s *Service) BanVisitor(ctx context.Context, by Actor, id string, in NewBan) error {
	if err := by.need(ScopeWrite); err != nil {
		return err
	}
	ban := Ban{At: s.now(), By: by.id, WithAddress: in.WithAddress}
	var err error
	if ban.Reason, ban.Until, err = checkBan(in.Reason, in.Until, ban.At); err != nil {
		return err
	}
	_, err = s.writer.do(ctx, OpBanVisitor{VisitorID: id, Ban: &ban, At: ban.At})
	return err
}

func checkBan(reason string, until, now time.Time) (string, time.Time, error) {
	reason, err := cleanLine("reason", reason, 300)
	if err != nil || until.IsZero() {
		return reason, time.Time{}, err
	}
	if until = until.UTC().Truncate(time.Millisecond); !now.Before(until) {
		return "", until, invalid("until", "until must lie in the future.")
	}
	return reason, until, nil
}

// LiftBan lets a visitor in again, also from the addresses that were banned
// with them. Where they could come in, nothing changes.
func (s *Service) LiftBan(ctx context.Context, by Actor, id string) error {
	if err := by.need(ScopeWrite); err != nil {
		return err
	}
	_, err := s.writer.do(ctx, OpBanVisitor{VisitorID: id, At: s.now()})
	s.bans.forget()
	return err
}

// BanAddress keeps out whoever comes from an address or a network. A second
// ban of the same one takes the first one's place.
func (s *Service) BanAddress(ctx context.Context, by Actor, in NewAddressBan) (AddressBan, error) {
	if err := by.need(ScopeWrite); err != nil {
		return AddressBan{}, err
	}
	network, err := parseNetwork(in.Address)
	if err != nil {
		return AddressBan{}, err
	}
	now := s.now()
	ban := AddressBan{ID: newID(now), Address: networkText(network), At: now, By: by.id}
	if ban.Reason, ban.Until, err = checkBan(in.Reason, in.Until, now); err != nil {
		return AddressBan{}, err
	}
	res, err := s.writer.do(ctx, OpBanAddress{Ban: ban, At: now})
	s.bans.forget()
	return found(res.AddressBan, err)
}

// LiftAddressBan lets visitors in again from an address.
func (s *Service) LiftAddressBan(ctx context.Context, by Actor, banID string) error {
	if err := by.need(ScopeWrite); err != nil {
		return err
	}
	_, err := s.writer.do(ctx, OpLiftAddressBan{BanID: banID})
	s.bans.forget()
	return err
}

// Bans returns one page of the addresses that are banned, the latest first.
func (s *Service) Bans(ctx context.Context, by Actor, page Page) (BanPage, error) {
	if err := by.need(ScopeRead); err != nil {
		return BanPage{}, err
	}
	page, err := page.check()
	if err != nil {
		return BanPage{}, err
	}
	return s.store.Bans(ctx, BanQuery{Page: page, At: s.now()})
}

// barred refuses a visitor who is banned.
func (s *Service) barred(by Actor) error {
	if by.ban.holds(s.now()) {
		return ErrBanned
	}
	return nil
}

// Admit says whether a visitor may come in: neither they nor the address they
// come from may be banned, else it is ErrBanned. A zero address is of nobody.
// It answers from memory, which is half a second old at most.
func (s *Service) Admit(ctx context.Context, by Actor, from netip.Addr) error {
	if err := s.AdmitAddress(ctx, from); err != nil {
		return err
	}
	err := s.barred(by)
	if err != nil && by.ban.WithAddress && from.IsValid() {
		s.banAlong(ctx, by, from)
	}
	return err
}

// AdmitAddress is [Service.Admit] for somebody who is not known yet.
func (s *Service) AdmitAddress(ctx context.Context, from netip.Addr) error {
	if from.IsValid() && s.bansNow(ctx).hold(from, s.now()) {
		return ErrBanned
	}
	return nil
}

// banAlong bans the address from which a banned visitor comes, as whoever
// banned them asked for. They need not wait for the answer.
func (s *Service) banAlong(ctx context.Context, by Actor, from netip.Addr) {
	ctx, cancel := afterwards(ctx)
	defer cancel()
	now := s.now()
	ban := AddressBan{ID: newID(now), Address: networkText(around(from)), Reason: by.ban.Reason, Until: by.ban.Until, At: now, By: by.ban.By, VisitorID: by.id}
	if _, err := s.writer.do(ctx, OpBanAddress{Ban: ban, At: now}); err != nil {
		s.log.Warn("chat: could not ban the address of a banned visitor", "visitor", by.id, "error", err)
	}
	s.bans.forget()
}

// BanChanges grows whenever other addresses are banned than before, as far as
// this process knows.
func (s *Service) BanChanges(ctx context.Context) int64 { return s.bansNow(ctx).changes }

// bansTTL is how long what is banned is taken as read. Within a process a
// change holds at once; other nodes see it after this long at most.
const bansTTL = 500 * time.Millisecond

// bannedNetworks is what is banned, as it was read: for each length of mask
// that occurs, the networks and until when they are banned. It is never
// changed.
type bannedNetworks struct {
	masks   []banMask
	changes int64
}

type banMask struct {
	ipv6  bool
	bits  int
	until map[netip.Prefix]time.Time
}

// hold says whether an address is banned.
func (b *bannedNetworks) hold(ip netip.Addr, now time.Time) bool {
	ip = ip.Unmap().WithZone("")
	for _, mask := range b.masks {
		if mask.ipv6 != ip.Is6() {
			continue
		}
		network, _ := ip.Prefix(mask.bits)
		if until, banned := mask.until[network]; banned && (until.IsZero() || now.Before(until)) {
			return true
		}
	}
	return false
}

func newBannedNetworks(list []AddressBan) *bannedNetworks {
	out := &bannedNetworks{}
	for _, ban := range list {
		network, err := parseNetwork(ban.Address)
		if err != nil {
			continue // this process would not have stored it
		}
		out.mask(network)[network] = ban.Until
	}
	return out
}

func (b *bannedNetworks) mask(network netip.Prefix) map[netip.Prefix]time.Time {
	ipv6, bits := network.Addr().Is6(), network.Bits()
	for _, m := range b.masks {
		if m.ipv6 == ipv6 && m.bits == bits {
			return m.until
		}
	}
	m := banMask{ipv6, bits, map[netip.Prefix]time.Time{}}
	b.masks = append(b.masks, m)
	return m.until
}

func (b *bannedNetworks) equal(other *bannedNetworks) bool {
	same := len(b.masks) == len(other.masks)
	for _, m := range b.masks {
		there := other.maskOf(m.ipv6, m.bits)
		same = same && len(m.until) == len(there)
		for network, until := range m.until {
			then, banned := there[network]
			same = same && banned && then.Equal(until)
		}
	}
	return same
}

func (b *bannedNetworks) maskOf(ipv6 bool, bits int) map[netip.Prefix]time.Time {
	for _, m := range b.masks {
		if m.ipv6 == ipv6 && m.bits == bits {
			return m.until
		}
	}
	return nil
}

// banCache remembers which addresses are banned. One caller reads them again
// when they are old; meanwhile the others go by what is known. Where something
// has changed they wait.
type banCache struct {
	turn chan struct{} // holds a token while somebody reads

	mu      sync.Mutex
	value   *bannedNetworks
	readAt  time.Time
	changes int // grows when something has changed
	of      int // what changes was when value began to be read
}

// forget has the bans read again: what is known, or being read, is from before
// a change.
func (c *banCache) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.changes++
}

// known returns what was read last, nil if nothing was. It is current where
// nothing has changed since, and fresh if it need not be read again yet.
func (c *banCache) known() (value *bannedNetworks, current, fresh bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	current = c.value != nil && c.of == c.changes
	return c.value, current, current && time.Since(c.readAt) < bansTTL
}

func (s *Service) bansNow(ctx context.Context) *bannedNetworks {
	c := &s.bans
	value, current, fresh := c.known()
	if fresh {
		return value
	}
	select {
	case c.turn <- struct{}{}:
	default:
		if current {
			return value
		}
		select {
		case c.turn <- struct{}{}:
		case <-ctx.Done():
			return cmp.Or(value, &bannedNetworks{})
		}
	}
	defer func() { <-c.turn }()
	if value, _, fresh = c.known(); fresh {
		return value // somebody else has read it meanwhile
	}
	return s.readBans(ctx)
}

// readBans is for whoever has the turn.
func (s *Service) readBans(ctx context.Context) *bannedNetworks {
	c := &s.bans
	c.mu.Lock()
	began, changes := time.Now(), c.changes
	current := c.value != nil && c.of == changes
	c.mu.Unlock()
	limited := ctx
	if current {
		var cancel context.CancelFunc
		limited, cancel = context.WithTimeout(ctx, lastKnownAfter)
		defer cancel()
	}
	list, err := s.allBans(limited)
	c.mu.Lock()
	defer c.mu.Unlock()
	if err != nil {
		if c.value == nil {
			c.value = &bannedNetworks{} // who cannot be looked up is let in: the same store answers everything else
		}
		if ctx.Err() == nil {
			c.readAt, c.of = time.Now(), changes // whoever waits for their turn need not try as well
			s.log.Warn("chat: could not read which addresses are banned; what was last known holds", "error", err)
		}
		return c.value
	}
	fresh := newBannedNetworks(list)
	if c.value != nil {
		if fresh.changes = c.value.changes; !fresh.equal(c.value) {
			fresh.changes++
		}
	}
	c.value, c.readAt, c.of = fresh, began, changes
	return fresh
}

func (s *Service) allBans(ctx context.Context) (list []AddressBan, err error) {
	q := BanQuery{Page: Page{Limit: MaxPageSize}, At: s.now()}
	for {
		page, err := s.store.Bans(ctx, q)
		if err != nil {
			return nil, err
		}
		list = append(list, page.Bans...)
		if q.After = page.Next; q.After == "" {
			return list, nil
		}
	}
}
