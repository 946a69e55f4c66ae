//go:build linux

package main

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/pealchat/pealchat/chat"
)

// The program starts itself as its server.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "-server" {
		main()
		return
	}
	os.Exit(m.Run())
}

func TestSoak(t *testing.T) {
	var out strings.Builder
	cfg := config{addr: "127.0.0.1:0", length: 6 * time.Second, restart: 1500 * time.Millisecond, sample: 100 * time.Millisecond, pause: 50 * time.Millisecond, talk: 15, visitors: 10, agents: 3}
	if err := soak(t.Context(), cfg, &out); err != nil {
		t.Fatal(err, "\n", out.String())
	}
	if !strings.Contains(out.String(), "0 lost, 0 doubled") || strings.Contains(out.String(), " 0 restarts") || strings.Contains(out.String(), " 0 locks") || strings.Contains(out.String(), "was not locked") {
		t.Error(out.String())
	}
	t.Log(out.String())
}

func TestTheLedgerFindsFaults(t *testing.T) {
	list := func(texts ...string) (all []chat.Message) {
		for i, text := range texts {
			all = append(all, chat.Message{Text: text, Seq: int64(i + 1)})
		}
		return all
	}
	led := newLedger()
	for i, text := range []string{"a", "b", "c"} {
		led.note("s", text, int64(i+1), true)
	}
	said := led.sessions["s"]
	if faults := said.check("s", list("a", "b", "c", "answer")); len(faults) > 0 {
		t.Errorf("all is well, and yet: %q", faults)
	}
	gap := list("a", "b", "c")
	gap[2].Seq = 4
	for what, messages := range map[string][]chat.Message{
		"lost": list("a", "c"), "doubled": list("a", "b", "b", "c"), "out of order": list("b", "a", "c"), "a gap": gap, "empty": nil,
	} {
		if faults := said.check("s", messages); len(faults) == 0 {
			t.Errorf("%s: not noticed", what)
		}
	}
	a := &agent{heard: map[string]int64{}}
	a.hear(chat.Message{SessionID: "s", Seq: 1})
	a.hear(chat.Message{SessionID: "s", Seq: 3})
	a.hear(chat.Message{SessionID: "s", Seq: 3})
	if len(a.faults) != 2 {
		t.Errorf("the stream's faults: %q", a.faults)
	}
}
