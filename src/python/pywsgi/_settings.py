# SPDX-License-Identifier: Apache-2.0
"""The settings of this interpreter, from directives such as WSGIRestrictStdin (src/base/python_setting.h)."""
import os
import sys

values = {}
path = []  # directories of sys.path, the most specific first


def use(pairs):
    """Store the (name, value) pairs, of which the last of a name counts, and apply the settings of the process."""
    for name, value in pairs:
        if name == "python-path":
            path[:0] = [entry for entry in value.split(":") if entry]
        values[name] = value
    if "switch-interval" in values:
        sys.setswitchinterval(float(values["switch-interval"]))
    if "python-eggs" in values:
        os.environ["PYTHON_EGG_CACHE"] = values["python-eggs"]


def is_on(name, default="Off"):
    """Return whether the setting is On."""
    return values.get(name, default) == "On"
