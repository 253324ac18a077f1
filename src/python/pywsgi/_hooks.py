# SPDX-License-Identifier: Apache-2.0
"""Functions that an application wants called in each process that serves requests."""
import sys

_registered = []  # (function, globals of the module that registered it)
_is_held = False


def after_fork(function):
    """Call function() once in each process that serves requests, before the first one. Can be a decorator.

    With preload=On the call comes after the process was forked, otherwise after its application was loaded. A function
    that is registered later is called immediately.
    """
    if not callable(function):
        raise TypeError("after_fork() wants a function, not " + type(function).__name__)
    if _is_held:
        _registered.append((function, sys._getframe(1).f_globals))
    else:
        function()
    return function


def hold():
    """Keep the functions that are registered from now on for run()."""
    global _is_held
    _is_held = True


def release():
    """Call functions immediately from now on. Those that were kept still wait for run()."""
    global _is_held
    _is_held = False


def _is_outdated(names):
    # The module was imported again after its import failed, and has registered the function again.
    module = sys.modules.get(names.get("__name__"))
    return module is not None and module.__dict__ is not names


def run():
    """Call the functions that were kept. The next run() calls one that raises again."""
    while _registered:
        hook = _registered.pop(0)
        function, names = hook
        if not _is_outdated(names):
            try:
                function()
            except BaseException:
                _registered.insert(0, hook)
                release()
                raise
    release()
