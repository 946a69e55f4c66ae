package e2e

import (
	"context"
	"errors"
	"testing"

	"github.com/pealchat/pealchat/chat"
)

// A bot's answer grows before the visitor's eyes. Its message takes its place
// without a jump, and only that is read out.
func TestABotsAnswerGrows(t *testing.T) {
	h := startHostSite(t, chat.Options{}, map[string]string{"/": tag("")})
	pieces := make(chan string)
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error)
	go func() {
		done <- h.svc.RunBot(ctx, "Clay", chat.BotFunc(func(ctx context.Context, _ chat.Turn, reply *chat.Reply) error {
			for {
				select {
				case piece, ok := <-pieces:
					if !ok {
						return errors.New("the bot knows no further")
					}
					if piece == "" {
						return nil
					}
					reply.WriteString(piece)
				case <-ctx.Done():
					return ctx.Err()
				}
			}
		}), nil)
	}()
	t.Cleanup(func() {
		stop()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("the bot ended with %v", err)
		}
	})

	b := h.open("/")
	b.openChat()
	b.say("Is the sage glaze food safe?")
	b.wait("it is writing", `seen($('.msg.typing')) && !$('.msg.them:not(.typing)')`)
	pieces <- "Yes, **every** glaze is:\n- lead free"
	b.wait("what it has written so far stands there", `$('.msg.them:not(.typing) strong')?.innerText === 'every' && $('.msg.them li') && !$('.msg.typing')`)
	b.wait("who it is is said, and nothing is read out yet", `/Clay is typing/.test($('.msg.them').innerText) && $('.msg.them').ariaLive === 'off' && $('.log').role === 'log'`)
	b.axe("panel bot answering")
	pieces <- "\n- food safe"
	b.wait("it has grown", `$$('.msg.them li').length === 2`)
	// From here on every picture that the browser draws is looked at.
	eval[bool](b, `(globalThis.drawn = [], function look() {
		const all = $$('.msg');
		drawn.push([all[0].getBoundingClientRect().top, all.at(-1).querySelector('.b').getBoundingClientRect().top, $('.log').scrollHeight, all.length].map(Math.round).join());
		requestAnimationFrame(look);
	}(), true)`)
	pieces <- ""
	b.wait("it is a message", `$('.msg.them .meta time') && $('.msg.them').ariaLive !== 'off'`)
	b.wantLines("Is the sage glaze food safe?", "Yes, every glaze is:\n\nlead free\nfood safe")
	if drawn := eval[[]string](b, `[...new Set(drawn)]`); len(drawn) != 1 {
		t.Errorf("the log jumped: %q", drawn)
	}

	// What it does not finish goes away with it, whether it fails or a person
	// is faster.
	b.say("And the ochre one?")
	pieces <- "Let me"
	b.wait("it has begun", `$$('.msg.them .b').at(-1).innerText === 'Let me'`)
	page, err := h.svc.Sessions(t.Context(), host, chat.SessionQuery{})
	if err != nil || len(page.Sessions) != 1 {
		t.Fatalf("%d sessions (%v)", len(page.Sessions), err)
	}
	send := func(text string) {
		t.Helper()
		if _, err := h.svc.SendMessage(t.Context(), chat.AsHost("Mara"), chat.NewMessage{SessionID: page.Sessions[0].ID, Sender: chat.SenderAgent, Text: text}); err != nil {
			t.Fatal(err)
		}
	}
	send("That one too.")
	b.hears("That one too.")
	b.wantLines("Is the sage glaze food safe?", "Yes, every glaze is:\n\nlead free\nfood safe", "And the ochre one?", "That one too.")
	b.wait("who took over is said", `$$('.log .event').some((el) => el.innerText === 'Mara joined the conversation')`)

	visitor := h.open("/")
	visitor.openChat()
	visitor.say("Hello")
	pieces <- "Hm"
	visitor.wait("it has begun", `$$('.msg.them .b').at(-1)?.innerText === 'Hm'`)
	close(pieces)
	visitor.wait("what it began is gone", `!$('.msg.them')`)
	visitor.wantLines("Hello")
}
