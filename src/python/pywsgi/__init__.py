# SPDX-License-Identifier: Apache-2.0
"""The interface of mod_pywsgi to the applications that it hosts.

The engine executes this package in each interpreter before any code of an application (python/module.c). `_pywsgi`
contains the functions in C. Modules of the standard library that most applications do not need are imported where they
are used.
"""
from pywsgi import _fork, _imports, _interpreter, _log_handler, _signals, _streams
from pywsgi._hooks import after_fork

__all__ = ["ClientGone", "LogHandler", "RequestTimeout", "after_fork", "application_group", "process_group", "version"]


class RequestTimeout(BaseException):
    """Raised in a thread whose request has exceeded its time limit."""


class ClientGone(BaseException):
    """Raised by applications to end a request whose client has left."""


def _set_up(version, process_group, application_group, main_group, path, environ):
    """Prepare this interpreter for applications. Return its environ, marshalled."""
    globals().update(__version__=version, version=tuple(int(part) for part in version.split(".")),
                     process_group=process_group, application_group=application_group)
    _imports.main_group = main_group
    _streams.install()
    _signals.refuse_handlers()
    _interpreter.extend_path(path)
    _interpreter.offer_mod_wsgi(process_group, application_group)
    _fork.prepare(is_embedded=process_group == "")
    return _interpreter.begin_environ(environ)


def __getattr__(name):
    # Only applications that use LogHandler pay for the import of logging.
    if name == "LogHandler":
        globals()[name] = _log_handler.make()
        return globals()[name]
    raise AttributeError("module 'pywsgi' has no attribute %r" % name)
