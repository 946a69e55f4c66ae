package apitest

import (
	"bytes"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// diskEnv tells a process of these tests that its files may not grow for ever.
const diskEnv = "PEALCHAT_TEST_SMALL_DISK"

// TestFullDisk fills a real file system, where the tests may make one, and
// elsewhere has the system refuse that files grow, in a process of its own.
func TestFullDisk(t *testing.T) {
	if os.Getenv(diskEnv) == "" {
		t.Run("file system", onSmallFileSystem)
		t.Run("limit", func(t *testing.T) {
			cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestFullDisk$", "-test.timeout=60s")
			cmd.Env = append(os.Environ(), diskEnv+"=1")
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%v\n%s", err, out)
			}
		})
		return
	}
	signal.Ignore(syscall.SIGXFSZ)
	limit := func(bytes uint64) {
		var now syscall.Rlimit
		if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &now); err != nil {
			t.Fatal(err)
		}
		now.Cur = min(bytes, now.Max)
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &now); err != nil {
			t.Fatal(err)
		}
	}
	file := filepath.Join(t.TempDir(), "chat.db")
	fullDisk(t, file, func() {
		var size int64
		for _, name := range []string{file, file + "-wal"} {
			if info, err := os.Stat(name); err == nil {
				size = max(size, info.Size())
			}
		}
		limit(uint64(size) + 64<<10)
	}, func() { limit(^uint64(0)) })
}

func onSmallFileSystem(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mount("pealchat", dir, "tmpfs", 0, "size=4m"); err != nil {
		t.Skipf("no file system can be mounted here: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, 0); err != nil {
			t.Error(err)
		}
	})
	t.Run("run", func(t *testing.T) { // so that what it opens is closed before the file system goes
		ballast := filepath.Join(dir, "ballast")
		fullDisk(t, filepath.Join(dir, "chat.db"), func() {
			f, err := os.Create(ballast)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			for {
				if _, err := f.Write(bytes.Repeat([]byte("x"), 4096)); err != nil {
					break
				}
			}
			if info, err := f.Stat(); err != nil || f.Truncate(info.Size()-256<<10) != nil { // room for some messages
				t.Fatal(err)
			}
		}, func() {
			if err := syscall.Mount("pealchat", dir, "tmpfs", syscall.MS_REMOUNT, "size=16m"); err != nil {
				t.Fatal(err)
			}
		})
	})
}

// fullDisk writes until there is no room. What was acknowledged is there and
// can be read, the caller and healthz and the log are told, and the same
// process goes on when there is room again: with what was refused, once.
func fullDisk(t *testing.T, file string, fill, empty func()) {
	s := open(t, setup{file: file})
	defer s.close()
	f := s.fixture()
	admin := s.admin()
	stream := f.who.stream("/visitor/v1/events")
	stream.next("ready")
	say := func(n int) *reply {
		return f.who.post("/visitor/v1/messages", encode(object{"session_id": f.session, "message": strings.Repeat("long ", 700), "client_id": "c" + strings.Repeat("x", n%50) + string(rune('a'+n/50))}))
	}
	fill()
	n, said := 0, 1
	for r := say(n); r.status == 201; r = say(n) {
		n++
		if said++; said > 1000 {
			t.Fatal("the disk does not fill")
		}
	}
	refused := say(n).fails(503, "unavailable", "")
	if refused.header.Get("Retry-After") == "" {
		t.Error("the caller is not told when to come back")
	}
	s.nobody().get("/healthz").fails(503, "unavailable", "")
	s.nobody().get("/healthz").fails(503, "unavailable", "")
	admin.get("/api/v1/sessions/" + f.session).is(200).has(map[string]any{"message_count": said})
	if n := readable(f); n != said {
		t.Errorf("%d messages can be read, %d were acknowledged", n, said)
	}
	admin.get("/api/v1/search?q=Hello")
	log := s.log.String()
	if !strings.Contains(log, "chat: could not write") || strings.Count(log, "the chat is not healthy") != 1 {
		t.Errorf("the log says\n%s", log)
	}

	empty()
	s.nobody().get("/healthz").is(200)
	say(n).is(201).has(map[string]any{"seq": said + 1})
	say(n).is(200).has(map[string]any{"seq": said + 1})
	for seq := 0.0; seq < float64(said+1); {
		seq, _ = stream.next("message_sent").data["data"].(map[string]any)["seq"].(float64)
	}
	if !strings.Contains(s.log.String(), "healthy again") {
		t.Error("the log does not say that it is over")
	}
	if n := readable(f); n != said+1 {
		t.Errorf("%d messages can be read, %d were acknowledged", n, said+1)
	}
	s.close()
	sound(t, file)
	t.Logf("%d messages until it was full", said)
}

// readable walks through the session and returns how many messages it has.
func readable(f *fixture) (n int) {
	for after := "0"; ; {
		page := f.who.get("/visitor/v1/sessions/" + f.session + "/messages?limit=200&after=" + after).is(200)
		for _, m := range page.list("messages") {
			if n++; m["seq"] != float64(n) {
				f.t.Errorf("seq %v where %d belongs", m["seq"], n)
			}
		}
		next, more := page.at("next_cursor").(string)
		if !more {
			return n
		}
		after = next
	}
}
