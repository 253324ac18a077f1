# SPDX-License-Identifier: Apache-2.0
"""What an application finds in its interpreter: sys.path, os.environ, and the module mod_wsgi."""
import os
import site
import sys


def extend_path(entries):
    """Put the directories `entries` and what their .pth files add to the front of sys.path, in this order."""
    front = []
    for entry in entries:
        entry = os.path.abspath(entry)
        before = list(sys.path)
        site.addsitedir(entry)
        # An entry that sys.path had already moves to the front, too.
        added = [entry] + [item for item in sys.path if item not in before and item != entry]
        front += [item for item in added if item not in front]
    sys.path[:] = front + [item for item in sys.path if item not in front]


def begin_environ(before):
    """Set os.environ to `before`, which is marshalled, unless it is None. Return os.environ, marshalled.

    So each interpreter begins with the environment of the process, without the variables that others have set. Their
    values stay in the environment in C, which a process has once.
    """
    import marshal

    names = os.environ._data
    if before is not None:
        names.clear()
        names.update(marshal.loads(before))
    return marshal.dumps(names)


def offer_mod_wsgi(process_group, application_group):
    """Provide a module mod_wsgi, unless one is installed: applications ask it for the version and the group."""
    import importlib.machinery
    import types

    if importlib.machinery.PathFinder.find_spec("mod_wsgi") is None:
        module = types.ModuleType("mod_wsgi", "Provided by mod_pywsgi: see the module pywsgi.")
        module.version = (6, 0, 5)
        module.process_group = process_group
        module.application_group = application_group
        sys.modules["mod_wsgi"] = module
