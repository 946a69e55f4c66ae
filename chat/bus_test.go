package chat_test

import (
	"testing"

	"github.com/pealchat/pealchat/chat"
	"github.com/pealchat/pealchat/chat/brokertest"
)

func TestBus(t *testing.T) {
	brokertest.Run(t, brokertest.Config{New: func(*testing.T) func() chat.Broker { return new(chat.Bus).Broker }})
}
