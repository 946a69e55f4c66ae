package httpapi

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/png"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/textproto"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pealchat/pealchat/chat"
)

// field is one part of a form. A file has a name, which may be empty.
type field struct {
	name, value string
	file        *string
}

func fileField(name, content string) field { return field{"file", content, &name} }

// formBody returns a form and its Content-Type header.
func formBody(t *testing.T, fields ...field) (body, header string) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for _, f := range fields {
		h := textproto.MIMEHeader{}
		disposition := `form-data; name="` + f.name + `"`
		if f.file != nil {
			disposition += `; filename="` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(*f.file) + `"`
			h.Set("Content-Type", "image/svg+xml; what the sender says")
		}
		h.Set("Content-Disposition", disposition)
		part, err := w.CreatePart(h)
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(part, f.value)
	}
	w.Close()
	return b.String(), "Content-Type: " + w.FormDataContentType()
}

// farAway is later than anything that happens in a test.
var farAway = time.Now().Add(24 * time.Hour)

// upload sends a form as the visitor.
func (p person) upload(session string, fields ...field) *reply {
	p.t.Helper()
	body, header := formBody(p.t, fields...)
	return p.call("POST", "/sessions/"+session+"/files", body, header).short()
}

// short keeps files out of what tests print.
func (r *reply) short() *reply {
	r.what = r.what[:min(len(r.what), 200)]
	return r
}

func picture(t *testing.T) string {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 32, 20))); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestSendFile(t *testing.T) {
	s := newSite(t, Options{Agent: byCookie})
	v := s.visitor()
	v.call("POST", "/hello", `{}`).has("config.features.files", true, "config.limits.file", 10<<20)
	id := v.session("Hello")
	shot := picture(t)

	// The text may be missing, or come behind the file.
	sent := v.upload(id, fileField("screen shot.png", shot)).want(201).has("sender", "visitor", "message", "", "seq", 2,
		"attachments.#", 1, "attachments.0.name", "screen shot.png", "attachments.0.content_type", "image/png",
		"attachments.0.size", len(shot), "attachments.0.width", 32, "attachments.0.height", 20)
	file := sent.text("attachments.0.file_id")
	if sent.text("attachments.0.url") != "files/"+file {
		t.Errorf("the address is %q", sent.text("attachments.0.url"))
	}
	v.upload(id, fileField("a.txt", "hello"), field{"message", "Here it is", nil}).want(201).has("message", "Here it is", "attachments.0.width", nil)
	v.call("GET", "/sessions/"+id+"/messages", "").want(200).has("messages.1.attachments.0.file_id", file, "messages.0.attachments.#", 0)

	got := v.call("GET", "/files/"+file, "").want(200)
	if got.raw != shot {
		t.Error("the picture came back as another")
	}
	for name, want := range map[string]string{
		"Content-Type": "image/png", "Content-Disposition": `inline; filename="screen shot.png"`, "Cache-Control": "private, no-store",
		"Content-Security-Policy": "default-src 'none'; sandbox", "X-Content-Type-Options": "nosniff",
	} {
		if got.header.Get(name) != want {
			t.Errorf("%s: %q", name, got.header.Get(name))
		}
	}

	// A transcript names the files.
	text := v.call("GET", "/sessions/"+id+"/transcript", "").want(200).raw
	if !strings.Contains(text, "\n    [file: screen shot.png]\n") || !strings.Contains(text, "\n    Here it is\n    [file: a.txt]\n") {
		t.Errorf("the transcript is\n%s", text)
	}
	if csv := v.call("GET", "/sessions/"+id+"/transcript?format=csv", "").want(200).raw; !strings.Contains(csv, "Here it is\r\n[file: a.txt]") {
		t.Errorf("the table is\n%s", csv)
	}

	// An agent sends too, by a form that a login opens as well as a key.
	body, header := formBody(t, field{"message", "Try this", nil}, fileField("größe.html", "plain words"))
	r := s.call("POST", "/api/v1/sessions/"+id+"/files", body, header, "Cookie: user=mara").want(201).
		has("sender", "agent", "sender_id", "mara", "attachments.0.name", "größe.html.txt", "attachments.0.content_type", "text/plain")
	doc := s.api("GET", "/files/"+r.text("attachments.0.file_id"), "").want(200)
	if h := doc.header; h.Get("Content-Type") != "text/plain; charset=utf-8" || h.Get("Content-Disposition") != "attachment; filename*=utf-8''gr%C3%B6%C3%9Fe.html.txt" {
		t.Errorf("%v", h)
	}
	s.call("POST", "/api/v1/sessions/"+id+"/files", body, header, "Cookie: user=mara", "Sec-Fetch-Site: cross-site").failed(403, "cross_origin", "")
	reader := s.newKey(chat.ScopeRead)
	s.call("POST", "/api/v1/sessions/"+id+"/files", body, header, "Authorization: Bearer "+reader).failed(403, "forbidden", "")
	s.call("GET", "/api/v1/files/"+file, "", "Authorization: Bearer "+reader).want(200)
	s.call("GET", "/api/v1/files/"+file, "").failed(401, "invalid_api_key", "")
}

func TestFileRanges(t *testing.T) {
	s := newSite(t, Options{Rates: unlimited})
	v := s.visitor()
	id := v.session("Hello")
	var all strings.Builder
	for i := 0; all.Len() < 700<<10; i++ {
		fmt.Fprintf(&all, "%d\n", i)
	}
	content := all.String()
	file := "/files/" + v.upload(id, fileField("numbers.txt", content)).want(201).text("attachments.0.file_id")
	if v.call("GET", file, "").want(200).raw != content {
		t.Error("the file came back as another")
	}
	for header, want := range map[string]string{
		"bytes=0-9": content[:10], "bytes=262140-262150": content[262140:262151], "bytes=600000-": content[600000:],
		"bytes=700000-99999999": content[700000:],
	} {
		if r := v.call("GET", file, "", "Range: "+header); r.status != 206 || r.raw != want {
			t.Errorf("%s: %d with %d bytes, want %d", header, r.status, len(r.raw), len(want))
		}
	}
	for _, header := range []string{"bytes=99999999-", "bytes=5-2", "bytes=x", "lines=1-2", "bytes=0-1,4-5", "bytes=-5"} {
		if r := v.call("GET", file, "", "Range: "+header).want(200); r.raw != content {
			t.Errorf("%s: %d bytes", header, len(r.raw))
		}
	}
	v.call("GET", file, "", `If-Match: "x"`).want(200)
	if r := v.call("HEAD", file, "").want(200); r.raw != "" || r.header.Get("Content-Length") != fmt.Sprint(len(content)) {
		t.Errorf("HEAD: %q %v", r.raw, r.header)
	}
}

func TestFilesAreRefused(t *testing.T) {
	s := newSite(t, Options{Rates: unlimited})
	v := s.visitor()
	id := v.session("Hello")
	svg := `<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>`
	for _, name := range []string{"a.svg", "a.png", "a.txt", "../../a.pdf"} {
		v.upload(id, fileField(name, svg)).failed(415, "unsupported_media_type", "file")
		v.upload(id, fileField(name, "<!DOCTYPE html><script>alert(1)</script>")).failed(415, "unsupported_media_type", "file")
		v.upload(id, fileField(name, "GIF89a/*<script>*/=1;alert(1)//")).failed(415, "unsupported_media_type", "file")
		v.upload(id, fileField(name, picture(t)+"<script>alert(1)</script>")).failed(415, "unsupported_media_type", "file")
		v.upload(id, fileField(name, "\x7fELF")).failed(415, "unsupported_media_type", "file")
	}
	v.upload(id, fileField("a.txt", "")).failed(400, "invalid_request", "file")
	v.upload(id, fileField("", "x")).failed(400, "invalid_request", "file")
	v.upload(id, field{"file", "x", nil}).failed(400, "invalid_request", "file")
	v.upload(id, field{"message", "x", nil}).failed(400, "invalid_request", "file")
	v.upload(id, fileField("a.txt", "x"), fileField("b.txt", "y")).failed(400, "invalid_request", "file")
	v.upload(id, fileField("a.txt", "x"), field{"session_id", id, nil}).failed(400, "invalid_request", "session_id")
	v.upload(id, fileField("a.txt", "x"), field{"message", "\xff", nil}).failed(400, "invalid_request", "message")
	v.upload(id, fileField("a.txt", "x"), field{"message", "a\x00b", nil}).failed(400, "invalid_request", "message")
	v.upload(id, fileField("a.txt", "x"), field{"message", strings.Repeat("x", 4001), nil}).failed(400, "invalid_request", "message")
	v.upload(id, fileField("a.txt", "x"), field{"message", strings.Repeat("x", 200<<10), nil}).failed(400, "invalid_request", "message")
	v.upload(id, fileField("a.txt", "x"), field{"client_id", strings.Repeat("x", 65), nil}).failed(400, "invalid_request", "client_id")

	// Too large: said before, in the file, and without a word about the length.
	v.upload(id, fileField("a.txt", strings.Repeat("x", 11<<20))).failed(413, "body_too_large", "file")
	v.upload(id, fileField("a.txt", strings.Repeat("x", 10<<20+1))).failed(413, "body_too_large", "file")
	v.upload(id, fileField("a.txt", strings.Repeat("x", 10<<20))).want(201).has("attachments.0.size", 10<<20)

	// What does not come whole, or is no form.
	body, header := formBody(t, fileField("a.txt", strings.Repeat("x", 5000)))
	for _, n := range []int{1, 60, 200, 4000, len(body) - 3} {
		v.call("POST", "/sessions/"+id+"/files", body[:n], header).short().failed(400, "invalid_request", "")
	}
	v.call("POST", "/sessions/"+id+"/files", "", header).failed(400, "invalid_request", "")
	at := "/sessions/" + id + "/files"
	for _, kind := range []string{"application/json", "text/plain", "multipart/form-data", "multipart/mixed; boundary=x", "x/"} {
		v.call("POST", at, body, "Content-Type: "+kind).short().failed(415, "unsupported_media_type", "")
	}
	v.call("POST", at, body, header, "Content-Encoding: gzip").short().failed(415, "unsupported_media_type", "")

	// Nothing of all that is left.
	if loose, err := s.store.LooseFiles(context.Background(), farAway, 100); err != nil || len(loose) != 0 {
		t.Errorf("left behind: %v %v", loose, err)
	}
	s.api("GET", "/sessions/"+id, "").want(200).has("message_count", 2)
}

// Whoever may not read the session cannot tell its files from none.
func TestFilesOfOthers(t *testing.T) {
	s := newSite(t, Options{})
	v, other := s.visitor(), s.visitor()
	id := v.session("Hello")
	file := v.upload(id, fileField("a.txt", "secret")).want(201).text("attachments.0.file_id")
	unknown := strings.Repeat("0", len(file))
	same(t, other.call("GET", "/files/"+file, ""), other.call("GET", "/files/"+unknown, "").failed(404, "not_found", ""))
	body, header := formBody(t, fileField("a.txt", "x"))
	same(t, other.call("POST", "/sessions/"+id+"/files", body, header), other.call("POST", "/sessions/"+unknown+"/files", body, header).failed(404, "not_found", ""))
	s.call("GET", "/visitor/v1/files/"+file, "").failed(401, "invalid_token", "")
	s.api("GET", "/files/"+unknown, "").failed(404, "not_found", "")
}

func TestSendingFilesAgain(t *testing.T) {
	s := newSite(t, Options{Rates: unlimited})
	v := s.visitor()
	id := v.session("Hello")
	key := field{"client_id", "k", nil}
	replies := make([]*reply, 10)
	var wg sync.WaitGroup
	for i := range replies {
		wg.Go(func() { replies[i] = v.upload(id, key, fileField("a.txt", "the same")) })
	}
	wg.Wait()
	created := 0
	for _, r := range replies {
		if r.status == 201 {
			created++
		}
		if r.raw != replies[0].raw || r.status != 201 && r.status != 200 {
			t.Errorf("%d %s", r.status, r.raw)
		}
	}
	if created != 1 {
		t.Errorf("%d answered 201", created)
	}
	v.upload(id, key, fileField("a.txt", "another")).failed(409, "client_id_reused", "client_id")
	v.upload(id, key, fileField("b.txt", "the same")).failed(409, "client_id_reused", "client_id")
	v.upload(id, key, fileField("a.txt", "the same"), field{"message", "x", nil}).failed(409, "client_id_reused", "client_id")
	v.call("POST", "/sessions/"+id+"/close", "").want(200)
	v.upload(id, key, fileField("a.txt", "the same")).want(200).has("message_id", replies[0].text("message_id"))
	v.upload(id, fileField("a.txt", "new")).failed(409, "session_closed", "")
	if loose, err := s.store.LooseFiles(context.Background(), farAway, 100); err != nil || len(loose) != 0 {
		t.Errorf("left behind: %v %v", loose, err)
	}
	file := replies[0].text("attachments.0.file_id")
	if v.call("GET", "/files/"+file, "").want(200).raw != "the same" {
		t.Error("the file is another")
	}
}

func TestFilesGo(t *testing.T) {
	s := newSite(t, Options{})
	v := s.visitor()
	id := v.session("Hello")
	first := v.upload(id, fileField("a.txt", "one")).want(201)
	second := v.upload(id, fileField("a.txt", "two")).want(201)
	s.api("DELETE", "/sessions/"+id+"/messages/"+first.text("message_id"), "").want(200).has("attachments.#", 0)
	v.call("GET", "/files/"+first.text("attachments.0.file_id"), "").failed(404, "not_found", "")
	v.call("GET", "/files/"+second.text("attachments.0.file_id"), "").want(200)
	v.call("DELETE", "/me", "").want(204)
	s.api("GET", "/files/"+second.text("attachments.0.file_id"), "").failed(404, "not_found", "")
}

func TestFileLimits(t *testing.T) {
	s := newSite(t, Options{Rates: Rates{Sessions: -1, Hellos: -1, Messages: 3, Uploads: 5}})
	v, w := s.visitor(), s.visitor()
	at, next := v.session("Hello"), w.session("Hello")
	for range 3 {
		v.upload(at, fileField("a.txt", "x")).want(201)
	}
	v.upload(at, fileField("a.txt", "x")).failed(429, "rate_limited", "") // as a message of the visitor
	for range 2 {
		w.upload(next, fileField("a.txt", "x")).want(201)
	}
	w.upload(next, fileField("a.txt", "x")).failed(429, "rate_limited", "") // as a file from the address
	body, header := formBody(t, fileField("a.txt", "x"))
	for range 6 {
		s.api("POST", "/sessions/"+at+"/files", body, header).want(201)
	}
}

func TestNoFiles(t *testing.T) {
	store := openIn(t, t.TempDir())
	svc := chat.New(store, &chat.Options{Limits: chat.Limits{File: -1}})
	t.Cleanup(func() { svc.Close(); store.Close() })
	s := &site{t: t, store: store, svc: svc, handler: New(svc, &Options{Rates: unlimited})}
	v := s.visitor()
	v.call("POST", "/hello", `{}`).has("config.features.files", false, "config.limits.file", 0)
	v.upload(v.session("Hello"), fileField("a.txt", "x")).failed(403, "forbidden", "")
}

// folder is a host's own FileStore: files in a directory.
type folder struct {
	dir  string
	fail error // of DeleteFile
}

func (f *folder) PutFile(_ context.Context, id string, content io.Reader) error {
	to, err := os.Create(filepath.Join(f.dir, id))
	if err == nil {
		_, err = io.Copy(to, content)
		err = errors.Join(err, to.Close())
	}
	return err
}

func (f *folder) OpenFile(_ context.Context, id string) (io.ReadSeekCloser, error) {
	file, err := os.Open(filepath.Join(f.dir, id))
	if errors.Is(err, os.ErrNotExist) {
		err = chat.ErrUnknownFile
	}
	return file, err
}

func (f *folder) DeleteFile(_ context.Context, id string) error {
	if f.fail != nil {
		return f.fail
	}
	if err := os.Remove(filepath.Join(f.dir, id)); !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

func (f *folder) count() int {
	list, _ := os.ReadDir(f.dir)
	return len(list)
}

func TestFilesElsewhere(t *testing.T) {
	store, there := openIn(t, t.TempDir()), &folder{dir: t.TempDir()}
	svc := chat.New(store, &chat.Options{Files: there})
	t.Cleanup(func() { svc.Close(); store.Close() })
	s := &site{t: t, store: store, svc: svc, handler: New(svc, &Options{Rates: unlimited})}
	v := s.visitor()
	id := v.session("Hello")
	sent := v.upload(id, fileField("a.png", picture(t)), field{"client_id", "k", nil}).want(201)
	if r := v.call("GET", "/files/"+sent.text("attachments.0.file_id"), "", "Range: bytes=1-3"); r.status != 206 || r.raw != "PNG" {
		t.Errorf("%d %q", r.status, r.raw)
	}
	v.upload(id, fileField("a.png", picture(t)), field{"client_id", "k", nil}).want(200)
	v.upload(id, fileField("a.png", picture(t)[:70])).failed(415, "unsupported_media_type", "file")
	v.upload(id, fileField("a.png", "<p>")).failed(415, "unsupported_media_type", "file")
	v.upload(id, fileField("a.txt", strings.Repeat("x", 10<<20+1))).failed(413, "body_too_large", "file")
	if there.count() != 1 {
		t.Errorf("%d files are there, want 1", there.count())
	}
	there.fail = errors.New("out of order") // the visitor goes all the same, and the content in time
	v.call("DELETE", "/me", "").want(204)
	if loose, err := store.LooseFiles(context.Background(), farAway, 100); err != nil || len(loose) != 1 {
		t.Errorf("to be removed: %v %v", loose, err)
	}
}

// A picture goes over a real connection, slower than the server allows.
func TestFilesOutliveTheServersTimeouts(t *testing.T) {
	s := newSite(t, Options{Rates: unlimited, BodyTimeout: 1})
	srv := httptest.NewUnstartedServer(s.handler)
	srv.Config.ReadTimeout, srv.Config.WriteTimeout, srv.Config.ReadHeaderTimeout = time.Millisecond, time.Millisecond, time.Minute
	srv.Start()
	t.Cleanup(srv.Close)
	v := s.visitor()
	body, header := formBody(t, fileField("a.png", picture(t)))
	in, out := io.Pipe()
	r, _ := http.NewRequest("POST", srv.URL+"/visitor/v1/sessions/"+v.session("Hello")+"/files", in)
	r.Header.Set("Content-Type", strings.TrimPrefix(header, "Content-Type: "))
	r.Header.Set("Authorization", "Bearer "+v.token)
	go func() {
		for _, b := range []byte(body) {
			out.Write([]byte{b})
		}
		out.Close()
	}()
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if got, _ := io.ReadAll(res.Body); res.StatusCode != 201 {
		t.Errorf("%s %s", res.Status, got)
	}
}
