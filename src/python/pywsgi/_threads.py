# SPDX-License-Identifier: Apache-2.0
"""The threads of the server as objects of threading, and the names of all threads of a process."""
import os
import threading


class RequestThread(threading.Thread):
    """A thread of the server that runs requests. Python did not start it and cannot join it."""

    def __init__(self, name):
        super().__init__(name=name, daemon=True)
        self._started.set()
        self._set_ident()
        for handle in ("_handle", "_os_thread_handle"):  # 3.13; 3.14 and later
            if hasattr(self, handle):
                setattr(self, handle, threading._make_thread_handle(self._ident))
        self._set_native_id()
        with threading._active_limbo_lock:
            threading._active[self._ident] = self

    def is_alive(self):
        return threading._active.get(self._ident) is self

    def join(self, timeout=None):
        raise RuntimeError("a thread of the server cannot be joined")


def adopt(name):
    """Make the calling thread a RequestThread, unless it is the main thread of this interpreter."""
    if threading.get_ident() not in threading._active:
        RequestThread(name)


def release():
    """Forget the calling thread, which is about to end."""
    ident = threading.get_ident()
    if isinstance(threading._active.get(ident), RequestThread):
        with threading._active_limbo_lock:
            del threading._active[ident]


def become_main():
    """Make the calling thread, a RequestThread, the main thread of the process that it has forked."""
    # Up to 3.12 the main thread has a lock that children of multiprocessing acquire when they end.
    with threading._active_limbo_lock:
        threading._active.pop(threading.get_ident(), None)
    threading._main_thread = threading._MainThread()


def _names_now():
    names = {thread.native_id: thread.name for thread in threading.enumerate()}
    found = []
    if not os.path.isdir("/proc/self/task"):
        return ""  # chroot= without /proc
    for task in os.listdir("/proc/self/task"):
        if int(task) != os.getpid():
            try:
                with open("/proc/self/task/%s/comm" % task) as file:
                    found.append(names.get(int(task)) or file.read().strip() + " (not Python's)")
            except OSError:
                pass
    return ", ".join(sorted(found))


def name_others():
    """Return the names of all threads of this process except the first, separated by commas."""
    import time

    # The kernel may still list a thread that has just been joined.
    for _ in range(20):
        names = _names_now()
        if not names:
            break
        time.sleep(0.01)
    return names
