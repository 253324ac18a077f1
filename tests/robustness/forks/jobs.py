# SPDX-License-Identifier: Apache-2.0
"""The functions of the application's child processes. They are importable, as multiprocessing requires."""
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
