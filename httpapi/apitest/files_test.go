package apitest

import (
	"bytes"
	"image"
	"image/png"
	"strings"
	"testing"

	"github.com/pealchat/pealchat/chat"
	"github.com/pealchat/pealchat/httpapi"
)

// form is a body with a file and a client id.
func form(name, content, clientID string) string {
	return "--peal\r\nContent-Disposition: form-data; name=\"client_id\"\r\n\r\n" + clientID + "\r\n" +
		"--peal\r\nContent-Disposition: form-data; name=\"file\"; filename=\"" + name + "\"\r\nContent-Type: application/octet-stream\r\n\r\n" + content + "\r\n--peal--\r\n"
}

func sendsFile(op *operation) bool { return op.form }

// TestFiles sends files to and fro, and what is no file that anybody takes.
func TestFiles(t *testing.T) {
	t.Parallel()
	f := open(t, setup{}).fixture().withFile()
	var picture bytes.Buffer
	if err := png.Encode(&picture, image.NewGray(image.Rect(0, 0, 3, 2))); err != nil {
		t.Fatal(err)
	}
	eachOperation(t, sendsFile, func(t *testing.T, op *operation) {
		f := f.on(t)
		send := func(body string, headers ...string) *reply {
			return f.caller(op).do(op.method, f.path(op), body, headers...)
		}
		first := send(form("a.png", picture.String(), "k")).is(201)
		if again := send(form("a.png", picture.String(), "k")).is(200); again.raw != first.raw {
			t.Errorf("again:\n%s\nfirst:\n%s", again.raw, first.raw)
		}
		send(form("a.png", "another", "k")).fails(409, "client_id_reused", "client_id")
		send(form("a.svg", "<svg/>", "l")).fails(415, "unsupported_media_type", "file")
		send(form("a.txt", "", "l")).fails(400, "invalid_request", "file")
		send(form("a.txt", strings.Repeat("x", 10<<20+1), "l")).fails(413, "body_too_large", "file")
		send(form("a.txt", "x", "l"), "Content-Type: application/json").fails(415, "unsupported_media_type", "")
		send(strings.TrimSuffix(aForm, "--\r\n")).fails(400, "invalid_request", "")

		attachment := first.list("attachments")[0]
		if attachment["width"] != 3.0 || attachment["height"] != 2.0 {
			t.Errorf("%v", attachment)
		}
		base := strings.SplitAfter(op.path, "v1/")[0]
		got := f.caller(op).get(base + attachment["url"].(string)).is(200)
		if got.raw != picture.String() {
			t.Error("the picture came back as another")
		}
		if part := f.caller(op).get(base+attachment["url"].(string), "Range: bytes=1-3").is(206); part.raw != "PNG" {
			t.Errorf("a part of it is %q", part.raw)
		}
	})
	other := f.site.visitor()
	other.get("/visitor/v1/files/"+f.file).fails(404, "not_found", "")
}

// TestFilesAreLimited sends more files than an address may.
func TestFilesAreLimited(t *testing.T) {
	t.Parallel()
	s := open(t, setup{limited: true, options: httpapi.Options{Rates: httpapi.Rates{Uploads: 1}}})
	f := s.fixture().withFile()
	f.who.post("/visitor/v1/sessions/"+f.session+"/files", aForm).fails(429, "rate_limited", "")
}

// TestNoFiles has a host that takes none.
func TestNoFiles(t *testing.T) {
	t.Parallel()
	f := open(t, setup{chat: chat.Options{Limits: chat.Limits{File: -1}}}).fixture()
	eachOperation(t, sendsFile, func(t *testing.T, op *operation) {
		f := f.on(t)
		f.caller(op).do(op.method, f.path(op), aForm).fails(403, "forbidden", "")
	})
}
