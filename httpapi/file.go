package httpapi

import (
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/pealchat/pealchat/chat"
)

// formExtra is how large a form may be beside its file: the text, and what
// frames the parts.
const formExtra = 128 << 10

// maxPartHead is how much may stand before a part of a form: a boundary, and
// headers with a name. It is read into memory at once.
const maxPartHead = 32 << 10

// filePolicy takes from a file that is opened by itself whatever it could do.
const filePolicy = "default-src 'none'; sandbox"

// sendFile takes in a message with a file: a form whose parts may come in any
// order. The file goes to where files are kept as it arrives.
func (h *Handler) sendFile(w http.ResponseWriter, r *http.Request, by caller) error {
	if by.IsVisitor() {
		if err := h.buckets.take(h.rules.uploads, by.address); err != nil {
			return err
		}
	}
	in, err := h.openForm(w, r)
	if err != nil {
		return err
	}
	message := chat.NewMessage{SessionID: r.PathValue("session_id"), Sender: chat.SenderAgent}
	if by.IsVisitor() {
		message.Sender = chat.SenderVisitor
	}
	err = in.each(func(name string, part *formPart) (err error) {
		switch name {
		case "message":
			message.Text, err = part.text(name)
		case "client_id":
			message.ClientID, err = part.text(name)
		case "file":
			var up chat.Upload
			if up, err = h.upload(r, by, part); err == nil {
				message.Files = append(message.Files, up)
			}
		default:
			err = badField(name, "%s is not a field of this call.", clip(name))
		}
		return err
	})
	if err == nil && message.Files == nil {
		err = badField("file", "file must not be missing.")
	}
	if err != nil {
		for _, up := range message.Files {
			h.svc.DropUpload(r.Context(), up)
		}
		// A client that is still sending would not see the answer.
		io.Copy(io.Discard, in.body)
		return err
	}
	rc := http.NewResponseController(w)
	rc.SetReadDeadline(time.Time{}) // as in readBody
	sent, err := h.svc.SendMessage(r.Context(), by.Actor, message)
	if err != nil {
		return err
	}
	err = sentAnswer(sent).write(w, r)
	rc.Flush()
	rc.SetWriteDeadline(time.Time{}) // it must not reach the connection's next request
	return err
}

func (h *Handler) upload(r *http.Request, by caller, part *formPart) (chat.Upload, error) {
	if part.FileName() == "" {
		return chat.Upload{}, badField("file", "file must be sent as a file, with a name.")
	}
	return h.svc.Upload(r.Context(), by.Actor, chat.NewFile{SessionID: r.PathValue("session_id"), Name: part.FileName(), Content: part})
}

// form is a body of the type multipart/form-data on its way in.
type form struct {
	w     http.ResponseWriter
	body  io.Reader
	parts *multipart.Reader
	limit int64 // of the file
	head  int64 // how much more may be read before the next part begins; negative within one
}

// Read gives the parts their bytes.
func (f *form) Read(b []byte) (int, error) {
	if f.head < 0 {
		return f.body.Read(b)
	}
	if f.head == 0 {
		return 0, errLongHead
	}
	n, err := f.body.Read(b[:min(int64(len(b)), f.head)])
	f.head -= int64(n)
	return n, err
}

var errLongHead = &failure{status: http.StatusBadRequest, code: "invalid_request",
	message: "A part of the form begins with more than " + strconv.Itoa(maxPartHead) + " bytes of headers."}

// formPart is one field. Whatever goes wrong while it is read is the answer.
type formPart struct {
	*multipart.Part
	of *form
}

func (h *Handler) openForm(w http.ResponseWriter, r *http.Request) (*form, error) {
	kind, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	encoding := r.Header.Get("Content-Encoding")
	if err != nil || kind != "multipart/form-data" || params["boundary"] == "" || encoding != "" && !strings.EqualFold(encoding, "identity") {
		return nil, &failure{status: http.StatusUnsupportedMediaType, code: "unsupported_media_type",
			message: "The body must be sent as Content-Type: multipart/form-data, not compressed."}
	}
	f := &form{w: w, limit: max(0, h.svc.Limits().File)}
	if r.ContentLength > f.limit+formExtra {
		return nil, f.tooLarge()
	}
	// A file takes longer than what the deadlines for all calls are made for.
	rc := http.NewResponseController(w)
	rc.SetReadDeadline(time.Now().Add(h.opts.fileTimeout()))
	rc.SetWriteDeadline(time.Now().Add(h.opts.fileTimeout() + 10*time.Second))
	f.body = http.MaxBytesReader(w, r.Body, f.limit+formExtra)
	f.parts = multipart.NewReader(f, params["boundary"])
	return f, nil
}

// each reads the fields. None may come twice.
func (f *form) each(field func(string, *formPart) error) error {
	seen := map[string]bool{}
	for {
		f.head = maxPartHead
		part, err := f.parts.NextRawPart()
		f.head = -1
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return f.broken(err)
		}
		name := part.FormName()
		if seen[name] {
			return badField(name, "%s stands in the body twice.", clip(name))
		}
		seen[name] = true
		if err := field(name, &formPart{part, f}); err != nil {
			return err
		}
	}
}

func (p *formPart) Read(b []byte) (int, error) {
	n, err := p.Part.Read(b)
	if err != nil && err != io.EOF {
		err = p.of.broken(err)
	}
	return n, err
}

// text reads a field that is a line or a message.
func (p *formPart) text(name string) (string, error) {
	b, err := io.ReadAll(io.LimitReader(p, formExtra+1))
	if err == nil && len(b) > formExtra {
		err = badField(name, "%s is too long.", name)
	}
	return string(b), err
}

func (f *form) tooLarge() error {
	return &failure{status: http.StatusRequestEntityTooLarge, code: "body_too_large", field: "file",
		message: "The file is too large; at most " + strconv.FormatInt(f.limit, 10) + " bytes are accepted."}
}

// broken is the answer to a body that did not come to its end, or is not a form.
func (f *form) broken(err error) error {
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return f.tooLarge()
	}
	if errors.Is(err, errLongHead) {
		return errLongHead
	}
	f.w.Header().Set("Connection", "close") // where the next request would begin is unknown
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return &failure{status: http.StatusRequestTimeout, code: "request_timeout", message: "The body took too long to arrive."}
	}
	return &failure{status: http.StatusBadRequest, code: "invalid_request", cause: err,
		message: "The body did not arrive whole, or is not well-formed multipart/form-data."}
}

// download hands out a file. Only pictures that were found sound are shown in
// a page; what anything else would be taken for does not matter.
func (h *Handler) download(w http.ResponseWriter, r *http.Request, by caller) error {
	f, content, err := h.svc.OpenFile(r.Context(), by.Actor, r.PathValue("file_id"))
	if err != nil {
		return err
	}
	defer content.Close()
	how := "attachment"
	if f.Inline() {
		how = "inline"
	}
	kind := f.ContentType
	if kind == "text/plain" {
		kind += "; charset=utf-8"
	}
	header := w.Header()
	header.Set("Content-Type", kind)
	header.Set("Content-Disposition", mime.FormatMediaType(how, map[string]string{"filename": f.Name}))
	header.Set("Cache-Control", "private, no-store")
	header.Set("Content-Security-Policy", filePolicy)
	header.Set("Cross-Origin-Resource-Policy", "same-origin")
	if !plainRange(r.Header.Get("Range"), f.Size) {
		r.Header.Del("Range")
	}
	r.Header.Del("If-Match") // there is no tag that it could match
	rc := http.NewResponseController(w)
	rc.SetWriteDeadline(time.Now().Add(h.opts.fileTimeout()))
	http.ServeContent(w, r, "", time.Time{}, content)
	rc.Flush()
	rc.SetWriteDeadline(time.Time{})
	return nil
}

// plainRange says whether a range is one that can be answered with. All others
// are answered with the whole file, which is always right.
func plainRange(s string, size int64) bool {
	first, last, ok := strings.Cut(strings.TrimPrefix(s, "bytes="), "-")
	from, err := strconv.ParseUint(first, 10, 62)
	if !ok || !strings.HasPrefix(s, "bytes=") || err != nil || int64(from) >= size {
		return false
	}
	to, err := strconv.ParseUint(last, 10, 62)
	return last == "" || err == nil && to >= from
}
