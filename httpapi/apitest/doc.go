// Package apitest tests the HTTP API from outside, as a client sees it: every
// answer, and every request that is taken, is held against the OpenAPI
// document, and the promises that no schema can express are tests of their
// own. It is a module of its own because only it needs the validators.
package apitest
