# SPDX-License-Identifier: Apache-2.0
# The engine without httpd: it runs the suites of tests/c/engine as a worker's, as an httpd child's and as a template's.
# `make check-engine`, with SANITIZE=1 too, takes the engine of PYTHON; `make check-engines` takes the others of
# this machine. ASan does not check for leaks, because CPython has some by design.

ENGINE_TEST_NAMES := engine_exchange engine_host test_engine test_deadlines test_loading test_responses test_streams \
                     test_template test_threads
ENGINE_TEST_OBJ   := $(ENGINE_TEST_NAMES:%=$(BUILD)/tests/c/engine/%.o) $(BUILD)/obj/pywsgid/src/base/buffer.o
ENGINE_TEST       := $(BUILD)/tests/c/engine/test_engine

ENGINE_CYCLES_OBJ := $(patsubst %,$(BUILD)/tests/c/engine/%.o,engine_exchange engine_host test_cycles) \
                     $(BUILD)/obj/pywsgid/src/base/buffer.o
ENGINE_CYCLES     := $(BUILD)/tests/c/engine/test_cycles

$(ENGINE_TEST): $(ENGINE_TEST_OBJ)
	$(call says,LD,$@)
	$(QUIET)$(CC) $(LDFLAGS_ALL) -o $@ $^ $(TEST_LIBS) -ldl

$(ENGINE_CYCLES): $(ENGINE_CYCLES_OBJ)
	$(call says,LD,$@)
	$(QUIET)$(CC) $(LDFLAGS_ALL) -o $@ $^ -ldl

# The commands for one engine.
define RUN_ENGINE
for role in daemon embedded template; do \
    echo "== $$engine $$role"; \
    ASAN_OPTIONS=detect_leaks=0 timeout 120 $(ENGINE_TEST) $(CURDIR)/$$engine $(CURDIR)/tests/c/engine $$role; \
done; \
echo "== $$engine again and again"; \
ASAN_OPTIONS=detect_leaks=0 timeout 240 $(ENGINE_CYCLES) $(CURDIR)/$$engine $(CURDIR)/tests/c/engine
endef

check-engine: $(ENGINE) $(ENGINE_TEST) $(ENGINE_CYCLES)
	@set -e; engine=$(ENGINE); $(RUN_ENGINE)

check-engines: engines $(ENGINE_TEST) $(ENGINE_CYCLES)
	@set -e; for engine in $(BUILD)/pywsgi_cpython*.so; do \
	    [ $$engine != $(ENGINE) ] || continue; \
	    if [ -n "$$(find $(SRC_engine) $(SRC_package) -newer $$engine)" ]; then \
	        echo "== $$engine: skipped, it is older than its sources (make engine PYTHON=...)"; continue; \
	    fi; \
	    $(RUN_ENGINE); \
	done

-include $(ENGINE_TEST_OBJ:.o=.d) $(ENGINE_CYCLES_OBJ:.o=.d)

check-long check-rest: check-engines

.PHONY: check-engine check-engines
