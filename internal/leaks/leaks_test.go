package leaks

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

const childEnv = "PEALCHAT_TEST_LEAK"

// TestMain leaves a goroutine behind where the environment asks for it.
func TestMain(m *testing.M) {
	if os.Getenv(childEnv) != "" {
		patience = 0
		stop := make(chan struct{})
		go wait(stop)
	}
	Main(m)
}

func wait(stop chan struct{}) { <-stop }

// TestALeakFailsTheTests runs this program again, with one and without.
func TestALeakFailsTheTests(t *testing.T) {
	for leak, code := range map[string]int{"": 0, "yes": 1} {
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^$")
		cmd.Env = append(os.Environ(), childEnv+"="+leak)
		out, _ := cmd.CombinedOutput()
		if got := cmd.ProcessState.ExitCode(); got != code || strings.Contains(string(out), "leaks.wait(") != (code == 1) {
			t.Errorf("leak %q: it exits with %d, want %d:\n%s", leak, got, code, out)
		}
	}
}
