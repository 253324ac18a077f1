# SPDX-License-Identifier: Apache-2.0
"""A fresh Debian with httpd and mod_pywsgi, in which a guide is followed.

prepare() makes it once, in a cache, and installs the current work tree in it as the README says, or packages. enter()
runs in namespaces of its own, so its mounts, processes and network end with it.
"""
import filecmp
import os
import pathlib
import shutil
import subprocess

from wheels import make_wheels

TOP = pathlib.Path(__file__).resolve().parents[2]
MIRROR = os.environ.get("MIRROR", "http://deb.debian.org/debian")
TREE = "usr/src/mod_pywsgi"
WHEELS = "var/lib/guides/wheels"
DEBS = "var/lib/guides/debs"
LIST_CLONE = "git ls-files -z --cached --others --exclude-standard"
LIST_TARBALL = "find . -path ./build -prune -o -type f -print0"
ENVIRONMENT = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "USER": "root",
               "LANG": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive"}

# A mirror may be outdated. A reader answers "yes" to apt. Services do not start on installation, as systemd is missing.
# On a terminal curl shows no progress beside its output.
FILES = {
    "etc/apt/apt.conf.d/99guides": 'Acquire::Check-Valid-Until "false";\nAPT::Get::Assume-Yes "true";\n'
                                   'APT::Install-Recommends "false";\n',
    "usr/sbin/policy-rc.d": "#!/bin/sh\nexit 101\n",
    "root/.curlrc": "no-progress-meter\n",
    "etc/pip.conf": "[global]\nno-index = true\nfind-links = /%s\ndisable-pip-version-check = true\n" % WHEELS,
}


def inside(root, command, **options):
    return subprocess.run(["chroot", str(root), "/bin/sh", "-c", command], env=ENVIRONMENT, check=True, **options)


def list_packages(name):
    """Return a set of tools/install-deps, the only list of packages."""
    return subprocess.run([TOP / "tools" / "install-deps", "--print", name], check=True, stdout=subprocess.PIPE,
                          text=True).stdout.split()


def prepare(root, release, packages, ours):
    """
    Make the machine `root`, with `packages` downloaded, and with mod_pywsgi from the directory `ours` of .deb files, or,
    if that is None, from the current work tree.
    """
    if not root.exists():
        new = root.with_name(root.name + ".new")
        make(new, release)
        new.rename(root)
    if not (root / WHEELS).exists():
        add_wheels(root)
    shutil.copy(TOP / "tools" / "guides" / "systemctl", root / "usr/local/bin/systemctl")
    shutil.copy("/etc/resolv.conf", root / "etc" / "resolv.conf")
    if ours:
        install_packages(root, ours)
    else:
        install(root)
    if packages:
        inside(root, "apt-get install -q --download-only " + " ".join(packages))


def make(root, release):
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir(parents=True)
    root.chmod(0o755)
    subprocess.run(["debootstrap", "--variant=minbase", release, str(root), MIRROR], check=True)
    for name, text in FILES.items():
        (root / name).write_text(text)
    (root / "usr/sbin/policy-rc.d").chmod(0o755)
    shutil.copy("/etc/resolv.conf", root / "etc" / "resolv.conf")
    inside(root, "useradd --create-home --shell /bin/bash you && cp /root/.curlrc /home/you && apt-get update -q")


def add_wheels(root):
    """apt downloads the packages of modules with all that they need, as for a system without any package."""
    new = root / (WHEELS + ".new")
    for path in (new, root / DEBS / "partial"):
        shutil.rmtree(path, ignore_errors=True)
        path.mkdir(parents=True)
    inside(root, "apt-get install -q --download-only -o Dir::State::status=/dev/null -o Dir::Cache::archives=/%s/ %s"
           % (DEBS, " ".join(list_packages("wheels"))))
    make_wheels(sorted((root / DEBS).glob("*.deb")), new)
    shutil.rmtree(root / DEBS)
    new.rename(root / WHEELS)


def copy_work_tree(target):
    command = LIST_CLONE if (TOP / ".git").exists() else LIST_TARBALL
    subprocess.run("%s | tar --null --files-from=- --ignore-failed-read -cf - | tar -xmf - --no-same-owner -C '%s'"
                   % (command, target), shell=True, check=True, cwd=TOP)


def keep_times(old, new):
    """Let unchanged files keep their times, so that make keeps their objects. A changed file is new, whatever its time."""
    for path in new.rglob("*"):
        earlier = old / path.relative_to(new)
        if path.is_file() and earlier.is_file() and filecmp.cmp(path, earlier, shallow=False):
            os.utime(path, (earlier.stat().st_atime, earlier.stat().st_mtime))


def install(root):
    """Step 1 of the README's first site. Objects of an earlier run are kept for make."""
    tree, new = root / TREE, root / (TREE + ".new")
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(parents=True)
    copy_work_tree(new)
    if tree.exists():
        keep_times(tree, new)
        if (tree / "build").exists():
            (tree / "build").rename(new / "build")
        shutil.rmtree(tree)
    new.rename(tree)
    inside(root, "cd /%s && tools/install-deps build && make -s -j$(nproc) && make -s install && a2enmod -q pywsgi"
           % TREE)


def install_packages(root, directory):
    target = root / "var/lib/guides/packages"
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir()
    for path in directory.glob("*.deb"):
        if "-dbgsym_" not in path.name:
            shutil.copy(path, target)
    inside(root, "apt-get install -q --reinstall apache2 curl openssl /var/lib/guides/packages/*.deb && "
                 "a2enmod -q pywsgi")


def enter(root, scratch):
    """Mount a copy of the machine below `scratch`, and what a system has; return its root directory."""
    directories = {name: scratch / name for name in ("upper", "work", "root")}
    for path in directories.values():
        path.mkdir()
    options = "lowerdir=%s,upperdir=%s,workdir=%s" % (root, directories["upper"], directories["work"])
    copy = directories["root"]
    if subprocess.run(["mount", "-t", "overlay", "overlay", "-o", options, copy], stderr=subprocess.DEVNULL).returncode:
        subprocess.run(["cp", "-a", str(root) + "/.", copy], check=True)
    subprocess.run(["mount", "-t", "proc", "proc", copy / "proc"], check=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=1777", "tmpfs", copy / "dev/shm"], check=True)
    subprocess.run(["mount", "-t", "devpts", "-o", "newinstance,ptmxmode=0666", "devpts", copy / "dev/pts"], check=True)
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    return copy
