# SPDX-License-Identifier: Apache-2.0
"""The scratch directory of a run and its running contenders."""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

from . import contenders

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
FILE_BYTES = 16 << 20


class Scene:
    """A context. At its end the servers are stopped and the directory is removed."""

    def __init__(self, builds=(), keep=False):
        self.scratch = pathlib.Path(tempfile.mkdtemp(prefix="pywsgi-bench."))
        self.scratch.chmod(0o755)
        self.keep = keep
        self.up, self.missing = [], {}
        self._write_application()
        self.builds = [self._copy_build(name, path) for name, path in [("pywsgi", TOP / "build"), *builds]]

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        for server in self.up:
            server.stop()
        if self.keep:
            print("kept: %s" % self.scratch, file=sys.stderr)
        else:
            shutil.rmtree(self.scratch, ignore_errors=True)

    def _write_application(self):
        apps = self.scratch / "apps"
        apps.mkdir(mode=0o755)
        shutil.copy(TOP / "bench" / "application.py", apps / "bench_application.py")
        block = os.urandom(1 << 20)
        with open(apps / "16m.bin", "wb") as file:
            for _ in range(FILE_BYTES >> 20):
                file.write(block)
        for path in apps.iterdir():
            path.chmod(0o644)

    def _copy_build(self, name, path):
        """Copy the build, because make may run meanwhile."""
        source = pathlib.Path(path)
        source = source.parent if source.suffix == ".so" else source
        target = self.scratch / ("build-" + name)
        target.mkdir(mode=0o755)
        for file in [source / "mod_pywsgi.so", source / "pywsgid", *source.glob("pywsgi_cpython*.so")]:
            if file.exists():
                shutil.copy(file, target / file.name)
        return name, target

    def everyone(self):
        return contenders.everyone(self.scratch, self.builds, TOP / "build/bench/mod_bench_floor.so")

    def start(self, servers):
        """Start the contenders that this machine can run; `missing` names the others."""
        for server in servers:
            lacking = server.missing()
            if lacking:
                self.missing[server.key] = "not installed: " + ", ".join(lacking)
                continue
            print("starting %s" % server.key, file=sys.stderr, flush=True)
            self.up.append(server)
            try:
                server.start()
            except (RuntimeError, OSError) as error:
                self.up.remove(server)
                server.stop()
                self.missing[server.key] = "did not start"
                print("%s" % error, file=sys.stderr)
        for key, reason in self.missing.items():
            print("left out: %s (%s)" % (key, reason), file=sys.stderr)
        return self.up


def commit():
    result = subprocess.run(["git", "-C", str(TOP), "rev-parse", "--short", "HEAD"], stdout=subprocess.PIPE, text=True,
                            stderr=subprocess.DEVNULL, check=False)
    return result.stdout.strip() or "unknown"


def machine():
    with open("/proc/cpuinfo") as file:
        model = [line.split(":", 1)[1].strip() for line in file if line.startswith("model name")]
    with open("/etc/os-release") as file:
        system = [line.split("=", 1)[1].strip().strip('"') for line in file if line.startswith("PRETTY_NAME")]
    return "%d x %s, Linux %s, %s" % (os.cpu_count(), model[0] if model else "?", os.uname().release,
                                      system[0] if system else "?")
