# SPDX-License-Identifier: Apache-2.0
"""The application of this suite, and the helpers of the daemon suite."""
import pathlib
import sys

from pyw import paths

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(paths.TESTS / "functional" / "daemon"))

from daemon_site import DaemonSite  # noqa: E402, F401

# All other limits that could end a request are longer, in seconds: httpd's Timeout of 20, interrupt-timeout=30s.
TOO_LATE = 10

APPS = {"app.wsgi": HERE / "deadline.wsgi", "support.py": paths.SUPPORT}
