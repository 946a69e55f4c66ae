package e2e

import (
	"testing"

	"github.com/chromedp/cdproto/input"
)

// mouse moves a button of the mouse at a place.
func (b *tab) mouse(kind input.DispatchMouseEventType, at []float64) {
	b.t.Helper()
	b.do(call(input.DispatchMouseEvent, input.DispatchMouseEventParams{Type: kind, X: at[0], Y: at[1], Button: "left", ClickCount: 1}))
}

// Whoever is pressed is opened, also when somebody else writes between the
// button's going down and its coming up, which moves every row.
func TestAPressStaysOnItsRow(t *testing.T) {
	s := startServer(t)
	seed(s)
	mara := enterConsole(t, s, "Mara Reyes")
	mara.press("gi")
	mara.wait("the list is full", `$$('.row').length === 3`)
	names := eval[[]string](mara, `said('.row b')`)
	at := eval[[]float64](mara, `((r) => [r.x + r.width / 2, r.y + r.height / 2])($$('.row')[1].getBoundingClientRect())`)
	mara.mouse("mousePressed", at)
	s.call("POST", "/sessions", map[string]any{"visitor_name": "Somebody new"}, nil)
	mara.counts("All open", "4")
	mara.mouse("mouseReleased", at)
	mara.wait("the one that was pressed is open", `$('.conv h2')?.innerText === `+quote(names[1]))
	mara.wait("the new one has come", `said('.row b')[0] === 'Somebody new' && $$('.row').length === 4`)
}
