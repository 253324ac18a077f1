# SPDX-License-Identifier: Apache-2.0
"""One server per class with deadline.wsgi; a class sets its CONFIG."""
import pytest
from deadline_site import APPS


@pytest.fixture(scope="class")
def server(request, make_httpd):
    """Wait for its workers: otherwise a request may exceed its deadline before it runs."""
    httpd = make_httpd(request.cls.CONFIG, apps=APPS, modules=getattr(request.cls, "MODULES", ()))
    httpd.log.wait("PYW0317")
    return httpd
