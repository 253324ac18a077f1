# SPDX-License-Identifier: Apache-2.0
"""Starts a thread that takes the GIL all the time, as monitoring agents do."""
import atexit
import threading
import time


def push():
    while True:
        time.sleep(0.0002)
        sum(range(100))


threading.Thread(target=push, daemon=True).start()
atexit.register(time.sleep, 0.001)


def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"background"]
