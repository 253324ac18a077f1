# SPDX-License-Identifier: Apache-2.0
"""Functions that applications register to be called in each process that serves requests."""
import sys

_registered = []  # (function, globals of the module that registered it)
_is_deferring = False


def after_fork(function):
    """Call function() once in each process that serves requests, before the first request. Can be a decorator.

    With preload=On the call happens after the fork, otherwise after the application was loaded. A function that is
    registered later is called immediately.
    """
    if not callable(function):
        raise TypeError("after_fork() expects a function, not " + type(function).__name__)
    if _is_deferring:
        _registered.append((function, sys._getframe(1).f_globals))
    else:
        function()
    return function


def hold():
    """Defer functions that are registered from now on until run()."""
    global _is_deferring
    _is_deferring = True


def release():
    """Call functions immediately from now on. Deferred functions still wait for run()."""
    global _is_deferring
    _is_deferring = False


def _is_outdated(names):
    # The module was imported again after its import failed, and has registered the function again.
    module = sys.modules.get(names.get("__name__"))
    return module is not None and module.__dict__ is not names


def run():
    """Call the deferred functions. A function that raises is called again by the next run()."""
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
