// Package chat is the domain of Pealchat: sessions between visitors of a web
// site and the agents who answer them, the messages in those sessions, and the
// log of events that everything live is fed from.
//
// The package imports the standard library only. It knows neither HTTP nor
// SQL: package httpapi turns requests into calls of [Service], and a [Store]
// such as storage/sqlite keeps the rows.
//
// A host begins with [New] and [Options], says who acts with an [Actor]
// ([AsAgent], [AsVisitor], [AsAPIKey], [AsHost]) and calls the methods of
// [Service]: [Service.SendMessage] and its like to write, [Service.Subscribe]
// and [Service.Consume] to hear of what happens, [Service.RunBot] and
// [Service.RunMail] to have it answered and mailed. [Hooks] stand in the path
// of what is written. Every error that is meant for somebody is an [Error].
//
// Types whose names begin with Op, and those that end in Store, are for who
// writes a store: see [Store] and [Op]. A host never makes one.
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
