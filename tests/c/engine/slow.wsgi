# SPDX-License-Identifier: Apache-2.0
"""Releases the GIL while it is imported, and logs a message when the interpreter ends."""
import atexit
import threading

print("importing")
threads = [threading.Thread(target=sum, args=(range(1000),)) for _ in range(50)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
atexit.register(print, "exit function")


def application(environ, start_response):
    start_response("200 OK", [])
    return [b"made"]
