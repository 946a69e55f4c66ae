package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// intruders are elements and attributes that only a stranger could have put
// into the console: it has forms and fields of its own, but none of these.
const intruders = `[...document.body.querySelectorAll('*')].filter((el) =>
	/^(SCRIPT|IFRAME|STYLE|BASE|META|MATH|OBJECT|EMBED|LINK|VIDEO|AUDIO|MARQUEE)$/i.test(el.tagName)
	|| el.tagName === 'IMG' && !/^(blob:|data:image\/|${location.origin})/.test(el.src)
	|| [...el.attributes].some((a) => /^on/i.test(a.name) || /^(href|src|action|formaction|srcdoc|data|xlink:href)$/i.test(a.name) && /^\s*(javascript|vbscript|data:text)/i.test(a.value))).map((el) => el.outerHTML.slice(0, 200))`

// stranger calls the visitors' API with headers that nobody expects.
func (s *server) stranger(token, path, contentType string, body io.Reader, into any) {
	s.t.Helper()
	s.strangerWith(hostile[0]+" "+hostile[2], token, path, contentType, body, into)
}

func (s *server) strangerWith(header, token, path, contentType string, body io.Reader, into any) {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, s.url("/chat/visitor/v1"+path), body)
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Content-Type", contentType)
	r.Header.Set("User-Agent", header)
	r.Header.Set("Referer", "https://evil.example/"+header)
	r.Header.Set("Accept-Language", `"><img/src/onerror=pwned(31)>`)
	r.Header.Set("X-Forwarded-For", hostile[1])
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	text, _ := io.ReadAll(res.Body)
	if res.StatusCode >= 300 {
		s.t.Fatalf("POST %s: %d %s", path, res.StatusCode, text)
	}
	if bytes.Contains(text, []byte("<")) {
		s.t.Errorf("POST %s: the answer has a raw <: %s", path, text)
	}
	if into != nil {
		if err := json.Unmarshal(text, into); err != nil {
			s.t.Fatal(err)
		}
	}
}

// Whatever a stranger may send ends as text: names, titles, addresses, file
// names, headers, custom data, what is being typed, in every part of the
// console that shows it.
func TestTheConsoleShowsStrangersAsText(t *testing.T) {
	s := startServer(t, "-tracking")
	var settings map[string]any
	s.call("GET", "/settings", nil, &settings)
	settings["typing_preview"] = true
	s.call("PUT", "/settings", settings, nil)
	jsonOf := func(v any) io.Reader { text, _ := json.Marshal(v); return bytes.NewReader(text) }
	const kind = "application/json"
	var who struct{ Token string }
	s.stranger("", "/hello", kind, jsonOf(map[string]any{"page": map[string]string{"url": s.url("/?q=" + url.QueryEscape(hostile[1])), "title": hostile[0], "referrer": "https://evil.example/?" + url.QueryEscape(hostile[2])}}), &who)
	s.stranger(who.Token, "/pages", kind, jsonOf(map[string]any{"url": s.url("/#" + url.QueryEscape(hostile[2])), "title": hostile[2]}), nil)
	var made session
	s.stranger(who.Token, "/sessions", kind, jsonOf(map[string]any{"message": hostile[3], "visitor_name": hostile[0]}), &made)
	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	part, err := w.CreateFormFile("file", `"><img src=x onerror=pwned(40)>.txt`)
	if err != nil {
		t.Fatal(err)
	}
	io.WriteString(part, "Just a text.\n")
	w.Close()
	s.stranger(who.Token, "/sessions/"+made.ID+"/files", w.FormDataContentType(), &form, nil)
	s.call("PATCH", "/sessions/"+made.ID, map[string]any{"tags": []string{hostile[2]}, "custom_data": map[string]any{hostile[1]: hostile[0], "nested": map[string]any{hostile[2]: []string{hostile[3]}}}}, nil)
	s.call("POST", "/canned-replies", map[string]any{"shortcut": "hostile", "message": hostile[0]}, nil)
	s.call("POST", "/sessions/"+made.ID+"/notes", map[string]any{"message": "@Mara " + strings.Join(hostile, "\n")}, nil)

	mara := enterConsole(t, s, "Mara Reyes")
	eval[bool](mara, trap)
	check := func(where string) {
		t.Helper()
		for _, el := range eval[[]string](mara, intruders) {
			t.Errorf("%s: %s", where, el)
		}
		mara.provoke()
	}
	mara.click("All open", `labelled('.nav a', 'All open')`)
	mara.wait("the row is there", `$$('.row').length === 1`)
	check("the list")
	mara.click("the row", `$('.row')`)
	mara.wait("the file is there", `/onerror=pwned\(40\)/.test($('.thread').innerText) && $('.noteb')`)
	mara.wait("the pane is there", `$$('.about .trail li').length > 0`)
	s.stranger(who.Token, "/sessions/"+made.ID+"/typing", kind, jsonOf(map[string]any{"typing": true, "preview": hostile[0]}), nil)
	mara.wait("what is being typed is text", `$('.growing .b')?.innerText === `+quote(hostile[0]))
	mara.wait("the name is text", `$('.conv h2').innerText === `+quote(hostile[0]))
	check("the conversation")
	mara.act(hostile[3][:12], "Quote")
	mara.wait("it is quoted", `$('.conv .txt').value.startsWith('> ')`)
	mara.press("\n/hostile")
	mara.wait("the saved reply is offered", `$('.pop')`)
	check("the saved replies")
	mara.press(escape)
	mara.command("k", 75)
	mara.wait("the palette is there", `active()?.matches('.palette input')`)
	mara.press("onerror")
	mara.wait("it finds the visitor", `$$('.palette .entry').some((el) => el.innerText.includes('onerror'))`)
	check("the palette")
	mara.press(escape)
	mara.wait("the palette is away, and the words are back", `!$('.palette') && active()?.matches('.conv .txt')`)
	mara.press(escape)
	mara.wait("nobody writes", `!active()?.matches('input, textarea')`)
	mara.key("/")
	mara.wait("one can search", `active()?.matches('.find input')`)
	mara.press("pwned")
	mara.wait("it is found", `$$('.row.hit').length > 0`)
	check("the search")
	mara.press(escape)

	// Each of them everywhere at once: headers, pages, names, words, the host's data.
	data := map[string]any{}
	for i, text := range hostile {
		var who struct{ Token string }
		s.strangerWith(text, "", "/hello", kind, jsonOf(map[string]any{"page": map[string]string{"url": s.url("/?q=" + url.QueryEscape(text)), "title": text}}), &who)
		s.strangerWith(text, who.Token, "/presence", kind, jsonOf(map[string]any{"page": map[string]string{"url": s.url("/" + url.PathEscape(text)), "title": text, "referrer": "https://evil.example/?" + url.QueryEscape(text)}}), nil)
		var made session
		s.call("POST", "/sessions", map[string]any{"visitor_name": text, "custom_data": map[string]any{text: text}}, &made)
		s.call("POST", "/messages", map[string]any{"session_id": made.ID, "sender": "visitor", "message": text, "sender_name": text}, nil)
		data[fmt.Sprint(i, " ", text)] = []string{text}
	}
	s.call("PATCH", "/sessions/"+made.ID, map[string]any{"custom_data": data}, nil)
	mara.goTo(s.url("/chat/console/#/all"))
	mara.wait("all rows are there", fmt.Sprintf(`$$('.row').length >= %d`, min(len(hostile), 12)))
	check("the list of all")
	mara.click("one of the rows", `$$('.row').find((el) => el.innerText.includes('pwned(20)'))`)
	mara.wait("it is open", `$('.conv h2').innerText === `+quote(hostile[17]))
	mara.wait("the host's data is there", `$$('.about dt').some((el) => el.innerText.includes('pwned(20)'))`)
	check("its conversation")
	mara.goTo(s.url("/chat/console/#/visitors"))
	mara.wait("the visitors are there", `/pwned\(20\)/.test($('.page').innerText)`)
	check("the visitors")
}

// The conversation as a team that writes from right to left, and as a phone
// has it.
func TestTheConversationRightToLeftAndOnAPhone(t *testing.T) {
	s, visitor, mara := desk(t, "مرحبا، هل تشحنون إلى بورتو؟")
	mara.reply("نعم، خلال ثلاثة أيام. See https://alderclay.example/care")
	visitor.hears("نعم، خلال ثلاثة أيام. See alderclay.example/care")
	s.call("POST", "/sessions/"+s.onlySession().ID+"/notes", map[string]any{"message": "@Mara اشترت كوبين في مايو"}, nil)
	eval[bool](mara, `(document.documentElement.dir = 'rtl', true)`)
	mara.wait("the note is there", `$$('.noteb').length === 1`)
	mara.axe("conversation right to left")
	if out := eval[[]string](mara, `$$('.thread .msg .b, .noteb, .conv header button, .reply button').filter((el) => { const r = el.getBoundingClientRect(), w = $('.conv').getBoundingClientRect(); return r.width && (r.left < w.left - 1 || r.right > w.right + 1); }).map((el) => el.outerHTML.slice(0, 120))`); len(out) > 0 {
		t.Errorf("out of the pane: %q", out)
	}
	eval[bool](mara, `(document.documentElement.dir = 'ltr', true)`)
	mara.phone(true)
	mara.wait("the window is narrow", `innerWidth === 390`)
	mara.axe("phone conversation with a note")
	if wide := eval[int](mara, `document.documentElement.scrollWidth`); wide > 390 {
		t.Errorf("the page is %d wide on a phone", wide)
	}
	if off := eval[int](mara, `$$('.do').filter((el) => { const r = el.getBoundingClientRect(); return r.left < 0 || r.right > 390 || $$('.thread .av').some((av) => { const a = av.getBoundingClientRect(); return a.left < r.right && r.left < a.right && a.top < r.bottom && r.top < a.bottom; }); }).length`); off > 0 {
		t.Errorf("%d buttons of messages are off the page or over a face", off)
	}
	mara.act("ثلاثة", "Edit")
	mara.wait("it can be changed", `active()?.closest('.editing')`)
	mara.axe("phone changing a message")
}
