// Package shop is the shop that the chat of the examples stands in: its pages, a
// demo sign-in for the staff, and the chat itself. It stands where a real site has
// its own program.
package shop

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/pealchat/pealchat/chat"
)

//go:embed layout.html pages static
var files embed.FS

// contentPolicy is as strict as a page can be, to show that the chat asks for
// no exception: no inline script or style, and no string becomes markup.
const contentPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"

type product struct {
	Slug, Kind, Name, Text string
	Price                  int // in whole euros
}

var products = []product{
	{"serving-bowl", "tableware", "Large serving bowl, sage", "Thrown by hand and glazed twice, with a foot narrow enough to lift with one hand. Thirty centimetres across.", 84},
	{"small-bowl", "tableware", "Small bowl, ochre", "For olives, salt or breakfast. Twelve centimetres across, in the glaze we mix from local clay.", 22},
	{"plate", "tableware", "Dinner plate, chalk", "A wide rim and a shallow well. Twenty-seven centimetres across, safe in the dishwasher.", 36},
	{"mug", "tableware", "Mug, slate", "Holds a third of a litre, and the handle takes two fingers. Keeps warm for longer than you would think.", 28},
	{"tall-vase", "vases", "Tall vase, sage", "Made for branches rather than bunches. Forty centimetres high, watertight without a liner.", 96},
	{"bud-vase", "vases", "Bud vase, ochre", "For the one flower that broke off. Eleven centimetres high.", 18},
}

func productBySlug(slug string) (product, bool) {
	i := slices.IndexFunc(products, func(p product) bool { return p.Slug == slug })
	if i < 0 {
		return product{}, false
	}
	return products[i], true
}

func kind(name string) []product {
	return slices.DeleteFunc(slices.Clone(products), func(p product) bool { return p.Kind != name })
}

// page is what a template is given.
type page struct {
	Title    string
	Path     string
	Products []product
	Product  product
	Basket   []line
	Total    int
	Staff    []chat.Agent
	Me       string
	Console  string
}

// Count is the number of pieces in the basket.
func (p page) Count() (n int) {
	for _, l := range p.Basket {
		n += l.Count
	}
	return n
}

type shop struct {
	templates map[string]*template.Template
	console   string // where the link for the staff leads
	log       *slog.Logger
}

func newShop(console string, log *slog.Logger) *shop {
	s := &shop{templates: map[string]*template.Template{}, console: console, log: log}
	names, err := fs.Glob(files, "pages/*.html")
	if err != nil {
		panic(err) // the pattern is a constant
	}
	for _, name := range names {
		t := template.Must(template.ParseFS(files, "layout.html", name))
		s.templates[strings.TrimSuffix(name[len("pages/"):], ".html")] = t
	}
	return s
}

// routes adds the shop's pages to mux.
func (s *shop) routes(mux *http.ServeMux) {
	static, err := fs.Sub(files, "static")
	if err != nil {
		panic(err) // the directory is embedded
	}
	mux.Handle("GET /static/", http.StripPrefix("/static", cached(http.FileServerFS(static))))
	mux.HandleFunc("GET /{$}", s.page("home", page{Title: "Tableware and vases, thrown by hand", Products: products[:4]}))
	mux.HandleFunc("GET /tableware", s.page("kind", page{Title: "Tableware", Products: kind("tableware")}))
	mux.HandleFunc("GET /vases", s.page("kind", page{Title: "Vases", Products: kind("vases")}))
	mux.HandleFunc("GET /studio", s.page("studio", page{Title: "The studio"}))
	mux.HandleFunc("GET /basket", s.page("basket", page{Title: "Basket"}))
	mux.HandleFunc("POST /basket", s.changeBasket)
	mux.HandleFunc("GET /products/{slug}", func(w http.ResponseWriter, r *http.Request) {
		p, ok := productBySlug(r.PathValue("slug"))
		if !ok {
			s.notFound(w, r)
			return
		}
		s.render(w, r, http.StatusOK, "product", page{Title: p.Name, Product: p})
	})
	mux.HandleFunc("/", s.notFound)
}

// cached lets browsers keep the shop's own files for a while.
func cached(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "max-age=300")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		next.ServeHTTP(w, r)
	})
}

func (s *shop) page(name string, p page) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) { s.render(w, r, http.StatusOK, name, p) }
}

func (s *shop) notFound(w http.ResponseWriter, r *http.Request) {
	s.render(w, r, http.StatusNotFound, "missing", page{Title: "No such page"})
}

func (s *shop) render(w http.ResponseWriter, r *http.Request, status int, name string, p page) {
	p.Path, p.Console = r.URL.Path, s.console
	p.Basket = basketOf(r)
	for _, l := range p.Basket {
		p.Total += l.Sum()
	}
	var body bytes.Buffer
	if err := s.templates[name].ExecuteTemplate(&body, "layout.html", p); err != nil {
		s.log.Error("could not render a page", "page", name, "error", err)
		http.Error(w, "Something went wrong.", http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", contentPolicy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cache-Control", "no-cache")
	w.WriteHeader(status)
	w.Write(body.Bytes())
}

// The basket lives in a cookie: slug:count, slug:count …

const (
	basketCookie = "basket"
	mostOfOne    = 9
)

type line struct {
	product
	Count int
}

// Sum is the price of the line.
func (l line) Sum() int { return l.Price * l.Count }

// basketOf reads the basket and leaves out what makes no sense.
func basketOf(r *http.Request) []line {
	cookie, err := r.Cookie(basketCookie)
	if err != nil {
		return nil
	}
	var lines []line
	for item := range strings.SplitSeq(cookie.Value, "/") {
		slug, count, _ := strings.Cut(item, ":")
		n, err := strconv.Atoi(count)
		p, ok := productBySlug(slug)
		seen := slices.ContainsFunc(lines, func(l line) bool { return l.Slug == slug })
		if err != nil || !ok || seen || n < 1 || n > mostOfOne {
			continue
		}
		lines = append(lines, line{p, n})
	}
	return lines
}

// changeBasket adds one piece, or with "remove" takes the product out.
func (s *shop) changeBasket(w http.ResponseWriter, r *http.Request) {
	p, ok := productBySlug(r.PostFormValue("product"))
	if !ok {
		http.Error(w, "product: there is no such product", http.StatusBadRequest)
		return
	}
	lines := basketOf(r)
	i := slices.IndexFunc(lines, func(l line) bool { return l.Slug == p.Slug })
	switch {
	case r.PostFormValue("remove") != "":
		lines = slices.DeleteFunc(lines, func(l line) bool { return l.Slug == p.Slug })
	case i < 0:
		lines = append(lines, line{p, 1})
	default:
		lines[i].Count = min(lines[i].Count+1, mostOfOne)
	}
	items := make([]string, len(lines))
	for i, l := range lines {
		items[i] = fmt.Sprintf("%s:%d", l.Slug, l.Count)
	}
	http.SetCookie(w, &http.Cookie{
		Name: basketCookie, Value: strings.Join(items, "/"),
		Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
	http.Redirect(w, r, "/basket", http.StatusSeeOther)
}
