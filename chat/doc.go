// Package chat is the domain of Pealchat: sessions between visitors of a web
// site and the agents who answer them, the messages in those sessions, and the
// log of events that everything live is fed from.
//
// The package imports the standard library only. It knows neither HTTP nor
// SQL: package httpapi turns requests into calls of [Service], and a [Store]
// such as storage/sqlite keeps the rows.
//
// What a caller can rely on:
//
//   - When a call that writes returns without an error, the change and its
//     event are committed in the store, together.
//   - The messages of one session carry Seq 1, 2, 3 and so on, without a gap,
//     in the order in which they were committed.
//   - Sending again with the same client id returns the first message and
//     stores nothing.
//   - A [Subscription] that starts from an event's id gets every later durable
//     event of its topic exactly once and in order, or says that it cannot
//     ([Subscription.Reset]).
//
// Guides for tasks lie beside the source: hooks.md (the host's own code in the
// path of a message), bot.md, mail.md, team.md (who answers), visitors.md,
// analytics.md and privacy.md.
package chat
