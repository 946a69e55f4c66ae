// Package storagetest is what every chat.Store has to pass. A behaviour that
// it does not ask for, nobody may rely on.
//
//	func TestStore(t *testing.T) {
//		storagetest.Run(t, func(t *testing.T) chat.Store {
//			s, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "chat.db"), nil)
//			if err != nil {
//				t.Fatal(err)
//			}
//			t.Cleanup(func() { s.Close() })
//			return s
//		})
//	}
package storagetest

import (
	"testing"

	"github.com/pealchat/pealchat/chat"
)

type row struct {
	name string
	test func(*fixture)
}

// rows is the whole suite, a sentence of the contract each.
var rows = [][]row{sessionRows, updateRows, messageRows, noteRows, editRows, fileRows, seenRows, messagePageRows, sessionPageRows, visitorRows, banRows, retentionRows,
	eraseRows, agentRows, keyRows, settingsRows, eventRows, batchRows, concurrencyRows, storeRows,
	webhookRows, deliveryRows, redeliverRows, cannedReplyRows, searchRows, analyticsRows, paperRows, draftRows, pushRows, mentionRows, crossingRows,
	departmentRows, routingRows, snoozeRows, historyRows, greetingRows}

// Run tests the store that open returns. Each row gets a fresh, empty one,
// which open has to close with t.Cleanup; rows run in parallel.
func Run(t *testing.T, open func(t *testing.T) chat.Store) {
	for _, group := range rows {
		for _, r := range group {
			t.Run(r.name, func(t *testing.T) {
				t.Parallel()
				r.test(newFixture(t, open(t)))
			})
		}
	}
}
