# SPDX-License-Identifier: Apache-2.0
"""make install and make uninstall, with a temporary DESTDIR; the build of engines."""
import os
import shutil
import subprocess
import sys

import pytest

from pyw import paths


COMMON = {"LIBEXECDIR": "/modules", "INCLUDEDIR": "/include", "prefix": "/usr", "SYSCONFDIR": "/etc", "DEBIAN": "1"}


def make(target, destination, **variables):
    """Run make with the umask of a careful administrator."""
    values = {**COMMON, **variables, "DESTDIR": destination, "BUILD": paths.BUILD}
    command = ["make", "-s", "-C", str(paths.TOP), target, *("%s=%s" % pair for pair in values.items() if pair[1])]
    return subprocess.run(["sh", "-c", 'umask 077; exec "$@"', "make", *command], check=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True)


def entries(top):
    """Return the relative paths of the files and links."""
    return {os.path.relpath(os.path.join(directory, name), top) for directory, _, names in os.walk(top)
            for name in names}


def expected(prefix="usr", modules="modules", include="include", debian=True):
    engines = {"%s/%s" % (modules, engine.name) for engine in paths.BUILD.glob("pywsgi_cpython*.so")}
    manual = {"%s/share/man/man1/%s" % (prefix, page.name) for page in (paths.BUILD / "man").glob("*.1")}
    lists = {"etc/mods-available/%s" % name for name in ("pywsgi.load", "pywsgi.conf", "wsgi.load")}
    return engines | manual | (lists if debian else set()) | {
        modules + "/mod_pywsgi.so", modules + "/pywsgid", include + "/mod_pywsgi.h", prefix + "/bin/pywsgi",
        prefix + "/share/mod_pywsgi/errors.md", prefix + "/share/bash-completion/completions/pywsgi"}


@pytest.fixture
def installed(tmp_path):
    make("install", tmp_path)
    return tmp_path


def test_the_installed_files(installed):
    assert entries(installed) == expected()
    assert {"usr/share/man/man1/pywsgi.1", "usr/share/man/man1/pywsgi-status.1"} <= entries(installed)
    for name in ("pywsgi", "wsgi"):
        load = installed / "etc" / "mods-available" / ("%s.load" % name)
        assert load.read_text() == "LoadModule %s_module /modules/mod_pywsgi.so\n" % name


def test_every_user_may_read_the_files_and_run_the_programs(installed):
    modes = {name: (installed / name).stat().st_mode & 0o777 for name in entries(installed)}
    programs = {"modules/pywsgid", "usr/bin/pywsgi"}
    assert {name for name, mode in modes.items() if mode != 0o644} == programs
    assert {modes[name] for name in programs} == {0o755}


def test_uninstall_leaves_nothing(installed):
    make("uninstall", installed)
    assert entries(installed) == set()
    assert not (installed / "usr" / "share" / "mod_pywsgi").exists()


@pytest.mark.parametrize("debian", ["1", "0"])
def test_usr_local(tmp_path, debian):
    make("install", tmp_path, prefix="/usr/local", DEBIAN=debian)
    assert entries(tmp_path) == expected(prefix="usr/local", debian=debian == "1")
    explained = subprocess.run([str(tmp_path / "usr/local/bin/pywsgi"), "explain", "PYW0610"], check=True,
                               stdout=subprocess.PIPE, text=True).stdout
    assert explained.startswith("PYW0610\n")
    manual = (tmp_path / "usr/local/share/man/man1/pywsgi.1").read_text()
    assert "/usr/local/share/mod_pywsgi/errors.md" in manual and " /usr/share" not in manual
    make("uninstall", tmp_path, prefix="/usr/local", DEBIAN=debian)
    assert entries(tmp_path) == set()


def test_without_variables_the_directories_are_those_of_httpd(tmp_path):
    own = dict.fromkeys(COMMON)
    make("install", tmp_path, **own)
    modules = os.path.relpath(paths.apxs("LIBEXECDIR"), "/")
    include = os.path.relpath(paths.apxs("INCLUDEDIR"), "/")
    prefix = os.path.relpath(os.path.dirname(paths.apxs("BINDIR")), "/")
    found = {name for name in entries(tmp_path) if not name.startswith("etc/")}
    assert found == expected(prefix, modules, include, debian=False)
    make("uninstall", tmp_path, **own)
    assert entries(tmp_path) == set()


def test_another_installation_keeps_the_settings_of_the_administrator(installed):
    settings = installed / "etc" / "mods-available" / "pywsgi.conf"
    settings.write_text("WSGIRestrictEmbedded On\n")
    make("install", installed, LIBEXECDIR="/elsewhere")
    assert settings.read_text() == "WSGIRestrictEmbedded On\n"
    assert "/elsewhere/" in (settings.parent / "wsgi.load").read_text()


def test_uninstall_removes_the_links_of_a2enmod_that_it_breaks(installed):
    enabled = installed / "etc" / "mods-enabled"
    enabled.mkdir()
    (enabled.parent / "mods-available" / "ssl.load").write_text("")
    for name in ("pywsgi.load", "pywsgi.conf", "ssl.load"):
        (enabled / name).symlink_to("../mods-available/" + name)
    make("uninstall", installed)
    assert os.listdir(enabled) == ["ssl.load"]


def test_uninstall_without_debian_touches_no_file_of_a_package(installed):
    make("uninstall", installed, DEBIAN="0")
    lists = installed / "etc" / "mods-available"
    assert entries(lists) == {"pywsgi.load", "pywsgi.conf", "wsgi.load"} and entries(installed / "modules") == set()


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
