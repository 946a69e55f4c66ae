package chat_test

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/pealchat/pealchat/chat"
)

// The figures of a day, as the console's reports show them.
func ExampleService_Analytics() {
	now := time.Date(2026, 3, 24, 12, 0, 0, 0, time.UTC)
	svc, end := open(&chat.Options{Now: func() time.Time { return now }})
	defer end()
	ctx := context.Background()

	_, session := asking(svc, "Is the glaze food safe?")
	now = now.Add(40 * time.Second)
	if _, err := svc.SendMessage(ctx, host, chat.NewMessage{SessionID: session.ID, Sender: chat.SenderAgent, Text: "Yes."}); err != nil {
		log.Fatal(err)
	}
	report, err := svc.Analytics(ctx, host, chat.AnalyticsQuery{From: now.Add(-24 * time.Hour), To: now.Add(time.Second), Zone: time.UTC})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(report.Figures.Sessions, "session, median wait", *report.Figures.Wait.Median, "s")
	// Output: 1 session, median wait 40 s
}

// What is asked, what is kept and for how long are settings, which admins may change in the
// console too.
func ExampleService_SaveSettings() {
	svc, end := open(nil)
	defer end()
	ctx := context.Background()

	settings, err := svc.Settings(ctx, host)
	if err != nil {
		log.Fatal(err)
	}
	settings.Greeting = "Ask us anything."
	settings.PreChat = chat.PreChat{VisitorEmail: chat.AskOptional, Consent: "By writing you agree to our [privacy notice](https://example.com/privacy)."}
	settings.Retention = chat.Retention{ClosedSessions: 365, PageViews: 30, Visitors: 90, Files: 90}
	if settings, err = svc.SaveSettings(ctx, host, settings); err != nil {
		log.Fatal(err)
	}
	fmt.Println("version", settings.Version)
	// Output: version 2
}

// A visitor is erased everywhere, with all that they wrote.
func ExampleService_EraseVisitor() {
	svc, end := open(nil)
	defer end()
	ctx := context.Background()

	_, session := asking(svc, "Please forget me.")
	if err := svc.EraseVisitor(ctx, host, session.VisitorID); err != nil {
		log.Fatal(err)
	}
	_, err := svc.Session(ctx, host, session.ID)
	fmt.Println(errors.Is(err, chat.ErrNotFound))
	// Output: true
}

// Who is on the site, which nobody notes unless it is switched on.
func ExampleTracking() {
	opts := &chat.Options{
		Tracking: chat.Tracking{
			On:        true,
			KeepQuery: []string{"colour"}, // all other values in addresses are cut off, but for utm_…
			Addresses: chat.AddressesCut,  // none by default; cut keeps a /24 or a /48
		},
		Place: func(ip netip.Addr) chat.Place { // from your own database, if you have one
			return chat.Place{Country: "Portugal", City: "Porto"}
		},
	}
	svc, end := open(opts)
	defer end()
	fmt.Println(svc.Tracking())
	// Output: true
}

// folder keeps what files hold in a directory. An object store is as good.
type folder string

func (f folder) PutFile(ctx context.Context, id string, content io.Reader) error {
	file, err := os.OpenFile(filepath.Join(string(f), id), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(file, content)
	return errors.Join(err, file.Sync(), file.Close())
}

func (f folder) OpenFile(ctx context.Context, id string) (io.ReadSeekCloser, error) {
	file, err := os.Open(filepath.Join(string(f), id))
	if errors.Is(err, os.ErrNotExist) {
		return nil, chat.ErrUnknownFile
	}
	if err != nil {
		return nil, err
	}
	return file, nil
}

func (f folder) DeleteFile(ctx context.Context, id string) error {
	if err := os.Remove(filepath.Join(string(f), id)); !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

// What files hold lies in a directory, and the rest in the database.
func ExampleFileStore() {
	dir, err := os.MkdirTemp("", "files")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	svc, end := open(&chat.Options{Files: folder(dir)})
	defer end()
	ctx := context.Background()

	visitor, session := asking(svc, "See the note.")
	upload, err := svc.Upload(ctx, visitor, chat.NewFile{SessionID: session.ID, Name: "note.txt", Content: strings.NewReader("Hello")})
	if err != nil {
		log.Fatal(err)
	}
	sent, err := svc.SendMessage(ctx, visitor, chat.NewMessage{SessionID: session.ID, Files: []chat.Upload{upload}})
	if err != nil {
		log.Fatal(err)
	}
	kept, err := os.ReadDir(dir)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(sent.Message.Attachments[0].Name, len(kept))
	// Output: note.txt 1
}

// sealer encrypts with a key that is not in the database.
type sealer struct{ aead cipher.AEAD }

func newSealer(key []byte) (sealer, error) {
	block, err := aes.NewCipher(key) // 32 bytes
	if err != nil {
		return sealer{}, err
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	return sealer{aead}, err
}

func (s sealer) Seal(plain []byte) ([]byte, error) { return s.aead.Seal(nil, nil, plain, nil), nil }

func (s sealer) Open(sealed []byte) ([]byte, error) { return s.aead.Open(nil, nil, sealed, nil) }

// Webhooks' secrets are kept encrypted.
func ExampleSealer() {
	key := make([]byte, 32) // from where your other secrets are
	rand.Read(key)
	seal, err := newSealer(key)
	if err != nil {
		log.Fatal(err)
	}
	svc, end := open(&chat.Options{Sealer: seal})
	defer end()

	hook, err := svc.CreateWebhook(context.Background(), host, chat.NewWebhook{URL: "https://crm.example.com/hooks/chat", Events: []string{"message_*"}})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(hook.Secret[:6])
	// Output: whsec_
}
