# SPDX-License-Identifier: Apache-2.0
"""The paths of httpd, its modules and our build. PYWSGI_BUILD sets the build directory, APXS another apxs."""
import atexit
import functools
import os
import pathlib
import shutil
import subprocess
import tempfile

TOP = pathlib.Path(__file__).resolve().parents[2]
TESTS = TOP / "tests"
SUPPORT = TESTS / "pyw" / "support.py"
BUILD = TOP / os.environ.get("PYWSGI_BUILD", "build")
SYSTEM_PATH = os.environ.get("PATH", "/usr/bin:/bin") + ":/usr/sbin:/sbin"


def apxs_program():
    program = os.environ.get("APXS") or shutil.which("apxs", path=SYSTEM_PATH)
    if not program:
        raise RuntimeError("apxs not found: tools/install-deps installs it")
    return program


@functools.lru_cache(maxsize=None)
def apxs(variable):
    return subprocess.run([apxs_program(), "-q", variable], check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


def httpd_program():
    return os.path.join(apxs("SBINDIR"), apxs("PROGNAME"))


def module_file(name):
    return os.path.join(apxs("LIBEXECDIR"), "mod_%s.so" % name)


def is_root():
    return os.geteuid() == 0


def new_directory(prefix):
    """Return a new directory with a short path that httpd's user may enter. pytest's tmp_path is neither."""
    path = pathlib.Path(tempfile.mkdtemp(prefix=prefix, dir=os.environ.get("PYWSGI_TMP", "/tmp")))
    path.chmod(0o755)
    return path


@functools.lru_cache(maxsize=None)
def snapshot():
    """Return a copy of the build, made when the first server needs it, so that a concurrent make has no effect."""
    directory = new_directory("pyw-build.")
    atexit.register(shutil.rmtree, directory, ignore_errors=True)
    for path in [BUILD / "mod_pywsgi.so", BUILD / "pywsgid", BUILD / "pywsgi", *BUILD.glob("pywsgi_cpython*.so")]:
        if path.exists():
            shutil.copy(path, directory)
            (directory / path.name).chmod(0o755)
    return directory


def install_artifacts(directory):
    """
    Link the build into a server's directory: workers open the engine as their own user, who may not read a clone. All
    servers share the files. A test that needs other content or another mode renames a new file to the name.
    """
    for path in snapshot().iterdir():
        os.link(path, directory / path.name)
