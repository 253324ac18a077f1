# SPDX-License-Identifier: Apache-2.0
"""One server per class with daemon.wsgi. A class may define CONFIG; the default is the group `app` on /app."""
import pytest
from control_site import APPS, Commands, DaemonSite, groups


@pytest.fixture(scope="class")
def server(request, make_httpd):
    return make_httpd(getattr(request.cls, "CONFIG", groups(app="threads=4")),
                      apps=getattr(request.cls, "APPS", APPS))


@pytest.fixture
def commands(server):
    return Commands(server)


@pytest.fixture
def site(server):
    return DaemonSite(server, "/app")
