//go:build unix

package sqlite

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func init() {
	children["open fails"] = func(args []string) error {
		s, err := Open(context.Background(), args[0], nil)
		if err == nil {
			s.Close()
			fmt.Println("opened")
			return nil
		}
		fmt.Println(errors.Is(err, ErrReadOnly), strings.Contains(err.Error(), args[0]), err)
		return nil
	}
}

// nobody is a user whom permissions stop, also where the tests run as root.
const nobody = 65534

// TestReadOnly opens databases that may not be written to.
func TestReadOnly(t *testing.T) {
	program := os.Args[0]
	var who *syscall.Credential
	root := t.TempDir()
	if os.Getuid() == 0 {
		who = &syscall.Credential{Uid: nobody, Gid: nobody}
		// The folders above must let that user through, and so must those
		// above the test program.
		for dir := root; dir != os.TempDir() && dir != "/"; dir = filepath.Dir(dir) {
			os.Chmod(dir, 0o755)
		}
		program = filepath.Join(root, "test")
		b, err := os.ReadFile(os.Args[0])
		if err == nil {
			err = os.WriteFile(program, b, 0o755)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		name   string
		exists bool
		file   os.FileMode
		folder os.FileMode
		want   string
	}{
		{"all is well", true, 0o666, 0o777, "opened"},
		{"new file", false, 0, 0o777, "opened"},
		{"read-only folder", false, 0, 0o555, "true true"},
		{"read-only folder around a file", true, 0o666, 0o555, "true true"},
		{"read-only file", true, 0o444, 0o777, "true true"},
		{"unreadable file", true, 0, 0o777, "true true"},
		{"folder out of reach", true, 0o666, 0, "true true"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := filepath.Join(root, strings.ReplaceAll(c.name, " ", "-"))
			path := filepath.Join(dir, "chat.db")
			if err := os.Mkdir(dir, 0o777); err != nil {
				t.Fatal(err)
			}
			if c.exists {
				mustOpen(t, path).Close()
				os.Remove(path + ".lock")
				os.Chmod(path, c.file)
			}
			os.Chmod(dir, c.folder)
			t.Cleanup(func() { os.Chmod(dir, 0o777) })
			cmd := command(t, "open fails", path)
			cmd.Path = program
			cmd.SysProcAttr = &syscall.SysProcAttr{Credential: who}
			if got := line(t, start(t, cmd)); !strings.HasPrefix(got, c.want) {
				t.Errorf("the process said %q, want %q", got, c.want)
			}
		})
	}
}
