# SPDX-License-Identifier: Apache-2.0
"""os.environ in each interpreter of a process."""
import pytest

APP = """
import os
import subprocess

os.environ.setdefault("SITE_SETTINGS", "%s")
os.environ["ONLY_%s"] = "yes"


def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    name = environ["QUERY_STRING"]
    if name.startswith("child:"):
        name = name[6:]
        answer = subprocess.run(["printenv", name], env=os.environ, stdout=subprocess.PIPE, text=True).stdout.strip()
    else:
        answer = os.environ.get(name)
    return [str(answer).encode()]
"""


class TestInterpreters:
    @pytest.fixture(scope="class", params=["Off", "On"])
    def httpd(self, make_httpd, request):
        return make_httpd("""
            WSGIDaemonProcess app threads=4 env=SITE_OWNER=group preload=%s
            WSGIScriptAlias /daemon/a ${APPS}/a.wsgi process-group=app
            WSGIScriptAlias /daemon/b ${APPS}/b.wsgi process-group=app
            WSGIScriptAlias /embedded/a ${APPS}/a.wsgi
            WSGIScriptAlias /embedded/b ${APPS}/b.wsgi
            """ % request.param, apps={"a.wsgi": APP % ("a", "a"), "b.wsgi": APP % ("b", "b")})

    @pytest.fixture
    def ask(self, httpd, mode):
        def get(application, name):
            return httpd.get("/%s/%s?%s" % (mode, application, name)).body.decode()
        get("a", "SITE_SETTINGS")  # in embedded mode it is loaded first
        return get

    @pytest.mark.parametrize("how", ["", "child:"])
    def test_an_application_does_not_see_variables_that_another_has_set(self, ask, how):
        assert (ask("a", how + "SITE_SETTINGS"), ask("b", how + "SITE_SETTINGS")) == ("a", "b")
        assert ask("b", how + "ONLY_a") == ("" if how else "None")
        assert ask("a", how + "ONLY_a") == "yes"

    @pytest.mark.parametrize("application", ["a", "b"])
    def test_all_have_the_environment_of_the_process(self, ask, application, mode):
        assert ask(application, "SITE_OWNER") == ("group" if mode == "daemon" else "None")
        assert ask(application, "PATH") not in ("", "None")
