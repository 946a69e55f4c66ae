package e2e

import (
	"testing"

	"github.com/pealchat/pealchat/chat"
)

// A page's own style sheet makes the widget its own, by the properties and the
// parts that are made for that; every colour stays readable.
func TestThePageMakesItItsOwn(t *testing.T) {
	h := startHostSite(t, chat.Options{}, map[string]string{"/": tag("") + `<style>
		peal-chat { --peal-accent: #ffd400; --peal-radius: 4px; --peal-font: Georgia, serif; --peal-inset: 40px; --peal-z: 7; }
		peal-chat::part(launcher) { border-radius: 8px; color: transparent; background-image: url('data:image/svg+xml,<svg xmlns="http://www.w3.org/2000/svg"/>'); }
		peal-chat::part(panel) { border: 3px solid rgb(1, 2, 3); }
		peal-chat::part(header) { background: rgb(255, 250, 220); }
		peal-chat::part(message) { border-radius: 2px; }
		peal-chat::part(composer) { border-radius: 5px; }
	</style>` + everyonesPage})
	b := h.open("/")
	const style = `((css, name) => getComputedStyle($(css))[name])`
	b.wait("the launcher", `((r) => Math.round(innerWidth - r.right) === 40 && Math.round(innerHeight - r.bottom) === 40)($('.launcher').getBoundingClientRect()) && `+style+`('.launcher', 'borderTopLeftRadius') === '8px' && `+style+`('.launcher', 'backgroundColor') === 'rgb(255, 212, 0)' && `+style+`('.corner', 'zIndex') === '7' && `+style+`('.launcher svg', 'stroke') === 'rgba(0, 0, 0, 0)'`)
	b.openChat()
	b.say("Hello")
	h.answer("See https://alderclay.example")
	b.wait("the answer is there", `$$('.msg.them').length === 1`)
	for what, want := range map[string][3]string{
		"the corners":         {".panel", "borderTopLeftRadius", "4px"},
		"the frame":           {".panel", "borderTopColor", "rgb(1, 2, 3)"},
		"the header":          {".head", "backgroundColor", "rgb(255, 250, 220)"},
		"the type":            {".msg .b", "fontFamily", "Georgia, serif"},
		"the type of fields":  {".panel .ta", "fontFamily", "Georgia, serif"},
		"the bubbles":         {".msg .b", "borderTopLeftRadius", "2px"},
		"the field":           {".compose", "borderTopLeftRadius", "5px"},
		"one's own words":     {".msg.me .b", "backgroundColor", "rgb(255, 212, 0)"},
		"and what is on them": {".msg.me .b", "color", "rgb(0, 0, 0)"},
	} {
		if got := eval[string](b, style+`(`+quote(want[0])+`, `+quote(want[1])+`)`); got != want[2] {
			t.Errorf("%s: %s, want %s", what, got, want[2])
		}
	}
	b.axe("panel of another colour")
	// The page's colour may change with its theme.
	eval[bool](b, `(document.querySelector('style').append('html[data-theme=dark] peal-chat { --peal-accent: #102a6b; }'), document.documentElement.dataset.theme = 'dark', true)`)
	b.wait("it follows", `$('.corner').classList.contains('dark') && `+style+`('.launcher', 'backgroundColor') === 'rgb(16, 42, 107)' && $('.corner').style.getPropertyValue('--on-fill') === '#fff'`)
	b.axe("panel of another colour by night")
}
