# SPDX-License-Identifier: Apache-2.0
"""An application, the handlers of WSGIStatus, and a reader of metrics."""
import re

SAMPLE = re.compile(r'^(\w+)(?:\{(.*)\})? (\S+)$')
LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')

HANDLERS = """
<Location /-/metrics>
    SetHandler pywsgi-metrics
    WSGIStatus On
</Location>
<Location /-/live>
    SetHandler pywsgi-live
    WSGIStatus On
</Location>
<Location /-/ready>
    SetHandler pywsgi-ready
    WSGIStatus On
</Location>
<Location /-/status>
    SetHandler pywsgi-status
    WSGIStatus On
</Location>
<Location /-/status-without-query>
    SetHandler pywsgi-status
    WSGIStatus On hide-query
</Location>
<Location /-/closed>
    SetHandler pywsgi-metrics
</Location>
"""

APPLICATION = """
import ctypes, os, time

def application(environ, start_response):
    size = len(environ["wsgi.input"].read())
    path, data = environ["PATH_INFO"], os.path.join(os.path.dirname(__file__), "..", "data")
    if path == "/wait":
        name = environ["QUERY_STRING"].split("&")[0]
        open(os.path.join(data, "begun." + name), "w").close()
        while not os.path.exists(os.path.join(data, "go." + name)):
            time.sleep(0.01)
    if path == "/gil":
        ctypes.PyDLL(None).system(b"cd %s; touch begun.gil; cat gil" % data.encode())   # holds the GIL for the whole call
    if path == "/sleep":
        time.sleep(0.3)
    status = {"/none": "404 Not Found", "/fail": "500 Internal Server Error"}.get(path, "200 OK")
    body = b"x" * int(environ["QUERY_STRING"] or 2) if path == "/size" else b"%d" % size
    start_response(status, [("Content-Length", str(len(body)))])
    return [body]
"""


class Metrics:
    """The samples that the server shows: metrics("pywsgi_requests_total", group="app", code="2xx")."""

    def __init__(self, server):
        self.server = server

    def text(self, **headers):
        response = self.server.get("/-/metrics", headers=list(headers.items()))
        assert response.status == 200
        return response.body.decode()

    def samples(self):
        for line in self.text().splitlines():
            if not line.startswith("#"):
                name, labels, value = SAMPLE.match(line).groups()
                yield name, dict(LABEL.findall(labels or "")), float(value)

    def __call__(self, wanted, **labels):
        """Return the sum of the samples that have these labels."""
        return sum(value for name, found, value in self.samples()
                   if name == wanted and all(found.get(key) == text for key, text in labels.items()))
