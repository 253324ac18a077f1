# `make install` and `make uninstall`. Included by Makefile.apxs.
#
# Installs the module, pywsgid and all engines in build/ into httpd's module directory, where mod_pywsgi.so searches
# for them, whatever the prefix is. Installs the program pywsgi (docs/reference/commands.md) into the bin directory of
# `prefix`, /usr by default with Debian's httpd, with its manual pages, the explanations of log messages and the
# completion for bash. The program finds the explanations at ../share, so `bindir` and `datadir` have the same parent.
# Installs the header for other modules of httpd beside httpd's own headers, where apxs finds it.
#
# On Debian (or with DEBIAN=1) also installs the files for a2enmod into mods-available. pywsgi.conf stays as it is if it
# exists, because it is for the administrator. wsgi.load, for `a2enmod wsgi`, belongs to Debian's package of mod_wsgi,
# so it is installed only if that package is not.

LIBEXECDIR     ?= $(shell $(APXS_BIN) -q LIBEXECDIR)
INCLUDEDIR     ?= $(shell $(APXS_BIN) -q INCLUDEDIR)
prefix         ?= $(patsubst %/bin,%,$(shell $(APXS_BIN) -q BINDIR))
bindir         ?= $(prefix)/bin
datadir        ?= $(prefix)/share
mandir         ?= $(datadir)/man
SYSCONFDIR     ?= /etc/apache2
MAN1           := $(DESTDIR)$(mandir)/man1
COMPLETIONS    := $(DESTDIR)$(datadir)/bash-completion/completions
MODS_AVAILABLE := $(DESTDIR)$(SYSCONFDIR)/mods-available
MODS_ENABLED   := $(DESTDIR)$(SYSCONFDIR)/mods-enabled
DEBIAN         ?= $(if $(wildcard $(SYSCONFDIR)/mods-available/.),1)
INSTALL        ?= install

# A new file has the mode of `install`, not that of the umask.
write_load = $(INSTALL) -m 0644 /dev/null "$(MODS_AVAILABLE)/$(1).load" && \
    echo 'LoadModule $(1)_module $(LIBEXECDIR)/mod_pywsgi.so' >"$(MODS_AVAILABLE)/$(1).load"

install: all
	$(INSTALL) -d "$(DESTDIR)$(LIBEXECDIR)"
	$(INSTALL) -m 0644 $(MODULE) $(BUILD)/pywsgi_cpython*.so "$(DESTDIR)$(LIBEXECDIR)/"
	$(INSTALL) -m 0755 $(PYWSGID) "$(DESTDIR)$(LIBEXECDIR)/"
	$(INSTALL) -d "$(DESTDIR)$(INCLUDEDIR)"
	$(INSTALL) -m 0644 include/mod_pywsgi.h "$(DESTDIR)$(INCLUDEDIR)/"
	$(INSTALL) -d "$(DESTDIR)$(bindir)"
	$(INSTALL) -m 0755 $(PYWSGI) "$(DESTDIR)$(bindir)/"
	$(INSTALL) -d "$(DESTDIR)$(datadir)/mod_pywsgi" "$(MAN1)" "$(COMPLETIONS)"
	$(INSTALL) -m 0644 docs/errors.md "$(DESTDIR)$(datadir)/mod_pywsgi/"
	$(INSTALL) -m 0644 $(BUILD)/man/*.1 "$(MAN1)/"
	sed 's|/usr/share/mod_pywsgi|$(datadir)/mod_pywsgi|' $(MANUAL) >"$(MAN1)/pywsgi.1"
	$(INSTALL) -m 0644 tools/pywsgi.bash "$(COMPLETIONS)/pywsgi"
ifeq ($(DEBIAN),1)
	$(INSTALL) -d "$(MODS_AVAILABLE)"
	$(call write_load,pywsgi)
	[ -e "$(MODS_AVAILABLE)/pywsgi.conf" ] || \
	    $(INSTALL) -m 0644 tools/pywsgi.conf "$(MODS_AVAILABLE)/pywsgi.conf"
	if [ ! -e "$(MODS_AVAILABLE)/wsgi.load" ] || grep -q mod_pywsgi.so "$(MODS_AVAILABLE)/wsgi.load"; then \
	    $(call write_load,wsgi); \
	fi
endif

# Links of a2enmod to the removed files are removed, too.
uninstall:
	rm -f "$(DESTDIR)$(LIBEXECDIR)/mod_pywsgi.so" "$(DESTDIR)$(LIBEXECDIR)/pywsgid" \
	    "$(DESTDIR)$(LIBEXECDIR)"/pywsgi_cpython*.so "$(DESTDIR)$(INCLUDEDIR)/mod_pywsgi.h"
	rm -f "$(DESTDIR)$(bindir)/pywsgi" "$(COMPLETIONS)/pywsgi" "$(MAN1)/pywsgi.1" "$(MAN1)"/pywsgi-*.1
	rm -rf "$(DESTDIR)$(datadir)/mod_pywsgi"
ifeq ($(DEBIAN),1)
	rm -f "$(MODS_AVAILABLE)/pywsgi.load" "$(MODS_AVAILABLE)/pywsgi.conf"
	! grep -qs mod_pywsgi.so "$(MODS_AVAILABLE)/wsgi.load" || rm "$(MODS_AVAILABLE)/wsgi.load"
	for name in pywsgi.load pywsgi.conf wsgi.load; do \
	    [ -e "$(MODS_ENABLED)/$$name" ] || rm -f "$(MODS_ENABLED)/$$name"; \
	done
endif

.PHONY: install uninstall
