# SPDX-License-Identifier: Apache-2.0
"""One server per class, with the handlers of WSGIStatus. A class may define CONFIG, which precedes them, and FILES."""
import pytest
from status_site import APPLICATION, HANDLERS, Metrics


@pytest.fixture(scope="class")
def server(request, make_httpd):
    return make_httpd(request.cls.CONFIG + HANDLERS, apps=getattr(request.cls, "FILES", {"app.wsgi": APPLICATION}))


@pytest.fixture
def metrics(server):
    return Metrics(server)
