# The targets `make check`, which runs before every commit, and `make check-all`, which adds `check-rest`. Included by
# Makefile.apxs after tests/Makefile.inc, whose fragments define check-unit, check-engine and check-pytest.

# The flags for httpd, APR and Python in one compiler call.
CHECK_CFLAGS = $(HTTPD_CFLAGS) $(APR_CFLAGS) $(PYTHON_CFLAGS)

# Those before check-pytest run side by side; the tests with httpd need the machine for themselves.
CHECKS = check-style check-layers check-errors check-exports check-hardening check-circles check-unit check-engine
check: all
	$(MAKE) --no-print-directory -j$$(nproc) --output-sync=target $(CHECKS)
	$(MAKE) --no-print-directory check-pytest

# A part of `check` for the time between two edits, with one engine and a few of the tests with httpd.
QUICK_SUITES ?= tests/functional/config/test_configtest.py tests/functional/conformance/test_mounting.py \
                tests/functional/conformance/output/test_response.py
check-quick: all
	$(MAKE) --no-print-directory -j$$(nproc) --output-sync=target $(CHECKS)
	PYWSGI_BUILD=$(BUILD) tests/run 'not long' --timeout=120 $(PYTEST_FLAGS) $(QUICK_SUITES)

# Builds an engine for every suitable Python of this machine.
engines: all
	@set -e; for python in $$(tools/find-pythons); do $(MAKE) --no-print-directory engine PYTHON=$$python; done

check-style:
	tools/check-style $(CHECK_CFLAGS)

check-layers:
	tools/check-layers

check-errors:
	tools/merge-errors --check

check-exports: all
	tools/check-exports $(BUILD)

check-hardening: all
	tools/check-hardening $(BUILD)

check-circles: all
	tools/check-circles $(BUILD)

docs:
	tools/merge-errors

check-all: check check-rest

# In addition to `check`: the analysers, the C suites under ASan and UBSan, and the targets that tests/*/*.mk add.
check-rest: check-analyse
	$(MAKE) SANITIZE=1 check-unit check-engine

check-analyse: compile_commands.json
	tools/check-analyse

check-format: compile_commands.json
	tools/check-format

# Debian 12, 13 and sid, each in a fresh chroot; needs root, debootstrap and several GB below TMPDIR.
check-distros:
	tools/check-distros

# The Debian packages: build, install, upgrade under load, purge. Needs root and a network.
check-packages:
	tools/check-packages

compile_commands.json: Makefile.apxs tools/flags.mk tools/check.mk $(PACKAGE_C) FORCE
	@$(MAKE) --no-print-directory -nB all | tools/compile-commands >$@.new
	@if cmp -s $@.new $@; then rm $@.new; else mv $@.new $@; fi

FORCE:

.PHONY: check engines check-all check-rest check-style check-layers check-errors check-exports check-hardening check-circles \
        check-analyse check-format check-quick check-distros check-packages docs FORCE
