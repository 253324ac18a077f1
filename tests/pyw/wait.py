# SPDX-License-Identifier: Apache-2.0
"""Wait for a condition. Neither this file nor the suites wait for a fixed time."""
import time

STEP = 0.01

# The limit for events that must happen, even on a slow machine. A test that promises a time sets its own limit, and has
# the mark `alone` if that limit is short.
PATIENCE = 45

# The limit for what must not wait for something else, if the other would take at least twice as long.
PROMPT = 10


def wait_for(condition, seconds=PATIENCE, what=None):
    """Return the first true value of condition(), or fail after `seconds`. `what`: a text, or a function for it."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() >= deadline:
            raise AssertionError("%s: not within %g s" % (what() if callable(what) else what or "condition", seconds))
        time.sleep(STEP)


def elapsed(action):
    """Return the result of action() and its duration in seconds."""
    start = time.monotonic()
    value = action()
    return value, time.monotonic() - start
