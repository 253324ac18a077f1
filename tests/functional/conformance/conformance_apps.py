# SPDX-License-Identifier: Apache-2.0
"""The files of a conformance application, for make_httpd(apps=...)."""
import pathlib

from pyw import paths

HERE = pathlib.Path(__file__).resolve().parent


def apps(name):
    return {"app.wsgi": HERE / "wsgi" / name, "support.py": paths.SUPPORT}
