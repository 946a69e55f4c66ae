package storagetest

import "github.com/pealchat/pealchat/chat"

var pushRows = []row{
	{"Push/SaveReplaceRemove", testPush},
	{"Push/LatestOfAnAgentStay", testPushKeep},
}

func (f *fixture) push(id, agent string, keep int) chat.PushSubscription {
	f.Helper()
	p := chat.PushSubscription{ID: id, AgentID: agent, Endpoint: "https://push.example/" + id, P256DH: "key of " + agent, Auth: "auth", CreatedAt: f.tick()}
	f.wantEvents(f.do(chat.OpSavePushSubscription{Subscription: p, Keep: keep}), "")
	return p
}

func (f *fixture) wantPush(want ...chat.PushSubscription) {
	f.Helper()
	got, err := f.store.PushSubscriptions(f.ctx)
	f.noErr("PushSubscriptions", err)
	f.equal("subscriptions", len(got), len(want))
	for i := range min(len(got), len(want)) {
		f.equal("subscription", got[i], want[i])
	}
}

func testPush(f *fixture) {
	f.wantPush()
	one, two := f.push("1", "a1", 9), f.push("2", "a2", 9)
	f.wantPush(one, two)
	two = f.push("2", "a1", 9) // somebody else signed in there
	f.wantPush(one, two)
	f.wantEvents(f.do(chat.OpDeletePushSubscription{ID: "2", AgentID: "a2"}), "") // not theirs any more
	f.wantPush(one, two)
	f.do(chat.OpDeletePushSubscription{ID: "2", AgentID: "a1"})
	f.do(chat.OpDeletePushSubscription{ID: "2", AgentID: "a1"}) // again
	f.wantPush(one)
	f.do(chat.OpDeletePushSubscription{ID: "1"})
	f.wantPush()
}

func testPushKeep(f *fixture) {
	other := f.push("0", "a2", 2)
	f.push("3", "a1", 2)
	b := f.push("2", "a1", 2)
	f.wantPush(other, b, f.push("4", "a1", 2))
}
