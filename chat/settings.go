package chat

import (
	"context"
	"sync"
	"time"
)

// settingsTTL is how long settings are taken as read. Within a process a
// change holds at once; other nodes see it after this long at most.
const settingsTTL = 3 * time.Second

// settingsCache remembers the settings as they were last read.
type settingsCache struct {
	mu     sync.Mutex
	value  Settings
	zone   *time.Location
	readAt time.Time
	open   *bool // what visitors were last told about the hours
}

// keep takes in settings that were read or saved, unless newer ones are known.
func (c *settingsCache) keep(value Settings, now time.Time) (Settings, *time.Location) {
	zone, err := time.LoadLocation(value.Hours.TimeZone)
	if err != nil {
		zone = time.UTC // saved on a machine that knew it
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.zone == nil || value.Version >= c.value.Version {
		c.value, c.zone = value, zone
	}
	c.readAt = now
	return c.value, c.zone
}

// outdate has the settings read when they are needed next.
func (c *settingsCache) outdate() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.readAt = time.Time{}
}

// lastKnownAfter is how long anybody waits for what was read before and is not
// known to have changed: a store that does not answer would else take its time
// for each such thing, before it takes it for what they want.
const lastKnownAfter = 500 * time.Millisecond

// postpone has the settings read again in a while, unless they were meanwhile.
func (c *settingsCache) postpone(readAt, now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.readAt.Equal(readAt) {
		c.readAt = now
	}
}

// Settings returns the settings, for agents.
func (s *Service) Settings(ctx context.Context, by Actor) (Settings, error) {
	if err := by.need(ScopeRead); err != nil {
		return Settings{}, err
	}
	value, err := s.store.Settings(ctx)
	if err != nil {
		return Settings{}, err
	}
	value, _ = s.settings.keep(value.complete(), s.now())
	return value, nil
}

// CurrentSettings returns the settings in force, for the host's code. They
// may be a few seconds old. Where the store cannot be read they are what was
// last known.
func (s *Service) CurrentSettings(ctx context.Context) (Settings, error) {
	value, _, err := s.settingsNow(ctx)
	return value, err
}

func (s *Service) settingsNow(ctx context.Context) (Settings, *time.Location, error) {
	now := s.now()
	c := &s.settings
	c.mu.Lock()
	value, zone, readAt := c.value, c.zone, c.readAt
	c.mu.Unlock()
	if zone != nil && !now.Before(readAt) && now.Sub(readAt) < settingsTTL {
		return value, zone, nil
	}
	limited := ctx
	if zone != nil && !readAt.IsZero() {
		var cancel context.CancelFunc
		limited, cancel = context.WithTimeout(ctx, lastKnownAfter)
		defer cancel()
	}
	fresh, err := s.store.Settings(limited)
	switch {
	case err == nil:
		value, zone = c.keep(fresh.complete(), now)
	case zone != nil:
		if ctx.Err() == nil {
			c.postpone(readAt, now)
		}
		s.warn(ctx, "chat: could not read the settings; those last known hold", "error", err)
		err = nil
	}
	return value, zone, err
}

// SaveSettings replaces the settings as a whole. Where in.Version is not 0 and
// somebody has saved since, nothing is changed and the error is
// ErrSettingsChanged.
func (s *Service) SaveSettings(ctx context.Context, by Actor, in Settings) (Settings, error) {
	if err := by.need(ScopeAdmin); err != nil {
		return Settings{}, err
	}
	ifVersion := in.Version
	if ifVersion < 0 {
		return Settings{}, invalid("version", "version must not be negative.")
	}
	in, err := in.check()
	if err == nil {
		in.Triggers, err = checkTriggers(in.Triggers, s.now())
	}
	if err != nil {
		return Settings{}, err
	}
	res, err := s.writer.do(ctx, OpSaveSettings{Settings: in, IfVersion: ifVersion, At: s.now()})
	if err != nil {
		return Settings{}, err
	}
	saved, _ := found(res.Settings, nil)
	saved, _ = s.settings.keep(saved.complete(), s.now())
	s.nodes.tell(note{Settings: true})
	ctx, cancel := afterwards(ctx)
	defer cancel()
	s.watchHours(ctx)
	s.routing.ring()
	return saved, nil
}

// Hours says whether it is within the opening hours now, and when that
// changes next; zero where it never does. A store that cannot be read counts
// as open.
func (s *Service) Hours(ctx context.Context) (open bool, next time.Time) {
	value, zone, err := s.settingsNow(ctx)
	if err != nil {
		s.warn(ctx, "chat: could not read the opening hours", "error", err)
		return true, time.Time{}
	}
	return value.Hours.openIn(zone, s.now())
}

// watchHours tells visitors when the opening hours begin or end, as the clock
// or a change of the settings makes them.
func (s *Service) watchHours(ctx context.Context) {
	open, _ := s.Hours(ctx)
	c := &s.settings
	c.mu.Lock()
	changed := c.open != nil && *c.open != open
	c.open = &open
	c.mu.Unlock()
	if changed {
		s.tellTeam(ctx)
	}
}
