package storagetest

import "github.com/pealchat/pealchat/chat"

var settingsRows = []row{
	{"Settings/Unsaved", testUnsavedSettings},
	{"Settings/SaveReplaces", testSaveSettings},
	{"Settings/IfVersion", testSettingsVersion},
}

func (f *fixture) settings() chat.Settings {
	f.Helper()
	s, err := f.store.Settings(f.ctx)
	f.noErr("Settings", err)
	return s
}

func (f *fixture) fullSettings() chat.Settings {
	return chat.Settings{
		Name: "Alder & Clay", Greeting: "Two\nlines 🔔", Topics: []string{"Orders", "Returns"}, Color: "#1f6a6c", ReplyPromise: "Soon.",
		PreChat: chat.PreChat{VisitorName: chat.AskOptional, VisitorEmail: chat.AskRequired, Consent: "Used only to reply."},
		Away:    chat.AwayForm{Message: "Back soon.", VisitorEmail: chat.AskRequired},
		Hours: chat.Hours{Enabled: true, TimeZone: "Europe/Lisbon", Holidays: []string{"2026-12-25"},
			Weekly: chat.Week{Monday: []chat.Interval{{From: "09:00", To: "18:00"}}, Sunday: []chat.Interval{{From: "22:00", To: "02:00"}}}},
		Triggers: []chat.Trigger{{ID: "t1", Name: "Prices", Enabled: true, Message: "Can I help?\n🔔", Conditions: chat.Conditions{
			Page: "/prices*", SecondsOnPage: 20, Returning: ptr(false), CustomData: map[string]any{"plan": "pro", "trial": true}}}},
	}
}

func testUnsavedSettings(f *fixture) {
	f.equal("settings", f.settings(), chat.Settings{Version: chat.UnsavedVersion})
}

func testSaveSettings(f *fixture) {
	want := f.fullSettings()
	want.Version = 99
	res := f.do(chat.OpSaveSettings{Settings: want, At: f.tick()})
	want.Version = chat.UnsavedVersion + 1
	f.equal("result", of(res.Settings), want)
	f.wantEvents(res, "")
	f.equal("settings", f.settings(), want)

	want = chat.Settings{Name: "Only this", Version: want.Version + 1}
	f.equal("result", of(f.do(chat.OpSaveSettings{Settings: want, At: f.tick()}).Settings), want)
	f.equal("settings", f.settings(), want)
}

func testSettingsVersion(f *fixture) {
	first := f.fullSettings()
	f.fails(chat.OpSaveSettings{Settings: first, IfVersion: chat.UnsavedVersion + 1, At: f.tick()}, chat.ErrSettingsChanged)
	f.equal("settings", f.settings(), chat.Settings{Version: chat.UnsavedVersion})
	first = of(f.do(chat.OpSaveSettings{Settings: first, IfVersion: chat.UnsavedVersion, At: f.tick()}).Settings)
	f.fails(chat.OpSaveSettings{Settings: chat.Settings{Name: "Late"}, IfVersion: chat.UnsavedVersion, At: f.tick()}, chat.ErrSettingsChanged)
	f.equal("settings", f.settings(), first)

	// Of two in one batch the second comes too late as well.
	res := f.append(
		chat.OpSaveSettings{Settings: chat.Settings{Name: "Won"}, IfVersion: first.Version, At: f.tick()},
		chat.OpSaveSettings{Settings: chat.Settings{Name: "Lost"}, IfVersion: first.Version, At: f.now},
	)
	f.noErr("first", res[0].Err)
	f.wantErr("second", res[1].Err, chat.ErrSettingsChanged)
	f.equal("name", f.settings().Name, "Won")
}
