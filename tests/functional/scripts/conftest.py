# SPDX-License-Identifier: Apache-2.0
"""One server per class with the lines of CONFIG, and SECTION for both modes."""
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from pyw.site import Site  # noqa: E402
from scripts_site import APPS, COMMON, in_both_modes  # noqa: E402


@pytest.fixture(scope="class")
def server(request, make_httpd):
    cls = request.cls
    config = getattr(cls, "CONFIG", "") + COMMON + in_both_modes(cls.SECTION, getattr(cls, "GROUP", "app"))
    return make_httpd(config, apps={**APPS, **getattr(cls, "FILES", {})}, modules=cls.MODULES)


@pytest.fixture
def site(server, mode):
    return Site(server, mode)
