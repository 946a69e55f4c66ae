package shop

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

// pages is the shop alone, without a chat.
func pages(t *testing.T) http.Handler {
	t.Helper()
	mux := http.NewServeMux()
	newShop("/staff", slog.New(slog.DiscardHandler)).routes(mux)
	return mux
}

func get(h http.Handler, path string, cookies ...*http.Cookie) *httptest.ResponseRecorder {
	r := httptest.NewRequest("GET", path, nil)
	for _, c := range cookies {
		r.AddCookie(c)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func post(h http.Handler, path string, form url.Values, cookies ...*http.Cookie) *httptest.ResponseRecorder {
	r := httptest.NewRequest("POST", path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for _, c := range cookies {
		r.AddCookie(c)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestEveryLinkOfTheShopLeadsSomewhere(t *testing.T) {
	h := pages(t)
	link := regexp.MustCompile(`(?:href|src)="(/[^"]*)"`)
	seen := map[string]bool{"/": true}
	for queue := []string{"/"}; len(queue) > 0; {
		path := queue[0]
		queue = queue[1:]
		if strings.HasPrefix(path, "/chat/") || path == "/staff" {
			continue // not the shop's
		}
		w := get(h, path)
		if w.Code != http.StatusOK {
			t.Errorf("%s: status %d", path, w.Code)
		}
		if strings.HasPrefix(path, "/static/") {
			continue
		}
		for _, m := range link.FindAllStringSubmatch(w.Body.String(), -1) {
			if !seen[m[1]] {
				seen[m[1]] = true
				queue = append(queue, m[1])
			}
		}
	}
	for _, p := range products {
		if !seen["/products/"+p.Slug] {
			t.Errorf("no page links to %s", p.Slug)
		}
	}
}

// A strict policy would block these silently, in the browser only.
func TestPagesHoldNothingInline(t *testing.T) {
	h := pages(t)
	inline := regexp.MustCompile(`(?i)<style|style=|\son\w+=|<script(?:>|\s[^>]*[^/]>[^<])|javascript:`)
	for _, path := range []string{"/", "/tableware", "/vases", "/studio", "/basket", "/products/mug", "/nothing"} {
		w := get(h, path)
		if got := w.Header().Get("Content-Security-Policy"); got != contentPolicy {
			t.Errorf("%s: Content-Security-Policy %q", path, got)
		}
		if found := inline.FindString(w.Body.String()); found != "" {
			t.Errorf("%s: inline code or style: %q", path, found)
		}
		if !strings.Contains(w.Body.String(), `src="/chat/chat.js"`) {
			t.Errorf("%s: has no chat", path)
		}
	}
}

func TestUnknownPages(t *testing.T) {
	for _, path := range []string{"/nothing", "/products/nothing", "/static/nothing.svg", "/tableware/"} {
		if w := get(pages(t), path); w.Code != http.StatusNotFound {
			t.Errorf("%s: status %d, want 404", path, w.Code)
		}
	}
}

func TestBasket(t *testing.T) {
	h := pages(t)
	var cookies []*http.Cookie
	change := func(form url.Values) {
		t.Helper()
		w := post(h, "/basket", form, cookies...)
		if w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/basket" {
			t.Fatalf("status %d, Location %q", w.Code, w.Header().Get("Location"))
		}
		cookies = w.Result().Cookies()
	}
	for range 2 {
		change(url.Values{"product": {"mug"}})
	}
	change(url.Values{"product": {"plate"}})
	body := get(h, "/basket", cookies...).Body.String()
	for _, want := range []string{"Mug, slate", "Dinner plate, chalk", "€ 92", "Basket (3)"} {
		if !strings.Contains(body, want) {
			t.Errorf("the basket lacks %q", want)
		}
	}
	change(url.Values{"product": {"mug"}, "remove": {"yes"}})
	body = get(h, "/basket", cookies...).Body.String()
	if strings.Contains(body, "Mug, slate") || !strings.Contains(body, "Basket (1)") {
		t.Errorf("the mug was not removed:\n%s", body)
	}
	for range mostOfOne + 3 {
		change(url.Values{"product": {"plate"}})
	}
	if body := get(h, "/basket", cookies...).Body.String(); !strings.Contains(body, "Basket (9)") {
		t.Error("more than nine of a piece fit into the basket")
	}
	if w := post(h, "/basket", url.Values{"product": {"piano"}}); w.Code != http.StatusBadRequest {
		t.Errorf("an unknown product: status %d, want 400", w.Code)
	}
}

func TestBasketFromAStranger(t *testing.T) {
	for _, value := range []string{"mug", "mug:0", "mug:-1", "mug:10", "mug:x", "piano:1", "///:::", strings.Repeat("mug:1", 300)} {
		r := httptest.NewRequest("GET", "/", nil)
		r.AddCookie(&http.Cookie{Name: basketCookie, Value: value})
		if lines := basketOf(r); len(lines) != 0 {
			t.Errorf("%.20q: %v", value, lines)
		}
	}
	r := httptest.NewRequest("GET", "/", nil)
	r.AddCookie(&http.Cookie{Name: basketCookie, Value: "mug:1/mug:2/plate:3"})
	if lines := basketOf(r); len(lines) != 2 || lines[0].Count != 1 || lines[1].Count != 3 {
		t.Errorf("basket %v", lines)
	}
}
