// Package leaks fails the tests of a package that leave goroutines of ours
// behind.
package leaks

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"
)

// patience is how long goroutines that were told to end may take: more than
// any farewell or deadline that tests leave under way.
var patience = 20 * time.Second

// Main runs the tests and exits. It is for TestMain.
func Main(m *testing.M) {
	code := m.Run()
	if code == 0 {
		code = Check()
	}
	os.Exit(code)
}

// Check waits until no goroutine of ours is left and returns 0, or prints what
// is and returns 1.
func Check() int {
	for end := time.Now().Add(patience); ; time.Sleep(50 * time.Millisecond) {
		left := ours()
		if len(left) == 0 {
			return 0
		}
		if time.Now().After(end) {
			fmt.Printf("%d goroutines are left behind:\n\n%s\n", len(left), strings.Join(left, "\n\n"))
			return 1
		}
	}
}

// ours returns the stacks of all goroutines with code of ours in them, but for
// the one that asks.
func ours() (left []string) {
	stacks := make([]byte, 4<<20)
	stacks = stacks[:runtime.Stack(stacks, true)]
	_, others, _ := strings.Cut(string(stacks), "\n\n") // the first is the one that asks
	for g := range strings.SplitSeq(others, "\n\n") {
		if strings.Contains(g, "github.com/pealchat/pealchat/") {
			left = append(left, g)
		}
	}
	return left
}
