# Compilers and flags. Included by Makefile.apxs; everything here may be overridden on the command line.

CFLAGS ?= -O2 -g

# A line for each command, such as "CC src/base/clock.c"; V=1 prints the whole commands, and make -s nothing.
QUIET := $(if $(V),,@)
says = $(if $(V)$(findstring s,$(firstword -$(MAKEFLAGS))),,@printf '  %-5s %s\n' $(1) $(2))

APXS_BIN := $(shell command -v $(APXS) || command -v apxs2)
ifeq ($(APXS_BIN),)
$(error apxs not found: install apache2-dev (tools/install-deps does), or say APXS=/path/to/apxs)
endif

HTTPD_CFLAGS := -isystem $(shell $(APXS_BIN) -q INCLUDEDIR) $(shell $(APXS_BIN) -q EXTRA_CPPFLAGS)
APR_CFLAGS   := $(patsubst -I%,-isystem %,$(shell $(shell $(APXS_BIN) -q APR_CONFIG) --includes --cppflags)) \
                $(patsubst -I%,-isystem %,$(shell $(shell $(APXS_BIN) -q APU_CONFIG) --includes))
APR_LIBS     := $(shell $(shell $(APXS_BIN) -q APR_CONFIG) --link-ld)

# The engine's Python itself provides its facts, not the first python3 on PATH.
PYTHON_FACTS := $(shell $(PYTHON) -I tools/python-facts)
ifeq ($(PYTHON_FACTS),)
$(error $(PYTHON) is not a usable Python: install python3-dev (tools/install-deps does), or say PYTHON=/path/to/python3.x)
endif
python_fact   = $(patsubst $(1)=%,%,$(filter $(1)=%,$(PYTHON_FACTS)))
PYTHON_TAG   := $(call python_fact,tag)
PYTHON_SERIES := $(call python_fact,series)
PYTHON_CFLAGS := -isystem $(call python_fact,include) -DPYW_PYTHON_EXECUTABLE='"$(call python_fact,executable)"' -D_GNU_SOURCE
PYTHON_LIBDIR := $(call python_fact,libdir)
PYTHON_LIBS   := -L$(PYTHON_LIBDIR) -l$(call python_fact,library) \
                 $(if $(filter /usr/lib%,$(PYTHON_LIBDIR)),,-Wl,-rpath,$(PYTHON_LIBDIR))

BUILD_DEFINES := -DPYW_DEFAULT_SERIES='"$(PYTHON_SERIES)"'

# Hardening, which tools/check-hardening verifies in the artifacts. A flag that the compiler does not know is left out;
# EXTRA_CFLAGS comes last, so that it can take one back. _FORTIFY_SOURCE needs optimization, hides overflows from
# sanitizers, and stays as CFLAGS sets it. `now` binds all symbols at the start, so calls need no PLT.
compiles   = $(shell $(CC) -O2 -Werror $(1) -include features.h -S -o /dev/null -x c /dev/null 2>/dev/null && echo '$(1)')
FORTIFY   := $(or $(call compiles,-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3),-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
HARDENING := -fstack-protector-strong $(call compiles,-fstack-clash-protection) $(call compiles,-fno-plt) \
             $(or $(call compiles,-fcf-protection),$(call compiles,-mbranch-protection=standard)) \
             $(if $(SANITIZE)$(findstring _FORTIFY_SOURCE,$(CFLAGS))$(filter -O0,$(CFLAGS)),,$(FORTIFY))

CFLAGS_ALL  = -std=gnu11 $(CFLAGS) $(HARDENING) -fPIC -fvisibility=hidden -fno-strict-aliasing -pthread -MMD -MP \
              -Isrc -Iinclude $(WARNINGS) $(SANITIZERS) $(EXTRA_CFLAGS)
LDFLAGS_ALL = $(LDFLAGS) -pthread -Wl,-z,relro,-z,now,-z,noexecstack -Wl,--as-needed $(SANITIZERS)
WARNINGS   := -Wall -Wextra -Wno-unused-parameter
MODULE_LIBS  :=
PYWSGID_LIBS := $(APR_LIBS) -ldl
PYWSGI_LIBS  := $(APR_LIBS) $(shell ncursesw6-config --libs 2>/dev/null || echo -lncursesw)

ifdef DEVELOPER
WARNINGS += -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith -Wcast-qual -Wwrite-strings -Wvla \
            -Wformat=2 -Wundef -Werror
endif

SANITIZE_1      := -fsanitize=address,undefined -fno-sanitize-recover=undefined
SANITIZE_thread := -fsanitize=thread -Wno-tsan
ifdef SANITIZE
SANITIZERS := $(or $(SANITIZE_$(SANITIZE)),$(error SANITIZE is 1 or thread)) -fno-omit-frame-pointer
endif
