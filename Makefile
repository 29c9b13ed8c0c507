# `make` lists what there is. Everything here also runs without a terminal.
#
# Knobs (all optional; README says more):
#   CAUSEWAY_MARCH=x86-64-v3  CPU level (default: this machine's)
#   CAUSEWAY_DPDK=0           build without DPDK
#   CAUSEWAY_JEMALLOC=0       other allocator CAUSEWAY_SLOW=1      long forms of the tests
#   DEMO='--quick'            more arguments for `causeway demo`
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help install build release book test test-slow demo bench contracts lint check-floors tsan clean

# Debug builds walk the invariants; release builds do not. The variable is part of the manifest.
DEBUG := CAUSEWAY_CHECKS=1
# What this machine has, unless it is given; part of the manifest too, so every script does the same.
ifndef CAUSEWAY_MARCH
CAUSEWAY_MARCH := $(shell scripts/cpu-level)
endif
export CAUSEWAY_MARCH
SWIFT_SOURCES := Package.swift Benchmarks/Package.swift Sources Tests Benchmarks/Sources

help: ## list the targets
	@echo "make demo    installs what is missing, builds, runs the main job on real orders"
	@echo "make test    installs what is missing, builds, runs every test"
	@echo
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1|/' \
	  | awk -F'|' '{ printf "  %-14s %s\n", $$1, $$2 }'

install: ## Debian packages and Python parts that are missing; checks first
	@scripts/install

build: ## debug build with the invariant walks
	$(DEBUG) swift build

release: ## optimised build of the program: .build/release/causeway
	swift build -c release --product causeway

book: ## the book as a library: .build/book/libcauseway-book.so and causeway_book.h
	@scripts/build-book

test: install ## every test: Swift, wire, rings, end to end
	@scripts/test

test-slow: install ## the same with the long forms of the tests (CAUSEWAY_SLOW=1)
	@CAUSEWAY_SLOW=1 scripts/test

demo: ## real orders over UDP, with a report; then a venue's end, from which everybody leaves
	@scripts/install --no-tests
	swift build -c release --product causeway
	.build/release/causeway demo $(DEMO)
	.build/release/causeway prove exit

bench: ## time everything: books, latency, kernels (BENCH=--smoke: tiny)
	@scripts/install --no-python
	@scripts/bench $(BENCH)

contracts: install ## compile, test and fuzz the settlement contracts
	@scripts/check-contracts

lint: ## swift format, strict
	swift format lint --strict --parallel --recursive --configuration .swift-format $(SWIFT_SOURCES)

check-floors: ## the module floors hold, and their guards refuse
	@scripts/check-floors

tsan: ## both ring kinds under ThreadSanitizer, 20 runs
	@scripts/tsan-rings

clean: ## remove what builds made; keeps .venv
	rm -rf .build .build-tsan Benchmarks/.build
