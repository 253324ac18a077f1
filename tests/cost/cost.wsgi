# SPDX-License-Identifier: Apache-2.0
"""The measured responses: one block; an iterable with a close(), like Flask's; and ten printed lines."""


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
