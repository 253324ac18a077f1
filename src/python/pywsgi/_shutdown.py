# SPDX-License-Identifier: Apache-2.0
"""The end of an interpreter: waits for the non-daemon threads of the application."""
import sys
import threading

import _pywsgi


def _find_others():
    own = threading.current_thread(), threading.main_thread()
    return [thread for thread in threading.enumerate() if thread not in own and not thread.daemon]


def join_others():
    """Wait for all non-daemon threads, including threads that are started meanwhile."""
    others = _find_others()
    while others:
        others[0].join()
        others = _find_others()


def _end_threading():
    # Up to 3.12 the main thread is the thread that imported threading, and _shutdown() in another thread would wait for
    # it forever. Py_EndInterpreter() calls _shutdown() again, which must not find the main thread a second time.
    if sys.version_info < (3, 13):
        threading._main_thread._ident = threading.get_ident()
    threading._shutdown()
    if sys.version_info < (3, 13):
        threading._main_thread._ident = 0


def _report(threads, are_awaited):
    import traceback

    for thread in threads:
        frame = sys._current_frames().get(thread.ident)
        stack = "".join(traceback.format_stack(frame)) if frame is not None else ""
        _pywsgi.warn_thread(thread.name, stack, are_awaited)


def shut_down(seconds):
    """Wait `seconds` for the non-daemon threads. Log the names of threads that are still running.

    0 means no limit; then the names are logged after a while.
    """
    others = _find_others()
    if not others:
        _end_threading()
        return
    waiter = threading.Thread(target=_end_threading, name="pywsgi-shutdown", daemon=True)
    waiter.start()
    waiter.join(seconds or 10)
    if waiter.is_alive():
        _report([thread for thread in others if thread.is_alive()], not seconds)
    if not seconds:
        waiter.join()
