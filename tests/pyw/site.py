# SPDX-License-Identifier: Apache-2.0
"""One application of a server, mounted at a prefix, in one of the two modes."""
import itertools

from .wait import PATIENCE, wait_for

_numbers = itertools.count(1)

EMBEDDED_MODE = """
WSGIPythonPath ${APPS}
WSGIScriptAlias /embedded ${APPS}/app.wsgi
"""
DAEMON_MODE = """
WSGIDaemonProcess app threads=4 python-path=${APPS}
WSGIScriptAlias /daemon ${APPS}/app.wsgi process-group=app
"""
BOTH_MODES = EMBEDDED_MODE + DAEMON_MODE


class Site:
    def __init__(self, httpd, mode, prefix=None):
        self.httpd = httpd
        self.mode = mode
        self.prefix = "/" + mode if prefix is None else prefix

    def get(self, path, headers=(), **options):
        return self.httpd.get(self.prefix + path, headers, **options)

    def post(self, path, body, headers=(), **options):
        return self.httpd.post(self.prefix + path, body, headers, **options)

    def request(self, method, path, *arguments, **options):
        return self.httpd.request(method, self.prefix + path, *arguments, **options)

    def connect(self, **options):
        return self.httpd.connect(**options)

    def expect_log(self, pattern):
        self.httpd.expect_log(pattern)

    # Files that applications write (support.note); they survive the request and its process.

    def new_key(self):
        return "key%d" % next(_numbers)

    def notes(self, key):
        path = self.httpd.data / key
        return path.read_text().splitlines() if path.exists() else []

    def wait_notes(self, key, count=1, seconds=PATIENCE):
        return wait_for(lambda: (lambda notes: notes if len(notes) >= count else None)(self.notes(key)), seconds,
                        "%d notes of %s" % (count, key))
