# SPDX-License-Identifier: Apache-2.0
"""The application of these suites, and the helpers of the daemon suite."""
import datetime
import pathlib
import sys

from pyw import paths

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(paths.TESTS / "functional" / "daemon"))

from daemon_site import DaemonSite  # noqa: E402, F401

APPS = {"app.wsgi": HERE / "lifecycle.wsgi", "support.py": paths.SUPPORT}
ONE = "WSGIDaemonProcess app %s\nWSGIScriptAlias / ${APPS}/app.wsgi process-group=app\n"


def time_of(record):
    """Return when a record of the log was written, in seconds since the epoch."""
    return datetime.datetime.strptime(record[1:record.index("]")], "%a %b %d %H:%M:%S.%f %Y").timestamp()
