# SPDX-License-Identifier: Apache-2.0
# C unit tests (cmocka). They are linked with the objects of pywsgid's shared layers, so that they test the shipped code;
# an allocation of those objects can be made to fail (scarce_memory.h).

UNIT_HELPERS := $(patsubst %,$(BUILD)/tests/c/unit/%.o,vectors any_message scarce_memory socket_pair \
                  any_slots test_pool)
UNIT_SRC     := $(addprefix src/httpd/,queue/slots.c queue/slots_table.c queue/batch_trial.c metrics/series.c status/board.c child_context.c \
                  backend/background.c backend/relay_state.c request/forwarded.c) src/config/proxy_headers.c \
                $(addprefix src/worker/,watch/memory.c watch/profile.c watch/dumped_stacks.c watch/crash_traceback.c watch/file_list.c watch/file_state.c watch/source_tree.c \
                  serve/connection_state.c log.c) \
                $(addprefix src/command/profile/,flame_graph.c hot_calls.c worker_output.c) \
                $(addprefix src/manager/,child/state.c child/oom.c group/crash_loop.c group/phase.c group/scale_decision.c \
                  shared/liveness_pipes.c socket_directory.c log/outlet.c log/intake.c log/store.c poll_list.c) \
                $(SRC_shared)
UNIT_OBJ     := $(UNIT_SRC:%.c=$(BUILD)/obj/pywsgid/%.o)
UNIT_WRAP    := -Wl,--wrap=calloc,--wrap=realloc,--wrap=reallocarray

# A program for each test_*.c in the folders, which are those of src.
UNIT_PROGRAMS := $(patsubst %.c,$(BUILD)/%,$(wildcard tests/c/unit/*/test_*.c))
UNIT_TESTS    += $(UNIT_PROGRAMS)

$(BUILD)/tests/c/unit/%.o: TEST_CFLAGS += -DPYW_TOP='"$(CURDIR)"'

# An archive, so that each program is linked with the few objects that it needs.
UNIT_ARCHIVE := $(BUILD)/tests/c/unit/unit.a

$(UNIT_ARCHIVE): $(UNIT_HELPERS) $(UNIT_OBJ) tests/c/unit/unit.mk
	$(call says,AR,$@)
	@rm -f $@
	$(QUIET)$(AR) rcs $@ $(filter %.o,$^)

$(UNIT_PROGRAMS): %: %.o $(UNIT_ARCHIVE)
	$(call says,LD,$@)
	$(QUIET)$(CC) $(LDFLAGS_ALL) $(UNIT_WRAP) -o $@ $^ $(TEST_LIBS) $(APR_LIBS)

-include $(UNIT_OBJ:.o=.d) $(UNIT_HELPERS:.o=.d) $(UNIT_PROGRAMS:%=%.d)

# Also for check-coverage-all.
COVERAGE_BUILD := CFLAGS='-O0 -g -D_GNU_SOURCE -include tests/c/coverage.h' EXTRA_CFLAGS=--coverage LDFLAGS=--coverage

# The wire decoders are held at 100% of their branches.
UNIT_COVERAGE := $(UNIT_PROGRAMS:$(BUILD)/%=build/coverage/%)

check-coverage:
	@rm -rf build/coverage
	$(MAKE) -s BUILD=build/coverage $(COVERAGE_BUILD) $(UNIT_COVERAGE)
	@set -e; for t in $(UNIT_COVERAGE); do $$t >build/coverage/log 2>&1 || { cat build/coverage/log; exit 1; }; done
	@tests/c/unit/check-coverage build/coverage/obj/pywsgid

check-rest: check-coverage

.PHONY: check-coverage
