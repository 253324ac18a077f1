# SPDX-License-Identifier: Apache-2.0
"""One server per class with lifecycle.wsgi in the group `app` on /; a class sets OPTIONS or a complete CONFIG."""
import pytest
from lifecycle_site import APPS, ONE, DaemonSite


@pytest.fixture(scope="class")
def server(request, make_httpd):
    config = getattr(request.cls, "CONFIG", None) or ONE % getattr(request.cls, "OPTIONS", "threads=4")
    return make_httpd(config, apps=APPS)


@pytest.fixture
def site(server):
    return DaemonSite(server)
