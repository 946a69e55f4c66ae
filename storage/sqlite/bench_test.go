package sqlite_test

import (
	"path/filepath"
	"testing"

	"github.com/pealchat/pealchat/chat"
	"github.com/pealchat/pealchat/storage/sqlite"
	"github.com/pealchat/pealchat/storage/storagetest"
)

func BenchmarkStore(b *testing.B) {
	storagetest.RunBenchmarks(b, func(b *testing.B) chat.Store {
		s, err := sqlite.Open(b.Context(), filepath.Join(b.TempDir(), "chat.db"), nil)
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { s.Close() })
		return s
	})
}
