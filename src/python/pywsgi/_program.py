# SPDX-License-Identifier: Apache-2.0
"""The program of a group (python/program.c): SIGTERM ends it by SystemExit."""
import _signal

_is_running = False
_was_told = False


def _stop(number, frame):
    global _was_told
    _was_told = True
    if _is_running:
        raise SystemExit


def begin():
    """Install the handler of SIGTERM. On the main thread, before the program runs."""
    global _is_running
    _is_running = True
    _signal.signal(_signal.SIGTERM, _stop)


def end():
    """Let SIGTERM raise nothing any more. Return whether it has come."""
    global _is_running
    _is_running = False
    return _was_told
