package natsbroker

import (
	"testing"

	"github.com/pealchat/pealchat/internal/leaks"
)

func TestMain(m *testing.M) { leaks.Main(m) }
