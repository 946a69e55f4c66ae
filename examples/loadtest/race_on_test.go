//go:build race

package main

// watched is how much more memory the race detector takes: four bytes and more
// of its own for each of the program's.
const watched = 5
