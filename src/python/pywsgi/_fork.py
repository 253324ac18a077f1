# SPDX-License-Identifier: Apache-2.0
"""Processes that applications start: the signals and the main thread that programs expect to find."""
import os
import posix
import sys
import threading

import _pywsgi
import _signal
from pywsgi import _threads

_is_child = False


def _use_terminal():
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        stream = open(number, "w" if number else "r", closefd=False)
        setattr(sys, name, stream)
        setattr(sys, "__%s__" % name, stream)


def _after_in_child():
    global _is_child
    if _is_child or not _pywsgi.is_forked():
        return
    _is_child = True
    if os.getsid(0) == os.getpid():
        _use_terminal()  # os.forkpty made the terminal
    if isinstance(threading._main_thread, _threads.RequestThread):
        _threads.become_main()
    for number in (_signal.SIGHUP, _signal.SIGINT, _signal.SIGTERM, _signal.SIGUSR1):
        # Python does not know the server's handlers, which have been reset.
        if _signal.getsignal(number) is None or callable(_signal.getsignal(number)):
            try:
                _signal.signal(number, _signal.SIG_DFL)
            except ValueError:
                pass  # in a sub-interpreter


def _refuse_in_sub_interpreters(function):
    # Otherwise CPython ends the child with a fatal error, and a pool of processes starts such children for ever.
    # subprocess forks only for preexec_fn, the only function among the arguments of fork_exec.
    may_fork = _pywsgi.may_fork  # Python may have removed the names of this module when a destructor forks
    is_fork_exec = function.__name__ == "fork_exec"

    def call(*args):
        if (not is_fork_exec or any(map(callable, args))) and not may_fork():
            raise RuntimeError("CPython cannot fork in a process with sub-interpreters: give the application a process "
                               "group of its own, or use subprocess without a preexec_fn, or the methods spawn and "
                               "forkserver of multiprocessing")
        return function(*args)

    call.__name__ = call.__qualname__ = function.__name__
    call.__doc__ = function.__doc__
    return call


def _with_signals(function):
    # httpd blocks signals in its threads, and a program inherits the mask of the thread that starts it.
    def call(*args, **kwargs):
        return _pywsgi.call_with_signals(function, args, kwargs)

    call.__name__ = call.__qualname__ = function.__name__
    call.__doc__ = function.__doc__
    return call


def _system(command):
    """Execute the command in a subshell."""
    # system(3) would make all of httpd's child ignore SIGINT and SIGQUIT while the command runs.
    sys.audit("os.system", command)
    return os.waitpid(os.posix_spawn("/bin/sh", ["sh", "-c", os.fsencode(command)], os.environ), 0)[1]


def _wrap_fork_exec(wrap):
    import _posixsubprocess

    _posixsubprocess.fork_exec = wrap(_posixsubprocess.fork_exec)
    if hasattr(sys.modules.get("subprocess"), "_fork_exec"):
        sys.modules["subprocess"]._fork_exec = _posixsubprocess.fork_exec


def _unblock_signals_of_programs():
    _wrap_fork_exec(_with_signals)
    for name in ("posix_spawn", "posix_spawnp"):
        if hasattr(posix, name):
            wrapped = _with_signals(getattr(posix, name))
            setattr(posix, name, wrapped)
            setattr(os, name, wrapped)
    posix.system = os.system = _system


def prepare(is_embedded):
    """Prepare for processes that the application forks and, in httpd's child, for programs that it starts."""
    # The function registered by threading runs first.
    os.register_at_fork(after_in_child=_after_in_child)
    for name in ("fork", "forkpty"):
        wrapped = _refuse_in_sub_interpreters(getattr(posix, name))
        setattr(posix, name, wrapped)
        setattr(os, name, wrapped)
    _wrap_fork_exec(_refuse_in_sub_interpreters)
    if is_embedded:
        _unblock_signals_of_programs()
