# SPDX-License-Identifier: Apache-2.0
"""Waiting for a condition; nothing here or in the suites waits for a fixed time."""
import time

STEP = 0.01


def wait_for(condition, seconds=10, what=None):
    """The first true value of condition(); fails when there is none within `seconds`. `what`: a text or its maker."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() >= deadline:
            raise AssertionError("%s: not within %g s" % (what() if callable(what) else what or "condition", seconds))
        time.sleep(STEP)


def elapsed(action):
    """(what action() returns, how many seconds it took)"""
    start = time.monotonic()
    value = action()
    return value, time.monotonic() - start
