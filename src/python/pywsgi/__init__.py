# SPDX-License-Identifier: Apache-2.0
"""The interface of mod_pywsgi to the applications that it hosts.

The engine executes this package in each interpreter before any code of an application (python/module.c). `_pywsgi`
contains the functions in C. Modules of the standard library that most applications do not need are imported where they
are used.
"""
import sys

from pywsgi import (_events, _fork, _imports, _interpreter, _log_handler, _metrics, _modules, _requests, _settings,
                    _signals, _streams)
from pywsgi._events import (event_callbacks, shutdown_callbacks, signal_callbacks, subscribe_events,
                            subscribe_shutdown, subscribe_signals)
from pywsgi._hooks import after_fork
from pywsgi._metrics import process_metrics, request_metrics, server_metrics, start_recording_metrics

__all__ = ["ClientGone", "FileWrapper", "LogHandler", "RequestTimeout", "active_requests", "after_fork",
           "application_group", "event_callbacks", "maximum_processes", "process_group", "process_metrics",
           "request_data", "request_metrics", "server_metrics", "shutdown_callbacks", "signal_callbacks",
           "start_recording_metrics", "subscribe_events", "subscribe_shutdown", "subscribe_signals", "thread_id",
           "threads_per_process", "version"]

_LAZY = ("LogHandler", "active_requests", "thread_id")
_OURS = ("ClientGone", "after_fork", "version")  # mod_wsgi has none of them, or another one


class RequestTimeout(BaseException):
    """Raised in a thread whose request has exceeded its time limit."""


class ClientGone(BaseException):
    """Raised by applications to end a request whose client has left."""


def _set_up(version, process_group, application_group, main_group, settings, home, path, environ):
    """Prepare this interpreter for applications. Return its environ, marshalled."""
    globals().update(__version__=version, version=tuple(int(part) for part in version.partition("-")[0].split(".")),
                     process_group=process_group, application_group=application_group)
    _imports.main_group = main_group
    _settings.use(settings)
    _events.is_embedded = process_group == ""
    _streams.install()
    _signals.refuse_handlers()
    _interpreter.extend_path(home, _settings.path + path)
    _fork.prepare(is_embedded=process_group == "")
    return _interpreter.begin_environ(environ)


def _complete(file_wrapper, processes, threads, server):
    """Add what the layer of requests knows, and provide the modules for applications written for mod_wsgi."""
    names = globals()
    names.update(FileWrapper=file_wrapper, maximum_processes=processes, threads_per_process=threads,
                 request_data=_requests.request_data)
    _metrics.threads_maximum = threads
    _modules.offer_mod_wsgi({name: names[name] for name in __all__ if name not in _LAZY + _OURS}, __getattr__)
    _modules.offer_apache(server)


def __getattr__(name):
    # Only applications that use LogHandler pay for the import of logging, and only those that use active_requests for
    # keeping it.
    if name == "thread_id":
        return _requests.thread_id()
    if name == "LogHandler":
        value = _log_handler.make()
    elif name == "active_requests":
        value = _requests.active_requests()
    else:
        raise AttributeError("module 'pywsgi' has no attribute %r" % name)
    for module in ("pywsgi", "mod_wsgi"):
        if module in sys.modules:
            setattr(sys.modules[module], name, value)
    return value
