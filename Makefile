# The two commands: `make test` and `make check`. What they need beside Go they set up themselves, under .build.
# `make help` lists the rest.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := test
.NOTPARALLEL:

BUF_VERSION := 1.75.0
LINT_VERSION := 2.15.0
VULNERABILITIES_VERSION := 1.8.0

# What buf breaking compares with. By default: where this branch left main or, on main, the commit before.
AGAINST ?= $(shell base=$$(git merge-base HEAD origin/main 2>/dev/null || true); \
	if [ -z "$$base" ] || [ "$$base" = "$$(git rev-parse HEAD)" ]; then base=$$(git rev-parse --verify --quiet HEAD^ || true); fi; echo "$$base")

# How long `make fuzz` stays with each target, and what `make bench` runs.
FUZZ_TIME ?= 10s
BENCH ?= .

export PATH := $(CURDIR)/.build/bin:$(CURDIR)/.build/node_modules/.bin:$(PATH)
BUF := .build/buf-$(BUF_VERSION)
LINT := .build/golangci-lint-$(LINT_VERSION)

# The race detector needs cgo, and so a C compiler, on most systems.
RACE := $(shell [ "$$(go env CGO_ENABLED)" = 1 ] && command -v "$$(go env CC)" >/dev/null && echo -race)

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "%-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: test
test: ## run all tests, shuffled and with the race detector
ifeq ($(RACE),)
	@echo '*** No C compiler: the tests run WITHOUT the race detector. Install gcc to have it. ***' >&2
endif
	go test $(RACE) -shuffle=on -timeout 20m ./...

.PHONY: check
check: format vet lint protos breaking generated tidy vulnerabilities ## everything that is checked beside the tests

.PHONY: format
format: ## check gofmt
	@unformatted=$$(gofmt -l adapters cmd deploy gateway proto); \
	if [ -n "$$unformatted" ]; then echo "not as gofmt has it:"; echo "$$unformatted"; exit 1; fi

.PHONY: vet
vet: ## run go vet
	go vet ./...

.PHONY: lint
lint: $(LINT) ## run golangci-lint with the linters of .golangci.yml
	golangci-lint run ./...

.PHONY: protos
protos: $(BUF) .build/proto ## check format and style of the .proto files
	buf format --diff --exit-code proto
	buf lint

.PHONY: breaking
breaking: $(BUF) .build/proto ## check that no .proto file breaks what AGAINST has
ifeq ($(AGAINST),)
	@echo 'buf breaking: there is no earlier commit to compare with'
else
	@rm -rf .build/base && mkdir -p .build/base/.build
	@if git cat-file -e $(AGAINST):buf.yaml 2>/dev/null; then \
		git archive $(AGAINST) proto buf.yaml | tar -x -C .build/base; \
		cp -r .build/proto .build/base/.build/proto; \
		echo buf breaking --against $(AGAINST); buf breaking --against .build/base; \
	else \
		echo 'buf breaking: $(AGAINST) has no .proto files to compare with'; \
	fi
endif

.PHONY: generated
generated: generate ## check that what is generated is committed as it is generated
	@changed=$$(git status --porcelain -- proto openapi deploy/demo/estate); \
	if [ -n "$$changed" ]; then echo "not committed as generated:"; echo "$$changed"; exit 1; fi

.PHONY: tidy
tidy: ## check that go.mod is tidy
	go mod tidy -diff

.PHONY: vulnerabilities
vulnerabilities: ## look for known vulnerabilities, where the database can be had
	@mkdir -p .build; \
	if timeout 120 go run golang.org/x/vuln/cmd/govulncheck@v$(VULNERABILITIES_VERSION) ./... >.build/govulncheck.txt 2>&1; then \
		echo 'govulncheck: no known vulnerabilities'; \
	elif grep -q 'Your code is affected' .build/govulncheck.txt; then \
		cat .build/govulncheck.txt; exit 1; \
	else \
		echo 'govulncheck: nothing could be looked up (its database cannot be had from everywhere); see .build/govulncheck.txt'; \
	fi

.PHONY: generate
generate: $(BUF) .build/proto ## regenerate everything that is generated
	buf format --write proto
	buf generate
	go test -count=1 -run '^TestGenerated$$' ./cmd/postern -update

.PHONY: demo
demo: ## run the demo
	go run ./cmd/postern demo

.PHONY: bench
bench: ## run the benchmarks that match BENCH
	go test -run '^$$' -bench '$(BENCH)' -benchmem ./...

.PHONY: fuzz
fuzz: ## fuzz every target for FUZZ_TIME
	@grep -rEo --include='*_test.go' '^func Fuzz\w+' adapters cmd deploy gateway | while IFS=: read -r file function; do \
		echo "$${function#func } in $$(dirname $$file)"; \
		go test -run '^$$' -fuzz "^$${function#func }\$$" -fuzztime $(FUZZ_TIME) -fuzzminimizetime 20x ./$$(dirname $$file); \
	done

# buf is fetched ready-made where there is npm, which takes seconds; else it is compiled, which takes minutes.
$(BUF):
	@mkdir -p .build
	@if command -v npm >/dev/null; then \
		npm install --silent --no-audit --no-fund --prefix .build @bufbuild/buf@$(BUF_VERSION); \
	else \
		GOBIN=$(CURDIR)/.build/bin go install github.com/bufbuild/buf/cmd/buf@v$(BUF_VERSION); \
	fi
	@touch $@

$(LINT):
	GOBIN=$(CURDIR)/.build/bin go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v$(LINT_VERSION)
	@touch $@

# What our .proto files import; see buf.yaml.
.build/proto: go.mod proto/internal/exportimports/main.go
	rm -rf $@
	go run ./proto/internal/exportimports $@
	@touch $@
