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


class Distribution:
    """The modules of a .deb file, extracted to `directory`."""

    def __init__(self, package, directory):
        self.package = dpkg_deb("-f", package, "Package").strip()
        self.depends = re.findall(r"[a-z0-9.+-]+", re.sub(r"\([^)]*\)", "", dpkg_deb("-f", package, "Depends")))
        self.modules = pathlib.Path(directory, self.package, MODULES)
        dpkg_deb("-x", package, pathlib.Path(directory, self.package))
        infos = [*self.modules.glob("*.dist-info"), *self.modules.glob("*.egg-info")]
        self.info = infos[0] if infos else None

    def metadata(self):
        """Return METADATA, of which an egg-info has the text as PKG-INFO."""
        paths = [self.info / "METADATA", self.info / "PKG-INFO", self.info]
        return next(path for path in paths if path.is_file()).read_text()

    def field(self, name):
        return re.search(r"^%s: (.+)$" % name, self.metadata(), re.M).group(1).strip()


def dpkg_deb(*arguments):
    return subprocess.run(["dpkg-deb", *map(str, arguments)], check=True, stdout=subprocess.PIPE, text=True).stdout


def make_wheels(packages, target):
    """Write a wheel for each of the .deb files `packages` that contains a distribution."""
    with tempfile.TemporaryDirectory() as directory:
        found = [Distribution(package, directory) for package in packages]
        distributions = {one.package: one for one in found if one.info}
        for one in distributions.values():
            needs = [distributions[name].field("Name") for name in one.depends if name in distributions]
            make_wheel(one, needs, target)


def with_requirements(metadata, needs):
    """Debian removes the requirements from METADATA, because the package has them as Depends."""
    head, _, body = metadata.partition("\n\n")
    lines = [line for line in head.split("\n") if not line.startswith("Requires-Dist:")]
    return "\n".join(lines + ["Requires-Dist: " + name for name in needs]) + "\n\n" + body


def make_wheel(one, needs, target):
    name = "%s-%s" % (re.sub(r"[-_.]+", "_", one.field("Name")), one.field("Version"))
    files = {str(path.relative_to(one.modules)): path.read_bytes() for path in one.modules.rglob("*")
             if path.is_file() and not path.relative_to(one.modules).parts[0].endswith((".egg-info", ".dist-info"))}
    texts = {"METADATA": with_requirements(one.metadata(), needs), "WHEEL": WHEEL}
    if (one.info / "entry_points.txt").exists():
        texts["entry_points.txt"] = (one.info / "entry_points.txt").read_text()
    files.update(("%s.dist-info/%s" % (name, title), content.encode()) for title, content in texts.items())
    record = "%s.dist-info/RECORD" % name
    files[record] = "".join("%s,,\n" % path for path in [*files, record]).encode()
    with zipfile.ZipFile(target / (name + "-py3-none-any.whl"), "w", zipfile.ZIP_DEFLATED) as wheel:
        for path, content in files.items():
            wheel.writestr(path, content)
