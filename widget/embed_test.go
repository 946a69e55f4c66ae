package widget

import (
	"bytes"
	"compress/gzip"
	"io"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
)

func mustLoad(t *testing.T) *Assets {
	t.Helper()
	a, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestEveryFormIsTheSameFile(t *testing.T) {
	a := mustLoad(t)
	for _, name := range a.Names() {
		asset, _ := a.Get(name)
		if asset.Gzip == nil || asset.Brotli == nil {
			t.Errorf("%s has no compressed form beside it", name)
			continue
		}
		r, err := gzip.NewReader(bytes.NewReader(asset.Gzip))
		if err != nil {
			t.Fatalf("%s.gz: %v", name, err)
		}
		plain, err := io.ReadAll(r)
		if err != nil || !bytes.Equal(plain, asset.Plain) {
			t.Errorf("%s.gz is not %s (%v)", name, name, err)
		}
		if !r.ModTime.IsZero() {
			t.Errorf("%s.gz carries a time, so no two builds would be the same", name)
		}
	}
}

func TestBest(t *testing.T) {
	asset, _ := mustLoad(t).Get("chat.js")
	for _, test := range []struct{ accept, want string }{
		{"", ""},
		{"identity", ""},
		{"gzip, deflate, br, zstd", "br"},
		{"gzip, deflate", "gzip"},
		{"GZIP", "gzip"},
		{"br;q=0.5, gzip;q=0.8", "gzip"},
		{"br;q=0, gzip;q=0", ""},
		{"br; q=0, *", "gzip"},
		{"*", "br"},
		{"gzip;q=nonsense", ""},
		{"deflate", ""},
	} {
		body, encoding, etag := asset.Best(test.accept)
		if encoding != test.want {
			t.Errorf("Best(%q) chose %q, want %q", test.accept, encoding, test.want)
		}
		if want := map[string][]byte{"": asset.Plain, "gzip": asset.Gzip, "br": asset.Brotli}[encoding]; !bytes.Equal(body, want) {
			t.Errorf("Best(%q): the body is not the %q form", test.accept, encoding)
		}
		if !regexp.MustCompile(`^"[0-9a-f]{24}(-br|-gz)?"$`).MatchString(etag) {
			t.Errorf("Best(%q): tag %s", test.accept, etag)
		}
	}
	_, _, plain := asset.Best("")
	_, _, packed := asset.Best("gzip")
	if plain == packed {
		t.Error("two forms share an entity tag")
	}
}

func TestOnlyHashedNamesAreImmutable(t *testing.T) {
	a := mustLoad(t)
	hashed := regexp.MustCompile(`^assets/[a-z]+-[0-9A-Z]{8}\.(js|svg)$`)
	for _, name := range a.Names() {
		asset, _ := a.Get(name)
		if asset.Immutable != hashed.MatchString(name) {
			t.Errorf("%s: Immutable is %v", name, asset.Immutable)
		}
	}
	if loader, ok := a.Get(a.Entries().Loader); !ok || loader.Immutable {
		t.Error("the loader's name never changes, so it must be asked for again")
	}
	for _, page := range []string{"console/index.html", "embed/index.html"} {
		if _, ok := a.Get(page); ok {
			t.Errorf("%s is served by name, past its headers", page)
		}
	}
	for _, name := range []string{"", ".", "manifest.json", "LICENSES.txt", "chat.js.gz", "assets", "../embed.go"} {
		if _, ok := a.Get(name); ok {
			t.Errorf("Get(%q) found something", name)
		}
	}
}

// The console runs under a policy that allows no inline script or style, and
// under any prefix, so its page must name its files by relative addresses.
func TestConsolePage(t *testing.T) {
	a := mustLoad(t)
	page := string(a.Console().Plain)
	for _, address := range regexp.MustCompile(`(?:src|href)="([^"]*)"`).FindAllStringSubmatch(page, -1) {
		name, ok := strings.CutPrefix(address[1], "../")
		if !ok {
			t.Errorf("%q is not relative to the page", address[1])
		}
		if _, ok := a.Get(name); !ok {
			t.Errorf("the page names %q, which is not there", address[1])
		}
	}
	if !strings.Contains(page, a.Entries().Console.Entry) {
		t.Error("the page does not start the console")
	}
	for _, bad := range []string{`<script>`, `<style`, `style="`, `{{`} {
		if strings.Contains(page, bad) {
			t.Errorf("the page contains %s", bad)
		}
	}
	if inline := regexp.MustCompile(`\son\w+=|>[^<\s][^<]*</script>`).FindString(page); inline != "" {
		t.Errorf("the page has code in it: %q", inline)
	}
}

func TestLoadRefusesAnIncompleteDist(t *testing.T) {
	whole := func() fstest.MapFS {
		return fstest.MapFS{
			"manifest.json":      {Data: []byte(`{"loader":"chat.js","following":"chat-f.js","site":{"entry":"assets/s.js","first":["assets/s.js"]},"icon":"assets/i.svg","embed":"assets/e.js","panel":{"entry":"assets/p.js","first":["assets/p.js"]},"console":{"entry":"assets/c.js","later":["assets/l.js"]}}`)},
			"chat.js":            {},
			"chat-f.js":          {},
			"assets/s.js":        {},
			"assets/i.svg":       {},
			"assets/p.js":        {},
			"assets/e.js":        {},
			"embed/index.html":   {},
			"assets/c.js":        {},
			"assets/l.js":        {},
			"console/index.html": {},
		}
	}
	if _, err := load(whole()); err != nil {
		t.Fatal(err)
	}
	for name := range whole() {
		files := whole()
		delete(files, name)
		if _, err := load(files); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("without %s: %v", name, err)
		}
	}
	files := whole()
	files["manifest.json"].Data = []byte("{")
	if _, err := load(files); err == nil {
		t.Error("a broken manifest was taken")
	}
}
