# SPDX-License-Identifier: Apache-2.0
"""The requests of this interpreter and the threads that run them. wsgi/request/running.c sets the functions."""


def request_data():
    """Return the dict of the request that the calling thread runs. RuntimeError: it runs none."""
    raise RuntimeError("this thread runs no request")


def active_requests():
    """Return a dict that contains the request_data() of each running request by its id, from now on."""
    return {}


def count_running():
    """Return the number of requests that run in this interpreter."""
    return 0


def thread_id():
    """Return the number of the calling thread, from 1 on; 0 if it runs no requests."""
    return 0


def thread_counts():
    """Return the number of requests that each thread of this process has begun, in the order of thread_id()."""
    return []
