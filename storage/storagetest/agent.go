package storagetest

import "github.com/pealchat/pealchat/chat"

var agentRows = []row{
	{"Agent/SaveInsertsAndUpdates", testSaveAgent},
	{"Agent/Availability", testAvailability},
	{"Agents/ByName", testAgents},
}

func testSaveAgent(f *fixture) {
	a := chat.Agent{ID: "a1", Name: "Ada 🦜", Email: "ada@example.com", AvatarURL: "/ada.png", Availability: chat.Away, Admin: true}
	res := f.do(chat.OpSaveAgent{Agent: a})
	f.equal("result", of(res.Agent), a)
	f.wantEvents(res, "")
	got, err := f.store.Agent(f.ctx, "a1")
	f.noErr("Agent", err)
	f.equal("agent", got, a)
	a = chat.Agent{ID: "a1", Name: "Ada L.", Availability: chat.Available}
	f.equal("update", of(f.do(chat.OpSaveAgent{Agent: a}).Agent), a)
	got, err = f.store.Agent(f.ctx, "a1")
	f.noErr("Agent", err)
	f.equal("updated agent", got, a)
	_, err = f.store.Agent(f.ctx, "nobody")
	f.wantErr("Agent", err, chat.ErrUnknownAgent)
	online := a
	online.Online = true
	f.equal("online is not stored", of(f.do(chat.OpSaveAgent{Agent: online}).Agent), a)
}

func testAvailability(f *fixture) {
	a := chat.Agent{ID: "a1", Name: "Ada"}
	f.equal("a new agent", of(f.do(chat.OpSaveAgent{Agent: a}).Agent).Availability, chat.Available)
	a.Availability = chat.Away
	f.do(chat.OpSaveAgent{Agent: a})
	a.Name, a.Availability = "Ada L.", ""
	got := of(f.do(chat.OpSaveAgent{Agent: a}).Agent)
	f.equal("an update without", [2]string{got.Name, got.Availability}, [2]string{"Ada L.", chat.Away})
}

func testAgents(f *fixture) {
	list := func() (names []string) {
		agents, err := f.store.Agents(f.ctx)
		f.noErr("Agents", err)
		for _, a := range agents {
			names = append(names, a.Name)
		}
		return names
	}
	f.equal("an empty store", list(), []string(nil))
	for _, name := range []string{"Cy", "bo", "Ada", "Bob", "ada"} {
		f.agent(name)
	}
	f.equal("agents", list(), []string{"Ada", "ada", "bo", "Bob", "Cy"})
}
