// Package widget holds the browser's two programs, built and ready to serve:
// the visitor's widget (a loader and the panel it opens) and the agents'
// console.
//
// Their sources are in src; dist is what the build makes of them, committed so
// that building a Go program needs no Node.
package widget

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
)

//go:generate npm ci
//go:generate npm run build

//go:embed dist
var dist embed.FS

// An Asset is one file in the forms in which it can be sent. Its bytes must not
// be changed.
type Asset struct {
	// Name is the path under the place where the handler is mounted, such as
	// "chat.js" or "assets/panel-3BWHMWHV.js".
	Name        string
	ContentType string
	// Immutable says that the name changes with the content, so that a client
	// may keep it for good.
	Immutable bool
	// Plain is the file. Gzip and Brotli are the same compressed; nil where
	// there is no such form.
	Plain, Gzip, Brotli []byte
	hash                string
}

// Assets is everything that is served as it is. It is not changed after Load
// and safe for concurrent use.
type Assets struct {
	files   map[string]Asset
	entries Entries
}

// Entries names the files that programs begin with.
type Entries struct {
	Loader    string  `json:"loader"`
	Following string  `json:"following"` // the loader of a host that follows its visitors over the site
	Icon      string  `json:"icon"`
	Embed     string  `json:"embed"`
	Panel     Program `json:"panel"`
	Site      Program `json:"site"` // what follows them
	Console   Program `json:"console"`
}

// A Program is one that is made of modules: First are the files that it loads
// to begin, Entry among them, and Later those that it loads when they are
// needed.
type Program struct {
	Entry string   `json:"entry"`
	First []string `json:"first"`
	Later []string `json:"later"`
}

var contentTypes = map[string]string{
	".js":   "text/javascript; charset=utf-8",
	".svg":  "image/svg+xml",
	".html": "text/html; charset=utf-8",
}

// Load reads the embedded files. An error means that the program was built from
// a dist that is not whole.
func Load() (*Assets, error) {
	sub, err := fs.Sub(dist, "dist")
	if err != nil {
		return nil, fmt.Errorf("widget: %w", err)
	}
	return load(sub)
}

func load(files fs.FS) (*Assets, error) {
	a := &Assets{files: map[string]Asset{}}
	manifest, err := fs.ReadFile(files, "manifest.json")
	if err != nil {
		return nil, fmt.Errorf("widget: %w", err)
	}
	if err := json.Unmarshal(manifest, &a.entries); err != nil {
		return nil, fmt.Errorf("widget: manifest.json: %w", err)
	}
	err = fs.WalkDir(files, ".", func(name string, entry fs.DirEntry, err error) error {
		contentType := contentTypes[path.Ext(name)]
		if err != nil || entry.IsDir() || contentType == "" {
			return err
		}
		asset := Asset{Name: name, ContentType: contentType, Immutable: strings.HasPrefix(name, "assets/")}
		if asset.Plain, err = fs.ReadFile(files, name); err != nil {
			return err
		}
		if asset.Gzip, err = optional(files, name+".gz"); err != nil {
			return err
		}
		if asset.Brotli, err = optional(files, name+".br"); err != nil {
			return err
		}
		sum := sha256.Sum256(asset.Plain)
		asset.hash = hex.EncodeToString(sum[:12])
		a.files[name] = asset
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("widget: %w", err)
	}
	return a, a.check()
}

func optional(files fs.FS, name string) ([]byte, error) {
	body, err := fs.ReadFile(files, name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return body, err
}

// check finds out whether everything that the manifest names is there.
func (a *Assets) check() error {
	e := a.entries
	named := slices.Concat([]string{e.Loader, e.Following, e.Icon, e.Panel.Entry, e.Site.Entry, e.Console.Entry, e.Embed, consolePage, embedPage},
		e.Panel.First, e.Panel.Later, e.Site.First, e.Site.Later, e.Console.First, e.Console.Later)
	for _, name := range named {
		if _, ok := a.files[name]; !ok {
			return fmt.Errorf("widget: %q is missing from dist", name)
		}
	}
	return nil
}

// The pages, which are served under headers of their own.
const (
	consolePage = "console/index.html"
	embedPage   = "embed/index.html"
)

// Entries names the files that programs begin with.
func (a *Assets) Entries() Entries { return a.entries }

// Get finds a file by its path under the mount: the loader, or one of those
// with a hash in its name. The pages are not among them.
func (a *Assets) Get(name string) (Asset, bool) {
	asset, ok := a.files[name]
	return asset, ok && name != consolePage && name != embedPage
}

// Embed is the page that is nothing but the visitor's panel. Its addresses are
// relative to the mount.
func (a *Assets) Embed() Asset { return a.files[embedPage] }

// Names lists what Get finds, sorted.
func (a *Assets) Names() []string {
	names := make([]string, 0, len(a.files))
	for name := range a.files {
		if name != consolePage && name != embedPage {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// Console is the console's page. Its addresses are relative to a path one level
// below the mount, such as "console/".
func (a *Assets) Console() Asset { return a.files[consolePage] }

// Best chooses the form for a request's Accept-Encoding: its bytes, the
// Content-Encoding (empty for none), and the entity tag, quoted. Every form has
// a tag of its own, because they are different bytes.
func (f Asset) Best(acceptEncoding string) (body []byte, encoding, etag string) {
	gzip, brotli := qualities(acceptEncoding)
	switch {
	case f.Brotli != nil && brotli > 0 && brotli >= gzip:
		return f.Brotli, "br", strconv.Quote(f.hash + "-br")
	case f.Gzip != nil && gzip > 0:
		return f.Gzip, "gzip", strconv.Quote(f.hash + "-gz")
	default:
		return f.Plain, "", strconv.Quote(f.hash)
	}
}

// qualities reads what an Accept-Encoding says of gzip and br. What is not named
// counts as refused unless there is a star.
func qualities(accept string) (gzip, brotli float64) {
	gzip, brotli = -1, -1
	star := 0.0
	for coding := range strings.SplitSeq(accept, ",") {
		name, params, _ := strings.Cut(coding, ";")
		q := 1.0
		if key, value, ok := strings.Cut(strings.TrimSpace(params), "="); ok && strings.EqualFold(key, "q") {
			var err error
			if q, err = strconv.ParseFloat(value, 64); err != nil {
				q = 0
			}
		}
		switch strings.ToLower(strings.TrimSpace(name)) {
		case "gzip", "x-gzip":
			gzip = q
		case "br":
			brotli = q
		case "*":
			star = q
		}
	}
	if gzip < 0 {
		gzip = star
	}
	if brotli < 0 {
		brotli = star
	}
	return gzip, brotli
}
