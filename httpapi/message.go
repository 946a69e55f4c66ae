package httpapi

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/pealchat/pealchat/chat"
)

type newMessage struct {
	SessionID    string   `json:"session_id"`
	Sender       string   `json:"sender"`
	Message      string   `json:"message"`
	ClientID     string   `json:"client_id"`
	SenderName   string   `json:"sender_name"`
	AfterSeq     *int64   `json:"after_seq"`
	QuickReplies []string `json:"quick_replies"`
}

// sendMessage serves both forms: with the session in the path, or in the body.
func (h *Handler) sendMessage(r *http.Request, by caller, in newMessage) (answer, error) {
	if id := r.PathValue("session_id"); id != "" {
		if in.SessionID != "" && in.SessionID != id {
			return answer{}, badField("session_id", "session_id is not the one in the address.")
		}
		in.SessionID = id
	}
	sent, err := h.svc.SendMessage(r.Context(), by.Actor, chat.NewMessage{
		SessionID: in.SessionID, Sender: in.Sender, Text: in.Message, ClientID: in.ClientID, SenderName: in.SenderName,
		AfterSeq: in.AfterSeq, QuickReplies: in.QuickReplies,
	})
	return sentAnswer(sent), err
}

// sentAnswer answers with a message: a repeated send is no new one.
func sentAnswer(sent chat.SentMessage) answer {
	if sent.Duplicate {
		return done(sent.Message)
	}
	return created(sent.Message)
}

type newVisitorMessage struct {
	SessionID string `json:"session_id"`
	Sender    string `json:"sender"`
	Message   string `json:"message"`
	ClientID  string `json:"client_id"`
	Challenge string `json:"challenge_answer"`
}

func (h *Handler) sendVisitorMessage(r *http.Request, by caller, in newVisitorMessage) (answer, error) {
	var id string
	if in.ClientID != "" {
		id = in.SessionID + " " + in.ClientID
	}
	settle, err := h.spend(h.rules.messages, by.ID(), by.ID(), id)
	if err != nil {
		return answer{}, err
	}
	made := false
	defer func() { settle(made) }()
	sent, err := h.svc.SendMessage(r.Context(), by.Actor, chat.NewMessage{
		SessionID: in.SessionID, Sender: in.Sender, Text: in.Message, ClientID: in.ClientID, ChallengeAnswer: in.Challenge,
	})
	made = err == nil && !sent.Duplicate
	return sentAnswer(sent), err
}

type newNote struct {
	Message  string   `json:"message"`
	ClientID string   `json:"client_id"`
	Mentions []string `json:"mentions"`
}

func (h *Handler) addNote(r *http.Request, by caller, in newNote) (answer, error) {
	sent, err := h.svc.AddNote(r.Context(), by.Actor, r.PathValue("session_id"), in.Message, in.ClientID, in.Mentions...)
	return sentAnswer(sent), err
}

type edit struct {
	Message string `json:"message"`
}

func (h *Handler) editMessage(r *http.Request, by caller, in edit) (answer, error) {
	m, err := h.svc.EditMessage(r.Context(), by.Actor, r.PathValue("session_id"), r.PathValue("message_id"), in.Message)
	return done(m), err
}

func (h *Handler) deleteMessage(r *http.Request, by caller) (answer, error) {
	m, err := h.svc.DeleteMessage(r.Context(), by.Actor, r.PathValue("session_id"), r.PathValue("message_id"))
	return done(m), err
}

type typing struct {
	Typing *bool `json:"typing"`
}

func (h *Handler) typing(r *http.Request, by caller, in typing) (answer, error) {
	on := in.Typing == nil || *in.Typing
	return noContent, h.svc.Typing(r.Context(), by.Actor, r.PathValue("session_id"), on)
}

type visitorTyping struct {
	Typing  *bool  `json:"typing"`
	Preview string `json:"preview"`
}

func (h *Handler) visitorTyping(r *http.Request, by caller, in visitorTyping) (answer, error) {
	on := in.Typing == nil || *in.Typing
	return noContent, h.svc.TypingPreview(r.Context(), by.Actor, r.PathValue("session_id"), on, in.Preview)
}

type seen struct {
	MessageID string `json:"message_id"`
}

func (h *Handler) seen(r *http.Request, by caller, in seen) (answer, error) {
	return noContent, h.svc.MarkSeen(r.Context(), by.Actor, r.PathValue("session_id"), in.MessageID)
}

type messageList struct {
	SessionID string         `json:"session_id"`
	Messages  []chat.Message `json:"messages"`
	Next      string         `json:"next_cursor,omitempty"`
}

// maxWait is how many seconds a long poll may last.
const maxWait = 30

func (h *Handler) messages(w http.ResponseWriter, r *http.Request, by caller) error {
	p := queryOf(r)
	q := chat.MessageQuery{SessionID: r.PathValue("session_id"), Page: p.page()}
	wait := time.Duration(p.number("wait", 0, maxWait)) * time.Second
	if wait > 0 && q.Before != "" {
		p.fail("wait", "wait goes with after only.")
	}
	if p.err != nil {
		return p.err
	}
	read := func() (chat.MessagePage, error) { return h.svc.Messages(r.Context(), by.Actor, q) }
	if wait > 0 && r.Method != http.MethodHead {
		release, err := h.openStream(by)
		if err != nil {
			return err
		}
		defer release()
		now := read
		read = func() (chat.MessagePage, error) { return h.await(w, r, by, q.SessionID, wait, now) }
	}
	page, err := read()
	if err != nil {
		return nameCursor(err, q.Page)
	}
	return done(messageList{q.SessionID, orEmpty(page.Messages), page.Next}).write(w, r)
}

// await reads messages until there are some, or the time is up. It listens
// before it reads, so that none can come in between unnoticed.
func (h *Handler) await(w http.ResponseWriter, r *http.Request, by caller, sessionID string, wait time.Duration,
	read func() (chat.MessagePage, error)) (chat.MessagePage, error) {

	http.NewResponseController(w).SetWriteDeadline(time.Now().Add(wait + 10*time.Second)) // the server's own may be shorter
	ctx, cancel := context.WithTimeout(r.Context(), wait)
	defer cancel()
	if deadline, ok := r.Context().Deadline(); ok { // the host's: an answer must go out before it
		var stop context.CancelFunc
		ctx, stop = context.WithDeadline(ctx, deadline.Add(-time.Second))
		defer stop()
	}
	sub, err := h.svc.Subscribe(r.Context(), by.Actor, chat.SubscribeOptions{Topic: chat.Topic{SessionID: sessionID}})
	if err != nil {
		return chat.MessagePage{}, err
	}
	defer sub.Close()
	for {
		page, err := read()
		if err != nil || len(page.Messages) > 0 {
			return page, err
		}
		if err := nextMessage(ctx, sub); err != nil {
			if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, chat.ErrClosed) {
				err = nil // nothing came
			}
			return page, err
		}
	}
}

// nextMessage waits for an event that adds to the session's messages.
func nextMessage(ctx context.Context, sub *chat.Subscription) error {
	for {
		events, err := sub.Next(ctx)
		if err != nil {
			return err
		}
		for _, e := range events {
			if e.Type == chat.EventMessageSent || e.Type == chat.EventNoteAdded {
				return nil
			}
		}
	}
}
