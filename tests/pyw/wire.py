# SPDX-License-Identifier: Apache-2.0
"""Frames of the wire protocol (docs/internals/WIRE.md), for tests that take the part of a process."""
import re
import struct

from . import paths

VERSION = int(re.search(r"^#define PYW_WIRE_VERSION (\d+)$", (paths.TOP / "src/wire/frame.h").read_text(), re.M)[1])


def frame(kind, payload=b"", flags=0, version=VERSION, length=None):
    return struct.pack("<BBHI", version, kind, flags, len(payload) if length is None else length) + payload


def pairs(*items):
    return struct.pack("<I", len(items)) + b"".join(
        struct.pack("<II", len(name), len(value)) + name + value for name, value in items)
