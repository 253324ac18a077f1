# SPDX-License-Identifier: Apache-2.0
"""The environment of an application: sys.path and os.environ."""
import os
import site
import sys


def extend_path(entries):
    """Put the directories `entries`, and the directories that their .pth files add, at the front of sys.path, in this
    order.
    """
    front = []
    for entry in entries:
        entry = os.path.abspath(entry)
        before = list(sys.path)
        site.addsitedir(entry)
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
