package chat

import (
	"context"
	"net/netip"
	"runtime/debug"
	"slices"
	"sync"
	"time"
)

// trailStep is how long views wait in memory, so that many go into one
// commit, and sharedTrailStep how long where other nodes are: what waits here
// they cannot read. trailLength is how many may wait, and trailBatch how many
// are written in one go, so that nobody's message waits for all of them.
const (
	trailStep       = 5 * time.Second
	sharedTrailStep = 250 * time.Millisecond
	trailLength     = 500
	trailBatch      = 50
)

// trail holds the views that are not stored yet.
type trail struct {
	turn    chan struct{} // holds a token while somebody stores: whoever reads after them finds all of it
	mu      sync.Mutex
	views   []PageView
	storing [][]PageView // those on their way to the store
}

// add takes in a view and says whether as many are waiting as may.
func (t *trail) add(v PageView) (full bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.views = append(t.views, v)
	return len(t.views) >= trailLength
}

// of returns the pages of a visitor that are not stored yet, or just now.
func (t *trail) of(visitorID string) (pages []PageView) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, views := range append(slices.Clip(t.storing), t.views) {
		for i := range views { // they are large
			if v := &views[i]; v.VisitorID == visitorID && v.Name == "" {
				pages = append(pages, *v)
			}
		}
	}
	return pages
}

// take returns the views that wait. done is called when they have been stored,
// or could not be.
func (t *trail) take() (views []PageView, done func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.views) == 0 {
		return nil, func() {}
	}
	views, t.views = t.views, nil
	t.storing = append(t.storing, views)
	return views, func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		t.storing = slices.DeleteFunc(t.storing, func(other []PageView) bool { return &other[0] == &views[0] })
	}
}

// storeTrail stores the views that wait, and returns when those on their way
// are stored too. Where that fails they are lost: they are worth less than the
// memory that an unreachable store would cost. They are not lost where whoever
// wanted to read them has gone.
func (s *Service) storeTrail(ctx context.Context) error {
	select {
	case s.trail.turn <- struct{}{}:
		defer func() { <-s.trail.turn }()
	case <-ctx.Done():
		return ctx.Err()
	}
	ctx = context.WithoutCancel(ctx)
	all, done := s.trail.take()
	defer done()
	for views := range slices.Chunk(all, trailBatch) {
		res, err := s.writer.do(ctx, OpAddPageViews{Views: views, Gap: visitGap})
		if err != nil {
			return err
		}
		if s.placeOf != nil {
			s.place(views, res.Began)
		}
	}
	return nil
}

// keepTrail stores the views that wait, again and again, until ctx ends or the
// service is closed.
func (s *Service) keepTrail(ctx context.Context) {
	step := trailStep
	if s.nodes.broker != nil {
		step = sharedTrailStep
	}
	tick := time.NewTicker(step)
	defer tick.Stop()
	for last := time.Now(); ; {
		select {
		case now := <-tick.C:
			if now.Sub(last) < trailStep && s.nodes.alone() {
				continue
			}
			last = now
			s.freshTrail(ctx)
		case <-s.closed:
			return
		case <-ctx.Done():
			return
		}
	}
}

// freshTrail stores the views that wait for somebody who is about to read what
// they change. Without them it is a few seconds old.
func (s *Service) freshTrail(ctx context.Context) {
	if err := s.storeTrail(ctx); err != nil {
		s.warn(ctx, "chat: could not store which pages visitors saw", "error", err)
	}
}

// Asking the host where an address is may take long: it is done beside
// everything else, a few addresses at a time, and where too many wait the
// latest remain without a place.
const (
	maxUnplaced = 1000
	placers     = 2
)

type unplaced struct {
	visitorID string
	address   netip.Addr
}

// place has the host asked where the visitors are who have begun a visit.
func (s *Service) place(views []PageView, began []string) {
	for _, id := range began {
		i := slices.IndexFunc(views, func(v PageView) bool { return v.VisitorID == id && v.from.IsValid() })
		if i < 0 {
			continue
		}
		select {
		case s.unplaced <- unplaced{id, s.tracking.Addresses.cut(views[i].from)}:
		default:
		}
	}
}

// findPlaces asks the host until ctx ends.
func (s *Service) findPlaces(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.closed:
			return
		case who := <-s.unplaced:
			place, ok := s.askPlace(who.address)
			if !ok {
				continue
			}
			_, err := s.writer.do(ctx, OpPlaceVisit{VisitorID: who.visitorID, Place: place})
			if err != nil && ctx.Err() == nil {
				s.log.Warn("chat: could not store where a visitor is", "error", err)
			}
		}
	}
}

// askPlace keeps a panic of the host's function to itself.
func (s *Service) askPlace(address netip.Addr) (place Place, ok bool) {
	defer func() {
		if v := recover(); v != nil {
			s.log.Error("chat: Options.Place panicked", "panic", v, "stack", string(debug.Stack()))
			ok = false
		}
	}()
	place = s.placeOf(address)
	for _, text := range []*string{&place.Country, &place.Region, &place.City, &place.Company} {
		clean, err := cleanLine("", shorten(*text, maxPlaceText), maxPlaceText)
		if err != nil {
			clean = ""
		}
		*text = clean
	}
	return place, place != Place{}
}

const maxPlaceText = 100
