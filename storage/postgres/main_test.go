package postgres

import (
	"testing"

	"github.com/pealchat/pealchat/storage/postgres/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }
