# SPDX-License-Identifier: Apache-2.0
"""Clients that send requests continuously while a test disturbs the server."""
import threading

PAUSE = 0.005   # seconds after each answer, so that the server that restarts gets the processors, too


class Clients:
    """Threads that request `path`, with a POST of `body` if there is one, until the block ends; `answers`: (status,
    body) of each, in order of arrival.
    """

    def __init__(self, site, path="/pid", count=3, body=None):
        self.site = site
        self.path = path
        self.body = body
        self.answers = []
        self.stop = threading.Event()
        self.threads = [threading.Thread(target=self.run) for _ in range(count)]

    def run(self):
        while not self.stop.wait(PAUSE):
            response = self.site.get(self.path) if self.body is None else self.site.post(self.path, self.body)
            self.answers.append((response.status, response.body) if response else (0, b""))

    def bodies(self):
        return {body for _, body in self.answers}

    def statuses(self):
        return {status for status, _ in self.answers}

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *error):
        self.stop.set()
        for thread in self.threads:
            thread.join()
