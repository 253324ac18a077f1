# SPDX-License-Identifier: Apache-2.0
"""make install and make uninstall, with a temporary DESTDIR."""
import os
import shutil
import subprocess
import sys

import pytest

from pyw import paths


def make(target, destination):
    return subprocess.run(["make", "-s", "-C", str(paths.TOP), target, "BUILD=%s" % paths.BUILD, "DEBIAN=1",
                           "LIBEXECDIR=/modules", "prefix=/usr", "SYSCONFDIR=/etc", "DESTDIR=%s" % destination],
                          check=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def files(top):
    return {os.path.relpath(os.path.join(directory, name), top) for directory, _, names in os.walk(top)
            for name in names}


@pytest.fixture
def installed(tmp_path):
    make("install", tmp_path)
    return tmp_path


def test_the_installed_files(installed):
    engines = {"modules/%s" % engine.name for engine in paths.BUILD.glob("pywsgi_cpython*.so")}
    manual = {"usr/share/man/man1/%s" % page.name for page in (paths.BUILD / "man").glob("*.1")}
    assert files(installed) == engines | manual | {"modules/mod_pywsgi.so", "modules/pywsgid", "usr/bin/pywsgi",
                                          "etc/mods-available/pywsgi.load", "etc/mods-available/pywsgi.conf",
                                          "etc/mods-available/wsgi.load", "usr/share/mod_pywsgi/errors.md",
                                          "usr/share/bash-completion/completions/pywsgi"}
    assert {"usr/share/man/man1/pywsgi.1", "usr/share/man/man1/pywsgi-status.1"} <= manual
    for name in ("pywsgi", "wsgi"):
        load = installed / "etc" / "mods-available" / ("%s.load" % name)
        assert load.read_text() == "LoadModule %s_module /modules/mod_pywsgi.so\n" % name
    assert os.access(installed / "usr" / "bin" / "pywsgi", os.X_OK)


def test_uninstall_leaves_nothing(installed):
    make("uninstall", installed)
    assert files(installed) == set()


@pytest.mark.long
def test_the_file_of_mod_wsgis_package_stays(tmp_path):
    load = tmp_path / "etc" / "mods-available" / "wsgi.load"
    load.parent.mkdir(parents=True)
    load.write_text("LoadModule wsgi_module /modules/mod_wsgi.so\n")
    make("install", tmp_path)
    make("uninstall", tmp_path)
    assert load.read_text() == "LoadModule wsgi_module /modules/mod_wsgi.so\n"


def test_pywsgid_refers_to_the_program_pywsgi():
    result = subprocess.run([str(paths.BUILD / "pywsgid"), "status"], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                            text=True)
    assert result.returncode == 2 and not result.stdout and "verbs of the program pywsgi" in result.stderr


def test_no_engine_is_built_for_a_free_threaded_python():
    facts = """
import runpy, sysconfig
original = sysconfig.get_config_var
sysconfig.get_config_var = lambda name: 1 if name == "Py_GIL_DISABLED" else original(name)
runpy.run_path("tools/python-facts", run_name="__main__")
"""
    result = subprocess.run(["/usr/bin/python3", "-c", facts], cwd=paths.TOP, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, text=True)
    assert result.returncode == 1 and result.stdout == "" and "is a free-threaded build" in result.stderr


def test_another_python_of_the_same_version_compiles_the_engine_again(tmp_path):
    tag = "%d%d" % sys.version_info[:2]     # pytest runs with the default Python
    build, engine = tmp_path / "build", "pywsgi_cpython%s.so" % tag
    for objects in ("engine" + tag, "pywsgid/src/base"):
        shutil.copytree(paths.BUILD / "obj" / objects, build / "obj" / objects)
    shutil.copy2(paths.BUILD / engine, build / engine)

    def commands():
        return subprocess.run(["make", "-n", "-C", str(paths.TOP), "engine", "BUILD=%s" % build], check=True,
                              stdout=subprocess.PIPE, text=True).stdout

    assert "src/wsgi" not in commands()
    facts = build / "obj" / ("engine" + tag) / "python-facts"
    facts.write_text(facts.read_text().replace("executable=/", "executable=/elsewhere/"))
    assert "src/wsgi" in commands()
