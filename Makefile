# Every command a newcomer or a contributor needs. `make run` and `make test` set up the machine by themselves.

# Tests run optimized (simulations need it) and see internals; their build stands apart from the product's.
TESTS := --scratch-path .build/tests -c release -Xswiftc -enable-testing
# Wrappers around C run under the sanitizers too, in builds of their own.
WRAPPERS := KafkaTests|StoreTests|YAMLTests|CompressionTests
# All tests are Swift Testing's; without XCTest the address sanitizer does not see its leaks. A run that hangs
# is ended, so that it fails with its output instead of waiting for ever.
RUN := timeout -k 10 1500 swift test --disable-xctest
SOAK := swift test --disable-xctest $(TESTS) --skip-build
JUDGES := $(CURDIR)/.build/judges/bin/python3
# Real data, where it is at hand; tests that use it say so when it is not, and the rest runs.
REAL_DATA := $(abspath $(wildcard ../shared/data))

.PHONY: setup setup-test build run test test-suite test-address test-thread soak bench format lint clean

setup:
	@.ci/setup

setup-test:
	@.ci/setup test

build: setup
	swift build -c release --product ratchet

# A fresh data folder each time, with a made-up story to watch: a day of history, then live. `make run DATA=dir`
# goes on with a folder, and a quiet story.
run: build
ifdef DATA
	.build/release/ratchet up --data $(DATA) --flags $(DATA)/flags.json \
	  --story --scenario calm --history 0s --watch
else
	rm -rf .build/run
	.build/release/ratchet up --data .build/run --flags .build/run/flags.json --story --watch
endif

test: setup-test test-suite test-address test-thread

test-suite:
	swift build $(TESTS) --build-tests
	RATCHET_JUDGES=$(JUDGES) RATCHET_REAL_DATA=$(REAL_DATA) $(RUN) $(TESTS) --skip-build

test-address:
	RATCHET_SANITIZER=address $(RUN) --scratch-path .build/address --sanitize=address --filter '$(WRAPPERS)'

test-thread:
	$(RUN) --scratch-path .build/thread --sanitize=thread --filter 'KafkaTests'

# The parameterized suites at full size: a million each of requests, batches and damaged folders, a thousand
# lives of the broker's core, ten thousand of its log, five thousand of a compacted topic, ten
# thousand of the engine, and KILLS kills of the real broker.
soak: setup-test
	swift build $(TESTS) --build-tests
	RATCHET_LIVES=1000 $(SOAK) --filter 'FuzzTests|BrokerPromiseTests'
	RATCHET_LIVES=10000 $(SOAK) --filter 'LogCrashTests'
	RATCHET_LIVES=5000 $(SOAK) --filter 'CompactionPromiseTests'
	RATCHET_LIVES=10000 $(SOAK) --filter 'EngineLivesTests'
	RATCHET_LIVES=1000 $(SOAK) --filter 'MutationTests'
	RATCHET_EXPRESSIONS=20000 $(SOAK) --filter 'PromtoolTests'
	RATCHET_JUDGES=$(JUDGES) RATCHET_KILLS=$(or $(KILLS),1000) $(SOAK) --filter 'SurvivalTests'
	RATCHET_KILLS=480 $(SOAK) --filter 'ProcessTests'
	RATCHET_JUDGES=$(JUDGES) RATCHET_JUDGED=1000 $(SOAK) --filter 'ExperimentsTests'
	RATCHET_SCENARIOS=all RATCHET_CANARIES=1000 RATCHET_LOOKS=180 $(SOAK) --filter 'RolloutsTests'

# PEERS=1 also runs the windows' job in Quix Streams, from PyPI.
bench: setup
ifdef PEERS
	@.ci/setup peers
endif
	swift build -c release
	.build/release/bench $(if $(PEERS),--peers)

format:
	swift format --in-place --recursive Sources Tests Package.swift

lint:
	swift format lint --strict --recursive Sources Tests Package.swift

clean:
	rm -rf .build
