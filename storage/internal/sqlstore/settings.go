package sqlstore

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/pealchat/pealchat/chat"
)

// settingsRow is a row of settings-get.
type settingsRow struct {
	Version int64  `db:"version"`
	Data    string `db:"data"`
}

func (r settingsRow) settings() (s chat.Settings, err error) {
	if err = json.Unmarshal([]byte(r.Data), &s); err != nil {
		return s, fmt.Errorf("sqlstore: settings: %w", err)
	}
	s.Version = r.Version
	return s, nil
}

var unsaved = chat.Settings{Version: chat.UnsavedVersion}

// Settings implements chat.SettingsStore.
func (s *Store) Settings(ctx context.Context) (chat.Settings, error) {
	var row settingsRow
	err := s.one(ctx, s.read.Settings, &row, nothing, sql.ErrNoRows)
	if errors.Is(err, sql.ErrNoRows) {
		return unsaved, nil
	}
	if err != nil {
		return chat.Settings{}, err
	}
	return row.settings()
}

func (b *batch) saveSettings(op chat.OpSaveSettings) (chat.OpResult, error) {
	row := settingsRow{Version: unsaved.Version}
	if _, err := b.get(b.s.write.Settings, &row, nothing); err != nil {
		return chat.OpResult{}, err
	}
	if op.IfVersion != 0 && op.IfVersion != row.Version {
		return chat.OpResult{}, chat.ErrSettingsChanged
	}
	saved := op.Settings
	saved.Version = row.Version + 1
	data, err := encode("settings", saved)
	if err != nil {
		return chat.OpResult{}, err
	}
	arg := struct {
		settingsRow
		At int64
	}{settingsRow{saved.Version, data}, millis(op.At)}
	return chat.OpResult{Settings: &saved}, b.run(b.s.write.SettingsSave, arg)
}
