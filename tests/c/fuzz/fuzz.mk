# SPDX-License-Identifier: Apache-2.0
# Fuzzing of everything that reads bytes from a less trusted side: `make check-fuzz`, FUZZ_SECONDS=600 for longer. Each
# fuzz_NAME.c starts with the files of seeds/NAME, those of the wire with the examples of docs/internals/WIRE.md. Interesting
# inputs stay in $(FUZZ)/corpus-* for the next run; the output names failing inputs, which are saved in $(FUZZ).

FUZZ_CC      ?= clang
FUZZ_SECONDS ?= 60
FUZZ_JOBS    ?= $(shell nproc)
FUZZ_NAMES   := $(patsubst tests/c/fuzz/fuzz_%.c,%,$(wildcard tests/c/fuzz/fuzz_*.c))
FUZZ         := $(BUILD)/fuzz
FUZZ_CFLAGS  := -std=gnu11 -g -O1 -D_GNU_SOURCE -Isrc -Iinclude -Itests/c/unit -Itests/c/fuzz -DPYW_TOP='"$(CURDIR)"' -MMD -MP \
                -Wall -Wextra -Wno-unused-parameter -fno-omit-frame-pointer $(HTTPD_CFLAGS) $(APR_CFLAGS)
FUZZ_SANITIZERS := address,undefined -fno-sanitize-recover=undefined

# The code that is fuzzed, as a library from which each program takes what it needs.
FUZZ_SRC := tests/c/unit/any_message.c $(addprefix tests/c/fuzz/,text_pairs.c checks.c valid_json.c fuzzed_child.c) \
            $(addprefix src/config/,proxy_headers.c check/pythonhome.c) \
            $(addprefix src/httpd/,request/forwarded.c response/head.c log/unescape.c doctor/finding.c doctor/trial_records.c) \
            $(addprefix src/command/,json_text.c terminal.c verbs/stacks_json.c site/project.c) \
            $(call sources_of,command/status command/profile) \
            $(filter-out %/main.c,$(call sources_of,manager)) $(SRC_shared)
FUZZ_OBJ := $(FUZZ_SRC:%.c=$(FUZZ)/obj/%.o)
FUZZ_PROGRAMS := $(FUZZ_NAMES:%=$(FUZZ)/fuzz_%)

check-fuzz:
	@if ! command -v $(FUZZ_CC) >/dev/null; then \
	    echo "check-fuzz: skipped: there is no $(FUZZ_CC) (FUZZ_CC=... names another)"; \
	elif ! echo 'int LLVMFuzzerTestOneInput(void); int LLVMFuzzerTestOneInput(void) { return 0; }' | \
	    $(FUZZ_CC) -fsanitize=fuzzer,$(FUZZ_SANITIZERS) -x c - -o /dev/null 2>/dev/null; then \
	    echo "check-fuzz: skipped: $(FUZZ_CC) has no libFuzzer (Debian: libclang-rt-dev or libclang-common-14-dev)"; \
	else \
	    $(MAKE) --no-print-directory -j$(FUZZ_JOBS) --output-sync=target $(FUZZ_NAMES:%=fuzz-run-%); \
	fi

# Runs one of them: make fuzz-run-options.
fuzz-run-%: $(FUZZ)/fuzz_% $(FUZZ)/write_seeds
	@mkdir -p $(FUZZ)/seeds-$* $(FUZZ)/corpus-$*
	@$(FUZZ)/write_seeds $* $(FUZZ)/seeds-$*
	@$< -max_total_time=$(FUZZ_SECONDS) -max_len=4096 -timeout=10 -rss_limit_mb=1024 -close_fd_mask=1 \
	    -print_final_stats=1 -artifact_prefix=$(FUZZ)/$*- $(FUZZ)/corpus-$* $(FUZZ)/seeds-$* \
	    $(wildcard tests/c/fuzz/seeds/$*) >$(FUZZ)/$*.log 2>&1 || { tail -n 60 $(FUZZ)/$*.log; exit 1; }
	@echo "== fuzz_$*, $(FUZZ_SECONDS) s"
	@grep -E '^stat::(number_of|new_units|peak)' $(FUZZ)/$*.log

$(FUZZ)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(FUZZ_CC) $(FUZZ_CFLAGS) -fsanitize=fuzzer-no-link,$(FUZZ_SANITIZERS) -c -o $@ $<

$(FUZZ)/fuzzed.a: $(FUZZ_OBJ) tests/c/fuzz/fuzz.mk
	rm -f $@
	ar rcs $@ $(FUZZ_OBJ)

$(FUZZ_PROGRAMS): $(FUZZ)/fuzz_%: $(FUZZ)/obj/tests/c/fuzz/fuzz_%.o $(FUZZ)/fuzzed.a
	$(FUZZ_CC) -fsanitize=fuzzer,$(FUZZ_SANITIZERS) -pthread -o $@ $^ $(APR_LIBS)

$(FUZZ)/write_seeds: tests/c/fuzz/write_seeds.c tests/c/unit/vectors.c
	@mkdir -p $(@D)
	$(FUZZ_CC) $(FUZZ_CFLAGS) -o $@ $^

-include $(FUZZ_OBJ:.o=.d) $(FUZZ_PROGRAMS:$(FUZZ)/%=$(FUZZ)/obj/tests/c/fuzz/%.d)

check-rest: check-fuzz

.PHONY: check-fuzz
.SECONDARY: $(FUZZ_NAMES:%=$(FUZZ)/obj/tests/c/fuzz/fuzz_%.o)
