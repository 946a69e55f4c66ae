package chat

import (
	"context"
	"encoding/base64"
	"errors"
	"slices"
	"strconv"
	"sync"
	"time"
)

// DepartmentChange names what to make a department of, or what to change of
// one; nil leaves it. A pointer to nil stands for the general rule.
type DepartmentChange struct {
	Name     *string   `json:"name"`
	AgentIDs *[]string `json:"agent_ids"`
	Capacity **int     `json:"capacity" null:"ok"`
	Hours    **Hours   `json:"hours" null:"ok"`
	Routing  **string  `json:"routing" null:"ok"`
}

// departmentsCache remembers the departments as they were last read.
type departmentsCache struct {
	mu      sync.Mutex
	list    []Department
	known   bool
	readAt  time.Time // zero where they never were
	changes int       // grows when one has changed: what was read before that is not kept
}

// Departments returns one page of departments, by name.
func (s *Service) Departments(ctx context.Context, by Actor, page Page) (DepartmentPage, error) {
	if err := by.need(ScopeRead); err != nil {
		return DepartmentPage{}, err
	}
	page, err := page.check()
	if err != nil {
		return DepartmentPage{}, err
	}
	q := DepartmentQuery{Limit: page.Limit}
	if q.After, err = parseDepartmentCursor(page.After); err != nil {
		return DepartmentPage{}, err
	}
	if q.Before, err = parseDepartmentCursor(page.Before); err != nil {
		return DepartmentPage{}, err
	}
	found, err := s.store.Departments(ctx, q)
	if found.Next != "" {
		found.Next = base64.RawURLEncoding.EncodeToString([]byte(departmentCursor + found.Next))
	}
	return found, err
}

// departmentCursor begins a cursor of this list, so that one of another is
// refused.
const departmentCursor = "department:"

func parseDepartmentCursor(text string) (string, error) {
	if text == "" {
		return "", nil
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || len(b) <= len(departmentCursor) || string(b[:len(departmentCursor)]) != departmentCursor {
		return "", ErrInvalidCursor
	}
	key := string(b[len(departmentCursor):])
	if clean, err := cleanLine("after", key, 4*maxDepartmentName); err != nil || clean != key || DepartmentKey(key) != key {
		return "", ErrInvalidCursor
	}
	return key, nil
}

// Department returns one department.
func (s *Service) Department(ctx context.Context, by Actor, id string) (Department, error) {
	if err := by.need(ScopeRead); err != nil {
		return Department{}, err
	}
	return s.store.Department(ctx, id)
}

// CreateDepartment makes a department. A name that is taken is refused with
// [ErrDepartmentTaken].
func (s *Service) CreateDepartment(ctx context.Context, by Actor, in DepartmentChange) (Department, error) {
	if err := by.need(ScopeAdmin); err != nil {
		return Department{}, err
	}
	if in.Name == nil {
		return Department{}, invalid("name", "name must not be empty.")
	}
	now := s.now()
	d, err := s.changeDepartment(ctx, Department{ID: newID(now), CreatedAt: now, UpdatedAt: now}, in)
	if err != nil {
		return Department{}, err
	}
	res, err := s.writer.do(ctx, OpCreateDepartment{Department: d, Max: maxDepartments})
	s.forgetDepartments()
	return found(res.Department, err)
}

// UpdateDepartment changes a department. Sessions that carry its name follow
// when that changes.
func (s *Service) UpdateDepartment(ctx context.Context, by Actor, id string, in DepartmentChange) (Department, error) {
	if err := by.need(ScopeAdmin); err != nil {
		return Department{}, err
	}
	for range 10 {
		before, err := s.store.Department(ctx, id)
		if err != nil {
			return Department{}, err
		}
		d, err := s.changeDepartment(ctx, before, in)
		if err != nil {
			return Department{}, err
		}
		d.UpdatedAt = later(s.now(), before.UpdatedAt)
		res, err := s.writer.do(ctx, OpUpdateDepartment{Department: d, IfUpdatedAt: before.UpdatedAt})
		s.forgetDepartments()
		if errors.Is(err, ErrDepartmentChanged) {
			continue // somebody changed another part of it meanwhile: theirs stays
		}
		return found(res.Department, err)
	}
	return Department{}, ErrBusy
}

// later returns now, or the moment after before where the clock has not moved
// on: a change always shows.
func later(now, before time.Time) time.Time {
	if now.After(before) {
		return now
	}
	return before.Add(time.Millisecond)
}

// DeleteDepartment removes a department. Sessions keep its name as text.
func (s *Service) DeleteDepartment(ctx context.Context, by Actor, id string) error {
	if err := by.need(ScopeAdmin); err != nil {
		return err
	}
	_, err := s.writer.do(ctx, OpDeleteDepartment{DepartmentID: id})
	s.forgetDepartments()
	return err
}

// changeDepartment returns d with the change, checked.
func (s *Service) changeDepartment(ctx context.Context, d Department, in DepartmentChange) (_ Department, err error) {
	if in.Name != nil {
		if d.Name, err = cleanLine("name", *in.Name, maxDepartmentName); err != nil {
			return d, err
		}
		if blank(d.Name) {
			return d, invalid("name", "name must not be empty.")
		}
	}
	if in.AgentIDs != nil {
		if d.AgentIDs, err = s.checkMembers(ctx, *in.AgentIDs); err != nil {
			return d, err
		}
	}
	if in.Capacity != nil {
		if d.Capacity = *in.Capacity; d.Capacity != nil {
			if err := checkRange("capacity", *d.Capacity, maxCapacity); err != nil {
				return d, err
			}
		}
	}
	if in.Hours != nil {
		if d.Hours = *in.Hours; d.Hours != nil {
			hours, _, err := d.Hours.check()
			if err != nil {
				return d, err
			}
			hours = hours.complete()
			d.Hours = &hours
		}
	}
	if in.Routing != nil {
		if d.Routing = *in.Routing; d.Routing != nil && *d.Routing != RouteManual && *d.Routing != RouteRoundRobin {
			return d, invalid("routing", `routing must be "manual", "round_robin" or null.`)
		}
	}
	return d, nil
}

// checkMembers refuses agents that there are not, and drops those named twice.
func (s *Service) checkMembers(ctx context.Context, ids []string) ([]string, error) {
	if len(ids) > maxDepartmentMembers {
		return nil, invalid("agent_ids", "agent_ids has more than "+strconv.Itoa(maxDepartmentMembers)+" entries.")
	}
	agents, err := s.store.Agents(ctx)
	if err != nil {
		return nil, err
	}
	members := []string{}
	for i, id := range ids {
		if !slices.ContainsFunc(agents, func(a Agent) bool { return a.ID == id }) {
			field := "agent_ids[" + strconv.Itoa(i) + "]"
			return nil, invalid(field, "There is no agent with the id in "+field+".")
		}
		if !slices.Contains(members, id) {
			members = append(members, id)
		}
	}
	return members, nil
}

func checkRange(field string, n, most int) error {
	if n < 0 || n > most {
		return invalid(field, field+" must be between 0 and "+strconv.Itoa(most)+".")
	}
	return nil
}

// departmentsNow returns all departments, by name. They may be a few seconds
// old. Where the store cannot be read they are what was last known.
func (s *Service) departmentsNow(ctx context.Context) ([]Department, error) {
	now := s.now()
	c := &s.departments
	c.mu.Lock()
	list, known, readAt, changes := c.list, c.known, c.readAt, c.changes
	c.mu.Unlock()
	if known && !now.Before(readAt) && now.Sub(readAt) < settingsTTL {
		return list, nil
	}
	limited := ctx
	if known {
		var cancel context.CancelFunc
		limited, cancel = context.WithTimeout(ctx, lastKnownAfter)
		defer cancel()
	}
	page, err := s.store.Departments(limited, DepartmentQuery{Limit: maxDepartments})
	if err != nil {
		if !readAt.IsZero() {
			if ctx.Err() == nil {
				c.postpone(readAt, now)
			}
			s.warn(ctx, "chat: could not read the departments; those last known hold", "error", err)
			return list, nil
		}
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if changes == c.changes {
		c.list, c.known, c.readAt = page.Departments, true, now
	}
	return page.Departments, nil
}

// postpone has them read again in a while, unless they were meanwhile.
func (c *departmentsCache) postpone(readAt, now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.known && c.readAt.Equal(readAt) {
		c.readAt = now
	}
}

// outdate has the departments read when they are needed next.
func (c *departmentsCache) outdate() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.known = false
	c.changes++
}

// forgetDepartments makes a change hold at once in this process; other nodes
// see it after settingsTTL at most.
func (s *Service) forgetDepartments() {
	s.departments.outdate()
	s.nodes.tell(note{Settings: true})
	s.routing.ring()
}

// OfferedDepartments returns the names that visitors may choose from: those of
// departments with somebody in them, where the settings ask for one.
func (s *Service) OfferedDepartments(ctx context.Context) ([]string, error) {
	settings, err := s.CurrentSettings(ctx)
	if err != nil || settings.PreChat.Department == AskOff {
		return []string{}, err
	}
	list, err := s.departmentsNow(ctx)
	names := []string{}
	for _, d := range list {
		if len(d.AgentIDs) > 0 {
			names = append(names, d.Name)
		}
	}
	return names, err
}

// requireDepartment refuses a visitor who has chosen none, where there is one
// to choose.
func (s *Service) requireDepartment(ctx context.Context) error {
	names, err := s.OfferedDepartments(ctx)
	if err == nil && len(names) > 0 {
		err = invalid("department", "department is required here.")
	}
	return err
}

// departmentNamed returns the department with a name, whatever its letter
// case; nil if there is none.
func departmentNamed(list []Department, name string) *Department {
	key := DepartmentKey(name)
	if i := slices.IndexFunc(list, func(d Department) bool { return DepartmentKey(d.Name) == key }); i >= 0 && name != "" {
		return &list[i]
	}
	return nil
}

// spelled returns a department's name as the department spells it, and other
// text as it is.
func (s *Service) spelled(ctx context.Context, name string) (string, error) {
	if name == "" {
		return "", nil
	}
	list, err := s.departmentsNow(ctx)
	if d := departmentNamed(list, name); d != nil {
		name = d.Name
	}
	return name, err
}
