package storagetest

import (
	"bytes"
	"time"

	"github.com/pealchat/pealchat/chat"
)

var fileRows = []row{
	{"File/BelongsToItsMessage", testFile},
	{"File/ChunksAreExact", testFileChunks},
	{"File/HasOneMessage", testFileClaimedOnce},
	{"File/DuplicateMessageTakesNone", testFileDuplicate},
	{"File/LooseUntilSent", testLooseFiles},
	{"File/RemoveOnlyLoose", testRemoveFile},
	{"File/DiscardedIsNobodys", testDiscardFile},
	{"File/GoesWithItsMessage", testFileDelete},
	{"File/GoesWithTheVisitor", testFileErase},
	{"File/MovesWithTheVisitor", testFileMerge},
}

// send stores a message with files.
func (f *fixture) send(sessionID string, files ...chat.Attachment) chat.Message {
	f.Helper()
	m := f.newMessage(sessionID, chat.SenderVisitor, "")
	m.Attachments = files
	return f.do(chat.OpAppendMessage{Message: m}).Message
}

// content reads what the store has of a file.
func (f *fixture) content(id string) string {
	f.Helper()
	size, err := f.store.FileSize(f.ctx, id)
	f.noErr("FileSize", err)
	var all []byte
	for n := 0; int64(len(all)) < size; n++ {
		part, err := f.store.FileChunk(f.ctx, id, n)
		f.noErr("FileChunk", err)
		all = append(all, part...)
	}
	return string(all)
}

func (f *fixture) noFile(id string) {
	f.Helper()
	f.wantErr("File", errOf(f.store.File(f.ctx, id)), chat.ErrUnknownFile)
}

func (f *fixture) noContent(id string) {
	f.Helper()
	f.wantErr("FileSize", errOf(f.store.FileSize(f.ctx, id)), chat.ErrUnknownFile)
	f.wantErr("FileChunk", errOf(f.store.FileChunk(f.ctx, id, 0)), chat.ErrUnknownFile)
}

func (f *fixture) loose() []string {
	f.Helper()
	ids, err := f.store.LooseFiles(f.ctx, f.now.Add(time.Second), 100)
	f.noErr("LooseFiles", err)
	return ids
}

func testFile(f *fixture) {
	s := f.start("")
	one, two := f.file("ä.txt"), f.file("b.png")
	two.ContentType, two.Width, two.Height, two.URL = "image/png", 640, 480, "files/x"
	f.noFile(one.FileID)
	m := f.send(s.ID, one, two)
	f.equal("attachments", m.Attachments, []chat.Attachment{one, two})
	for _, a := range m.Attachments {
		got, err := f.store.File(f.ctx, a.FileID)
		f.noErr("File", err)
		f.equal("file", got, chat.File{Attachment: a, SessionID: s.ID, MessageID: m.ID, At: m.At})
		f.equal("content", f.content(a.FileID), a.FileID)
	}
	f.noFile("unknown")
	f.noContent("unknown")
	f.equal("preview", f.session(s.ID).LastMessage.Text, "ä.txt")
	f.do(chat.OpDeleteMessage{SessionID: s.ID, MessageID: m.ID, At: f.tick()})
	f.equal("preview when deleted", f.session(s.ID).LastMessage.Text, "")
}

func testFileChunks(f *fixture) {
	f.do(chat.OpAddFile{FileID: "f", At: f.tick()})
	f.noContent("f")
	var all []byte
	for n := range 3 {
		part := make([]byte, 256<<10>>n)
		for i := range part {
			part[i] = byte(i * (n + 1))
		}
		f.do(chat.OpAddFileChunk{FileID: "f", N: n, Data: part})
		all = append(all, part...)
	}
	if !bytes.Equal([]byte(f.content("f")), all) {
		f.Error("the content is another")
	}
	f.wantErr("a chunk too many", errOf(f.store.FileChunk(f.ctx, "f", 3)), chat.ErrUnknownFile)
	f.fails(chat.OpAddFileChunk{FileID: "f", N: 0, Data: []byte("x")}, chat.ErrConflict)
	f.fails(chat.OpAddFileChunk{FileID: "unknown", N: 0, Data: []byte("x")}, chat.ErrUnknownFile)
	f.fails(chat.OpAddFile{FileID: "f", At: f.tick()}, chat.ErrConflict)
}

func testFileClaimedOnce(f *fixture) {
	s := f.start("")
	a := f.file("a")
	f.send(s.ID, a)
	before := f.session(s.ID)
	for _, id := range []string{a.FileID, "unknown"} {
		m := f.newMessage(s.ID, chat.SenderAgent, "mine now")
		m.Attachments = []chat.Attachment{f.file("b"), {FileID: id}}
		f.fails(chat.OpAppendMessage{Message: m}, chat.ErrUnknownFile)
	}
	f.equal("session", f.session(s.ID), before)
	f.equal("files of the messages that failed", len(f.loose()), 2)
	f.fails(chat.OpAddFileChunk{FileID: a.FileID, N: 9, Data: []byte("x")}, chat.ErrUnknownFile)
}

func testFileDuplicate(f *fixture) {
	s := f.start("")
	m := f.newMessage(s.ID, chat.SenderVisitor, "")
	m.ClientID, m.Fingerprint = "c", "same"
	m.Attachments = []chat.Attachment{f.file("a")}
	first := f.do(chat.OpAppendMessage{Message: m}).Message
	again := f.file("a")
	m.ID, m.Attachments = f.id("message"), []chat.Attachment{again}
	f.equal("again", f.duplicate(chat.OpAppendMessage{Message: m}).Message, first)
	f.equal("loose", f.loose(), []string{again.FileID})
	m.Fingerprint = "other"
	f.fails(chat.OpAppendMessage{Message: m}, chat.ErrClientIDReused)
	f.do(chat.OpCloseSession{SessionID: s.ID, At: f.tick()})
	f.fails(chat.OpAppendMessage{Message: f.newMessage(s.ID, chat.SenderVisitor, "x")}, chat.ErrSessionClosed)
	f.equal("content", f.content(first.Attachments[0].FileID), first.Attachments[0].FileID)
}

func testLooseFiles(f *fixture) {
	old, sent, young := f.file("a"), f.file("b"), f.file("c")
	f.send(f.start("").ID, sent)
	f.equal("all", f.loose(), []string{old.FileID, young.FileID})
	ids, err := f.store.LooseFiles(f.ctx, f.now, 1)
	f.noErr("LooseFiles", err)
	f.equal("the oldest", ids, []string{old.FileID})
	ids, err = f.store.LooseFiles(f.ctx, f.now.Add(-time.Hour), 100)
	f.noErr("LooseFiles", err)
	f.equal("an hour ago", len(ids), 0)
}

func testRemoveFile(f *fixture) {
	loose, sent := f.file("a"), f.file("b")
	f.send(f.start("").ID, sent)
	f.do(chat.OpDeleteFile{FileID: loose.FileID})
	f.noContent(loose.FileID)
	for _, id := range []string{loose.FileID, sent.FileID, "unknown"} {
		f.duplicate(chat.OpDeleteFile{FileID: id})
	}
	f.equal("the other's content", f.content(sent.FileID), sent.FileID)
	f.equal("loose", len(f.loose()), 0)
}

func testDiscardFile(f *fixture) {
	s := f.start("")
	loose, sent := f.file("a"), f.file("b")
	f.send(s.ID, sent)
	f.do(chat.OpDiscardFile{FileID: loose.FileID})
	m := f.newMessage(s.ID, chat.SenderVisitor, "")
	m.Attachments = []chat.Attachment{loose}
	f.fails(chat.OpAppendMessage{Message: m}, chat.ErrUnknownFile)
	for _, id := range []string{sent.FileID, "unknown"} {
		f.duplicate(chat.OpDiscardFile{FileID: id})
	}
	ids, err := f.store.LooseFiles(f.ctx, f.now.Add(-time.Hour), 10)
	f.noErr("LooseFiles", err)
	f.equal("loose at once", ids, []string{loose.FileID})
	f.do(chat.OpDeleteFile{FileID: loose.FileID})
	f.duplicate(chat.OpDiscardFile{FileID: loose.FileID})
	f.equal("the other's content", f.content(sent.FileID), sent.FileID)
}

func testFileDelete(f *fixture) {
	s := f.start("")
	gone, stays := f.send(s.ID, f.file("a"), f.file("b")), f.send(s.ID, f.file("c"))
	res := f.do(chat.OpDeleteMessage{SessionID: s.ID, MessageID: gone.ID, At: f.tick()})
	f.equal("files", res.Files, []string{gone.Attachments[0].FileID, gone.Attachments[1].FileID})
	for _, id := range res.Files {
		f.noFile(id)
		f.noContent(id)
	}
	f.equal("loose at once", len(f.loose()), 2)
	f.equal("again", len(f.duplicate(chat.OpDeleteMessage{SessionID: s.ID, MessageID: gone.ID, At: f.tick()}).Files), 0)
	for _, id := range res.Files {
		f.do(chat.OpDeleteFile{FileID: id})
	}
	f.equal("the other's content", f.content(stays.Attachments[0].FileID), stays.Attachments[0].FileID)
}

func testFileErase(f *fixture) {
	gone, stays := f.start(""), f.start("")
	a, b := f.file("a"), f.file("b")
	f.send(gone.ID, a)
	f.send(stays.ID, b)
	res := f.do(chat.OpEraseVisitor{VisitorID: gone.VisitorID})
	f.equal("files", res.Files, []string{a.FileID})
	f.noFile(a.FileID)
	f.noContent(a.FileID)
	f.equal("loose", f.loose(), []string{a.FileID})
	f.equal("the other's content", f.content(b.FileID), b.FileID)
}

func testFileMerge(f *fixture) {
	s, to := f.start(""), f.visitor()
	a := f.file("a")
	f.send(s.ID, a)
	f.do(chat.OpMergeVisitor{From: s.VisitorID, To: to.ID, At: f.tick()})
	got, err := f.store.File(f.ctx, a.FileID)
	f.noErr("File", err)
	f.equal("session", got.SessionID, s.ID)
	f.equal("files", f.do(chat.OpEraseVisitor{VisitorID: to.ID}).Files, []string{a.FileID})
}
