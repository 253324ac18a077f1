# SPDX-License-Identifier: Apache-2.0
# The programs of tests/cost/test_cost.py: a counter for the GIL, and the engine without httpd.

COST_COUNTER := $(BUILD)/tests/cost/count_gil.so
COST_ENGINE  := $(BUILD)/tests/cost/engine_cost
COST_OBJ     := $(BUILD)/tests/cost/engine_cost.o $(BUILD)/tests/c/engine/engine_host.o \
                $(BUILD)/tests/c/engine/engine_exchange.o $(BUILD)/obj/pywsgid/src/base/buffer.o

$(COST_COUNTER): tests/cost/count_gil.c
	@mkdir -p $(@D)
	$(call says,CC,$@)
	$(QUIET)$(CC) -std=gnu11 -O2 -fPIC -shared -o $@ $< -ldl

$(COST_ENGINE): $(COST_OBJ)
	$(call says,LD,$@)
	$(QUIET)$(CC) $(LDFLAGS_ALL) -o $@ $^ -ldl

check-pytest: $(COST_COUNTER) $(COST_ENGINE)

-include $(COST_OBJ:.o=.d)
