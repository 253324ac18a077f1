# SPDX-License-Identifier: Apache-2.0
"""
The calls that fail, and how often a case is repeated. A case is a tuple of words.

The file PYWSGI_TORTURE lists the passed cases, so that an interrupted run continues. Without it only a sample runs.
"""
import os
import pathlib

DONE = os.environ.get("PYWSGI_TORTURE")
ROUNDS = int(os.environ.get("PYWSGI_TORTURE_ROUNDS") or 0)     # at most, for each case; 0: the choice of the test

CALLS = ("malloc", "calloc", "realloc", "read", "write", "writev", "pwrite", "pread", "send", "recvmsg",
         "sendmsg", "connect", "accept4", "socket", "memfd_create", "ftruncate", "mkostemp", "mmap", "open", "openat",
         "epoll_ctl", "fstat", "stat", "pipe2", "eventfd", "pthread_create")
LIFE_CALLS = (*CALLS, "socketpair", "bind", "epoll_create1", "fork", "execv", "setresuid", "sigaction")

# Allocations by Python itself, in its three domains.
PYTHON_CALLS = ("PyMem_RawMalloc", "PyMem_Malloc", "PyObject_Malloc")

CRASH = r"SIG(SEGV|ABRT|BUS|FPE|ILL)|AH0005[12]:|defect of mod_pywsgi|AddressSanitizer|runtime error:"
REASON = r":(warn|error|crit|alert|emerg)\] .*"


def choose(every, sample):
    """Return the cases that have not passed yet, or the sample."""
    if not DONE:
        return sample
    file = pathlib.Path(DONE)
    passed = file.read_text().splitlines() if file.exists() else []
    return [case for case in every if " ".join(case) not in passed]


def note_pass(case):
    if DONE:
        with open(DONE, "a") as file:
            file.write(" ".join(case) + "\n")


def name_case(case):
    """Return the name of a test. If all cases have passed, pytest asks for the name of a parameter that is no case."""
    return "-".join(case) if isinstance(case, tuple) else None


def choose_rounds(count, in_full, in_sample):
    """Return the numbers of the calls that fail, of `count`: all of them, or some that are spread evenly."""
    most = (ROUNDS or in_full) if DONE else in_sample
    if count <= most:
        return list(range(1, count + 1))
    return sorted({1 + round(i * (count - 1) / (most - 1)) for i in range(most)}) if most > 1 else [1]
