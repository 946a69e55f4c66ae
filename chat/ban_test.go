package chat_test

import (
	"errors"
	"net/netip"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pealchat/pealchat/chat"
)

// again returns the visitor with what the store knows of them now, as each
// request finds them.
func again(t *testing.T, svc *chat.Service, token string) chat.Actor {
	t.Helper()
	v, err := svc.VisitorByToken(t.Context(), token, nil)
	if err != nil {
		t.Fatal(err)
	}
	return chat.AsVisitor(v)
}

func TestBanEndsByItselfOrIsLifted(t *testing.T) {
	now := time.Date(2030, 1, 1, 12, 0, 0, 0, time.UTC)
	svc := newService(t, &chat.Options{Now: func() time.Time { return now }})
	who, token := newVisitor(t, svc)
	writes := func() error {
		_, err := svc.CreateSession(t.Context(), again(t, svc, token), chat.NewSession{})
		return err
	}
	ban := func(until time.Time) error {
		return svc.BanVisitor(t.Context(), host, who.ID(), chat.NewBan{Reason: "Spam", Until: until})
	}
	if err := ban(now); !errors.Is(err, chat.ErrInvalid) {
		t.Errorf("a ban that ends now: %v", err)
	}
	if err := ban(now.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	now = now.Add(time.Hour - time.Millisecond)
	if err := writes(); !errors.Is(err, chat.ErrBanned) {
		t.Errorf("just before the end: %v", err)
	}
	if v, err := svc.Visitor(t.Context(), host, who.ID()); err != nil || v.Banned == nil || v.Banned.Reason != "Spam" || v.Banned.By != "host" {
		t.Errorf("the visitor is %+v, %v", v, err)
	}
	now = now.Add(time.Millisecond)
	if err := writes(); err != nil {
		t.Errorf("at the end: %v", err)
	}
	if v, err := svc.Visitor(t.Context(), host, who.ID()); err != nil || v.Banned != nil {
		t.Errorf("the visitor is still %+v, %v", v, err)
	}
	if err := ban(time.Time{}); err != nil {
		t.Fatal(err)
	}
	now = now.AddDate(50, 0, 0)
	if err := writes(); !errors.Is(err, chat.ErrBanned) {
		t.Errorf("without an end: %v", err)
	}
	for range 2 {
		if err := svc.LiftBan(t.Context(), host, who.ID()); err != nil {
			t.Fatal(err)
		}
	}
	if err := writes(); err != nil {
		t.Errorf("lifted: %v", err)
	}
}

// A ban does not go away because the visitor signs in, nor does it reach
// another person who signs in with the same browser.
func TestBanAndSigningIn(t *testing.T) {
	svc := newService(t, nil)
	who, token := newVisitor(t, svc)
	ines, omar := &chat.Identity{ID: "ines", Name: "Ines"}, &chat.Identity{ID: "omar", Name: "Omar"}
	if err := svc.BanVisitor(t.Context(), host, who.ID(), chat.NewBan{}); err != nil {
		t.Fatal(err)
	}
	if _, err := svc.Hello(t.Context(), chat.Hello{Token: token, Identity: ines}); !errors.Is(err, chat.ErrBanned) {
		t.Errorf("signed in with a banned browser: %v", err)
	}
	w, err := svc.Hello(t.Context(), chat.Hello{Identity: ines})
	if err != nil {
		t.Fatal(err)
	}
	if err := svc.BanVisitor(t.Context(), host, w.Visitor.ID, chat.NewBan{}); err != nil {
		t.Fatal(err)
	}
	if _, err := svc.Hello(t.Context(), chat.Hello{Identity: ines}); !errors.Is(err, chat.ErrBanned) {
		t.Errorf("a banned person: %v", err)
	}
	if _, err := svc.Hello(t.Context(), chat.Hello{Token: w.Token, Identity: omar}); err != nil {
		t.Errorf("somebody else with their browser: %v", err)
	}
}

func TestAgentStartsSession(t *testing.T) {
	svc := newService(t, nil)
	who, token := newVisitor(t, svc)
	sub, err := svc.Subscribe(t.Context(), who, chat.SubscribeOptions{Topic: chat.Topic{VisitorID: who.ID()}})
	if err != nil {
		t.Fatal(err)
	}
	defer sub.Close()
	mara, err := svc.EnsureAgent(t.Context(), chat.Agent{ID: "mara", Name: "Mara"})
	if err != nil {
		t.Fatal(err)
	}
	started, err := svc.StartSession(t.Context(), chat.AsAgent(mara), who.ID(), "Can I help?", "")
	if err != nil {
		t.Fatal(err)
	}
	s, m := started.Session, started.Message
	if s.VisitorID != who.ID() || s.Source != "agent" || s.AssigneeID != "mara" || !s.WaitingSince.IsZero() || m == nil || m.Sender != chat.SenderAgent || m.SenderName != "Mara" || m.Seq != 1 {
		t.Errorf("started %+v, %+v", s, m)
	}
	var types []string
	for len(types) < 2 {
		events, err := sub.Next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range events {
			if e.Durable() {
				types = append(types, e.Type)
			}
		}
	}
	if types[0] != chat.EventSessionStarted || types[1] != chat.EventMessageSent {
		t.Errorf("the visitor hears %v", types)
	}
	send(t, svc, again(t, svc, token), s.ID, "Yes, please.")
	if _, err := svc.StartSession(t.Context(), host, who.ID(), "", ""); err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		got, err := svc.StartSession(t.Context(), chat.AsAgent(mara), who.ID(), "Anything else?", "once")
		if err != nil || got.Duplicate != (i > 0) || got.Message == nil {
			t.Errorf("call %d with the client id: %+v, %v", i+1, got, err)
		}
	}
	if _, err := svc.StartSession(t.Context(), chat.AsAgent(mara), who.ID(), "Something else", "once"); !errors.Is(err, chat.ErrClientIDReused) {
		t.Errorf("the client id with other words: %v", err)
	}
	if _, err := svc.StartSession(t.Context(), host, who.ID(), "", ""); !errors.Is(err, chat.ErrTooManySessions) {
		t.Errorf("a fourth: %v", err)
	}
	if _, err := svc.StartSession(t.Context(), who, who.ID(), "", ""); !errors.Is(err, chat.ErrForbidden) {
		t.Errorf("by the visitor: %v", err)
	}
	if err := svc.BanVisitor(t.Context(), host, who.ID(), chat.NewBan{}); err != nil {
		t.Fatal(err)
	}
	if _, err := svc.StartSession(t.Context(), host, who.ID(), "", ""); !errors.Is(err, chat.ErrConflict) {
		t.Errorf("with a banned visitor: %v", err)
	}
}

// Addresses are taken in every spelling that means one, and in no other.
func TestBanAddressReadsAddresses(t *testing.T) {
	svc := newService(t, nil)
	for in, want := range map[string]string{
		"203.0.113.7": "203.0.113.7", "203.0.113.7/32": "203.0.113.7", "203.0.113.7/24": "203.0.113.0/24", "::ffff:203.0.113.7": "203.0.113.7",
		"::ffff:203.0.113.0/120": "203.0.113.0/24", "2001:DB8::1": "2001:db8::1", "2001:db8::1/64": "2001:db8::/64", "10.0.0.0/8": "10.0.0.0/8",
	} {
		if ban, err := svc.BanAddress(t.Context(), host, chat.NewAddressBan{Address: in}); err != nil || ban.Address != want {
			t.Errorf("%s became %q, %v", in, ban.Address, err)
		}
	}
	for _, in := range []string{"", " ", "x", "203.0.113.256", "203.0.113", "203.0.113.7/33", "203.0.113.7/", "0.0.0.0/0", "10.0.0.0/7", "::/0", "2001::/15", "fe80::1%eth0", "::ffff:0.0.0.0/97", "1.2.3.4,5.6.7.8"} {
		var e *chat.Error
		if _, err := svc.BanAddress(t.Context(), host, chat.NewAddressBan{Address: in}); !errors.As(err, &e) || e.Field != "address" {
			t.Errorf("%q: %v", in, err)
		}
	}
}

// Two services over one store are two nodes: what one bans holds at once
// there, and within a second at the other.
func TestAddressBanOverTwoNodes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := openStore(t, filepath.Join(t.TempDir(), "chat.db"))
		one, two := chat.New(store, nil), chat.New(store, nil)
		defer one.Close()
		defer two.Close()
		inside, outside := netip.MustParseAddr("2001:db8::7"), netip.MustParseAddr("2001:db9::7")
		ask := func(svc *chat.Service, from netip.Addr) error {
			_, err := svc.Hello(t.Context(), chat.Hello{From: from})
			return err
		}
		check := func(what string, svc *chat.Service, want error) {
			t.Helper()
			if err := ask(svc, inside); !errors.Is(err, want) {
				t.Errorf("%s: %v, want %v", what, err, want)
			}
			if err := ask(svc, outside); err != nil {
				t.Errorf("%s, from elsewhere: %v", what, err)
			}
		}
		check("before", one, nil)
		check("before, there", two, nil)
		before := two.BanChanges(t.Context())
		ban, err := one.BanAddress(t.Context(), host, chat.NewAddressBan{Address: "2001:db8::/32"})
		if err != nil {
			t.Fatal(err)
		}
		check("banned", one, chat.ErrBanned)
		time.Sleep(time.Second)
		check("banned, there", two, chat.ErrBanned)
		if two.BanChanges(t.Context()) == before {
			t.Error("the other node's streams are not told")
		}
		if err := two.LiftAddressBan(t.Context(), host, ban.ID); err != nil {
			t.Fatal(err)
		}
		check("lifted", two, nil)
		time.Sleep(time.Second)
		check("lifted, there", one, nil)
	})
}

// A banned visitor who comes back takes the address along, once, and it is
// free again when they are.
func TestBanTakesTheAddressAlong(t *testing.T) {
	svc := newService(t, nil)
	who, token := newVisitor(t, svc)
	if err := svc.BanVisitor(t.Context(), host, who.ID(), chat.NewBan{Reason: "Spam", WithAddress: true}); err != nil {
		t.Fatal(err)
	}
	for _, from := range []string{"2001:db8::7", "203.0.113.7"} {
		if _, err := svc.Hello(t.Context(), chat.Hello{Token: token, From: netip.MustParseAddr(from)}); !errors.Is(err, chat.ErrBanned) {
			t.Errorf("from %s: %v", from, err)
		}
	}
	page, err := svc.Bans(t.Context(), host, chat.Page{})
	if err != nil || len(page.Bans) != 1 || page.Bans[0].Address != "2001:db8::/64" || page.Bans[0].VisitorID != who.ID() || page.Bans[0].Reason != "Spam" {
		t.Errorf("bans are %+v, %v", page.Bans, err)
	}
	neighbour := chat.Hello{From: netip.MustParseAddr("2001:db8::8")}
	if _, err := svc.Hello(t.Context(), neighbour); !errors.Is(err, chat.ErrBanned) {
		t.Errorf("somebody else from there: %v", err)
	}
	if err := svc.LiftBan(t.Context(), host, who.ID()); err != nil {
		t.Fatal(err)
	}
	if _, err := svc.Hello(t.Context(), neighbour); err != nil {
		t.Errorf("after the ban was lifted: %v", err)
	}
}
