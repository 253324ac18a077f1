# SPDX-License-Identifier: Apache-2.0
"""What the costs are counted with: an answer of one block, one whose iterable has a close(), as Flask's has, and one with ten lines printed."""


class Closing(list):
    def close(self):
        pass


def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    body = [b"Hello, world!"]
    if environ["PATH_INFO"] == "/print":
        for _ in range(10):
            print("Hello, this is a line of a log")
    return Closing(body) if environ["PATH_INFO"] == "/closing" else body
