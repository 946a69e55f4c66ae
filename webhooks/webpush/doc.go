// Package webpush tells agents through their browsers' push services that
// somebody wrote to them, also while the console is not open.
//
// The host makes a key once with [NewKey] and keeps it with its secrets:
//
//	keys, err := webpush.ParseKey(os.Getenv("PUSH_KEY"))
//	svc := chat.New(store, &chat.Options{PushKey: keys.Public()})
//	go webpush.New(svc, keys, nil).Run(ctx)
//
// Agents turn it on in the console, which then asks their browser. What is
// sent is encrypted for that browser (RFC 8291), so push services do not read
// it, and signed with the host's key (RFC 8292). Where it goes is an address
// that a browser has named: it is connected to as webhooks are, public
// addresses only unless chat.Options.WebhookTargets says otherwise.
//
// A push is a courtesy. It is tried once; what nobody has taken after ten
// minutes is worth nothing.
package webpush
