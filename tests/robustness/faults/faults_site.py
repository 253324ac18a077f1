# SPDX-License-Identifier: Apache-2.0
"""A file system that is soon full."""
import contextlib
import subprocess


@contextlib.contextmanager
def small_disk(path, size):
    """Mount one of this size, which everybody may write to."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=%s,mode=1777" % size, "tmpfs", str(path)], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(path)], check=True)
