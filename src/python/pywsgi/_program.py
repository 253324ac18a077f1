# SPDX-License-Identifier: Apache-2.0
"""The program of a group (python/program.c): SIGTERM ends it by SystemExit."""
import _signal

_is_running = False
_was_stopped = False


def _stop(number, frame):
    global _was_stopped
    _was_stopped = True
    if _is_running:
        raise SystemExit


def begin():
    """Install the handler of SIGTERM. On the main thread, before the program runs."""
    global _is_running
    _is_running = True
    _signal.signal(_signal.SIGTERM, _stop)


def wait():
    """Do nothing until SIGTERM: the group has no program."""
    while True:
        _signal.pause()


def end():
    """Stop raising SystemExit on SIGTERM. Return whether SIGTERM was received."""
    global _is_running
    _is_running = False
    return _was_stopped
