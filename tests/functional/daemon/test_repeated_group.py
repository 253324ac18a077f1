# SPDX-License-Identifier: Apache-2.0
"""Two virtual hosts with the same WSGIDaemonProcess, as certbot makes them, share one group."""
import pytest

PID = "import os\ndef application(environ, start_response):\n    start_response('200 OK', [])\n" \
      "    return [('%s %d' % (environ['mod_wsgi.process_group'], os.getpid())).encode()]\n"

VHOST = """
<VirtualHost 127.0.0.1:${PORT}>
    ServerName %s
    WSGIDaemonProcess site threads=3 env=A=b queue-limit=7
    WSGIProcessGroup site
    WSGIScriptAlias / ${APPS}/pid.wsgi
</VirtualHost>
"""


class TestRepeatedGroup:
    @pytest.fixture(scope="class")
    def httpd(self, make_httpd):
        return make_httpd(VHOST % "one.example" + VHOST % "two.example" + """
            <VirtualHost 127.0.0.1:${PORT}>
                ServerName three.example
                WSGIScriptAlias / ${APPS}/pid.wsgi
                SetEnv GROUP site
                WSGIProcessGroup %{ENV:GROUP}
            </VirtualHost>""", apps={"pid.wsgi": PID})

    def test_all_hosts_that_define_it_use_the_same_worker(self, httpd):
        one, two = (httpd.get("/", [("Host", "%s.example" % name)]).body for name in ("one", "two"))
        assert one == two and one.startswith(b"site ") and len(httpd.workers("site")) == 1

    def test_another_host_may_not_use_it(self, httpd):
        httpd.expect_log("PYW0202")
        assert httpd.get("/", [("Host", "three.example")]).status == 500

    def test_a_graceful_restart_keeps_the_worker(self, httpd):
        before = httpd.get("/", [("Host", "two.example")]).body
        httpd.graceful()
        assert httpd.get("/", [("Host", "two.example")]).body == before
