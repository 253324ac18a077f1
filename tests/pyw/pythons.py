# SPDX-License-Identifier: Apache-2.0
"""The Pythons of this machine, other than the default, whose engines are built."""
import functools
import os
import pathlib
import shutil
import subprocess

from . import paths
from .httpd import Httpd, server_user

CHOSEN = os.environ.get("PYWSGI_PYTHON")  # the Python of make_httpd(), such as 3.9, instead of the default

# Only root can use a Python below root's home directory. In its own mount namespace, httpd sees a /root that others may
# search and that contains nothing else.
OPEN_HOME = """
set -e
mount --bind /root/.pyenv /mnt
mount -t tmpfs -o mode=755 tmpfs /root
mkdir /root/.pyenv
mount --bind /mnt /root/.pyenv
exec "$@"
"""


class OpenHomeHttpd(Httpd):
    def command(self, *arguments):
        return ["unshare", "-m", "sh", "-c", OPEN_HOME, "sh", *super().command(*arguments)]


@functools.lru_cache(maxsize=None)
def can_open_home():
    return paths.is_root() and os.path.isdir("/root/.pyenv") and bool(shutil.which("unshare")) and subprocess.run(
        ["unshare", "-m", "sh", "-c", OPEN_HOME, "sh", "true"], stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL).returncode == 0


@functools.lru_cache(maxsize=None)
def programs():
    """Return the paths of all Pythons for which an engine can be built, the default first. tests/run passes them on."""
    found = os.environ.get("PYWSGI_PYTHONS")
    return (found or subprocess.run([str(paths.TOP / "tools" / "find-pythons")], stdout=subprocess.PIPE,
                                    stderr=subprocess.DEVNULL, text=True, check=True).stdout).split()


@functools.lru_cache(maxsize=None)
def others():
    """Return {series: prefix} of all except the default."""
    found = {}
    for program in map(pathlib.Path, programs()):
        series = program.name.replace("python", "")
        engine = paths.BUILD / ("pywsgi_cpython%s.so" % series.replace(".", ""))
        if engine.exists() and program.parent != pathlib.Path("/usr/bin"):
            found[series] = program.parent.parent
    return found


def httpd_class(prefix):
    """Return the class of servers whose workers can read `prefix`, or None."""
    if not paths.is_root() or subprocess.run(["test", "-x", str(prefix / "bin")], user=server_user()).returncode == 0:
        return Httpd
    return OpenHomeHttpd if str(prefix).startswith("/root/.pyenv/") and can_open_home() else None


@functools.lru_cache(maxsize=None)
def chosen_class():
    """Return the class of the suites' servers."""
    if not CHOSEN:
        return Httpd
    prefix = others().get(CHOSEN)
    reader = prefix and httpd_class(prefix)
    if not reader:
        raise RuntimeError("PYWSGI_PYTHON=%s: its engine is not built, or httpd's user may not read it; there are %s" % (
            CHOSEN, ", ".join(others()) or "none"))
    return type("ChosenHttpd", (reader,), {"python_home": prefix})
