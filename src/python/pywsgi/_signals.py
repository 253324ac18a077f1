# SPDX-License-Identifier: Apache-2.0
"""The server handles signals: signal.signal() installs no handler, and logs a warning once for each caller.

With WSGIRestrictSignal Off this is true for the signals that the server uses.
"""
import signal
import sys

import _pywsgi
from pywsgi import _settings

_install = signal.signal
_warned = set()
_server = {signal.SIGHUP, signal.SIGINT, signal.SIGPIPE, signal.SIGTERM, signal.SIGUSR1, signal.SIGWINCH,
           signal.SIGRTMIN, signal.SIGRTMIN + 1}


def _refuse(signalnum, handler):
    if _pywsgi.is_forked() or (signalnum not in _server and not _settings.is_on("restrict-signal", "On")):
        return _install(signalnum, handler)
    caller = sys._getframe(1)
    place = caller.f_code.co_filename, caller.f_lineno
    if place not in _warned:
        _warned.add(place)
        _pywsgi.warn_signal(*place, int(signalnum))
    return signal.getsignal(signalnum)


_refuse.__name__ = "signal"


def refuse_handlers():
    """Replace signal.signal() in this interpreter. A process that the application forks may still install handlers."""
    signal.signal = _refuse
