# SPDX-License-Identifier: Apache-2.0
# Fuzzing of the wire protocol, the headers of proxies and profiles: `make check-fuzz`, FUZZ_SECONDS=600 for longer. Interesting
# inputs stay in $(FUZZ)/corpus-* for the next run; the output names failing inputs, which are saved in $(FUZZ).

FUZZ_CC      ?= clang
FUZZ_SECONDS ?= 60
FUZZ_NAMES   := message channel forwarded profile
FUZZ         := $(BUILD)/fuzz
FUZZ_CFLAGS  := -std=gnu11 -g -O1 -D_GNU_SOURCE -Isrc -Itests/c/unit -DPYW_TOP='"$(CURDIR)"' \
                -Wall -Wextra -Wno-unused-parameter -fno-omit-frame-pointer
FUZZ_SANITIZERS := -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=undefined
FUZZ_SHARED  := tests/c/unit/any_message.c $(filter-out src/wire/table.c,$(call sources_of,wire base)) \
                src/httpd/request/forwarded.c src/config/proxy_headers.c $(addprefix src/command/profile/,flame_graph.c hot_calls.c worker_output.c)
FUZZ_HEADERS := $(wildcard src/wire/*.h src/base/*.h src/base/*/*.h tests/c/unit/*.h) src/httpd/request/forwarded.h \
                src/config/proxy_headers.h $(wildcard src/command/profile/*.h)
FUZZ_PROGRAMS := $(FUZZ_NAMES:%=$(FUZZ)/fuzz_%)

# The fuzzers share the time equally.
fuzz_seconds := $(shell expr $(FUZZ_SECONDS) / $(words $(FUZZ_NAMES)))

check-fuzz:
	@if ! command -v $(FUZZ_CC) >/dev/null; then \
	    echo "check-fuzz: skipped: there is no $(FUZZ_CC) (FUZZ_CC=... names another)"; \
	elif ! echo 'int LLVMFuzzerTestOneInput(void); int LLVMFuzzerTestOneInput(void) { return 0; }' | \
	    $(FUZZ_CC) $(FUZZ_SANITIZERS) -x c - -o /dev/null 2>/dev/null; then \
	    echo "check-fuzz: skipped: $(FUZZ_CC) has no libFuzzer (Debian: libclang-rt-dev or libclang-common-14-dev)"; \
	else \
	    $(MAKE) --no-print-directory fuzz-run; \
	fi

fuzz-run: $(FUZZ_PROGRAMS) $(FUZZ)/write_seeds
	@mkdir -p $(FUZZ_NAMES:%=$(FUZZ)/seeds-%) $(FUZZ_NAMES:%=$(FUZZ)/corpus-%)
	@$(FUZZ)/write_seeds $(FUZZ_NAMES:%=$(FUZZ)/seeds-%)
	@set -e; for name in $(FUZZ_NAMES); do \
	    echo "== fuzz_$$name, $(fuzz_seconds) s"; \
	    $(FUZZ)/fuzz_$$name -max_total_time=$(fuzz_seconds) -max_len=4096 -timeout=10 -rss_limit_mb=1024 \
	        -print_final_stats=1 -artifact_prefix=$(FUZZ)/$$name- $(FUZZ)/corpus-$$name $(FUZZ)/seeds-$$name \
        >$(FUZZ)/$$name.log 2>&1 || { tail -n 60 $(FUZZ)/$$name.log; exit 1; }; \
	    grep -E '^stat::(number_of|new_units|peak)' $(FUZZ)/$$name.log; \
	done

$(FUZZ_PROGRAMS): $(FUZZ)/fuzz_%: tests/c/fuzz/fuzz_%.c $(FUZZ_SHARED) $(FUZZ_HEADERS)
	@mkdir -p $(@D)
	$(FUZZ_CC) $(FUZZ_CFLAGS) $(FUZZ_SANITIZERS) -o $@ $(filter %.c,$^)

$(FUZZ)/write_seeds: tests/c/fuzz/write_seeds.c tests/c/unit/vectors.c $(FUZZ_HEADERS)
	@mkdir -p $(@D)
	$(FUZZ_CC) $(FUZZ_CFLAGS) -o $@ $(filter %.c,$^)

check-rest: check-fuzz

.PHONY: check-fuzz fuzz-run
