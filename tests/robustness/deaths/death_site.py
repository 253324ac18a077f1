# SPDX-License-Identifier: Apache-2.0
"""The application of these suites, and the helpers of the daemon suite."""
import pathlib
import sys

from pyw import paths

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(paths.TESTS / "functional" / "daemon"))

from daemon_site import DaemonSite  # noqa: E402, F401

APPS = {"app.wsgi": HERE / "deaths.wsgi", "support.py": paths.SUPPORT}
ONE = "WSGIDaemonProcess app %s\nWSGIScriptAlias / ${APPS}/app.wsgi process-group=app\n"


def exit_report(server, pid, since=0):
    """The record of the worker's end; there is one."""
    line, = server.log.wait(r"PYW0310: worker %d " % pid, since)
    return line
