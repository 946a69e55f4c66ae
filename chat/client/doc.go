// Package client calls a Pealchat server over its public API, from Go
// programs that are not the host itself: bots, integrations, load tests.
//
// A host that has the [chat.Service] in its own process needs none of this:
// Service.SendMessage and Service.Subscribe do the same without HTTP.
//
//	c, err := client.New("https://shop.example/chat/", client.Options{Key: os.Getenv("CHAT_KEY")})
//	…
//	stream := c.Events(ctx, "")
//	defer stream.Close()
//	for {
//		event, err := stream.Next(ctx)
//		…
//	}
package client
