package httpapi

import (
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/pealchat/pealchat/widget"
)

// assets are the browser's programs: the same bytes for every handler, so read
// once, however many there are in the process.
var assets = sync.OnceValues(widget.Load)

// consolePolicy lets the console run its own files and nothing else. An agent
// who is signed in on the host's site reads strangers' words there.
const consolePolicy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; " +
	"base-uri 'none'; form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"

// workerPolicy also lets the console name the one script that shows push
// messages, which needs a policy of that name to be made.
var workerPolicy = strings.Replace(consolePolicy, "trusted-types 'none'", "trusted-types pealchat-worker", 1)

// script serves the script that the host's pages load. Its name stays, so it
// is asked for again after a while. There are two: that pages are followed is
// known without a request, and costs nothing where they are not.
func (h *Handler) script(w http.ResponseWriter, r *http.Request, _ caller) error {
	all, err := assets()
	if err != nil {
		return err
	}
	name := all.Entries().Loader
	if h.svc.Tracking() {
		name = all.Entries().Following
	}
	return h.file(w, r, name, "public, max-age=300")
}

// asset serves a file whose name changes with its content.
func (h *Handler) asset(w http.ResponseWriter, r *http.Request, _ caller) error {
	return h.file(w, r, "assets/"+r.PathValue("name"), "public, max-age=31536000, immutable")
}

func (h *Handler) file(w http.ResponseWriter, r *http.Request, name, cache string) error {
	all, err := assets()
	if err != nil {
		return err
	}
	asset, found := all.Get(name)
	if !found {
		return errNoRoute
	}
	sendAsset(w, r, asset, cache)
	return nil
}

// console serves the console's page. It may be stored, but not used without
// asking: it names the files that are there now.
func (h *Handler) console(w http.ResponseWriter, r *http.Request, _ caller) error {
	all, err := assets()
	if err != nil {
		return err
	}
	header := w.Header()
	policy := consolePolicy
	if h.svc.PushKey() != "" {
		policy = workerPolicy
	}
	header.Set("Content-Security-Policy", policy)
	header.Set("X-Frame-Options", "DENY")
	header.Set("Referrer-Policy", "same-origin")
	header.Set("Cross-Origin-Opener-Policy", "same-origin")
	sendAsset(w, r, all.Console(), "no-cache")
	return nil
}

// embedPolicy is the console's, but for the pictures: faces and files of a
// conversation may be anywhere.
const embedPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' https: data: blob:; " +
	"base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'; frame-ancestors 'self'"

// embed serves the panel as a page of its own.
func (h *Handler) embed(w http.ResponseWriter, r *http.Request, _ caller) error {
	all, err := assets()
	if err != nil {
		return err
	}
	header := w.Header()
	header.Set("Content-Security-Policy", strings.Join(append([]string{embedPolicy}, h.ancestors...), " "))
	if len(h.ancestors) == 0 {
		header.Set("X-Frame-Options", "SAMEORIGIN") // which knows no list
	}
	header.Set("Referrer-Policy", "same-origin")
	sendAsset(w, r, all.Embed(), "no-cache")
	return nil
}

// ancestorList keeps what can be an origin in a frame-ancestors directive, in
// which anything else could add a directive of its own.
func ancestorList(list []string, log *slog.Logger) (ancestors []string) {
	for i, o := range list {
		origin := strings.ToLower(strings.TrimSuffix(o, "/"))
		scheme, host, _ := strings.Cut(origin, "://")
		if (scheme != "https" && scheme != "http") || host == "" || strings.ContainsAny(host, " \t\r\n;,'\"*/\\") {
			log.Error("httpapi: an entry of Options.FrameAncestors is no origin and not used", "index", i)
			continue
		}
		ancestors = append(ancestors, origin)
	}
	return ancestors
}

// consoleRedirect adds the slash without which the page's relative addresses
// would lead astray.
func (h *Handler) consoleRedirect(w http.ResponseWriter, _ *http.Request, _ caller) error {
	redirect(w, "console/")
	return nil
}

func sendAsset(w http.ResponseWriter, r *http.Request, asset widget.Asset, cache string) {
	body, encoding, etag := asset.Best(strings.Join(r.Header.Values("Accept-Encoding"), ","))
	header := w.Header()
	header.Set("Cache-Control", cache)
	header.Set("ETag", etag)
	header.Add("Vary", "Accept-Encoding")
	if matches(r.Header.Values("If-None-Match"), etag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	header.Set("Content-Type", asset.ContentType)
	header.Set("Content-Length", strconv.Itoa(len(body)))
	if encoding != "" {
		header.Set("Content-Encoding", encoding)
	}
	w.WriteHeader(http.StatusOK)
	if r.Method != http.MethodHead {
		w.Write(body) //nolint:gosec // G705: a file of our own, from the embedded ones
	}
}

// matches says whether an If-None-Match names the tag. Proxies that compress
// make a tag weak.
func matches(values []string, etag string) bool {
	for tag := range strings.SplitSeq(strings.Join(values, ","), ",") {
		tag = strings.TrimSpace(tag)
		if tag == "*" || strings.TrimPrefix(tag, "W/") == etag {
			return true
		}
	}
	return false
}
