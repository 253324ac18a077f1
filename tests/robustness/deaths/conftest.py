# SPDX-License-Identifier: Apache-2.0
"""One server per class with deaths.wsgi in the group `app` on /; a class gives OPTIONS or a whole CONFIG."""
import pytest
from death_site import APPS, ONE, DaemonSite


@pytest.fixture(scope="class")
def server(request, make_httpd):
    config = getattr(request.cls, "CONFIG", None) or ONE % getattr(request.cls, "OPTIONS", "threads=4")
    return make_httpd(config, apps=APPS, modules=getattr(request.cls, "MODULES", ()))


@pytest.fixture
def site(server):
    return DaemonSite(server)


@pytest.fixture(autouse=True)
def announced(server):
    server.allow_log(r"PYW0310|PYW036[567]|PYW024\d")
