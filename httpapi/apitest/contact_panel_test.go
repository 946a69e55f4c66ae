package apitest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/pealchat/pealchat/chat"
)

// aPanel is what a host may show of a visitor: the plainest one.
func aPanel(_ context.Context, by chat.Actor, v chat.Visitor) (chat.ContactPanel, error) {
	return chat.ContactPanel{
		Title: "Shop",
		Facts: []chat.ContactFact{{Name: "Orders", Value: "3", URL: "/orders?of=" + v.ID}, {Name: "Asked by", Value: by.Name()}},
		Actions: []chat.ContactAction{
			{ID: "greet", Label: "Send a card", Do: func(context.Context) (string, error) { return "It is on its way to " + v.Name + ".", nil }},
			{ID: "refund", Label: "Refund", Confirm: "Really?", Do: func(context.Context) (string, error) { return "", chat.Refuse("It was refunded before.") }},
			{ID: "break", Label: "Break", Do: func(context.Context) (string, error) { return "", errors.New("secret of the host") }},
		},
	}, nil
}

// TestContactPanel shows what the host knows, and has it act.
func TestContactPanel(t *testing.T) {
	t.Parallel()
	s := open(t, setup{options: hostLogin()})
	f := s.fixture()
	ada := s.with("Cookie: login=ada")
	path := "/api/v1/visitors/" + f.who.id + "/panel"
	r := ada.get(path).is(200).has(map[string]any{"title": "Shop"})
	if facts := fmt.Sprint(r.at("facts")); facts != "[map[name:Orders url:/orders?of="+f.who.id+" value:3] map[name:Asked by value:Ada]]" || len(r.list("actions")) != 3 {
		t.Errorf("the panel is %s", r.raw)
	}
	if got := r.list("actions")[1]; got["action_id"] != "refund" || got["confirm"] != "Really?" {
		t.Errorf("an action is %v", got)
	}
	reader := s.keyed(chat.ScopeRead)
	if got := reader.get(path).is(200); len(got.list("actions")) != 0 || len(got.list("facts")) != 2 {
		t.Errorf("a reader gets %s", got.raw)
	}
	reader.post(path+"/greet", "").fails(403, "forbidden", "")
	if said := ada.post(path+"/greet", "").is(200).text("message"); !strings.HasPrefix(said, "It is on its way") {
		t.Errorf("the host said %q", said)
	}
	if said := ada.post(path+"/refund", "").fails(409, "refused", "").text("error"); said != "It was refunded before." {
		t.Errorf("the host refused with %q", said)
	}
	if got := ada.post(path+"/break", "").fails(503, "unavailable", ""); strings.Contains(got.raw, "secret") {
		t.Errorf("the answer is %s", got.raw)
	}
	ada.post(path+"/unknown", "").fails(404, "not_found", "")
	ada.post("/api/v1/visitors/nobody/panel/greet", "").fails(404, "not_found", "")
	ada.get("/api/v1/visitors/nobody/panel").fails(404, "not_found", "")
	ada.get("/api/v1/me").is(200).has(map[string]any{"features.contact_panel": true})
	if !strings.Contains(s.log.String(), "secret of the host") {
		t.Error("the operator does not learn why it failed")
	}
}
