package httpapi

import (
	"errors"
	"io"
	"net/http/httptest"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/pealchat/pealchat/chat"
)

// FuzzForm: whatever is sent as a form is read to its end or answered with an
// error for clients; nobody gets more of it than was sent, and no field twice.
func FuzzForm(f *testing.F) {
	part := func(disposition, body string) string {
		return "--b\r\nContent-Disposition: " + disposition + "\r\n\r\n" + body + "\r\n"
	}
	file := part(`form-data; name="file"; filename="a.txt"`, "Hello")
	for _, body := range []string{
		file + "--b--\r\n", part(`form-data; name="message"`, "Look") + file + "--b--", file + file + "--b--", file, "--b--\r\n", "--b\r\n", "",
		part(`form-data; name="file"; filename="../../etc/passwd"`, "x") + "--b--", part(`form-data; name="file"; filename*=UTF-8''%00%ff.txt`, "x") + "--b--",
		part(`form-data; name=file; filename="a\"\r\nX: y"`, "\r\n--b") + "--b--", part(`attachment; name="file"`, "") + "--b--", "preamble\r\n" + file + "--b--\r\nepilogue",
		"--b\nContent-Disposition: form-data; name=\"file\"\n\nx\n--b--\n", "--b\r\nContent-Transfer-Encoding: quoted-printable\r\nContent-Disposition: form-data; name=\"message\"\r\n\r\n=00=ff\r\n--b--",
		"--b\r\n" + strings.Repeat("X-A: b\r\n", 300) + "\r\n\r\n--b--",
	} {
		f.Add([]byte(body), "multipart/form-data; boundary=b")
	}
	f.Add([]byte(file), `multipart/form-data; boundary="b"; boundary=c`)
	h := &Handler{svc: chat.New(nil, nil)}
	f.Fuzz(func(t *testing.T, body []byte, kind string) {
		r := httptest.NewRequest("POST", "/", strings.NewReader(string(body)))
		r.Header["Content-Type"] = []string{kind}
		r.ContentLength = -1
		in, err := h.openForm(httptest.NewRecorder(), r)
		forClients := func(err error) {
			if e, ok := errors.AsType[*failure](err); !ok || e.status < 400 || e.status > 499 || !utf8.ValidString(e.message) || !utf8.ValidString(e.field) {
				t.Fatalf("not an error for clients: %#v", err)
			}
		}
		if err != nil {
			forClients(err)
			return
		}
		read, seen := 0, map[string]bool{}
		err = in.each(func(name string, part *formPart) error {
			if seen[name] {
				t.Fatalf("%q comes twice", name)
			}
			seen[name] = true
			if strings.ContainsAny(part.FileName(), "/") {
				t.Fatalf("a file is called %q", part.FileName())
			}
			b, err := io.ReadAll(part)
			read += len(b)
			return err
		})
		if err != nil {
			forClients(err)
		}
		if read > len(body) {
			t.Fatalf("%d bytes of %d", read, len(body))
		}
	})
}
