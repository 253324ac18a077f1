# SPDX-License-Identifier: Apache-2.0
"""Makes wheels from Debian's packages of Python modules, so that `pip install` works without PyPI.

A wheel is an archive of modules with three texts beside them: METADATA and RECORD, which pip reads, and WHEEL.
"""
import pathlib
import re
import subprocess
import tempfile
import zipfile

MODULES = "usr/lib/python3/dist-packages"
WHEEL = "Wheel-Version: 1.0\nGenerator: tools/check-guides\nRoot-Is-Purelib: true\nTag: py3-none-any\n"


def make_wheels(packages, target):
    """Write a wheel for each distribution in the .deb files `packages`."""
    for package in packages:
        with tempfile.TemporaryDirectory() as directory:
            subprocess.run(["dpkg-deb", "-x", str(package), directory], check=True)
            modules = pathlib.Path(directory, MODULES)
            for info in [*modules.glob("*.dist-info"), *modules.glob("*.egg-info")]:
                make_wheel(modules, info, target)


def metadata(info):
    """Return METADATA. An egg-info has the same text as PKG-INFO, and its requirements in a file of their own."""
    if (info / "METADATA").exists():
        return (info / "METADATA").read_text()
    text = (info / "PKG-INFO" if info.is_dir() else info).read_text()
    head, blank, body = text.partition("\n\n")
    if "\nRequires-Dist:" not in head:
        head += "".join("\nRequires-Dist: " + line for line in requirements(info))
    return head + (blank or "\n") + body


def requirements(info):
    """Return the lines of requires.txt before its first section. The sections are for extras and other Pythons."""
    path = info / "requires.txt"
    text = path.read_text() if path.exists() else ""
    return [line for line in re.split(r"^\[", text, flags=re.M)[0].splitlines() if line.strip()]


def field(text, name):
    return re.search(r"^%s: (.+)$" % name, text, re.M).group(1).strip()


def make_wheel(modules, info, target):
    text = metadata(info)
    name = "%s-%s" % (re.sub(r"[-_.]+", "_", field(text, "Name")), field(text, "Version"))
    files = {str(path.relative_to(modules)): path.read_bytes() for path in modules.rglob("*")
             if path.is_file() and not path.relative_to(modules).parts[0].endswith((".egg-info", ".dist-info"))}
    texts = {"METADATA": text, "WHEEL": WHEEL}
    if (info / "entry_points.txt").exists():
        texts["entry_points.txt"] = (info / "entry_points.txt").read_text()
    files.update(("%s.dist-info/%s" % (name, title), content.encode()) for title, content in texts.items())
    record = "%s.dist-info/RECORD" % name
    files[record] = "".join("%s,,\n" % path for path in [*files, record]).encode()
    with zipfile.ZipFile(target / (name + "-py3-none-any.whl"), "w", zipfile.ZIP_DEFLATED) as wheel:
        for path, content in files.items():
            wheel.writestr(path, content)
