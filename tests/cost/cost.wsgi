# SPDX-License-Identifier: Apache-2.0
"""What the costs are counted with: an answer of one block, and one whose iterable has a close(), as Flask's has."""


class Closing(list):
    def close(self):
        pass


def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    body = [b"Hello, world!"]
    return Closing(body) if environ["PATH_INFO"] == "/closing" else body
