# `make dist` and `make distcheck`: the tarball of a release. Included by Makefile.apxs.
#
# The tarball contains the files of the commit HEAD, below the directory mod_pywsgi-VERSION. The same commit results in
# the same bytes. `make distcheck` unpacks it, builds it and runs all tests where neither git nor the clone can be used.

VERSION  := $(shell sed -n 's/^.define PYW_VERSION "\(.*\)"$$/\1/p' src/base/version.h)
DIST     := mod_pywsgi-$(VERSION)
DIST_DIR ?= build/dist
TARBALL  := $(DIST_DIR)/$(DIST).tar.gz

dist:
	@[ -e .git ] || { echo "dist: this is not a clone of the repository, from which the files are taken"; exit 1; }
	@git diff --quiet HEAD || echo "dist: note: the tarball does not contain changes that are not committed"
	@mkdir -p $(DIST_DIR)
	git archive --prefix=$(DIST)/ --output=$(TARBALL:.gz=) HEAD
	gzip -9nf $(TARBALL:.gz=)
	@cd $(DIST_DIR) && sha256sum $(notdir $(TARBALL))

distcheck: dist
	tools/check-tarball $(TARBALL)

.PHONY: dist distcheck
