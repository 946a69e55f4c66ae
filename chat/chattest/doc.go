// Package chattest helps a host to test its own integration with Pealchat: a
// store that is gone after the test, a clock to turn, visitors and agents who
// talk through the host's own handler, a receiver of webhooks, and a check of
// whether the host's middleware lets event streams through.
//
//	func TestChat(t *testing.T) {
//		svc := chat.New(chattest.Store(t), nil)
//		t.Cleanup(func() { svc.Close() })
//		site := chattest.Start(t, app.Handler(svc), "/chat/")
//		chattest.CheckStreaming(t, site.Handler, "/chat/")
//
//		ines := site.Visitor()
//		mara := site.Agent(http.Header{"Cookie": {"session=mara"}})
//		session := ines.Asks("Is anybody there?")
//		mara.Hears("Is anybody there?")
//		mara.Says(session, "Yes.")
//		ines.Hears("Yes.")
//	}
//
// Whoever waits for something waits for the event that says so, at most
// [Patience], and nothing is asked over and over.
package chattest
