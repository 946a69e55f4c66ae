package chat_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pealchat/pealchat/chat"
)

func panelService(t *testing.T, panel func(context.Context, chat.Actor, chat.Visitor) (chat.ContactPanel, error)) (*chat.Service, string) {
	t.Helper()
	svc := newService(t, &chat.Options{ContactPanel: panel})
	who, _ := newVisitor(t, svc)
	return svc, who.ID()
}

// TestContactPanelIsCleaned: what the host gets wrong costs neither the
// console's safety nor what it got right.
func TestContactPanelIsCleaned(t *testing.T) {
	do := func(context.Context) (string, error) { return "Done.\x00\u202e", nil }
	svc, id := panelService(t, func(context.Context, chat.Actor, chat.Visitor) (chat.ContactPanel, error) {
		p := chat.ContactPanel{Title: strings.Repeat("x", 100)}
		for _, url := range []string{
			"https://shop.example/orders?id=1", "http://intranet/", "mailto:ines@example.com", "/orders/1",
			"javascript:alert(1)", "JAVASCRIPT:alert(1)", " https://a.example", "data:text/html,x", "//evil.example/", "/\\evil.example", "\\\\evil.example", "https:evil", "orders/1", "https://", "/a\nb",
		} {
			p.Facts = append(p.Facts, chat.ContactFact{Name: "A\nB", Value: "\u202e" + url, URL: url})
		}
		for _, id := range []string{"ok", "ok", "", "a/b", "..", strings.Repeat("x", 65), "a b", "fine.1"} {
			p.Actions = append(p.Actions, chat.ContactAction{ID: id, Label: "Do " + id, Do: do})
		}
		p.Actions = append(p.Actions, chat.ContactAction{ID: "nothing", Label: "x"}, chat.ContactAction{ID: "silent", Do: do})
		for range 100 {
			p.Facts = append(p.Facts, chat.ContactFact{Name: "Many", Value: "\xff"})
		}
		return p, nil
	})
	p, err := svc.ContactPanel(t.Context(), host, id)
	if err != nil {
		t.Fatal(err)
	}
	var links, actions []string
	for _, f := range p.Facts {
		if f.URL != "" {
			links = append(links, f.URL)
		}
		if strings.ContainsAny(f.Name+f.Value, "\n\u202e") {
			t.Errorf("a fact is %+q", f)
		}
	}
	for _, a := range p.Actions {
		actions = append(actions, a.ID)
	}
	if want := []string{"https://shop.example/orders?id=1", "http://intranet/", "mailto:ines@example.com", "/orders/1"}; !slices.Equal(links, want) {
		t.Errorf("links are %q", links)
	}
	if !slices.Equal(actions, []string{"ok", "fine.1"}) || len(p.Facts) != 40 || len([]rune(p.Title)) != 60 {
		t.Errorf("actions are %q, there are %d facts, the title is %q", actions, len(p.Facts), p.Title)
	}
	if said, err := svc.ContactAction(t.Context(), host, id, "ok"); err != nil || said != "Done." {
		t.Errorf("the action said %q, %v", said, err)
	}
}

// TestContactPanelThatFails: an error, a panic and a host that hangs are the
// same to the agent; without a panel it is empty.
func TestContactPanelThatFails(t *testing.T) {
	for name, panel := range map[string]func(context.Context, chat.Actor, chat.Visitor) (chat.ContactPanel, error){
		"error": func(context.Context, chat.Actor, chat.Visitor) (chat.ContactPanel, error) {
			return chat.ContactPanel{}, errors.New("no database")
		},
		"panic": func(context.Context, chat.Actor, chat.Visitor) (chat.ContactPanel, error) { panic("no database") },
		"hangs": func(ctx context.Context, _ chat.Actor, _ chat.Visitor) (chat.ContactPanel, error) {
			<-ctx.Done()
			time.Sleep(time.Minute) // and does not look at its context
			return chat.ContactPanel{}, nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				svc, id := panelService(t, panel)
				_, err := svc.ContactPanel(t.Context(), host, id)
				var e *chat.Error
				if !errors.Is(err, chat.ErrUnavailable) || !errors.As(err, &e) || strings.Contains(e.Message, "database") {
					t.Errorf("error %v", err)
				}
				if _, err := svc.ContactAction(t.Context(), host, id, "x"); !errors.Is(err, chat.ErrUnavailable) {
					t.Errorf("action: error %v", err)
				}
				time.Sleep(2 * time.Minute)
			})
		})
	}
	svc, id := panelService(t, nil)
	if p, err := svc.ContactPanel(t.Context(), host, id); err != nil || len(p.Facts)+len(p.Actions) > 0 || svc.HasContactPanel() {
		t.Errorf("without one: %+v, %v", p, err)
	}
	if _, err := svc.ContactAction(t.Context(), host, id, "x"); !errors.Is(err, chat.ErrNotFound) {
		t.Errorf("an action without a panel: %v", err)
	}
}

// TestContactPanelIsNotForVisitors: only the agents' side may ask.
func TestContactPanelIsNotForVisitors(t *testing.T) {
	svc, id := panelService(t, func(context.Context, chat.Actor, chat.Visitor) (chat.ContactPanel, error) {
		t.Error("the host was asked")
		return chat.ContactPanel{}, nil
	})
	for _, by := range []chat.Actor{{}, chat.AsVisitor(chat.Visitor{ID: id})} {
		if _, err := svc.ContactPanel(t.Context(), by, id); err == nil {
			t.Error("a visitor was shown the panel")
		}
		if _, err := svc.ContactAction(t.Context(), by, id, "x"); err == nil {
			t.Error("a visitor had something done")
		}
	}
}
