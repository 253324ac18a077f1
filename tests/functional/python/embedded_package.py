# SPDX-License-Identifier: Apache-2.0
"""Makes the package pywsgi importable in a plain Python: a recorder replaces _pywsgi, its functions in C."""
import pathlib
import sys
import types

CALLS = []  # (function of _pywsgi, arguments...)


def _log_functions(stream):
    def write(data):
        CALLS.append(("write", stream, bytes(data)))
        return len(data)

    return write, lambda: CALLS.append(("flush", stream))


def _recorder(name):
    return lambda *arguments: CALLS.append((name, *arguments))


def _call_with_signals(function, args, kwargs):
    CALLS.append(("call_with_signals", function.__name__))
    return function(*args, **kwargs)


_functions = types.ModuleType("_pywsgi")
_functions.log_functions = _log_functions
_functions.log = _recorder("log")
_functions.warn_signal = _recorder("warn_signal")
_functions.warn_thread = _recorder("warn_thread")
_functions.warn_no_signals = _recorder("warn_no_signals")
_functions.warn_callback = _recorder("warn_callback")
_functions.warn_pth = _recorder("warn_pth")
_functions.is_forked = lambda: False
_functions.may_fork = lambda: True
_functions.call_with_signals = _call_with_signals
sys.modules["_pywsgi"] = _functions
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3] / "src" / "python"))


def take_calls():
    """Return the calls of _pywsgi since the last time."""
    calls = CALLS[:]
    CALLS.clear()
    return calls
