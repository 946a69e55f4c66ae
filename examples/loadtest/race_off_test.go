//go:build !race

package main

const watched = 1
