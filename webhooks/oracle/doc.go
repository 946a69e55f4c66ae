// Package oracle holds what receivers verify deliveries with, in Go and in
// JavaScript, against what package webhooks sends: the public libraries of
// Standard Webhooks, unchanged. It is a module of its own, so that no host
// gets them.
//
// The JavaScript half needs Node and "npm ci" in this folder; without them it
// is skipped, or fails where PEALCHAT_REQUIRE=all is set.
package oracle
