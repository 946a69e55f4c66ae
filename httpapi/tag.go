package httpapi

import (
	"encoding/json"
	"fmt"
	"html/template"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/pealchat/pealchat/chat"
)

// Tag makes the script tag that a page of the host carries. The zero value
// stands for a chat that is mounted at /chat/. One Tag serves all requests; it
// may be used concurrently.
//
// In html/template give it to the page as a function or as a value; in templ
// write @templ.Raw(string(tag)). Frameworks that replace the body of a page,
// such as htmx and Turbo, want it in the head.
type Tag struct {
	// Base is where the chat is mounted, as the browser sees it: a path such
	// as "/chat/", or a URL such as "https://chat.example.com/chat/" for pages
	// of another origin. Empty means "/chat/".
	Base string

	// Attrs are further settings of the script, without their "data-": color,
	// position, theme, locale, label, launcher, track.
	Attrs map[string]string

	// Locale, if not nil, says in which language the page is shown, such as
	// "pt-BR". Empty means the page's own.
	Locale func(*http.Request) string

	// Nonce, if not nil, returns the one that the page's
	// Content-Security-Policy allows for this response.
	Nonce func(*http.Request) string

	// Visitor, if not nil, says whom the host knows the visitor to be. Secret
	// signs it, one of the handler's [Options.VisitorSecrets]. It is for pages
	// of another origin than the chat's: on the same origin Options.Visitor
	// does without. A page with a signature must not be cached, and is good
	// for five minutes and one visit to the chat: where pages stay open for
	// longer, call Pealchat.identify with a function instead.
	Visitor func(*http.Request) (chat.Identity, bool)
	Secret  string
}

// HTML returns the tag for the page that r asks for. It fails where the
// identity cannot be signed; the tag is then returned without it, so that the
// visitor can write, as a stranger.
func (t Tag) HTML(r *http.Request) (template.HTML, error) {
	base := t.Base
	if base == "" {
		base = "/chat/"
	}
	if !strings.HasSuffix(base, "/") {
		base += "/"
	}
	var b strings.Builder
	nonce := ""
	if t.Nonce != nil {
		if n := t.Nonce(r); n != "" {
			nonce = attribute("nonce", n)
		}
	}
	signed, err := t.signed(r)
	if signed != "" {
		// Before the chat's own script, which looks into the queue when it runs.
		quoted, _ := json.Marshal(signed) // with < and > escaped
		fmt.Fprintf(&b, "<script%s>(window.Pealchat??={q:[]}).q.push([\"identify\",%s])</script>\n", nonce, quoted)
	}
	b.WriteString("<script defer" + attribute("src", base+"chat.js"))
	if strings.Contains(base, "://") {
		b.WriteString(attribute("data-base", base))
	}
	if t.Locale != nil {
		if locale := t.Locale(r); locale != "" {
			b.WriteString(attribute("data-locale", locale))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(t.Attrs)) {
		b.WriteString(attribute("data-"+name, t.Attrs[name]))
	}
	b.WriteString(nonce + "></script>")
	return template.HTML(b.String()), err //nolint:gosec // G203: every value in it was escaped above
}

func (t Tag) signed(r *http.Request) (string, error) {
	if t.Visitor == nil {
		return "", nil
	}
	identity, known := t.Visitor(r)
	if !known {
		return "", nil
	}
	return SignVisitor(t.Secret, identity, 5*time.Minute)
}

// attribute returns an attribute with a space before it. Names come from the
// host's code, but a letter out of place must not open another attribute.
func attribute(name, value string) string {
	name = strings.Map(func(r rune) rune {
		if r == '-' || r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, name)
	return " " + name + `="` + template.HTMLEscapeString(value) + `"`
}
