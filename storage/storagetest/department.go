package storagetest

import (
	"fmt"

	"github.com/pealchat/pealchat/chat"
)

var departmentRows = []row{
	{"Department/Save", testSaveDepartment},
	{"Department/NameIsUnique", testDepartmentUnique},
	{"Department/Update", testUpdateDepartment},
	{"Department/RenameInSessions", testRenameDepartment},
	{"Department/Remove", testRemoveDepartment},
	{"Department/Pages", testDepartmentPages},
}

func (f *fixture) newDepartment(name string) chat.Department {
	return chat.Department{ID: f.id("department"), Name: name, AgentIDs: []string{}, CreatedAt: f.tick(), UpdatedAt: f.now}
}

func (f *fixture) department(name string, agents ...string) chat.Department {
	f.Helper()
	d := f.newDepartment(name)
	d.AgentIDs = agents
	return of(f.do(chat.OpCreateDepartment{Department: d}).Department)
}

func (f *fixture) departments(q chat.DepartmentQuery) chat.DepartmentPage {
	f.Helper()
	p, err := f.store.Departments(f.ctx, q)
	f.noErr("Departments", err)
	return p
}

func testSaveDepartment(f *fixture) {
	f.equal("before", f.departments(chat.DepartmentQuery{}), chat.DepartmentPage{})
	full := f.newDepartment("Verkauf & Söhne")
	full.AgentIDs = []string{"b", "a"}
	full.Capacity, full.Routing = ptr(0), ptr(chat.RouteRoundRobin)
	full.Hours = &chat.Hours{Enabled: true, TimeZone: "Europe/Lisbon", Holidays: []string{"2026-12-25"}}
	full.Hours.Weekly.Monday = []chat.Interval{{From: "09:00", To: "17:30"}}
	res := f.do(chat.OpCreateDepartment{Department: full})
	f.equal("result", of(res.Department), full)
	f.wantEvents(res, "")
	bare := f.newDepartment("Care")
	f.do(chat.OpCreateDepartment{Department: bare, Max: 2})
	f.equal("by name", f.departments(chat.DepartmentQuery{}).Departments, []chat.Department{bare, full})
	one, err := f.store.Department(f.ctx, full.ID)
	f.noErr("Department", err)
	f.equal("one", one, full)
	_, err = f.store.Department(f.ctx, "nothing")
	f.wantErr("no such department", err, chat.ErrUnknownDepartment)
	f.fails(chat.OpCreateDepartment{Department: f.newDepartment("Third"), Max: 2}, chat.ErrTooManyDepartments)
}

func testDepartmentUnique(f *fixture) {
	f.department("Größe")
	f.fails(chat.OpCreateDepartment{Department: f.newDepartment("gRÖßE")}, chat.ErrDepartmentTaken)
	other := f.department("Grosse")
	taken := other
	taken.Name = "größe"
	f.fails(chat.OpUpdateDepartment{Department: taken}, chat.ErrDepartmentTaken)
	f.equal("as it was", f.departments(chat.DepartmentQuery{}).Departments[0], other)
}

func testUpdateDepartment(f *fixture) {
	d := f.department("Care", "ada")
	f.equal("the same", of(f.duplicate(chat.OpUpdateDepartment{Department: d}).Department), d)
	created := d.CreatedAt
	d.Name, d.AgentIDs, d.Capacity, d.Routing, d.UpdatedAt = "care", []string{}, ptr(3), ptr(chat.RouteManual), f.tick()
	d.Hours = &chat.Hours{Enabled: true, TimeZone: "UTC"}
	d.CreatedAt = f.tick()
	res := f.do(chat.OpUpdateDepartment{Department: d})
	d.CreatedAt = created
	f.equal("result", of(res.Department), d)
	f.wantEvents(res, "")
	d.Capacity, d.Routing, d.Hours, d.UpdatedAt = nil, nil, nil, f.tick()
	before := f.departments(chat.DepartmentQuery{}).Departments[0].UpdatedAt
	f.fails(chat.OpUpdateDepartment{Department: d, IfUpdatedAt: created}, chat.ErrDepartmentChanged)
	f.equal("emptied", of(f.do(chat.OpUpdateDepartment{Department: d, IfUpdatedAt: before}).Department), d)
	f.equal("list", f.departments(chat.DepartmentQuery{}).Departments, []chat.Department{d})
	d.ID = "nothing"
	f.fails(chat.OpUpdateDepartment{Department: d}, chat.ErrUnknownDepartment)
}

func testRenameDepartment(f *fixture) {
	d := f.department("Care")
	var s []string
	for _, name := range []string{"Care", "Care", "care", "Sales"} {
		in := f.newSession(f.visitor().ID)
		in.Department = name
		s = append(s, f.do(chat.OpCreateSession{Session: in}).Session.ID)
	}
	f.do(chat.OpCloseSession{SessionID: s[1], At: f.tick()})
	open, closed := f.session(s[0]), f.session(s[1])
	d.Name, d.UpdatedAt = "Customer care", f.tick()
	res := f.do(chat.OpUpdateDepartment{Department: d})
	f.wantEvents(res, "session_updated")
	open.Department, open.Version, open.UpdatedAt = d.Name, open.Version+1, d.UpdatedAt
	closed.Department, closed.Version, closed.UpdatedAt = d.Name, closed.Version+1, d.UpdatedAt
	f.equal("the open one", f.session(s[0]), open)
	f.equal("the closed one", f.session(s[1]), closed)
	f.equal("another spelling", f.session(s[2]).Department, "care")
	f.equal("another department", f.session(s[3]).Department, "Sales")
}

func testRemoveDepartment(f *fixture) {
	gone, stays := f.department("A"), f.department("B")
	in := f.newSession(f.visitor().ID)
	in.Department = "A"
	s := f.do(chat.OpCreateSession{Session: in}).Session
	f.wantEvents(f.do(chat.OpDeleteDepartment{DepartmentID: gone.ID}), "")
	f.equal("list", f.departments(chat.DepartmentQuery{}).Departments, []chat.Department{stays})
	f.equal("the session keeps the name", f.session(s.ID), s)
	f.fails(chat.OpDeleteDepartment{DepartmentID: gone.ID}, chat.ErrUnknownDepartment)
	f.department("a") // the name is free again
}

func testDepartmentPages(f *fixture) {
	var all []chat.Department
	for _, name := range []string{"1", "a", "B", "c", "ä"} {
		all = append(all, f.department(name))
	}
	page := f.departments(chat.DepartmentQuery{Limit: 3})
	f.equal("first page", page, chat.DepartmentPage{Departments: all[:3], Next: "b"})
	f.do(chat.OpDeleteDepartment{DepartmentID: all[2].ID}) // the place remains
	f.equal("second page", f.departments(chat.DepartmentQuery{Limit: 3, After: page.Next}), chat.DepartmentPage{Departments: all[3:]})
	back := f.departments(chat.DepartmentQuery{Limit: 1, Before: "b"})
	f.equal("back", fmt.Sprint(back.Departments[0].Name, back.Next), "aa")
}
