package storagetest

import "github.com/pealchat/pealchat/chat"

var cannedReplyRows = []row{
	{"CannedReply/Save", testSaveCannedReply},
	{"CannedReply/ShortcutIsUnique", testCannedReplyUnique},
	{"CannedReply/Update", testUpdateCannedReply},
	{"CannedReply/Remove", testRemoveCannedReply},
	{"CannedReply/Pages", testCannedReplyPages},
}

func (f *fixture) newReply(shortcut string) chat.CannedReply {
	return chat.CannedReply{ID: f.id("reply"), Shortcut: shortcut, Text: "Text of " + shortcut + ",\nfor {{name}}", CreatedAt: f.tick(), UpdatedAt: f.now}
}

func (f *fixture) cannedReplies(q chat.CannedReplyQuery) chat.CannedReplyPage {
	f.Helper()
	p, err := f.store.CannedReplies(f.ctx, q)
	f.noErr("CannedReplies", err)
	return p
}

func testSaveCannedReply(f *fixture) {
	f.equal("before", f.cannedReplies(chat.CannedReplyQuery{}), chat.CannedReplyPage{})
	two, one := f.newReply("Shipping-UK"), f.newReply("shipping-eu")
	res := f.do(chat.OpCreateCannedReply{Reply: two})
	f.equal("result", of(res.CannedReply), two)
	f.wantEvents(res, "")
	f.do(chat.OpCreateCannedReply{Reply: one})
	f.equal("by shortcut", f.cannedReplies(chat.CannedReplyQuery{}).Replies, []chat.CannedReply{one, two})
}

func testCannedReplyUnique(f *fixture) {
	f.do(chat.OpCreateCannedReply{Reply: f.newReply("Käse_1")})
	f.fails(chat.OpCreateCannedReply{Reply: f.newReply("kÄSE_1")}, chat.ErrShortcutTaken)
	other := of(f.do(chat.OpCreateCannedReply{Reply: f.newReply("kase_1")}).CannedReply)
	f.fails(chat.OpUpdateCannedReply{ReplyID: other.ID, Shortcut: ptr("käse_1"), Text: ptr("x"), At: f.tick()}, chat.ErrShortcutTaken)
	f.equal("still two", f.cannedReplies(chat.CannedReplyQuery{}).Replies[0], other)
}

func testUpdateCannedReply(f *fixture) {
	r := of(f.do(chat.OpCreateCannedReply{Reply: f.newReply("hours")}).CannedReply)
	f.equal("nothing", of(f.duplicate(chat.OpUpdateCannedReply{ReplyID: r.ID, At: f.tick()}).CannedReply), r)
	f.equal("the same", of(f.duplicate(chat.OpUpdateCannedReply{ReplyID: r.ID, Shortcut: &r.Shortcut, Text: &r.Text, At: f.tick()}).CannedReply), r)
	r.Text, r.UpdatedAt = "We are here until six.", f.tick()
	res := f.do(chat.OpUpdateCannedReply{ReplyID: r.ID, Text: &r.Text, At: f.now})
	f.equal("text", of(res.CannedReply), r)
	f.wantEvents(res, "")
	r.Shortcut, r.UpdatedAt = "Hours", f.tick() // its own shortcut is not taken by another
	f.equal("shortcut", of(f.do(chat.OpUpdateCannedReply{ReplyID: r.ID, Shortcut: &r.Shortcut, At: f.now}).CannedReply), r)
	f.equal("list", f.cannedReplies(chat.CannedReplyQuery{}).Replies, []chat.CannedReply{r})
	f.fails(chat.OpUpdateCannedReply{ReplyID: "nothing", Text: ptr("x"), At: f.tick()}, chat.ErrUnknownCannedReply)
}

func testRemoveCannedReply(f *fixture) {
	gone, stays := f.newReply("a"), f.newReply("b")
	f.append(chat.OpCreateCannedReply{Reply: gone}, chat.OpCreateCannedReply{Reply: stays})
	f.wantEvents(f.do(chat.OpDeleteCannedReply{ReplyID: gone.ID}), "")
	f.equal("list", f.cannedReplies(chat.CannedReplyQuery{}).Replies, []chat.CannedReply{stays})
	f.fails(chat.OpDeleteCannedReply{ReplyID: gone.ID}, chat.ErrUnknownCannedReply)
	f.do(chat.OpCreateCannedReply{Reply: f.newReply("A")}) // the shortcut is free again
}

func testCannedReplyPages(f *fixture) {
	var all []chat.CannedReply
	for _, s := range []string{"-", "1", "B", "a", "c", "ä"} {
		all = append(all, of(f.do(chat.OpCreateCannedReply{Reply: f.newReply(s)}).CannedReply))
	}
	all[2], all[3] = all[3], all[2]
	page := f.cannedReplies(chat.CannedReplyQuery{Limit: 4})
	f.equal("first page", page, chat.CannedReplyPage{Replies: all[:4], Next: "b"})
	f.do(chat.OpDeleteCannedReply{ReplyID: all[3].ID}) // the place remains
	f.equal("second page", f.cannedReplies(chat.CannedReplyQuery{Limit: 4, After: page.Next}), chat.CannedReplyPage{Replies: all[4:]})
	f.equal("back", f.cannedReplies(chat.CannedReplyQuery{Limit: 2, Before: "b"}), chat.CannedReplyPage{Replies: all[1:3], Next: "1"})
	f.equal("to the start", f.cannedReplies(chat.CannedReplyQuery{Limit: 2, Before: "1"}), chat.CannedReplyPage{Replies: all[:1]})
}
