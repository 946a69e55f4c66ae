//go:build !unix

package main

import "log"

func main() { log.Fatal("loadtest reads how much CPU a process has used in the way of Unix.") }
