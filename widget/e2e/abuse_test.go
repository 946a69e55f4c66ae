package e2e

import (
	"strings"
	"testing"

	cdpbrowser "github.com/chromedp/cdproto/browser"
)

// abuse are files that a stranger's program may send past the widget's own
// checks, and what the server is to make of them: 415, 413, 400, or a type
// under which no browser runs them. red is a picture that is sound.
const abuse = `((red) => {
	const page = '<!doctype html><script>alert("pwned")</script>';
	const svg = '<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><script>alert(2)</script></svg>';
	return [
		['a.svg', 'image/svg+xml', [svg], '415'], ['a.svg', 'image/svg+xml; x', [svg], '415'], ['a.png', 'image/png', [svg], '415'], ['a.txt', 'text/plain', ['\ufeff  ' + svg], '415'],
		['a.html', 'text/html', [page], '415'], ['a.png', 'image/png', [page], '415'], ['a.txt', 'text/plain', ['\n\n' + page], '415'], ['a.xht', 'application/xhtml+xml', ['<?xml version="1.0"?>' + page], '415'],
		['a.gif', 'image/gif', ['GIF89a/*' + page + '*/=1'], '415'], ['a.png', 'image/png', [red, page], '415'], ['a.pdf', 'application/pdf', ['%PDF-1.7\n' + page], '415'], ['a.zip', 'application/zip', ['PK\x03\x04' + page], '415'],
		['a.exe', 'application/octet-stream', ['MZ\x90\x00'], '415'], ['none.txt', 'text/plain', [], '400'], ['large.txt', 'text/plain', ['x'.repeat(10 * 2 ** 20 + 1)], '413'],
		['late.txt', 'text/html', ['Below is a page.\n'.repeat(200) + page], 'text/plain; charset=utf-8'], ['a.html', 'text/html', ['alert(1)'], 'text/plain; charset=utf-8'], ['a.js', 'text/javascript', ['alert(1)'], 'text/plain; charset=utf-8'],
		['a.css', 'text/css', ['* { display: none }'], 'text/plain; charset=utf-8'], ['a.csv', 'text/csv', ['=cmd|"/c calc"!A1;1'], 'text/plain; charset=utf-8'],
		['a.pdf', 'text/html', ['%PDF-1.7\n1 0 obj'], 'application/pdf'], ['a.html', 'text/html', [red], 'image/png'],
		['../../../etc/passwd.png', 'image/png', [red], 'image/png'], ['..\\..\\boot.png', 'image/png', [red], 'image/png'], ['/abs\u202egnp.exe', 'image/png', [red], 'image/png'], ['CON', 'image/png', [red], 'image/png'], ['a"\r\nX-Evil: 1\r\n.png', 'image/png', [red], 'image/png'],
	];
})`

// What is refused leaves nothing behind. What is taken is inert, also for an
// agent who opens it by itself, signed in to the same origin.
func TestHostileFilesAreRefusedOrInert(t *testing.T) {
	s := startServer(t)
	visitor := visit(t, s)
	visitor.openChat()
	visitor.say("Look at these")
	visitor.expectOffline(true) // the browser notes every request that is refused
	id := s.onlySession().ID
	type result struct {
		Name, Want, Got, URL, Shown string
	}
	eval[bool](visitor, `(void (async () => {
		const canvas = Object.assign(document.createElement('canvas'), { width: 12, height: 12 });
		canvas.getContext('2d').fillRect(0, 0, 6, 12);
		const red = await new Promise((done) => canvas.toBlob(done));
		const { token } = JSON.parse(localStorage.getItem('pealchat:' + location.origin + '/chat/'));
		const out = [];
		for (const [name, type, parts, want] of `+abuse+`(red)) {
			const form = new FormData();
			form.append('file', new File(parts, name, { type }), name);
			const send = () => fetch('/chat/visitor/v1/sessions/`+id+`/files', { method: 'POST', body: form, headers: { Authorization: 'Bearer ' + token } });
			let r = await send();
			while (r.status === 429) { // not so many at once
				await new Promise((done) => setTimeout(done, 1000 * r.headers.get('Retry-After')));
				r = await send();
			}
			const { attachments: [file] = [] } = await r.json();
			out.push({ Name: name, Want: want, Got: r.status === 201 ? file.content_type : String(r.status), URL: file?.url ?? '', Shown: file?.name ?? '' });
		}
		globalThis.files = out;
	})(), true)`)
	visitor.wait("all were sent", `globalThis.files`)
	files := eval[[]result](visitor, `files`)
	visitor.expectOffline(false)
	if len(files) < 25 {
		t.Fatalf("%d files were sent", len(files))
	}
	var kept []result
	for _, f := range files {
		// What text is written in is said when it is handed out.
		if f.Got != strings.TrimSuffix(f.Want, "; charset=utf-8") {
			t.Errorf("%q: %s, want %s", f.Name, f.Got, f.Want)
		}
		if f.URL == "" {
			continue
		}
		kept = append(kept, f)
		if strings.ContainsAny(f.Shown, "/\\\r\n\"\u202e") || strings.HasPrefix(f.Shown, ".") {
			t.Errorf("%q has become %q", f.Name, f.Shown)
		}
	}
	if n := s.onlySession().Count; n != len(kept)+1 {
		t.Errorf("%d messages, want %d", n, len(kept)+1)
	}

	mara := enterConsole(t, s, "Mara Reyes")
	eval[bool](mara, trap)
	mara.do(call(cdpbrowser.SetDownloadBehavior, cdpbrowser.SetDownloadBehaviorParams{Behavior: "deny"}))
	mara.click("All open", `labelled('.nav a', 'All open')`)
	mara.pick("Visitor")
	for _, f := range kept {
		at := s.url("/chat/api/v1/" + f.URL)
		heads := eval[[]string](mara, `fetch(`+quote(at)+`).then((r) => ['content-type', 'content-disposition', 'content-security-policy', 'x-content-type-options'].map((name) => r.headers.get(name)))`)
		how := "attachment"
		if strings.HasPrefix(f.Got, "image/") {
			how = "inline"
		}
		if heads[0] != f.Want || !strings.HasPrefix(heads[1], how) || !strings.Contains(heads[2], "sandbox") || heads[3] != "nosniff" {
			t.Errorf("%q is handed out with %q", f.Name, heads)
		}
	}
	// Opened by itself a picture is a picture; all else is downloaded, and the
	// page stays where it is.
	alone := mara.another()
	alone.strict = true
	for _, f := range kept {
		if f.Got == "image/png" {
			alone.goTo(s.url("/chat/api/v1/" + f.URL))
			alone.wait("it is shown as a picture", `document.contentType === 'image/png' && !document.scripts.length`)
			continue
		}
		alone.goTo(s.url("/studio"))
		eval[bool](alone, `(location.href = `+quote(s.url("/chat/api/v1/"+f.URL))+`, new Promise((done) => setTimeout(() => done(true), 200)))`)
		if got := eval[string](alone, `location.pathname`); got != "/studio" {
			t.Errorf("%q is opened as a page of %s", f.Name, eval[string](alone, `document.contentType`))
		}
	}
}
