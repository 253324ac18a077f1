# SPDX-License-Identifier: Apache-2.0
"""The application of tests/functional/daemon, and the duration of the load: a few seconds, or PYWSGI_LOAD_SECONDS=60.
"""
import os
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "functional" / "daemon"))

from daemon_site import DaemonSite  # noqa: E402


@pytest.fixture
def site(server):
    return DaemonSite(server)


@pytest.fixture
def load_seconds():
    return float(os.environ.get("PYWSGI_LOAD_SECONDS", "5"))
