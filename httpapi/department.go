package httpapi

import (
	"net/http"

	"github.com/pealchat/pealchat/chat"
)

type departmentList struct {
	Departments []chat.Department `json:"departments"`
	Next        string            `json:"next_cursor,omitempty"`
}

func (h *Handler) departments(r *http.Request, by caller) (answer, error) {
	p := queryOf(r)
	page := p.page()
	if p.err != nil {
		return answer{}, p.err
	}
	list, err := h.svc.Departments(r.Context(), by.Actor, page)
	return done(departmentList{orEmpty(list.Departments), list.Next}), nameCursor(err, page)
}

func (h *Handler) department(r *http.Request, by caller) (answer, error) {
	d, err := h.svc.Department(r.Context(), by.Actor, r.PathValue("department_id"))
	return done(d), err
}

func (h *Handler) createDepartment(r *http.Request, by caller, in chat.DepartmentChange) (answer, error) {
	d, err := h.svc.CreateDepartment(r.Context(), by.Actor, in)
	out := created(d)
	out.location = "departments/" + d.ID
	return out, err
}

func (h *Handler) updateDepartment(r *http.Request, by caller, in chat.DepartmentChange) (answer, error) {
	d, err := h.svc.UpdateDepartment(r.Context(), by.Actor, r.PathValue("department_id"), in)
	return done(d), err
}

func (h *Handler) removeDepartment(r *http.Request, by caller) (answer, error) {
	return noContent, h.svc.DeleteDepartment(r.Context(), by.Actor, r.PathValue("department_id"))
}
