# SPDX-License-Identifier: Apache-2.0
"""One server per class with the application of tests/functional/daemon in both modes."""
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "functional" / "daemon"))

from daemon_site import APPS, DaemonSite  # noqa: E402

BOTH = """
WSGIDaemonProcess app threads=4
WSGIDaemonProcess streaming threads=4 request-buffer=0 request-spool=0
WSGIScriptAlias /daemon/streaming ${APPS}/app.wsgi process-group=streaming
WSGIScriptAlias /embedded/streaming ${APPS}/app.wsgi
WSGIScriptAlias /daemon ${APPS}/app.wsgi process-group=app
WSGIScriptAlias /embedded ${APPS}/app.wsgi
"""


@pytest.fixture(scope="class")
def server(request, make_httpd):
    return make_httpd(BOTH + getattr(request.cls, "CONFIG", ""), apps=APPS, modules=getattr(request.cls, "MODULES", ()))


@pytest.fixture
def site(server, mode):
    return DaemonSite(server, "/" + mode)


@pytest.fixture
def streaming(server, mode):
    """In both modes the application sees a request before its body has arrived."""
    return DaemonSite(server, "/" + mode + "/streaming")
