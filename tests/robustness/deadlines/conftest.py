# SPDX-License-Identifier: Apache-2.0
"""One server per class with deadline.wsgi; a class gives its CONFIG."""
import pytest
from deadline_site import APPS


@pytest.fixture(scope="class")
def server(request, make_httpd):
    """Its workers are ready: the time of a request that waits for that may be up before it is run."""
    httpd = make_httpd(request.cls.CONFIG, apps=APPS, modules=getattr(request.cls, "MODULES", ()))
    httpd.log.wait("PYW0317")
    return httpd
