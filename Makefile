# The two commands: `make test` and `make check`. Everything they need beside Go they set up themselves, under .build.
SHELL := /bin/bash
.DEFAULT_GOAL := test

BUF_VERSION := 1.75.0
export PATH := $(CURDIR)/.build/bin:$(CURDIR)/.build/node_modules/.bin:$(PATH)

.PHONY: generate
generate: .build/buf .build/proto ## regenerate everything that is generated
	buf format -w proto
	buf generate

.build/buf:
	@mkdir -p .build
	@if command -v npm >/dev/null; then \
		npm install --silent --no-audit --no-fund --prefix .build @bufbuild/buf@$(BUF_VERSION); \
	else \
		GOBIN=$(CURDIR)/.build/bin go install github.com/bufbuild/buf/cmd/buf@v$(BUF_VERSION); \
	fi
	@touch $@

.build/proto: go.mod proto/internal/exportimports/main.go
	go run ./proto/internal/exportimports $@
	@touch $@
