package chat_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/pealchat/pealchat/chat"
	"github.com/pealchat/pealchat/storage/sqlite"
)

// shelf is a FileStore that can be told to misbehave.
type shelf struct {
	put func(io.Reader) error

	mu      sync.Mutex
	deleted []string
	refuse  bool
}

func (s *shelf) PutFile(_ context.Context, _ string, content io.Reader) error { return s.put(content) }
func (s *shelf) OpenFile(context.Context, string) (io.ReadSeekCloser, error) {
	return nil, chat.ErrUnknownFile
}
func (s *shelf) DeleteFile(_ context.Context, id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.refuse {
		return errors.New("not now")
	}
	s.deleted = append(s.deleted, id)
	return nil
}

func (s *shelf) refuses(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refuse = on
}

func (s *shelf) gone() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.deleted)
}

func keepAll(content io.Reader) error {
	_, err := io.Copy(io.Discard, content)
	return err
}

// fileSite is a service with one session.
func fileSite(t *testing.T, files chat.FileStore) (svc *chat.Service, store chat.Store, session string, by chat.Actor) {
	t.Helper()
	store, err := sqlite.Open(context.Background(), filepath.Join(t.TempDir(), "chat.db"), nil)
	if err != nil {
		t.Fatal(err)
	}
	svc = chat.New(store, &chat.Options{Files: files, Logger: slog.New(slog.DiscardHandler)})
	t.Cleanup(func() { svc.Close(); store.Close() })
	by = chat.AsHost("Shop")
	started, err := svc.CreateSession(context.Background(), by, chat.NewSession{VisitorName: "Ines"})
	if err != nil {
		t.Fatal(err)
	}
	return svc, store, started.Session.ID, by
}

func TestUploadTellsWhatWentWrong(t *testing.T) {
	broken, full := errors.New("the connection broke"), errors.New("the disk is full")
	for name, test := range map[string]struct {
		put     func(io.Reader) error
		content io.Reader
		want    error
	}{
		"the client goes away":             {keepAll, io.MultiReader(strings.NewReader(strings.Repeat("x", 9000)), iotest.ErrReader(broken)), broken},
		"it goes away at once":             {keepAll, iotest.ErrReader(broken), broken},
		"the store hides that":             {func(r io.Reader) error { io.Copy(io.Discard, r); return nil }, io.MultiReader(strings.NewReader(strings.Repeat("x", 9000)), iotest.ErrReader(broken)), broken},
		"the store has other words":        {func(r io.Reader) error { io.Copy(io.Discard, r); return full }, strings.NewReader("\x89PNG\r\n\x1a\n" + strings.Repeat("rubbish", 20_000)), chat.ErrUnsupported},
		"the store is full":                {func(io.Reader) error { return full }, strings.NewReader("hello"), full},
		"the store stops in the middle":    {func(r io.Reader) error { r.Read(make([]byte, 10)); return full }, strings.NewReader(strings.Repeat("x", 9000)), full},
		"the file is too large":            {keepAll, strings.NewReader(strings.Repeat("x", 10<<20+1)), chat.ErrTooLarge},
		"the file is nothing that we take": {keepAll, strings.NewReader("<html>"), chat.ErrUnsupported},
	} {
		t.Run(name, func(t *testing.T) {
			files := &shelf{put: test.put}
			svc, store, session, by := fileSite(t, files)
			if _, err := svc.Upload(t.Context(), by, chat.NewFile{SessionID: session, Name: "a", Content: test.content}); !errors.Is(err, test.want) {
				t.Errorf("error %v, want %v", err, test.want)
			}
			if loose, err := store.LooseFiles(t.Context(), time.Now().Add(time.Hour), 10); err != nil || len(loose) != 0 {
				t.Errorf("left behind: %v %v", loose, err)
			}
		})
	}
}

// A store that does not read to the end has not kept the file.
func TestUploadIsReadWhole(t *testing.T) {
	svc, _, session, by := fileSite(t, &shelf{put: func(r io.Reader) error { r.Read(make([]byte, 10)); return nil }})
	if _, err := svc.Upload(t.Context(), by, chat.NewFile{SessionID: session, Name: "a", Content: strings.NewReader(strings.Repeat("x", 9000))}); err == nil {
		t.Error("it was taken")
	}
}

// What a broken upload or a deletion has left is removed in time.
func TestFilesAreSwept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		files := &shelf{put: keepAll}
		svc, store, session, by := fileSite(t, files)
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { svc.Run(ctx); close(done) }()
		upload := func() chat.Upload {
			t.Helper()
			up, err := svc.Upload(ctx, by, chat.NewFile{SessionID: session, Name: "a.txt", Content: strings.NewReader("hello")})
			if err != nil {
				t.Fatal(err)
			}
			return up
		}
		upload() // and never sent
		sent, err := svc.SendMessage(ctx, by, chat.NewMessage{SessionID: session, Sender: chat.SenderAgent, Files: []chat.Upload{upload()}})
		if err != nil || sent.Message.Text != "" || len(sent.Message.Attachments) != 1 {
			t.Fatalf("%+v %v", sent, err)
		}
		files.refuses(true)
		if _, err := svc.DeleteMessage(ctx, by, session, sent.Message.ID); err != nil {
			t.Fatal(err)
		}
		time.Sleep(90 * time.Minute)
		if gone := files.gone(); len(gone) != 0 {
			t.Errorf("deleted %v although the store refuses", gone)
		}
		files.refuses(false)
		time.Sleep(time.Hour)
		if gone := files.gone(); len(gone) != 2 {
			t.Errorf("deleted %v, want both", gone)
		}
		if loose, err := store.LooseFiles(ctx, time.Now(), 10); err != nil || len(loose) != 0 {
			t.Errorf("left behind: %v %v", loose, err)
		}
		stop()
		<-done
		svc.Close()
		store.Close()
	})
}

// An upload that was sent cannot be sent again, nor dropped from under its message.
func TestUploadIsSentOnce(t *testing.T) {
	files := &shelf{put: keepAll}
	svc, store, session, by := fileSite(t, files)
	up, err := svc.Upload(t.Context(), by, chat.NewFile{SessionID: session, Name: "a.txt", Content: strings.NewReader("hello")})
	if err != nil {
		t.Fatal(err)
	}
	in := chat.NewMessage{SessionID: session, Sender: chat.SenderAgent, Files: []chat.Upload{up}}
	sent, err := svc.SendMessage(t.Context(), by, in)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := svc.SendMessage(t.Context(), by, in); !errors.Is(err, chat.ErrNotFound) {
		t.Errorf("sent again: %v", err)
	}
	if _, err := store.File(t.Context(), sent.Message.Attachments[0].FileID); err != nil || len(files.gone()) != 0 {
		t.Errorf("%v, deleted %v", err, files.gone())
	}
}
