package chat

import (
	"encoding/json"
	"strings"
	"time"
)

// Department is a part of the team. A session belongs to the department whose
// name it carries; a name that no department has is free text and means
// nothing to routing.
type Department struct {
	ID        string    `json:"department_id"`
	Name      string    `json:"name"`      // unique, whatever the letter case
	AgentIDs  []string  `json:"agent_ids"` // who answers its sessions
	Capacity  *int      `json:"capacity"`  // open sessions of one agent at most, 0 for no limit; nil means Routing.Capacity
	Hours     *Hours    `json:"hours"`     // nil means Settings.Hours
	Routing   *string   `json:"routing"`   // RouteManual or RouteRoundRobin; nil means Routing.Mode
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
}

// MarshalJSON writes times with milliseconds and an empty list as such.
func (d Department) MarshalJSON() ([]byte, error) {
	type plain Department
	d.AgentIDs = notNil(d.AgentIDs)
	return json.Marshal(struct {
		plain
		CreatedAt stamp `json:"created_at"`
		UpdatedAt stamp `json:"updated_at"`
	}{plain(d), stamp(d.CreatedAt), stamp(d.UpdatedAt)})
}

// Bounds on departments.
const (
	maxDepartments       = 200 // in all
	maxDepartmentName    = 100 // characters
	maxDepartmentMembers = 1000
	maxCapacity          = 1000
)

// DepartmentKey is what makes a department's name unique and puts it in
// order. Stores keep it beside the name.
func DepartmentKey(name string) string { return strings.ToLower(name) }

// DepartmentQuery asks for departments by name. At most one of After and
// Before is set: the page begins behind or ends before that key, which need
// not exist any more.
type DepartmentQuery struct {
	Limit         int
	After, Before string // DepartmentKey of a department
}

// DepartmentPage is one page of departments, by name. Next is empty when there
// is nothing further in the direction asked for.
type DepartmentPage struct {
	Departments []Department
	Next        string
}

// OpCreateDepartment inserts Department. A name that another has, also in another
// letter case: ErrDepartmentTaken. Where there are Max already, if Max is not
// 0: ErrTooManyDepartments. Event: none.
type OpCreateDepartment struct {
	Department Department
	Max        int
}

// OpUpdateDepartment puts Department in the place of the one with its ID;
// CreatedAt stays. With another name, the sessions that carry the old one
// carry the new one afterwards and their versions grow by 1. Event: one
// session_updated for each of them that is active. What changes nothing is a
// Duplicate. A name that another has: ErrDepartmentTaken. No such department:
// ErrUnknownDepartment. IfUpdatedAt, if not zero, must be the UpdatedAt of what
// is there, else ErrDepartmentChanged.
type OpUpdateDepartment struct {
	Department  Department
	IfUpdatedAt time.Time
}

// OpDeleteDepartment removes a department; sessions keep its name. No such
// department: ErrUnknownDepartment. Event: none.
type OpDeleteDepartment struct{ DepartmentID string }

func (OpCreateDepartment) op() {}
func (OpUpdateDepartment) op() {}
func (OpDeleteDepartment) op() {}
