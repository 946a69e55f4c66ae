package storagetest

import "github.com/pealchat/pealchat/chat"

var keyRows = []row{
	{"Key/SaveAndFind", testSaveKey},
	{"Key/SameHashIsUpdated", testSaveKeyAgain},
	{"Key/Revoke", testRevokeKey},
	{"Key/Touch", testTouchKey},
}

func (f *fixture) key(hash string) chat.APIKey {
	f.Helper()
	k, err := f.store.KeyByHash(f.ctx, hash)
	f.noErr("KeyByHash", err)
	return k
}

func (f *fixture) newKey(name string) chat.APIKey {
	return chat.APIKey{ID: f.id("key"), Name: name, Prefix: "peal_ab12", Scopes: []string{chat.ScopeRead, chat.ScopeWrite}, CreatedAt: f.tick()}
}

func testSaveKey(f *fixture) {
	one, two := f.newKey("Zebra"), f.newKey("Ape")
	two.Scopes = nil
	res := f.do(chat.SaveKey{Key: one, Hash: "h1"})
	f.equal("result", res.Key, one)
	f.wantEvents(res, "")
	f.do(chat.SaveKey{Key: two, Hash: "h2"})
	f.equal("key", f.key("h1"), one)
	keys, err := f.store.Keys(f.ctx)
	f.noErr("Keys", err)
	f.equal("keys, the oldest first", keys, []chat.APIKey{one, two})
	for _, hash := range []string{"", "h3", "H1", one.ID} {
		f.wantErr("KeyByHash "+hash, errOf(f.store.KeyByHash(f.ctx, hash)), chat.ErrUnknownKey)
	}
	two.Name = "Same id"
	f.fails(chat.SaveKey{Key: two, Hash: "h3"}, chat.ErrConflict)
}

func testSaveKeyAgain(f *fixture) {
	k := f.newKey("First")
	f.do(chat.SaveKey{Key: k, Hash: "h1"})
	f.do(chat.RevokeKey{KeyID: k.ID, At: f.tick()})
	again := f.newKey("Second")
	again.Scopes = []string{chat.ScopeAdmin}
	res := f.duplicate(chat.SaveKey{Key: again, Hash: "h1"})
	k.Name, k.Scopes = again.Name, again.Scopes
	f.equal("result", res.Key, k)
	f.equal("key", f.key("h1"), k)
}

func testRevokeKey(f *fixture) {
	k := f.newKey("Key")
	f.do(chat.SaveKey{Key: k, Hash: "h1"})
	k.RevokedAt = f.tick()
	f.equal("result", f.do(chat.RevokeKey{KeyID: k.ID, At: f.now}).Key, k)
	f.equal("key", f.key("h1"), k)
	f.equal("again", f.duplicate(chat.RevokeKey{KeyID: k.ID, At: f.tick()}).Key, k)
	f.fails(chat.RevokeKey{KeyID: "nothing", At: f.tick()}, chat.ErrUnknownKey)
}

func testTouchKey(f *fixture) {
	k := f.newKey("Key")
	f.do(chat.SaveKey{Key: k, Hash: "h1"})
	k.LastUsedAt = f.tick()
	res := f.do(chat.TouchKey{KeyID: k.ID, At: f.now})
	f.equal("result", res.Key, k)
	f.wantEvents(res, "")
	f.equal("key", f.key("h1"), k)
	f.fails(chat.TouchKey{KeyID: "nothing", At: f.tick()}, chat.ErrUnknownKey)
}
