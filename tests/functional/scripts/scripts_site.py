# SPDX-License-Identifier: Apache-2.0
"""Shared by the suites about scripts that httpd calls: the server, and the credentials of its users."""
import base64
import pathlib

from pyw import paths

HERE = pathlib.Path(__file__).resolve().parent
APPS = {"app.wsgi": HERE / "app.wsgi", "auth.py": HERE / "auth.py", "support.py": paths.SUPPORT}
SECRET = "s3cret-of-the-client"  # the password of all users in auth.py

COMMON = """
WSGIPythonPath ${APPS}
WSGIDaemonProcess app threads=1 python-path=${APPS}
WSGIScriptAlias /embedded ${APPS}/app.wsgi
WSGIScriptAlias /daemon ${APPS}/app.wsgi process-group=app
"""

BASIC = """
    AuthType Basic
    AuthName "Top Secret"
    AuthBasicProvider wsgi
    WSGIAuthUserScript @SCRIPT@
    Require valid-user
"""


def in_both_modes(text, group="app"):
    """Return `text` for the URLs of both modes; @SCRIPT@ is auth.py with the options of the mode."""
    def section(mode, options):
        return "<Location /%s>\n%s</Location>\n" % (mode, text.replace("@SCRIPT@", "${APPS}/auth.py" + options))

    return section("daemon", " process-group=" + group) + section("embedded", "")


def credentials(user, password=SECRET, encoding="utf-8"):
    pair = ("%s:%s" % (user, password)).encode(encoding)
    return [("Authorization", "Basic " + base64.b64encode(pair).decode())]
