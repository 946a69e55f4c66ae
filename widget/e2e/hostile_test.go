package e2e

import (
	"fmt"
	"strings"
	"testing"
)

// hostile is what strangers may write where people read it.
var hostile = []string{
	`<img src=x onerror="pwned(1)">`,
	`<script>pwned(2)</script>`,
	`"><svg/onload=pwned(3)>`,
	`<iframe srcdoc="<script>parent.pwned(4)</script>"></iframe>`,
	`javascript:pwned(5)`,
	`[click](javascript:pwned(6)) **<b onmouseover=pwned(7)>bold</b>**`,
	`https://example.com/"onmouseover="pwned(8)`,
	`data:text/html,<script>pwned(9)</script>`,
	`{{constructor.constructor('pwned(10)')()}} ${pwned(11)}`,
	`<style>*{display:none}</style><base href="//evil.example/"><meta http-equiv=refresh content=0;url=//evil.example>`,
	`&lt;img src=x onerror=pwned(12)&gt; &#60;script&#62;`,
	"```<script>pwned(13)</script>``` > <u>quote</u>\u202e gnirts",
	`<math><mi//xlink:href="data:x,<script>pwned(14)</script>">`,
	`<form action=//evil.example><input autofocus onfocus=pwned(15)></form>`,
	`<noscript><p title="</noscript><img src=x onerror=pwned(16)>"></noscript>`,
	`<template shadowrootmode=open><img src=x onerror=pwned(17)></template>`,
	`<svg><animate onbegin=pwned(18) attributeName=x dur=1s></svg><details open ontoggle=pwned(19)>`,
	`--></title></textarea></style></script><script>pwned(20)</script><!--`,
	`'-pwned(21)-'"-pwned(22)-"\u003cimg src=x onerror=pwned(23)\u003e`,
	`<a href="jav&#x09;ascript:pwned(24)">click</a> JaVaScRiPt:pwned(25) vbscript:pwned(26)`,
	`<peal-chat onclick=pwned(27) data-base=//evil.example></peal-chat><slot onslotchange=pwned(28)>`,
	`https://example.com/\"><script>pwned(29)</script> https://javascript:pwned(30)@example.com/`,
}

const strange = `(scope) => [...scope.querySelectorAll('*')].filter((el) => !el.matches('input.pick') && (
	/^(IMG|SCRIPT|IFRAME|STYLE|BASE|META|FORM|INPUT|MATH|OBJECT|EMBED|LINK|VIDEO|AUDIO)$/i.test(el.tagName)
	|| [...el.attributes].some((a) => /^on/i.test(a.name) || /^(href|src|action|formaction|srcdoc|data|xlink:href)$/i.test(a.name) && /^\s*(javascript|data|vbscript):/i.test(a.value)))).map((el) => el.outerHTML.slice(0, 200))`

// trap makes any code of a stranger show itself.
const trap = `globalThis.pwned = (n) => { console.error('stranger’s code ran: ' + n); return true; }, true`

func TestHostileTextIsOnlyText(t *testing.T) {
	s := startServer(t)
	visitor := visit(t, s)
	eval[bool](visitor, trap)
	visitor.openChat()
	visitor.say(hostile[0])
	mara := enterConsole(t, s, "Mara Reyes")
	eval[bool](mara, trap)
	mara.click("All open", `labelled('.nav a', 'All open')`)
	mara.pick("Visitor")

	id := s.onlySession().ID
	for i, text := range hostile {
		sender := []string{"visitor", "agent", "bot"}[i%3]
		s.call("POST", "/messages", map[string]any{"session_id": id, "sender": sender, "message": text}, nil)
	}
	s.call("POST", "/sessions/"+id+"/notes", map[string]any{"message": strings.Join(hostile, "\n")}, nil)
	s.call("PATCH", "/sessions/"+id, map[string]any{
		"visitor_name": hostile[0], "tags": []string{"<b>tag"}, "custom_data": map[string]any{hostile[2]: hostile[1], "link": "javascript:pwned(20)"},
	}, nil)

	n := len(hostile) + 1
	visitor.wait("the visitor has all of it", fmt.Sprintf(`$$('.msg').length === %d`, n))
	mara.wait("the agent has all of it", fmt.Sprintf(`$$('.thread .msg').length === %d && $$('.noteb').length === 1`, n))
	mara.wait("the name is the hostile one", `$('.conv h2').innerText === `+quote(hostile[0]))
	for _, el := range eval[[]string](visitor, `(`+strange+`)($('.panel .log'))`) {
		t.Errorf("in the panel: %s", el)
	}
	for _, el := range eval[[]string](mara, `$$('.thread, .conv header, .about .person, .about dl, .about .sec:not(:has(input)), .rows').flatMap(`+strange+`)`) {
		t.Errorf("in the console: %s", el)
	}
	for name, b := range map[string]*tab{"panel": visitor, "console": mara} {
		for _, href := range eval[[]string](b, `$$('.log a, .thread a').map((a) => a.protocol + ' ' + a.rel + ' ' + a.target)`) {
			if !strings.HasPrefix(href, "https: ") || !strings.Contains(href, "noopener") || !strings.HasSuffix(href, "_blank") {
				t.Errorf("a link in the %s: %s", name, href)
			}
		}
	}
	// What is said must be readable, not swallowed.
	for _, text := range hostile[:4] {
		if !eval[bool](mara, `$$('.thread .msg .b').some((el) => el.innerText === `+quote(text)+`)`) {
			t.Errorf("the console does not show %q as it is", text)
		}
	}
	mara.provoke()
	visitor.provoke()
}

// provoke hovers over and moves through everything, to set off what waits for it.
func (b *tab) provoke() {
	b.t.Helper()
	eval[bool](b, `$$('*').forEach((el) => { for (const type of ['mouseover', 'mouseenter', 'focus', 'load', 'error', 'animationstart']) el.dispatchEvent(new Event(type)); }), true`)
}

// The console's own policy lets nothing run that is not a file of ours.
func TestTheConsolesPolicyIsStrict(t *testing.T) {
	s := startServer(t)
	mara := enterConsole(t, s, "Mara Reyes")
	policy := eval[string](mara, `fetch('./').then((r) => r.headers.get('content-security-policy'))`)
	for _, want := range []string{"default-src 'none'", "script-src 'self'", "frame-ancestors 'none'", "base-uri 'none'"} {
		if !strings.Contains(policy, want) {
			t.Errorf("the console's policy lacks %q: %s", want, policy)
		}
	}
	if strings.Contains(policy, "unsafe") || strings.Contains(policy, "http:") || strings.Contains(policy, "*") {
		t.Errorf("the console's policy is lax: %s", policy)
	}
}
