# SPDX-License-Identifier: Apache-2.0
"""The files of a conformance application, for make_httpd(apps=...)."""
import pathlib

HERE = pathlib.Path(__file__).resolve().parent
SUPPORT = HERE.parent / "pyw" / "support.py"


def apps(name):
    return {"app.wsgi": HERE / "wsgi" / name, "support.py": SUPPORT}
