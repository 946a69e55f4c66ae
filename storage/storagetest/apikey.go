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
	k, err := f.store.APIKeyByHash(f.ctx, hash)
	f.noErr("APIKeyByHash", err)
	return k
}

func (f *fixture) newKey(name string) chat.APIKey {
	return chat.APIKey{ID: f.id("key"), Name: name, Prefix: "peal_ab12", Scopes: []string{chat.ScopeRead, chat.ScopeWrite}, CreatedAt: f.tick()}
}

func testSaveKey(f *fixture) {
	one, two := f.newKey("Zebra"), f.newKey("Ape")
	two.Scopes = nil
	res := f.do(chat.OpSaveAPIKey{Key: one, Hash: "h1"})
	f.equal("result", of(res.APIKey), one)
	f.wantEvents(res, "")
	f.do(chat.OpSaveAPIKey{Key: two, Hash: "h2"})
	f.equal("key", f.key("h1"), one)
	keys, err := f.store.APIKeys(f.ctx)
	f.noErr("Keys", err)
	f.equal("keys, the oldest first", keys, []chat.APIKey{one, two})
	for _, hash := range []string{"", "h3", "H1", one.ID} {
		f.wantErr("APIKeyByHash "+hash, errOf(f.store.APIKeyByHash(f.ctx, hash)), chat.ErrUnknownAPIKey)
	}
	two.Name = "Same id"
	f.fails(chat.OpSaveAPIKey{Key: two, Hash: "h3"}, chat.ErrConflict)
}

func testSaveKeyAgain(f *fixture) {
	k := f.newKey("First")
	f.do(chat.OpSaveAPIKey{Key: k, Hash: "h1"})
	f.do(chat.OpRevokeAPIKey{KeyID: k.ID, At: f.tick()})
	again := f.newKey("Second")
	again.Scopes = []string{chat.ScopeAdmin}
	res := f.duplicate(chat.OpSaveAPIKey{Key: again, Hash: "h1"})
	k.Name, k.Scopes = again.Name, again.Scopes
	f.equal("result", of(res.APIKey), k)
	f.equal("key", f.key("h1"), k)
}

func testRevokeKey(f *fixture) {
	k := f.newKey("Key")
	f.do(chat.OpSaveAPIKey{Key: k, Hash: "h1"})
	k.RevokedAt = f.tick()
	f.equal("result", of(f.do(chat.OpRevokeAPIKey{KeyID: k.ID, At: f.now}).APIKey), k)
	f.equal("key", f.key("h1"), k)
	f.equal("again", of(f.duplicate(chat.OpRevokeAPIKey{KeyID: k.ID, At: f.tick()}).APIKey), k)
	f.fails(chat.OpRevokeAPIKey{KeyID: "nothing", At: f.tick()}, chat.ErrUnknownAPIKey)
}

func testTouchKey(f *fixture) {
	k := f.newKey("Key")
	f.do(chat.OpSaveAPIKey{Key: k, Hash: "h1"})
	k.LastUsedAt = f.tick()
	res := f.do(chat.OpTouchAPIKey{KeyID: k.ID, At: f.now})
	f.equal("result", of(res.APIKey), k)
	f.wantEvents(res, "")
	f.equal("key", f.key("h1"), k)
	f.fails(chat.OpTouchAPIKey{KeyID: "nothing", At: f.tick()}, chat.ErrUnknownAPIKey)
}
