# SPDX-License-Identifier: Apache-2.0
"""One server per class with the module's APP in both modes; a class may add CONFIG, MODULES and APPS."""
import pytest
from conformance_apps import apps

from pyw.site import BOTH_MODES, Site


@pytest.fixture(scope="class")
def server(request, make_httpd):
    files = {**apps(request.module.APP), **getattr(request.cls, "APPS", {})}
    return make_httpd(getattr(request.cls, "CONFIG", "") + BOTH_MODES, apps=files,
                      modules=getattr(request.cls, "MODULES", ()))


@pytest.fixture
def site(server, mode):
    return Site(server, mode)
