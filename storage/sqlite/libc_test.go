package sqlite

import (
	"os/exec"
	"strings"
	"testing"
)

// TestLibc: the driver works with one version of its C library only, and an
// update of all dependencies does not know that.
func TestLibc(t *testing.T) {
	out := func(args ...string) string {
		b, err := exec.CommandContext(t.Context(), "go", args...).Output()
		if err != nil {
			t.Skipf("go %v: %v", args, err)
		}
		return strings.TrimSpace(string(b))
	}
	driver := strings.ReplaceAll(out("list", "-m", "modernc.org/sqlite"), " ", "@")
	want := ""
	for line := range strings.Lines(out("mod", "graph")) {
		if lib, ok := strings.CutPrefix(strings.TrimSpace(line), driver+" modernc.org/libc@"); ok {
			want = lib
		}
	}
	if got := out("list", "-m", "modernc.org/libc"); got != "modernc.org/libc "+want {
		t.Errorf("go.mod has %s, but %s needs %q", got, driver, want)
	}
}
