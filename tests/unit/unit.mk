# SPDX-License-Identifier: Apache-2.0
# C unit tests (cmocka). They are linked with the objects of pywsgid's shared layers, so that they test what is shipped;
# an allocation of those objects can be made to fail (pyw_scarce_memory.h).

UNIT_NAMES   := buffer secrets temp_file log log_file log_pipe log_outlet wait frame message channel absorb spill outbox token \
                options child_table suspects oom scale_decision option_processes option_use roster slots \
                slots_blocked single_queue lifelines socket_directory memory_look batch batch_trial \
                worker_log log_store
UNIT_HELPERS := $(patsubst %,$(BUILD)/tests/unit/%.o,pyw_vectors pyw_any_message pyw_scarce_memory pyw_socket_pair \
                  pyw_any_slots)
UNIT_SRC     := src/httpd/pyw_slots.c src/httpd/pyw_slots_table.c src/worker/pyw_memory_look.c src/worker/pyw_worker_log.c \
                $(addprefix src/manager/pyw_,child_table.c suspects.c oom.c scale_decision.c lifelines.c socket_directory.c log_outlet.c \
                  log_intake.c log_store.c) \
                $(SRC_options) $(SRC_wire) $(SRC_base)
UNIT_OBJ     := $(UNIT_SRC:%.c=$(BUILD)/obj/pywsgid/%.o)
UNIT_WRAP    := -Wl,--wrap=calloc,--wrap=realloc,--wrap=reallocarray

UNIT_PROGRAMS := $(UNIT_NAMES:%=$(BUILD)/tests/unit/test_%)
UNIT_TESTS    += $(UNIT_PROGRAMS)

$(BUILD)/tests/unit/%.o: TEST_CFLAGS += -DPYW_TOP='"$(CURDIR)"'

$(UNIT_PROGRAMS): $(BUILD)/tests/unit/test_%: $(BUILD)/tests/unit/test_%.o $(UNIT_HELPERS) $(UNIT_OBJ)
	$(CC) $(LDFLAGS_ALL) $(UNIT_WRAP) -o $@ $^ $(TEST_LIBS) $(APR_LIBS)

-include $(UNIT_OBJ:.o=.d) $(UNIT_HELPERS:.o=.d) $(UNIT_PROGRAMS:%=%.d)

# The wire decoders are held at 100% of their branches.
UNIT_COVERAGE := $(UNIT_NAMES:%=build/coverage/tests/unit/test_%)

check-coverage:
	@rm -rf build/coverage
	$(MAKE) -s BUILD=build/coverage CFLAGS='-O0 -g' EXTRA_CFLAGS=--coverage LDFLAGS=--coverage $(UNIT_COVERAGE)
	@set -e; for t in $(UNIT_COVERAGE); do $$t >build/coverage/log 2>&1 || { cat build/coverage/log; exit 1; }; done
	@tests/unit/check-coverage build/coverage/obj/pywsgid

check-rest: check-coverage

.PHONY: check-coverage
