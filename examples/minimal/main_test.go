package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// What a reader copies from the README is what is compiled here.
func TestTheReadmeShowsThisProgram(t *testing.T) {
	program, err := os.ReadFile("main.go")
	if err != nil {
		t.Fatal(err)
	}
	readme, err := os.ReadFile(filepath.Join("..", "..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(readme), "```go\n"+string(program)+"```\n") {
		t.Error("README.md does not hold examples/minimal/main.go as it is")
	}
}

// modules are those whose code a host's binary gets: the driver of SQLite with
// what it is made of, sqlx, which both databases share, and sse for event streams.
var modules = []string{
	"github.com/dustin/go-humanize",
	"github.com/google/uuid",
	"github.com/jmoiron/sqlx",
	"github.com/pealchat/pealchat",
	"github.com/r3labs/sse/v2",
	"github.com/remyoudompheng/bigfft",
	"golang.org/x/net",
	"golang.org/x/sys",
	"golang.org/x/time",
	"gopkg.in/cenkalti/backoff.v1",
	"modernc.org/libc",
	"modernc.org/mathutil",
	"modernc.org/memory",
	"modernc.org/sqlite",
}

const bare = `package main

import (
	"log"
	"net/http"
)

func main() {
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { w.Write([]byte("hello")) })
	log.Fatal(http.ListenAndServe("127.0.0.1:8080", nil))
}
`

// A host that has the chat in it gets no router, no broker, no browser and no
// other database's driver.
func TestWhatAHostLinks(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", "-f", "{{with .Module}}{{.Path}}{{end}}", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	linked := strings.Fields(string(out))
	slices.Sort(linked)
	linked = slices.Compact(linked)
	for _, m := range linked {
		if !slices.Contains(modules, m) {
			t.Errorf("a host links %s", m)
		}
	}
	if testing.Short() {
		return
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "bare.go"), []byte(bare), 0o600); err != nil {
		t.Fatal(err)
	}
	size := func(pkg string) int64 {
		file := filepath.Join(dir, "binary")
		if out, err := exec.CommandContext(t.Context(), "go", "build", "-ldflags=-s -w", "-o", file, pkg).CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		info, err := os.Stat(file)
		if err != nil {
			t.Fatal(err)
		}
		return info.Size()
	}
	with, without := size("."), size(filepath.Join(dir, "bare.go"))
	t.Logf("%d modules; %.1f MB beside a bare server's %.1f MB", len(linked), float64(with)/(1<<20), float64(without)/(1<<20))
}
