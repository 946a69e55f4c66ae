package e2e

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"

	"github.com/chromedp/cdproto/page"
	"github.com/pealchat/pealchat/chat"
	"github.com/pealchat/pealchat/httpapi"
	"github.com/pealchat/pealchat/storage/sqlite"
)

var host = chat.AsHost("Alder & Clay")

// hostSite is a site of pages that a test writes itself, with the chat at
// /chat/ of the same origin, in this process.
type hostSite struct {
	t     *testing.T
	svc   *chat.Service
	store chat.Store
	srv   *httptest.Server
	pages map[string]string
}

// tag is how a page carries the chat; attrs are further attributes of it.
func tag(attrs string) string { return `<script defer src="/chat/chat.js" ` + attrs + `></script>` }

// startHostSite serves the pages by their paths. What stands in a page comes
// after its head.
func startHostSite(t *testing.T, opts chat.Options, pages map[string]string) *hostSite {
	t.Helper()
	needBrowser(t)
	store, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "chat.db"), nil)
	if err != nil {
		t.Fatal(err)
	}
	h := &hostSite{t: t, svc: chat.New(store, &opts), store: store, pages: pages}
	mux := http.NewServeMux()
	mux.Handle("/chat/", http.StripPrefix("/chat", httpapi.New(h.svc, &httpapi.Options{Widget: httpapi.Widget{Name: "Alder & Clay"}})))
	mux.HandleFunc("/", h.page)
	h.srv = httptest.NewServer(mux)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); h.svc.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		<-done
		h.svc.Close()
		h.srv.CloseClientConnections()
		h.srv.Close()
		store.Close()
	})
	return h
}

func (h *hostSite) page(w http.ResponseWriter, r *http.Request) {
	body, found := h.pages[r.URL.Path]
	if !found {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	fmt.Fprintf(w, `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>%s</title><link rel="icon" href="data:,">%s`, r.URL.Path, body)
}

// open opens a page as somebody new, whose browser has run the scripts before.
func (h *hostSite) open(path string, scripts ...string) *tab {
	h.t.Helper()
	b := newPerson(h.t)
	for _, script := range scripts {
		b.do(call(page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: script}))
	}
	b.goTo(h.srv.URL + path)
	b.wait("the launcher is there", `seen($('.launcher'))`)
	return b
}

// online are those who are on the site.
func (h *hostSite) online() []chat.Visitor {
	h.t.Helper()
	found, err := h.svc.Visitors(h.t.Context(), host, chat.Page{}, chat.VisitorFilter{Online: true})
	if err != nil {
		h.t.Fatal(err)
	}
	return found.Visitors
}

// trail is what the one visitor saw and did, the first first.
func (h *hostSite) trail() (lines []string) {
	h.t.Helper()
	all, err := h.svc.Visitors(h.t.Context(), host, chat.Page{}, chat.VisitorFilter{})
	if err != nil || len(all.Visitors) > 1 {
		h.t.Fatalf("visitors %+v, %v", all.Visitors, err)
	}
	if len(all.Visitors) == 0 {
		return nil
	}
	found, err := h.svc.PageViews(h.t.Context(), host, all.Visitors[0].ID, chat.Page{}, true)
	if err != nil {
		h.t.Fatal(err)
	}
	for i := len(found.Views) - 1; i >= 0; i-- {
		v := found.Views[i]
		if v.Name != "" {
			lines = append(lines, v.Name+" "+fmt.Sprint(v.Data))
			continue
		}
		lines = append(lines, v.URL[len(h.srv.URL):]+" "+v.Title)
	}
	return lines
}
