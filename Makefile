# `make` lists what can be made.
.DEFAULT_GOAL := help
.PHONY: help build test lint bench fuzz soak ui ui-check

FUZZTIME ?= 20s
SOAKTIME ?= 30m

help: ## list what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

build: ## compile every package of every module
	@git ls-files 'go.mod' '*/go.mod' | while read -r mod; do (cd "$$(dirname "$$mod")" && go build ./... && go vet ./...) || exit 1; done

test: ## test every module, with the race detector (PEALCHAT_REQUIRE=all: fail where a tool is missing)
	@.ci/test

lint: ## check format, vet, who imports whom, and golangci-lint where it is installed
	@.ci/lint

bench: ## run the benchmarks
	go test -run '^$$' -bench . -benchmem ./...

fuzz: ## fuzz each target for FUZZTIME (20s)
	@go list ./... | while read -r pkg; do \
		for target in $$(go test -list '^Fuzz' "$$pkg" | grep '^Fuzz'); do \
			echo "== $$pkg $$target"; go test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) "$$pkg" || exit 1; \
		done; done

soak: ## kill and restart a server under people who talk, for SOAKTIME (30m), and begin 100,000 sessions from as many addresses
	go run ./examples/soak -for $(SOAKTIME)
	cd httpapi/apitest && PEALCHAT_ATTACK=100000 go test -run '^TestManyAddresses$$' -count=1 -timeout 60m -v .

ui: ## build the browser programs into widget/dist (needs Node)
	npm --prefix widget ci --no-audit --no-fund
	cd widget && npx tsc --noEmit
	npm --prefix widget run build

ui-check: ## check types, and that widget/dist is what the sources give
	npm --prefix widget run check
