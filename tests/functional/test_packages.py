# SPDX-License-Identifier: Apache-2.0
"""debian/: the maintainer script that lets httpd load one version, with other programs in the place of dpkg and httpd.

tools/check-packages builds and installs the packages.
"""
import mmap
import pathlib
import re
import subprocess

import pytest

from pyw import paths

DEBIAN = paths.TOP / "debian"
MODULE = "libapache2-mod-pywsgi"
ENGINE_311 = MODULE + "-python3.11"
ENGINE_313 = MODULE + "-python3.13"

DPKG_QUERY = """#!/bin/sh
[ -e "$PACKAGES/$4" ] || exit 1
case $3 in
*Status*) cat "$PACKAGES/$4" ;;
*) cut -d ' ' -f 1 "$PACKAGES/$4" ;;
esac
"""
A2QUERY = '#!/bin/sh\n[ -e "$PACKAGES/../$3.enabled" ]\n'
HELPER = """
apache2_invoke()
{
    echo "$APACHE2_MAINTSCRIPT_METHOD $*" >>"$PACKAGES/../calls"
}
"""


class Machine:
    """Directories in the place of the system's, and the postinst script that uses them."""

    def __init__(self, root):
        self.root, self.modules, self.sets = root, root / "modules", root / "sets"
        for directory in ("modules", "packages", "bin", "mods-enabled"):
            (root / directory).mkdir()
        for name, text in (("dpkg-query", DPKG_QUERY), ("a2query", A2QUERY)):
            (root / "bin" / name).write_text(text)
            (root / "bin" / name).chmod(0o755)
        (root / "helper").write_text(HELPER)
        script = (DEBIAN / (MODULE + ".postinst")).read_text()
        for old, new in (("/usr/lib/apache2/modules", self.modules), ("/usr/lib/mod_pywsgi", self.sets),
                         ("/usr/share/apache2/apache2-maintscript-helper", root / "helper"),
                         ("/etc/apache2/mods-enabled", root / "mods-enabled")):
            assert old in script
            script = script.replace(old, str(new))
        (root / "postinst").write_text(script)

    def unpack(self, package, version, status="unpacked"):
        """As dpkg does: a new file under the old name."""
        (self.root / "packages" / package).write_text("%s %s\n" % (version, status))
        number = package[len(MODULE + "-python"):].replace(".", "")
        for name in ["pywsgi_cpython%s.so" % number] if number else ["mod_pywsgi.so", "pywsgid"]:
            (self.modules / "new").write_text("%s %s" % (name, version))
            (self.modules / "new").rename(self.modules / name)

    def configure(self, package, version):
        (self.root / "packages" / package).write_text("%s installed\n" % version)

    def postinst(self, *arguments):
        environment = {"PATH": "%s:%s" % (self.root / "bin", paths.SYSTEM_PATH),
                       "PACKAGES": str(self.root / "packages")}
        result = subprocess.run(["sh", str(self.root / "postinst"), *(arguments or ("configure", ""))], env=environment,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, universal_newlines=True)
        assert result.returncode == 0, result.stderr
        return result.stderr

    def loaded(self):
        """Return {name: version} of the files that httpd would load, or None."""
        if not (self.sets / "pywsgi.load").exists():
            return None
        line = (self.sets / "pywsgi.load").read_text()
        directory = re.fullmatch(r"LoadModule pywsgi_module (\S+)/mod_pywsgi\.so\n", line).group(1)
        return dict(file.read_text().split() for file in pathlib.Path(directory).iterdir())

    def calls(self):
        file = self.root / "calls"
        return file.read_text().splitlines() if file.exists() else []

    def directories(self):
        return sorted(path for path in self.sets.iterdir() if path.is_dir())


@pytest.fixture
def machine(tmp_path):
    return Machine(tmp_path)


@pytest.fixture
def installed(machine):
    """Version 1, with one engine."""
    machine.unpack(MODULE, "1-1")
    machine.unpack(ENGINE_311, "1-1")
    machine.configure(ENGINE_311, "1-1")
    machine.postinst()
    return machine


VERSION_1 = {"mod_pywsgi.so": "1-1", "pywsgid": "1-1", "pywsgi_cpython311.so": "1-1"}


class TestPostinst:
    def test_an_installation_enables_the_module_with_its_engine(self, installed):
        assert installed.loaded() == VERSION_1
        assert installed.calls() == [" enmod pywsgi reload"]

    def test_the_files_of_a_set_are_hard_links(self, installed):
        [directory] = installed.directories()
        assert (directory / "pywsgid").samefile(installed.modules / "pywsgid")

    def test_a_module_without_its_engine_is_not_enabled(self, machine):
        machine.unpack(MODULE, "1-1")
        machine.unpack(ENGINE_311, "1-1")
        assert "when %s has it, too" % ENGINE_311 in machine.postinst()
        assert machine.loaded() is None
        assert machine.calls() == []

    def test_unpacked_files_change_nothing(self, installed):
        installed.unpack(MODULE, "2-1")
        assert installed.loaded() == VERSION_1
        installed.unpack(ENGINE_311, "2-1")
        assert installed.loaded() == VERSION_1

    def test_an_upgrade_changes_all_files_at_once(self, installed):
        installed.unpack(MODULE, "2-1")
        installed.unpack(ENGINE_311, "2-1")
        installed.configure(ENGINE_311, "2-1")
        installed.postinst("configure", "1-1")
        assert installed.loaded() == dict.fromkeys(VERSION_1, "2-1")
        assert installed.calls()[1:] == [" enmod pywsgi reload"]

    def test_an_upgrade_waits_for_every_engine(self, installed):
        installed.unpack(ENGINE_313, "1-1")
        installed.configure(ENGINE_313, "1-1")
        installed.postinst("triggered", "pywsgi-engine")
        assert installed.loaded() == dict(VERSION_1, **{"pywsgi_cpython313.so": "1-1"})
        installed.unpack(MODULE, "2-1")
        installed.unpack(ENGINE_311, "2-1")
        installed.configure(ENGINE_311, "2-1")
        installed.postinst("configure", "1-1")
        assert set(installed.loaded().values()) == {"1-1"}
        installed.unpack(ENGINE_313, "2-1")
        installed.postinst("triggered", "pywsgi-engine")
        assert set(installed.loaded().values()) == {"1-1"}
        installed.configure(ENGINE_313, "2-1")
        installed.postinst("triggered", "pywsgi-engine")
        assert set(installed.loaded().values()) == {"2-1"}

    def test_a_trigger_reloads_httpd(self, installed):
        installed.unpack(ENGINE_313, "1-1")
        installed.configure(ENGINE_313, "1-1")
        installed.postinst("triggered", "pywsgi-engine")
        assert installed.calls()[1:] == ["configure enmod pywsgi reload"]

    def test_a_removed_engine_leaves_the_set(self, installed):
        installed.unpack(ENGINE_313, "1-1")
        installed.configure(ENGINE_313, "1-1")
        installed.postinst("triggered", "pywsgi-engine")
        (installed.modules / "pywsgi_cpython313.so").unlink()
        (installed.root / "packages" / ENGINE_313).write_text("1-1 config-files\n")
        installed.postinst("triggered", "pywsgi-engine")
        assert installed.loaded() == VERSION_1

    def test_an_engine_of_make_install_belongs_to_each_set(self, installed):
        (installed.modules / "pywsgi_cpython312.so").write_text("pywsgi_cpython312.so own")
        installed.postinst("configure", "1-1")
        assert installed.loaded() == dict(VERSION_1, **{"pywsgi_cpython312.so": "own"})

    def test_a_set_that_no_process_uses_is_removed(self, installed):
        [old] = installed.directories()
        installed.unpack(MODULE, "2-1")
        installed.unpack(ENGINE_311, "2-1")
        installed.configure(ENGINE_311, "2-1")
        with open(old / "pywsgid") as file, mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ):
            installed.postinst("configure", "1-1")
            assert old in installed.directories()
        installed.postinst("configure", "2-1")
        assert len(installed.directories()) == 1
        assert installed.loaded() == dict.fromkeys(VERSION_1, "2-1")

    def test_mod_wsgi_stays_enabled(self, machine):
        (machine.root / "wsgi.enabled").touch()
        (machine.root / "mods-enabled" / "wsgi.load").write_text("LoadModule wsgi_module modules/mod_wsgi.so\n")
        machine.unpack(MODULE, "1-1")
        machine.unpack(ENGINE_311, "1-1")
        machine.configure(ENGINE_311, "1-1")
        assert "mod_wsgi stays enabled" in machine.postinst()
        assert machine.loaded() == VERSION_1
        assert machine.calls() == []

    def test_an_upgrade_reloads_httpd_also_with_the_name_wsgi(self, installed):
        (installed.root / "wsgi.enabled").touch()
        (installed.root / "mods-enabled" / "wsgi.load").write_text("Include %s/wsgi.load\n" % installed.sets)
        installed.postinst("configure", "1-1")
        assert installed.calls()[1:] == [" enmod wsgi reload"]
        line = (installed.sets / "wsgi.load").read_text()
        assert line == (installed.sets / "pywsgi.load").read_text().replace("pywsgi_module", "wsgi_module")


class TestControl:
    def test_each_engine_depends_on_its_python(self):
        text = (DEBIAN / "control").read_text()
        engines = re.findall(r"^Package: %s-python(\S+)$" % MODULE, text, re.M)
        assert engines == re.findall(r"^Depends: python(3\.\d+), ", text, re.M)
        assert engines == re.findall(r"^ This package contains the engine .* Python (\S+)\.$", text, re.M)
