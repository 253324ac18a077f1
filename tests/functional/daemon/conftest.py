# SPDX-License-Identifier: Apache-2.0
"""One server per class with daemon.wsgi. A class may define CONFIG; the default is the group `app` on /."""
import pytest
from daemon_site import APPS, DaemonSite

DEFAULT = """
    WSGIDaemonProcess app threads=4
    WSGIScriptAlias / ${APPS}/app.wsgi process-group=app
"""


@pytest.fixture(scope="class")
def server(request, make_httpd):
    return make_httpd(getattr(request.cls, "CONFIG", DEFAULT), apps=getattr(request.cls, "FILES", APPS),
                      modules=getattr(request.cls, "MODULES", ()))


@pytest.fixture
def site(server):
    return DaemonSite(server)
