# SPDX-License-Identifier: Apache-2.0
# The suites with a real httpd; tests/run describes how they run. make check-pytest PYTEST_FLAGS='-k chunked' selects
# tests, PYTEST_WORKERS=8 runs more of them in parallel.

# The slowest classes first, so that none of them runs alone at the end.
PYTEST_SUITES ?= $(addprefix tests/,cost robustness load functional torture pyw)
PYTEST_FLAGS  ?=

check-pytest: all
	PYWSGI_BUILD=$(BUILD) tests/run 'not long' --timeout=120 $(PYTEST_FLAGS) $(PYTEST_SUITES)

# check-load runs the long tests of tests/load.
check-long: all engines
	PYWSGI_BUILD=$(BUILD) tests/run long --timeout=300 $(PYTEST_FLAGS) $(filter-out tests/load,$(PYTEST_SUITES))
	PYWSGI_BUILD=$(BUILD) tests/matrix --corners

# Each Python with each MPM and mode, in hours: make check-matrix, or make check-matrix MATRIX_FLAGS='--mpm prefork'.
check-matrix: all engines
	PYWSGI_BUILD=$(BUILD) tests/matrix $(MATRIX_FLAGS)

# The same with ASan and UBSan: make SANITIZE=1 check-sanitized. httpd itself is not built with them, so their runtimes
# are preloaded. Tests do not measure memory then, time limits are longer, and intended crashes keep our handlers.
SANITIZER_RUNTIMES = $(shell $(CC) -print-file-name=libasan.so) $(shell $(CC) -print-file-name=libubsan.so)
KEEP_HANDLERS = handle_segv=0:handle_sigbus=0:handle_sigfpe=0:handle_abort=0:handle_sigill=0
ASAN_OPTIONS  = detect_leaks=0:verify_asan_link_order=0:$(KEEP_HANDLERS)

check-sanitized: all
	PYWSGI_BUILD=$(BUILD) PYWSGI_LD_PRELOAD="$(SANITIZER_RUNTIMES)" \
	    ASAN_OPTIONS=$(ASAN_OPTIONS) UBSAN_OPTIONS=print_stacktrace=1 \
	    tests/run 'not long' --timeout=300 $(PYTEST_FLAGS) $(PYTEST_SUITES)

# Data races: the C suites with TSan, and suites in which pywsgid and its engine have TSan: make check-races. The side of
# httpd is covered by the C suites, since httpd itself is not built with TSan. TSan does not see the locks of Python 3.13
# and later. Idle threads of a worker end with the process, hence no reports of thread leaks.
RACES_SUITES ?= tests/functional/daemon tests/robustness/integrity tests/load
RACES        := $(BUILD)/races
TSAN_OPTIONS  = suppressions=$(CURDIR)/tests/c/tsan.supp report_thread_leaks=0 die_after_fork=0 $(KEEP_HANDLERS)

check-races: all
	@if $(PYTHON) -c 'import sys; sys.exit(sys.version_info >= (3, 13))'; then \
	    $(MAKE) --no-print-directory races-run; \
	else \
	    echo "check-races: skipped: needs Python 3.12 or earlier, whose locks TSan sees: make check-races PYTHON=..."; \
	fi

races-run:
	TSAN_OPTIONS="$(TSAN_OPTIONS)" $(MAKE) SANITIZE=thread BUILD=build/tsan check-unit check-engine all
	rm -rf $(RACES) && mkdir -p $(RACES)
	cp -r $(MODULE) $(PYWSGI) $(BUILD)/man build/tsan/pywsgid build/tsan/pywsgi_cpython*.so $(RACES)
	TSAN_OPTIONS="$(TSAN_OPTIONS)" PYWSGI_BUILD=$(RACES) \
	    tests/run 'not long' --timeout=200 -k 'not embedded' $(PYTEST_FLAGS) $(RACES_SUITES)

# The suites that need no Python package, with each of the other Pythons of this machine: make check-pythons, or
# make check-pythons PYTHON_SUITES=tests/functional/conformance.
PYTHON_SUITES ?= $(filter-out %/python %/config %/apps %/release,$(wildcard tests/functional/* tests/robustness/*)) tests/load

check-pythons: all engines
	@set -e; for python in $$(tools/find-pythons 2>/dev/null | tail -n +2); do \
	    echo "== $$python"; \
	    PYWSGI_BUILD=$(BUILD) PYWSGI_PYTHON=$${python##*python} \
	        tests/run 'not long' --timeout=120 $(PYTEST_FLAGS) $(PYTHON_SUITES); \
	done

# Runs the load of tests/load for a minute instead of some seconds, with bodies of 1 GiB.
check-load: all
	PYWSGI_BUILD=$(BUILD) PYWSGI_LOAD_SECONDS=60 PYWSGI_LOAD_MIB=1024 PYTEST_WORKERS=1 \
	    tests/run long --timeout=600 $(PYTEST_FLAGS) tests/load

# The lines and branches below src/ that all tests take: make check-coverage-all. The users of httpd and of process groups
# add to the counters, too. A process that is killed adds nothing. Without the tests whose processes may write no file, and
# those of costs.
COVERAGE := build/coverage-all
COVERAGE_FLAGS := --ignore=tests/robustness/security/test_systemd_example.py \
                  --deselect=tests/functional/daemon/test_options_of_mod_wsgi.py::TestChroot

check-coverage-all:
	rm -rf $(COVERAGE)
	$(MAKE) BUILD=$(COVERAGE) $(COVERAGE_BUILD) all check-unit check-engine
	find $(COVERAGE) -name '*.gcno' | sed 's/gcno$$/gcda/' | xargs touch
	find $(COVERAGE) -name '*.gcda' -exec chmod a+rw {} +
	GCOV_ERROR_FILE=/dev/null PYWSGI_BUILD=$(COVERAGE) \
	    tests/run 'not long' --timeout=300 $(COVERAGE_FLAGS) $(PYTEST_FLAGS) $(filter-out tests/cost,$(PYTEST_SUITES))
	gcovr --root . --filter src/ --sort-percentage --print-summary $(COVERAGE)

# Mixed traffic with restarts, and what grows meanwhile: make check-soak MINUTES=30.
MINUTES ?= 10
check-soak: all
	PYWSGI_BUILD=$(BUILD) PYWSGI_SOAK_MINUTES=$(MINUTES) tests/run long -s $(PYTEST_FLAGS) tests/load/test_soak.py

check-rest: check-long check-load check-races

.PHONY: check-pytest check-long check-sanitized check-races races-run check-pythons check-matrix check-coverage-all check-load \
        check-soak
