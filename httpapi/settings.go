package httpapi

import (
	"cmp"
	"context"
	"net/http"
	"strconv"
	"strings"

	"github.com/pealchat/pealchat/chat"
)

func (h *Handler) getSettings(r *http.Request, by caller) (answer, error) {
	s, err := h.svc.Settings(r.Context(), by.Actor)
	return settingsAnswer(h.withDefaults(s)), err
}

// putSettings replaces all settings. A version in the body works as If-Match,
// so that what GET answers can be changed and sent back.
func (h *Handler) putSettings(r *http.Request, by caller, in chat.Settings) (answer, error) {
	version, err := ifMatch(r.Header, func() (int64, error) {
		s, err := h.svc.Settings(r.Context(), by.Actor)
		return s.Version, err
	})
	if err != nil {
		return answer{}, err
	}
	if version > 0 && version != noVersion && in.Version != 0 && version != in.Version {
		return answer{}, badField("version", "version and If-Match name different versions.")
	}
	in.Version = cmp.Or(version, in.Version)
	s, err := h.svc.SaveSettings(r.Context(), by.Actor, in)
	return settingsAnswer(h.withDefaults(s)), err
}

func settingsAnswer(s chat.Settings) answer {
	if !strings.HasPrefix(s.Color, "#") {
		s.Color = "" // the host's code may name a colour in ways that settings do not have; it holds all the same
	}
	out := done(s)
	out.etag = `"` + strconv.FormatInt(s.Version, 10) + `"`
	return out
}

// currentSettings are those that visitors meet.
func (h *Handler) currentSettings(ctx context.Context) (chat.Settings, error) {
	s, err := h.svc.CurrentSettings(ctx)
	return h.withDefaults(s), err
}

// withDefaults puts what the host's code says under what was saved. Once
// settings were saved an empty greeting is one that somebody has emptied; a
// name and a colour there always must be.
func (h *Handler) withDefaults(s chat.Settings) chat.Settings {
	widget := h.opts.Widget
	if s.Version <= chat.UnsavedVersion {
		s.Greeting = widget.Greeting
		s.Topics = orEmpty(widget.Topics[:min(chat.MaxTopics, len(widget.Topics))])
	}
	s.Name = cmp.Or(s.Name, widget.Name)
	s.Color = cmp.Or(s.Color, widget.Color)
	return s
}

// preChat is what the widget asks for before the first message.
type preChat struct {
	VisitorName  string `json:"visitor_name"`
	VisitorEmail string `json:"visitor_email"`
	Department   string `json:"department"`
	Consent      string `json:"consent,omitempty"`
}

// awayForm is what the widget says and asks while nobody is there.
type awayForm struct {
	Message      string `json:"message,omitempty"`
	VisitorEmail string `json:"visitor_email"`
}

// askFor drops from the forms what is known about the visitor already.
func (c *config) askFor(s chat.Settings, v chat.Visitor) {
	c.PreChat = preChat{s.PreChat.VisitorName, s.PreChat.VisitorEmail, s.PreChat.Department, s.PreChat.Consent}
	c.Away = awayForm{s.Away.Message, s.Away.VisitorEmail}
	if len(c.Departments) == 0 {
		c.PreChat.Department = chat.AskOff
	}
	if v.Name != "" {
		c.PreChat.VisitorName = chat.AskOff
	}
	if v.Email != "" {
		c.PreChat.VisitorEmail, c.Away.VisitorEmail = chat.AskOff, chat.AskOff
	}
}
