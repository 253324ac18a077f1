# SPDX-License-Identifier: Apache-2.0
"""The environment of an application: sys.path and os.environ."""
import os
import site
import sys

import _pywsgi


def _add_directory(entry):
    """Add the directory and those of its .pth files to sys.path. Models of PyTorch have the suffix .pth, too."""
    try:
        site.addsitedir(entry)
    except (OSError, ValueError) as error:
        _pywsgi.warn_pth(entry, str(error))


def extend_path(first, entries):
    """Put the directories `first`, the directories `entries`, and directories of their .pth files, at the front
    of sys.path, in this order.
    """
    front = list(first)
    for entry in entries:
        entry = os.path.abspath(entry)
        before = list(sys.path)
        _add_directory(entry)
        # An entry that is already in sys.path moves to the front, too.
        added = [entry] + [item for item in sys.path if item not in before and item != entry]
        front += [item for item in added if item not in front]
    sys.path[:] = front + [item for item in sys.path if item not in front]


def begin_environ(before):
    """Set os.environ to the marshalled `before`, unless that is None. Return os.environ, marshalled.

    Each interpreter begins with the environment of the process, without variables that other interpreters have set.
    Their values remain in the C environment, of which a process has only one.
    """
    import marshal

    names = os.environ._data
    if before is not None:
        names.clear()
        names.update(marshal.loads(before))
    return marshal.dumps(names)
