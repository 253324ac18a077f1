# SPDX-License-Identifier: Apache-2.0
"""make dist: the tarball of a release. The places of the version agree."""
import re
import shutil
import subprocess
import tarfile

import pytest

from pyw import paths

IS_CLONE = (paths.TOP / ".git").exists() and shutil.which("git") is not None
needs_clone = pytest.mark.skipif(not IS_CLONE, reason="not a clone of the repository")


def run(*command):
    result = subprocess.run(command, cwd=paths.TOP, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert result.returncode == 0, result.stdout
    return result.stdout


def make_tarball(directory):
    run("make", "-s", "dist", "DIST_DIR=%s" % directory)
    tarball, = directory.iterdir()
    return tarball


@pytest.fixture(scope="module")
def tarball(tmp_path_factory):
    return make_tarball(tmp_path_factory.mktemp("dist"))


def version():
    return run(str(paths.BUILD / "pywsgi"), "--version").split()[1]


@pytest.mark.parametrize("name, pattern", [
    ("CHANGES", r"^## (\d\S+)"),
    ("packaging/mod_pywsgi.spec", r"^%global upstream_version (\S+)"),
], ids=["CHANGES", "spec"])
def test_the_places_of_the_version_agree(name, pattern):
    assert re.search(pattern, (paths.TOP / name).read_text(), re.M).group(1) == version()


def test_the_debian_packages_have_the_version():
    """In Debian, "1.0.0~rc1" is older than "1.0.0", and "-1" counts the packages of a version."""
    first = (paths.TOP / "debian" / "changelog").read_text().split("\n")[0]
    upstream = re.match(r"mod-pywsgi \((\S+)-\d+\) ", first).group(1)
    assert upstream == version().replace("-", "~")


@needs_clone
def test_it_is_named_after_the_version(tarball):
    assert tarball.name == "mod_pywsgi-%s.tar.gz" % version()


@needs_clone
def test_it_contains_the_files_of_the_commit(tarball):
    top = tarball.name[:-len(".tar.gz")] + "/"
    with tarfile.open(tarball) as archive:
        names = {member.name for member in archive if not member.isdir()}
    committed = run("git", "-c", "safe.directory=*", "ls-tree", "-r", "--name-only", "HEAD").split("\n")
    assert names == {top + name for name in committed if name}


@needs_clone
def test_the_same_commit_results_in_the_same_bytes(tarball, tmp_path):
    assert make_tarball(tmp_path).read_bytes() == tarball.read_bytes()


@needs_clone
@pytest.mark.long
@pytest.mark.timeout(900)
def test_it_builds_and_passes_its_checks_without_git(tarball):
    assert run("tools/check-tarball", str(tarball), "quick").endswith("passed\n")
