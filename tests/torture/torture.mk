# SPDX-License-Identifier: Apache-2.0
# Failing calls of the C library: make check-torture. It continues an interrupted run.

TORTURE_LIBRARY := $(BUILD)/tests/torture/fail_call.so
TORTURE_DONE    := $(BUILD)/tests/torture/passed

$(TORTURE_LIBRARY): tests/torture/fail_call.c
	@mkdir -p $(@D)
	$(call says,CC,$@)
	$(QUIET)$(CC) -std=gnu11 -O1 -fPIC -shared -fno-optimize-sibling-calls -o $@ $< -ldl

check-long: $(TORTURE_LIBRARY)

check-torture: all $(TORTURE_LIBRARY)
	PYWSGI_BUILD=$(BUILD) PYWSGI_TORTURE=$(abspath $(TORTURE_DONE)) \
	    tests/run long --timeout=600 $(PYTEST_FLAGS) tests/torture
	rm -f $(TORTURE_DONE)

.PHONY: check-torture
