# SPDX-License-Identifier: Apache-2.0
"""Explains why an application did not load: a module that sys.path does not have, a callable of another kind."""
import os
import sys

from pywsgi import _settings

_PARENTS_MOST = 4  # directories above a file of the application that are searched
_SOURCES = ("src", "lib")
_ENVIRONMENTS = ("", "venv", ".venv", "env", ".env", "virtualenv")


def _directories(error):
    """Return the directories of the files in the traceback, and of the working directory, with those above."""
    starts = [os.getcwd()]
    step = error.__traceback__
    while step is not None:
        starts.insert(0, os.path.dirname(step.tb_frame.f_code.co_filename))
        step = step.tb_next
    found = []
    for start in starts:
        for _ in range(_PARENTS_MOST):
            if start.startswith("/") and start != "/" and not start.startswith(sys.base_prefix + "/lib/"):
                found.append(start)
            start = os.path.dirname(start)
    return list(dict.fromkeys(found))


def _has_module(directory, name):
    path = os.path.join(directory, name)
    return os.path.isfile(path + ".py") or os.path.isdir(path)


def _with_module(directory, name):
    """Yield the directory if it has the module, and its directories of sources; /usr/lib/mysql is no module."""
    if _has_module(directory, name):
        yield directory
    for path in (os.path.join(directory, source) for source in _SOURCES):
        if any(os.path.isfile(os.path.join(path, file)) for file in (name + ".py", os.path.join(name, "__init__.py"))):
            yield path


def _is_searched(directory):
    return any(os.path.realpath(entry or ".") == os.path.realpath(directory) for entry in sys.path)


def _in_environments(directory, name):
    """Yield (virtual environment, version of its Python) for each below `directory` that has the module."""
    for environment in _ENVIRONMENTS:
        home = os.path.normpath(os.path.join(directory, environment))
        if os.path.isfile(os.path.join(home, "pyvenv.cfg")):
            for entry in sorted(os.listdir(os.path.join(home, "lib"))):
                if _has_module(os.path.join(home, "lib", entry, "site-packages"), name):
                    yield home, entry.replace("python", "")


def _remedy(error, name):
    """Return the option that makes the module importable, or None."""
    for directory in _directories(error):
        for home, version in _in_environments(directory, name):
            if home != sys.prefix:
                return "%s of Python %s has it; write: python-home=%s" % (home, version, home)
        for path in _with_module(directory, name):
            if not _is_searched(path):
                return "%s has it; write: python-path=%s" % (path, path)
    return None


def _user():
    import pwd
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return "#%d" % os.geteuid()


def _advice(name):
    if sys.prefix == sys.base_prefix:
        return "install '%s' in a virtual environment; write: python-home=/path/of/the/environment" % name
    return "install it in the virtual environment; write: %s/bin/pip install %s" % (sys.prefix, name)


def missing_module(error):
    """Return lines for the log that follow the traceback of a ModuleNotFoundError, or None for another exception."""
    if not isinstance(error, ModuleNotFoundError) or not error.name:
        return None
    name = error.name.partition(".")[0]
    if name in sys.modules:
        return None
    lines = ["'%s' was searched by user %s with Python %d.%d of %s in sys.path: %s"
             % (name, _user(), *sys.version_info[:2], sys.prefix, ":".join(sys.path))]
    try:
        remedy = _remedy(error, name)
    except OSError:
        remedy = None
    return "\n".join([*lines, remedy or _advice(name)])


def callable_problem(application):
    """Return why an object cannot be called as application(environ, start_response), or None.

    Only `pywsgi check` asks: the module inspect takes longer to import than most applications.
    """
    if not _settings.is_on("check"):
        return None
    import inspect
    function = application if inspect.isroutine(application) else getattr(application, "__call__", None)
    if inspect.iscoroutinefunction(application) or inspect.iscoroutinefunction(function):
        return ("it is a coroutine function, as of an ASGI application, but WSGI calls application(environ, "
                "start_response); write: application = a2wsgi.ASGIMiddleware(application)")
    try:
        signature = inspect.signature(application)
    except (TypeError, ValueError):
        return None  # such as a builtin function
    try:
        signature.bind(None, None)
    except TypeError as error:
        return ("its parameters are %s, but WSGI calls application(environ, start_response): %s; write: "
                "def application(environ, start_response)" % (signature, error))
    return None
