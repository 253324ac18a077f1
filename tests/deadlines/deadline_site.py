# SPDX-License-Identifier: Apache-2.0
"""The application of this suite, and the helpers of the daemon suite."""
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "daemon"))

from daemon_site import DaemonSite  # noqa: E402, F401

APPS = {"app.wsgi": HERE / "deadline.wsgi", "support.py": HERE.parent / "pyw" / "support.py"}
