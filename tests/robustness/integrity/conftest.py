# SPDX-License-Identifier: Apache-2.0
"""One server per class with integrity.wsgi; PYWSGI_INTEGRITY is how many uploads are cut, 200 for all."""
import math
import os
import pathlib

import pytest

from pyw import paths

HERE = pathlib.Path(__file__).resolve().parent
APPS = {"app.wsgi": HERE / "integrity.wsgi", "support.py": paths.SUPPORT}
COUNT = int(os.environ.get("PYWSGI_INTEGRITY", "24"))


@pytest.fixture(scope="class")
def server(request, make_httpd):
    return make_httpd(request.cls.CONFIG, apps=APPS, modules=("http2",))


@pytest.fixture
def seeds(request):
    """Return this test's seeds of random numbers, so that a failure can be repeated."""
    return range(math.ceil(COUNT / request.cls.SHARES))
