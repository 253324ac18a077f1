# SPDX-License-Identifier: Apache-2.0
"""The minimal httpd.conf to which a test adds its own lines."""
import os
import re

from . import paths

# The choices of tests/matrix, for tests without choices of their own.
CHOSEN_MPM = os.environ.get("PYWSGI_MPM", "event")
PRELOAD = bool(os.environ.get("PYWSGI_PRELOAD"))    # every process group gets preload=On

MODULES = ("authn_core", "authz_core", "mime", "dir", "alias", "env")

# One child is sufficient for most tests, and faster. The limit leaves room for a graceful restart.
MPM = {
    "event": "StartServers 1\nMinSpareThreads 1\nMaxSpareThreads 100\nThreadsPerChild 25\nServerLimit 4\n"
             "MaxRequestWorkers 100\n",
    "worker": "StartServers 1\nMinSpareThreads 1\nMaxSpareThreads 100\nThreadsPerChild 25\nServerLimit 4\n"
              "MaxRequestWorkers 100\n",
    "prefork": "StartServers 4\nMinSpareServers 2\nMaxSpareServers 8\nServerLimit 16\nMaxRequestWorkers 16\n",
}

COMMON = """
ServerName 127.0.0.1
Listen 127.0.0.1:${PORT}
PidFile "${ROOT}/run/httpd.pid"
DefaultRuntimeDir "${ROOT}/run"
CoreDumpDirectory "${ROOT}/run"
ErrorLog "${ROOT}/error.log"
DocumentRoot "${ROOT}/htdocs"
TypesConfig "${ROOT}/mime.types"
Timeout 20
KeepAliveTimeout 20
<Directory "/">
    Require all denied
</Directory>
<Directory "${ROOT}/htdocs">
    Require all granted
</Directory>
<Directory "${ROOT}/apps">
    Require all granted
</Directory>
"""


def load(name, path):
    return '<IfModule !%s_module>\n    LoadModule %s_module "%s"\n</IfModule>\n' % (name, name, path)


def build(httpd, config):
    (httpd.root / "mime.types").write_text("text/plain txt\ntext/html html\n")
    names = ["mpm_" + httpd.mpm, *MODULES, *httpd.modules]
    parts = ['Define %s "%s"\n' % pair for pair in definitions(httpd)]
    parts.append('ServerRoot "${ROOT}"\n')
    parts += [load(name, paths.module_file(name)) for name in names]
    if httpd.pywsgi:
        parts.append('LoadModule pywsgi_module "${MODULES}/mod_pywsgi.so"\n')
        if httpd.python_home:
            parts.append('WSGIPythonHome "%s"\n' % httpd.python_home)
    if PRELOAD and httpd.pywsgi:
        config = preloaded(config)
    if paths.is_root():
        parts.append("User www-data\nGroup www-data\n")
    parts += [MPM[httpd.mpm], COMMON, "LogLevel %s\n" % httpd.log_level, config, "\n"]
    return "".join(parts)


def preloaded(config):
    """Add preload=On to all process groups that do not set it."""
    return re.sub(r"^( *WSGIDaemonProcess +\S+)(?!.*preload=)", r"\1 preload=On", config, flags=re.MULTILINE)


def definitions(httpd):
    return [("ROOT", httpd.root), ("APPS", httpd.apps), ("DATA", httpd.data), ("MODULES", httpd.root / "modules"),
            ("PORT", httpd.port)]
