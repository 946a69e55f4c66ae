//go:build !linux

package main

import "log"

func main() { log.Fatal("soak reads how much a process holds in the way of Linux.") }
