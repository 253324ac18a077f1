# SPDX-License-Identifier: Apache-2.0
"""One server per class with forks.wsgi in both modes."""
import pytest
from fork_site import APPS

from pyw.site import BOTH_MODES, Site


@pytest.fixture(scope="class")
def mpm():
    """The default for classes."""
    return "event"


@pytest.fixture(scope="class")
def server(request, make_httpd, mpm):
    server = make_httpd(getattr(request.cls, "CONFIG", BOTH_MODES), apps=APPS, mpm=mpm)
    server.allow_log(r"PYW0530|\[pywsgi:error\]|a job of process")
    return server


@pytest.fixture
def site(server, mode):
    return Site(server, mode)
