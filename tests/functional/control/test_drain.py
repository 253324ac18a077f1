# SPDX-License-Identifier: Apache-2.0
"""pywsgi drain: httpd leaves the load balancer, serves for some time, and stops gracefully."""
import json
import time

import pytest
from control_site import APPS, groups

from pyw import wait_for

CONFIG = groups(app="threads=4") + """
<Location /ready>
    SetHandler pywsgi-ready
    WSGIStatus On
</Location>
<Location /status>
    SetHandler pywsgi-status
    WSGIStatus On
</Location>
"""


@pytest.fixture
def server(make_httpd):
    server = make_httpd(CONFIG, apps=APPS)
    wait_for(lambda: ready(server) == (200, "ok\n"))
    return server


def ready(server):
    response = server.get("/ready")
    return response.status, response.body.decode()


@pytest.mark.long
def test_requests_are_served_until_httpd_stops_and_then_finished(server, commands, site):
    held = site.hold()
    process = commands.start("drain", "--seconds", "2")
    wait_for(lambda: ready(server) == (503, "app: draining\n"))
    assert site.get("/pid").status == 200
    assert commands.status()["manager"]["drain"] == "waiting" and "httpd drains" in commands.table()
    assert server.get("/status?json").json()["groups"][0]["draining"] and b"httpd drains" in server.get("/status").body
    wait_for(lambda: commands.status()["manager"]["drain"] == "stopping")
    assert process.poll() is None
    assert held.finish()[0].status == 200
    output, errors = process.communicate(timeout=30)
    assert (process.returncode, output) == (0, "httpd has stopped\n")
    assert "stops gracefully in 2 s" in errors and "finishes its requests" in errors
    assert server.process.wait(20) == 0
    server.log.wait(r"PYW0404: .*\(pywsgi drain by user ")
    server.log.wait("PYW0405")
    server.finish()


def test_a_deadline_ends_requests_that_do_not_end(server, commands, site):
    server.expect_log("PYW0406")
    server.allow_log("PYW0|AH0004[56]")
    site.hold()
    process = commands.start("drain", "--seconds", "0", "--deadline", "1")
    server.log.wait("PYW0406")
    forced = time.monotonic()
    output, errors = process.communicate(timeout=30)
    assert time.monotonic() - forced < 6, "httpd itself kills its children after ten seconds"
    assert (process.returncode, output) == (0, "httpd has stopped\n") and "stops at once" in errors
    server.process.wait(20)
    server.finish()


def test_a_restart_of_httpd_ends_the_drain(server, commands, site):
    process = commands.start("drain", "--seconds", "60")
    wait_for(lambda: ready(server)[0] == 503)
    server.graceful()
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 1 and "a restart of httpd has ended the drain" in errors
    wait_for(lambda: ready(server) == (200, "ok\n"))
    assert commands.status()["manager"]["drain"] is None
    server.log.wait("PYW0407")


def test_json_names_the_result_of_a_drain(server, commands):
    status, output, errors = commands.run("drain", "--json", "--no-wait", "--seconds", "60")
    assert (status, errors) == (0, "")
    shown = json.loads(output)
    assert shown.pop("message").endswith("stops gracefully in 60 s")
    assert shown == {"command": "drain", "group": None, "result": "done", "exit_status": 0, "progress": []}
    status, output, errors = commands.run("drain", "--json", "--seconds", "0")
    shown = json.loads(output)
    assert (status, errors, shown["result"], shown["message"]) == (0, "", "done", "httpd has stopped")
    assert any("finishes its requests" in line for line in shown["progress"]), shown
    server.process.wait(20)
    server.finish()


def test_json_names_the_failure_of_a_drain(server, commands):
    process = commands.start("drain", "--json", "--seconds", "60")
    wait_for(lambda: ready(server)[0] == 503)
    server.graceful()
    output, errors = process.communicate(timeout=30)
    shown = json.loads(output)
    assert (process.returncode, errors, shown["result"], shown["exit_status"]) == (1, "", "failed", 1)
    assert "a restart of httpd has ended the drain" in shown["message"]


def test_a_later_drain_is_sooner(server, commands):
    assert "in 60 s" in commands.do("drain", "--no-wait", "--seconds", "60")
    assert commands.do("drain", "--seconds", "0") == "httpd has stopped\n"
    server.process.wait(20)
    server.finish()


@pytest.mark.parametrize("arguments", [["app"], ["--seconds", "-1"], ["--deadline", "soon"]])
def test_a_wrong_command_line_is_refused(tmp_path, server, commands, arguments):
    assert "pywsgi drain: " in commands.refused("drain", *arguments, status=2)
