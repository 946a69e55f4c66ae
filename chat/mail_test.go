package chat_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pealchat/pealchat/chat"
)

// post takes mails down, or does with them what fail says.
type post struct {
	mu    sync.Mutex
	mails []chat.Mail
	tries int
	fail  func(context.Context, chat.Mail) error
}

func (p *post) send(ctx context.Context, m chat.Mail) error {
	p.mu.Lock()
	p.tries++
	fail := p.fail
	p.mu.Unlock()
	if fail != nil {
		if err := fail(ctx, m); err != nil {
			return err
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.mails = append(p.mails, m)
	return nil
}

// take returns what has come since the last call: "answer to ida@example.com:
// one, two".
func (p *post) take() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var lines []string
	for _, m := range p.mails {
		var texts []string
		for _, one := range m.Messages {
			texts = append(texts, one.Text)
		}
		lines = append(lines, fmt.Sprintf("%s to %s: %s", m.Kind, m.To, strings.Join(texts, ", ")))
	}
	p.mails = nil
	return strings.Join(lines, "; ")
}

func (p *post) failing(f func(context.Context, chat.Mail) error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.fail = f
}

// mailDesk is a chat with a visitor, an agent and a mailer.
type mailDesk struct {
	*testing.T
	svc     *chat.Service
	visitor chat.Actor
	agent   chat.Actor
	session string
	post    post
	stop    func() error
}

// mailing runs a test in a bubble.
func mailing(t *testing.T, email string, test func(*mailDesk)) {
	synctest.Test(t, func(t *testing.T) {
		store := openStore(t, filepath.Join(t.TempDir(), "chat.db"))
		svc := chat.New(store, &chat.Options{Logger: silent()})
		defer store.Close()
		defer svc.Close()
		d := &mailDesk{T: t, svc: svc}
		d.visitor, _ = newVisitor(t, svc)
		mara, err := svc.EnsureAgent(t.Context(), chat.Agent{ID: "mara", Name: "Mara"})
		if err != nil {
			t.Fatal(err)
		}
		d.agent = chat.AsAgent(mara)
		d.start()
		defer func() { d.stop() }()
		synctest.Wait()
		started, err := svc.CreateSession(t.Context(), d.visitor, chat.NewSession{VisitorName: "Ida", VisitorEmail: email, Message: "Where is my bowl?"})
		if err != nil {
			t.Fatal(err)
		}
		d.session = started.Session.ID
		test(d)
	})
}

func (d *mailDesk) start() {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() {
		ended <- d.svc.RunMail(ctx, "shop", d.post.send, &chat.MailOptions{GiveUpAfter: 20 * time.Minute})
	}()
	d.stop = func() error {
		cancel()
		return <-ended
	}
}

func (d *mailDesk) answer(text string) chat.Message { return send(d, d.svc, d.agent, d.session, text) }

func (d *mailDesk) see(m chat.Message) {
	d.Helper()
	if err := d.svc.MarkSeen(d.Context(), d.visitor, d.session, m.ID); err != nil {
		d.Fatal(err)
	}
}

func (d *mailDesk) close() {
	d.Helper()
	if _, err := d.svc.CloseSession(d.Context(), d.agent, d.session, ""); err != nil {
		d.Fatal(err)
	}
}

func (d *mailDesk) want(what, mails string) {
	d.Helper()
	synctest.Wait()
	if got := d.post.take(); got != mails {
		d.Errorf("%s: %q, want %q", what, got, mails)
	}
}

func TestAnswersThatAreNotSeenAreMailed(t *testing.T) {
	mailing(t, "ida@example.com", func(d *mailDesk) {
		d.answer("It is on its way.")
		pass(time.Minute)
		d.answer("Here is the number.")
		pass(59 * time.Second)
		d.want("before its time", "")
		pass(2 * time.Second)
		d.want("at its time", "answer to ida@example.com: It is on its way., Here is the number.")
		pass(10 * time.Minute)
		d.want("once", "")
		late := d.answer("It has arrived.")
		pass(3 * time.Minute)
		d.want("what comes later", "answer to ida@example.com: It has arrived.")
		d.see(late)
		seen := d.answer("Do you like it?")
		pass(time.Minute)
		d.see(seen)
		pass(10 * time.Minute)
		d.want("what was seen", "")
		deleted := d.answer("Wrong window.")
		if _, err := d.svc.DeleteMessage(d.Context(), d.agent, d.session, deleted.ID); err != nil {
			d.Fatal(err)
		}
		d.answer("Right window.")
		pass(10 * time.Minute)
		d.want("beside what was deleted", "answer to ida@example.com: Right window.")
		d.close()
		pass(10 * time.Minute)
		d.want("the whole of it", "transcript to ida@example.com: Where is my bowl?, It is on its way., Here is the number., It has arrived., Do you like it?, Right window.")
	})
}

func TestMissedSessionsAreMailed(t *testing.T) {
	mailing(t, "", func(d *mailDesk) {
		if _, err := d.svc.AddNote(d.Context(), d.agent, d.session, "among us", ""); err != nil {
			d.Fatal(err)
		}
		d.close()
		pass(10 * time.Minute)
		d.want("missed", "missed to : Where is my bowl?") // and no transcript: there is nothing to read, and no address
	})
	mailing(t, "ida@example.com", func(d *mailDesk) {
		d.answer("It is on its way.")
		if err := d.svc.EraseVisitor(d.Context(), host, d.visitor.ID()); err != nil {
			d.Fatal(err)
		}
		pass(10 * time.Minute)
		d.want("of whom all was erased", "")
	})
	mailing(t, "", func(d *mailDesk) {
		d.answer("It is on its way.")
		pass(10 * time.Minute)
		d.want("without an address", "")
	})
}

func TestMailOutlivesTheMailer(t *testing.T) {
	mailing(t, "ida@example.com", func(d *mailDesk) {
		d.answer("It is on its way.")
		pass(time.Minute)
		if err := d.stop(); !errors.Is(err, context.Canceled) {
			d.Fatal(err)
		}
		pass(10 * time.Minute)
		d.want("while there is none", "")
		d.start()
		pass(time.Second)
		d.want("when it is back", "answer to ida@example.com: It is on its way.")
	})
}

// A mail server that is down loses nothing, one mail that cannot be sent holds
// up none behind it, and whatever the host's code does stays there.
func TestMailThatCannotBeSent(t *testing.T) {
	mailing(t, "ida@example.com", func(d *mailDesk) {
		var ids []string
		d.post.failing(func(_ context.Context, m chat.Mail) error {
			ids = append(ids, m.ID)
			return errors.New("no mail server")
		})
		d.answer("It is on its way.")
		pass(15 * time.Minute)
		d.post.failing(nil)
		pass(2 * time.Minute)
		d.want("when it is up again", "answer to ida@example.com: It is on its way.")
		if len(ids) < 10 || ids[0] != ids[len(ids)-1] {
			d.Errorf("tried %d times with the ids %.2q", len(ids), ids)
		}
		for what, fail := range map[string]func(context.Context, chat.Mail) error{
			"a panic":          func(context.Context, chat.Mail) error { panic("in the host's code") },
			"no such address":  func(context.Context, chat.Mail) error { return fmt.Errorf("smtp: %w", chat.GiveUp(errors.New("550"))) },
			"failing too long": func(context.Context, chat.Mail) error { return errors.New("no mail server") },
			"a mailer that hangs": func(ctx context.Context, _ chat.Mail) error {
				<-ctx.Done()
				time.Sleep(time.Minute) // though it was told
				return ctx.Err()
			},
		} {
			d.post.failing(fail)
			d.answer("lost")
			pass(25 * time.Minute)
			d.post.failing(nil)
			d.answer("after " + what)
			pass(10 * time.Minute)
			d.want(what, "answer to ida@example.com: after "+what)
		}
	})
}
