# `make bench`: the side-by-side benchmark (docs/results/performance.md). Included by Makefile.apxs. Not part of `make check`;
# `tools/install-deps bench` installs its packages. BENCH_FLAGS go to bench/run.

BENCH_FLOOR := build/bench/mod_bench_floor.so

$(BENCH_FLOOR): bench/floor/mod_bench_floor.c
	@mkdir -p $(@D)
	$(call says,CC,$@)
	$(QUIET)$(CC) -shared $(CFLAGS_ALL) $(HTTPD_CFLAGS) $(APR_CFLAGS) -fvisibility=default $(LDFLAGS_ALL) -o $@ $<

bench-floor: $(BENCH_FLOOR)

bench: all bench-floor
	bench/run $(BENCH_FLAGS)

bench-count: all
	bench/count

.PHONY: bench bench-floor bench-count
