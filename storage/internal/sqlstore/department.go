package sqlstore

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"

	"github.com/pealchat/pealchat/chat"
)

// departmentRow is a row of department-columns.
type departmentRow struct {
	ID        int64
	PublicID  string         `db:"public_id"`
	Name      string         `db:"name"`
	NameKey   string         `db:"name_key"`
	Agents    string         `db:"agents"`
	Capacity  sql.NullInt64  `db:"capacity"`
	Hours     sql.NullString `db:"hours"`
	Routing   sql.NullString `db:"routing"`
	CreatedAt int64          `db:"created_at"`
	UpdatedAt int64          `db:"updated_at"`
}

func newDepartmentRow(d chat.Department) (row departmentRow, err error) {
	row = departmentRow{
		PublicID: d.ID, Name: d.Name, NameKey: chat.DepartmentKey(d.Name), Agents: "[]",
		CreatedAt: millis(d.CreatedAt), UpdatedAt: millis(d.UpdatedAt),
	}
	if d.Capacity != nil {
		row.Capacity = sql.NullInt64{Int64: int64(*d.Capacity), Valid: true}
	}
	if d.Routing != nil {
		row.Routing = sql.NullString{String: *d.Routing, Valid: true}
	}
	if row.Hours, err = encodeOpt("hours", d.Hours, d.Hours != nil); err == nil && len(d.AgentIDs) > 0 {
		row.Agents, err = encode("agents", d.AgentIDs)
	}
	return row, err
}

func (r departmentRow) department() (chat.Department, error) {
	d := chat.Department{ID: r.PublicID, Name: r.Name, CreatedAt: fromMillis(r.CreatedAt), UpdatedAt: fromMillis(r.UpdatedAt)}
	if r.Capacity.Valid {
		capacity := int(r.Capacity.Int64)
		d.Capacity = &capacity
	}
	if r.Routing.Valid {
		d.Routing = &r.Routing.String
	}
	err := json.Unmarshal([]byte(r.Agents), &d.AgentIDs)
	if err == nil && r.Hours.Valid {
		d.Hours = new(chat.Hours)
		err = json.Unmarshal([]byte(r.Hours.String), d.Hours)
	}
	if err != nil {
		return d, fmt.Errorf("sqlstore: department %s: %w", r.PublicID, err)
	}
	return d, nil
}

// Department implements chat.DepartmentStore.
func (s *Store) Department(ctx context.Context, id string) (chat.Department, error) {
	var row departmentRow
	if err := s.one(ctx, s.read.Department, &row, struct{ ID string }{id}, chat.ErrUnknownDepartment); err != nil {
		return chat.Department{}, err
	}
	return row.department()
}

// Departments implements chat.DepartmentStore.
func (s *Store) Departments(ctx context.Context, q chat.DepartmentQuery) (chat.DepartmentPage, error) {
	at := keyset{Limit: limit(chat.Page{Limit: q.Limit}) + 1, upwards: q.Before != ""}
	stmt, place := s.read.DepartmentAfter, q.After
	if at.upwards {
		stmt, place = s.read.DepartmentBefore, q.Before
	}
	var rows []departmentRow
	if err := s.many(ctx, stmt, &rows, struct {
		Place string
		Limit int
	}{place, at.Limit}); err != nil {
		return chat.DepartmentPage{}, err
	}
	rows, more := trim(at, rows)
	var page chat.DepartmentPage
	for _, row := range rows {
		d, err := row.department()
		if err != nil {
			return chat.DepartmentPage{}, err
		}
		page.Departments = append(page.Departments, d)
	}
	if more {
		page.Next = rows[at.last(len(rows))].NameKey
	}
	return page, nil
}

func (b *batch) saveDepartment(op chat.OpCreateDepartment) (chat.OpResult, error) {
	if op.Max > 0 {
		var there int
		if err := b.need(b.s.write.DepartmentCount, &there, nothing, sql.ErrNoRows); err != nil {
			return chat.OpResult{}, err
		}
		if there >= op.Max {
			return chat.OpResult{}, chat.ErrTooManyDepartments
		}
	}
	row, err := newDepartmentRow(op.Department)
	if err != nil {
		return chat.OpResult{}, err
	}
	return b.putDepartment(b.run(b.s.write.DepartmentInsert, row), row)
}

// putDepartment is the result of an insert or update that ended with err.
func (b *batch) putDepartment(err error, row departmentRow) (chat.OpResult, error) {
	if b.s.cfg.Classify(err) == Refused {
		err = chat.ErrDepartmentTaken
	}
	if err != nil {
		return chat.OpResult{}, err
	}
	d, err := row.department()
	return chat.OpResult{Department: &d}, err
}

func (b *batch) updateDepartment(op chat.OpUpdateDepartment) (chat.OpResult, error) {
	var before departmentRow
	if err := b.need(b.s.write.Department, &before, struct{ ID string }{op.Department.ID}, chat.ErrUnknownDepartment); err != nil {
		return chat.OpResult{}, err
	}
	if !op.IfUpdatedAt.IsZero() && millis(op.IfUpdatedAt) != before.UpdatedAt {
		return chat.OpResult{}, chat.ErrDepartmentChanged
	}
	row, err := newDepartmentRow(op.Department)
	if err != nil {
		return chat.OpResult{}, err
	}
	row.ID, row.CreatedAt = before.ID, before.CreatedAt
	same := before
	same.UpdatedAt = row.UpdatedAt
	if row == same {
		d, err := before.department()
		return chat.OpResult{Duplicate: true, Department: &d}, err
	}
	res, err := b.putDepartment(b.run(b.s.write.DepartmentUpdate, row), row)
	if err == nil && row.Name != before.Name {
		res.Events, err = b.renameInSessions(before.Name, row)
	}
	return res, err
}

func (b *batch) renameInSessions(old string, row departmentRow) (events []*chat.Event, err error) {
	var sessions []struct {
		ID   int64
		Open bool
	}
	if err := b.list(b.s.write.DepartmentRename, &sessions, struct {
		Old, Name string
		At        int64
	}{old, row.Name, row.UpdatedAt}); err != nil {
		return nil, err
	}
	for _, one := range sessions {
		if !one.Open {
			continue
		}
		changed, err := b.changed(one.ID, chat.EventSessionUpdated, row.UpdatedAt)
		if err != nil {
			return nil, err
		}
		events = append(events, changed.Events...)
	}
	return events, nil
}

func (b *batch) removeDepartment(op chat.OpDeleteDepartment) (chat.OpResult, error) {
	n, err := b.exec(b.s.write.DepartmentRemove, struct{ ID string }{op.DepartmentID})
	if err == nil && n == 0 {
		err = chat.ErrUnknownDepartment
	}
	return chat.OpResult{}, err
}
