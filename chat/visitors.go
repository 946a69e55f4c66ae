package chat

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"regexp"
)

// Hello is what a browser says when it begins.
type Hello struct {
	Token     string    // from an earlier hello, if it has one
	Identity  *Identity // whom the host knows this person to be, if it does
	VisitorID string    // who the host's word says comes back; empty, or somebody whom the host's login does not know
	Page      *PageRef
	Locale    string // a BCP 47 tag, such as "pt-BR"
	TimeZone  string // an IANA name, such as "Europe/Lisbon"; may be empty
	UserAgent string
	From      netip.Addr // the address they come from; it is not kept
}

// Welcome is the answer to a Hello.
type Welcome struct {
	Token   string // for all further calls; the only copy
	Visitor Visitor
	Session *Session // the visitor's open session, if there is one
}

// zoneName is the form of the names that browsers have for time zones. Whether
// there is such a zone shows where a time is written in it.
var zoneName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_+/-]{0,63}$`)

var errDeadToken = &Error{Kind: ErrUnauthenticated, Code: "invalid_token", Message: "This visitor token is not valid. Say hello again."}

// Hello recognises a visitor by token or by the host's word, or makes a new
// one. Where the host knows the person, that decides: the token of somebody
// else opens nothing, and the sessions of an anonymous visitor pass to the
// person they turned out to be, under a new token.
func (s *Service) Hello(ctx context.Context, in Hello) (Welcome, error) {
	page, err := checkPage("page.", in.Page)
	if err != nil {
		return Welcome{}, err
	}
	page = s.tracking.barePage(page)
	if in.Locale, err = cleanLine("locale", in.Locale, 35); err != nil {
		return Welcome{}, err
	}
	if in.TimeZone != "" && !zoneName.MatchString(in.TimeZone) {
		return Welcome{}, invalid("time_zone", "time_zone must be an IANA name such as \"Europe/Lisbon\".")
	}
	if in.UserAgent, err = cleanLine("User-Agent", shortenRaw(in.UserAgent, 400), 400); err != nil {
		in.UserAgent = "" // a header that no browser sends is not worth a refusal
	}
	was, err := s.visitorByToken(ctx, in.Token)
	if err != nil {
		return Welcome{}, err
	}
	w := Welcome{Token: in.Token}
	if in.Identity != nil {
		w.Visitor, err = s.identified(ctx, *in.Identity)
	} else if in.VisitorID != "" {
		w.Visitor, err = s.anonymous(ctx, in.VisitorID)
	} else if was != nil && was.ExternalID == "" {
		w.Visitor = *was
	}
	if err != nil {
		return Welcome{}, err
	}
	now := s.now()
	// Whoever was banned before they signed in takes their sessions, and the
	// ban, along.
	err = s.Admit(ctx, AsVisitor(w.Visitor), in.From)
	if err == nil && was != nil && was.ExternalID == "" {
		err = s.Admit(ctx, AsVisitor(*was), in.From)
	}
	if err != nil {
		return Welcome{}, err
	}
	made := w.Visitor.ID == ""
	if made {
		w.Visitor = Visitor{ID: newID(now), CreatedAt: now, ExternalID: w.Visitor.ExternalID, Name: w.Visitor.Name,
			Email: w.Visitor.Email, Verified: w.Visitor.Verified, CustomData: w.Visitor.CustomData}
	}
	w.Visitor.LastSeenAt = now
	w.Visitor.TimeZone = cmp.Or(in.TimeZone, w.Visitor.TimeZone)
	w.Visitor.Locale, w.Visitor.UserAgent = cmp.Or(in.Locale, w.Visitor.Locale), cmp.Or(in.UserAgent, w.Visitor.UserAgent)
	if page != nil {
		w.Visitor.Page = page
	}
	w, err = s.admit(ctx, w, was)
	if err != nil || made && was == nil && w.Visitor.ExternalID == "" {
		return w, err // they cannot have a session yet, and a question that failed would cost them their token
	}
	w.Session, err = s.openSession(ctx, w.Visitor.ID)
	if err != nil {
		return Welcome{}, err
	}
	return w, nil
}

// admit saves the visitor, with a new token where the one they brought was
// not theirs.
func (s *Service) admit(ctx context.Context, w Welcome, was *Visitor) (Welcome, error) {
	op := OpSaveVisitor{Visitor: w.Visitor}
	if was == nil || was.ID != w.Visitor.ID {
		w.Token = newSecret("")
		op.TokenHash = hashSecret(w.Token)
	}
	res, err := s.writer.do(ctx, op)
	if err != nil {
		return Welcome{}, err
	}
	w.Visitor = res.Visitor
	if was != nil && was.ID != w.Visitor.ID && was.ExternalID == "" && w.Visitor.ExternalID != "" {
		if _, err := s.writer.do(ctx, OpMergeVisitor{From: was.ID, To: w.Visitor.ID, At: s.now()}); err != nil {
			return Welcome{}, err
		}
	}
	return w, nil
}

// openSession returns a visitor's open session, nil if there is none.
func (s *Service) openSession(ctx context.Context, visitorID string) (*Session, error) {
	open, err := s.store.Sessions(ctx, SessionQuery{Page: Page{Limit: 1}, VisitorID: visitorID, Status: StatusActive})
	if err != nil || len(open.Sessions) == 0 {
		return nil, err
	}
	session := s.online(open.Sessions[0])
	return &session, nil
}

// identified returns the visitor whom the host knows, with what the host says
// about them now. Without an ID it is one to be made.
func (s *Service) identified(ctx context.Context, id Identity) (Visitor, error) {
	if id.ID == "" {
		return Visitor{}, errors.New("chat: the host identified a visitor without an ID")
	}
	v, err := s.store.VisitorByExternalID(ctx, id.ID)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return Visitor{}, err
	}
	name, err := cleanLine("Name", id.Name, s.limits.Name)
	if err == nil {
		err = s.checkCustomData(id.CustomData)
	}
	if err != nil {
		// %v: the host is at fault, so this must not look like a caller's mistake.
		return Visitor{}, fmt.Errorf("chat: what the host says about a visitor cannot be kept: %v", err)
	}
	v.ExternalID, v.Verified = id.ID, true
	v.Name, v.Email = cmp.Or(name, v.Name), cmp.Or(id.Email, v.Email)
	if id.CustomData != nil {
		v.CustomData = id.CustomData
	}
	return v, nil
}

// anonymous returns a visitor of whom the host's login does not know who they
// are. Others come in by that login only: ErrUnknownVisitor.
func (s *Service) anonymous(ctx context.Context, id string) (Visitor, error) {
	v, err := s.store.Visitor(ctx, id)
	if err == nil && v.ExternalID != "" {
		err = ErrUnknownVisitor
	}
	return v, err
}

func (s *Service) visitorByToken(ctx context.Context, token string) (*Visitor, error) {
	if token == "" {
		return nil, nil
	}
	v, err := s.store.VisitorByToken(ctx, hashSecret(token))
	if errors.Is(err, ErrNotFound) {
		return nil, nil
	}
	return &v, err
}

// VisitorByToken returns the visitor whose token it is. known is whom the
// host says this person is, nil if it does not know them: a token made for a
// person whom the host knows is good only while the host still says so, and
// one made before the host knew them is not good any more. Otherwise the
// error matches ErrUnauthenticated.
func (s *Service) VisitorByToken(ctx context.Context, token string, known *Identity) (Visitor, error) {
	v, err := s.visitorByToken(ctx, token)
	if err != nil {
		return Visitor{}, err
	}
	var id string
	if known != nil {
		id = known.ID
	}
	if v == nil || v.ExternalID != id {
		return Visitor{}, errDeadToken
	}
	return *v, nil
}

// Visitor returns one visitor, for agents.
func (s *Service) Visitor(ctx context.Context, by Actor, id string) (Visitor, error) {
	if err := by.need(ScopeRead); err != nil {
		return Visitor{}, err
	}
	s.freshTrail(ctx)
	v, err := s.store.Visitor(ctx, id)
	return s.present(v), err
}

// present fills in what is not stored of a visitor.
func (s *Service) present(v Visitor) Visitor {
	now := s.now()
	v.Online = s.presence.here(visitorKey(v.ID), now)
	v.Banned = v.Banned.inForce(now)
	return v
}

// VisitorFilter says which visitors a list shows; the zero filter shows all.
type VisitorFilter struct {
	Online bool // only those who are present
	Banned bool // only those who are banned
}

// Visitors returns one page of visitors, the latest seen first.
func (s *Service) Visitors(ctx context.Context, by Actor, page Page, show VisitorFilter) (VisitorPage, error) {
	if err := by.need(ScopeRead); err != nil {
		return VisitorPage{}, err
	}
	var q VisitorQuery
	var err error
	if q.Page, err = page.check(); err != nil {
		return VisitorPage{}, err
	}
	if show.Banned {
		q.BannedAt = s.now()
	}
	if show.Online {
		s.freshTrail(ctx)
		q.IDs = s.presence.list(SenderVisitor, s.now())
	}
	visitors, err := s.store.Visitors(ctx, q)
	for i, v := range visitors.Visitors {
		visitors.Visitors[i] = s.present(v)
	}
	return visitors, err
}

// EraseVisitor removes everything that is held about a visitor. A visitor may
// erase themselves; on the agents' side it takes an admin.
func (s *Service) EraseVisitor(ctx context.Context, by Actor, id string) error {
	if !by.IsVisitor() {
		if err := by.need(ScopeAdmin); err != nil {
			return err
		}
	} else if by.id != id {
		return ErrUnknownVisitor
	}
	res, err := s.writer.do(ctx, OpEraseVisitor{VisitorID: id})
	if err != nil {
		return err
	}
	s.dropFiles(ctx, res.Files)
	s.unindexed.Store(true)
	if err := s.index(ctx, eraseSteps, indexStep); err != nil {
		s.warn(ctx, "chat: the search index may still hold single words of an erased visitor; the next search goes on removing them", "error", err)
	}
	if s.leave(visitorKey(id)) {
		s.tell(EventVisitorOffline, "", id, VisitorPresence{VisitorID: id})
	}
	return nil
}
