# `make install` and `make uninstall`. Included by Makefile.apxs.
#
# Installs the module, pywsgid and all engines in build/ into httpd's module directory, where mod_pywsgi.so searches
# for them, and the program pywsgi (docs/reference/commands.md) into the bin directory of `prefix`, /usr by default with
# Debian's httpd, with its manual pages, the explanations of log messages and the completion for bash. On Debian (or
# with DEBIAN=1) also installs the files for a2enmod into mods-available. wsgi.load, for `a2enmod wsgi`, belongs to
# Debian's package of mod_wsgi, so it is installed only if that package is not.

LIBEXECDIR     ?= $(shell $(APXS_BIN) -q LIBEXECDIR)
prefix         ?= $(patsubst %/bin,%,$(shell $(APXS_BIN) -q BINDIR))
bindir         ?= $(prefix)/bin
datadir        ?= $(prefix)/share
mandir         ?= $(datadir)/man
SYSCONFDIR     ?= /etc/apache2
COMPLETIONS    := $(DESTDIR)$(datadir)/bash-completion/completions
MODS_AVAILABLE := $(DESTDIR)$(SYSCONFDIR)/mods-available
DEBIAN         ?= $(if $(wildcard $(SYSCONFDIR)/mods-available/.),1)
INSTALL        ?= install

install: all
	$(INSTALL) -d "$(DESTDIR)$(LIBEXECDIR)"
	$(INSTALL) -m 0644 $(MODULE) $(BUILD)/pywsgi_cpython*.so "$(DESTDIR)$(LIBEXECDIR)/"
	$(INSTALL) -m 0755 $(PYWSGID) "$(DESTDIR)$(LIBEXECDIR)/"
	$(INSTALL) -d "$(DESTDIR)$(bindir)"
	$(INSTALL) -m 0755 $(PYWSGI) "$(DESTDIR)$(bindir)/"
	$(INSTALL) -d "$(DESTDIR)$(datadir)/mod_pywsgi" "$(DESTDIR)$(mandir)/man1" "$(COMPLETIONS)"
	$(INSTALL) -m 0644 docs/errors.md "$(DESTDIR)$(datadir)/mod_pywsgi/"
	$(INSTALL) -m 0644 $(BUILD)/man/*.1 "$(DESTDIR)$(mandir)/man1/"
	$(INSTALL) -m 0644 tools/pywsgi.bash "$(COMPLETIONS)/pywsgi"
ifeq ($(DEBIAN),1)
	$(INSTALL) -d "$(MODS_AVAILABLE)"
	echo 'LoadModule pywsgi_module $(LIBEXECDIR)/mod_pywsgi.so' >"$(MODS_AVAILABLE)/pywsgi.load"
	$(INSTALL) -m 0644 tools/pywsgi.conf "$(MODS_AVAILABLE)/pywsgi.conf"
	[ -e "$(MODS_AVAILABLE)/wsgi.load" ] || \
	    echo 'LoadModule wsgi_module $(LIBEXECDIR)/mod_pywsgi.so' >"$(MODS_AVAILABLE)/wsgi.load"
endif

uninstall:
	rm -f "$(DESTDIR)$(LIBEXECDIR)/mod_pywsgi.so" "$(DESTDIR)$(LIBEXECDIR)/pywsgid" \
	    "$(DESTDIR)$(LIBEXECDIR)"/pywsgi_cpython*.so
	rm -f "$(DESTDIR)$(bindir)/pywsgi" "$(COMPLETIONS)/pywsgi" \
	    "$(DESTDIR)$(mandir)/man1/pywsgi.1" "$(DESTDIR)$(mandir)/man1"/pywsgi-*.1
	rm -rf "$(DESTDIR)$(datadir)/mod_pywsgi"
	rm -f "$(MODS_AVAILABLE)/pywsgi.load" "$(MODS_AVAILABLE)/pywsgi.conf"
	! grep -qs mod_pywsgi.so "$(MODS_AVAILABLE)/wsgi.load" || rm "$(MODS_AVAILABLE)/wsgi.load"

.PHONY: install uninstall
