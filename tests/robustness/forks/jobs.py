# SPDX-License-Identifier: Apache-2.0
"""What child processes of the suite's application do: importable, as multiprocessing needs it."""
import os
import sys


def succeed():
    print("a job of process", os.getpid())


def fail():
    sys.exit(7)


def square(number):
    return number * number


def wait_for_term():
    import time
    time.sleep(60)
