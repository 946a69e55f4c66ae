// Package webhooks brings the event log of a chat to other systems: each
// event is sent as a signed HTTP request to every endpoint that asks for it,
// and sent again until the endpoint has it or three days are over.
//
//	go webhooks.New(svc, nil).Run(ctx)
//
// The endpoints are managed with the methods of [chat.Service], or over HTTP.
// What a receiver can rely on:
//
//   - At least once: nothing is lost over a crash or restart of either side.
//     A repetition carries the same webhook-id and the same body, and a
//     webhook-attempt above 1. It may overtake the one before only where a
//     process was stopped for seconds in the very moment of sending.
//   - Signed as Standard Webhooks has it: [Verify], or any library for it.
//   - The events of one session come in order. An event that the endpoint has
//     refused three times no longer holds up those behind it; an endpoint that
//     does not answer gets them in order when it is back.
//
// What a host can rely on: requests go to public addresses only, whatever the
// endpoint's name resolves to at that moment; proxies from the environment
// are not used; redirects are not followed; sending a message costs nothing
// extra, because the log that is read here is written anyway.
//
// README.md beside the source is the guide, for receivers too.
package webhooks
