package sqlstore

import (
	"cmp"
	"context"
	"database/sql"
	"slices"
	"strings"

	"github.com/pealchat/pealchat/chat"
)

// agentRow is a row of agent-columns.
type agentRow struct {
	PublicID     string `db:"public_id"`
	Name         string `db:"name"`
	Email        string `db:"email"`
	AvatarURL    string `db:"avatar_url"`
	Availability string `db:"availability"`
	Admin        bool   `db:"admin"`
}

func (r agentRow) agent() chat.Agent {
	return chat.Agent{
		ID: r.PublicID, Name: r.Name, Email: r.Email, AvatarURL: r.AvatarURL,
		Availability: r.Availability, Admin: r.Admin,
	}
}

// Agent implements chat.AgentStore.
func (s *Store) Agent(ctx context.Context, id string) (chat.Agent, error) {
	var row agentRow
	err := s.one(ctx, s.read.Agent, &row, struct{ ID string }{id}, chat.ErrUnknownAgent)
	return row.agent(), err
}

// Agents implements chat.AgentStore.
func (s *Store) Agents(ctx context.Context) ([]chat.Agent, error) {
	var rows []agentRow
	if err := s.many(ctx, s.read.AgentList, &rows, nothing); err != nil {
		return nil, err
	}
	agents := make([]chat.Agent, len(rows))
	for i, row := range rows {
		agents[i] = row.agent()
	}
	// Here and not in SQL, where letter case is a matter of the database.
	slices.SortStableFunc(agents, func(a, b chat.Agent) int {
		return cmp.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name))
	})
	return agents, nil
}

func (b *batch) findAgent(id string) (row int64, err error) {
	err = b.need(b.s.write.AgentFind, &row, struct{ ID string }{id}, chat.ErrUnknownAgent)
	return row, err
}

func (b *batch) saveAgent(op chat.OpSaveAgent) (chat.OpResult, error) {
	a := op.Agent
	arg := struct {
		agentRow
		Default string `db:"default_availability"`
	}{agentRow{a.ID, a.Name, a.Email, a.AvatarURL, a.Availability, a.Admin}, chat.Available}
	var row agentRow
	if err := b.need(b.s.write.AgentSave, &row, arg, sql.ErrNoRows); err != nil {
		return chat.OpResult{}, err
	}
	return chat.OpResult{Agent: new(row.agent())}, nil
}
