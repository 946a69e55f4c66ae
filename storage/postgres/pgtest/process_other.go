//go:build !linux

package pgtest

import (
	"context"
	"os/exec"
	"path/filepath"
)

func own(string) error { return nil }

// command is one of the server's programs.
func (c *Cluster) command(name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(context.Background(), filepath.Join(c.bin, name), args...)
	cmd.Dir = c.dir
	return cmd
}
