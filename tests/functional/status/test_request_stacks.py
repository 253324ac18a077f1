# SPDX-License-Identifier: Apache-2.0
"""A POST to SetHandler pywsgi-status: the Python stack of a request in flight."""
import html
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import urllib.parse

import pytest
from status_site import APPLICATION
from test_status_page import PREFIX, Text, requests, running

from pyw import processes, wait_for
from pyw.wire import frame, pairs

STATUS = "/-/status"
COMMAND, REFUSED = 36, 35
APPS = {"app.wsgi": APPLICATION, "names.wsgi": """
import ctypes, os, time

DATA = os.path.join(os.path.dirname(__file__), "..", "data")

def wait(name):
    path, begun = os.path.join(DATA, "go." + name), os.path.join(DATA, "begun." + name)
    # One line and one frame, so that each stack is the same.
    while not os.access(path, os.F_OK): time.sleep(open(begun, "wb").close() or 0.01)

def hold(name):
    open(os.path.join(DATA, "begun." + name), "w").close()
    ctypes.PyDLL(None).sleep(3)  # does not release the GIL

def nest(depth, name):
    return nest(depth - 1, name) if depth > 0 else wait(name)

def nest_in_long_names(depth, name):
    return nest_in_long_names(depth - 1, name) if depth > 0 else wait(name)

nest_in_long_names.__code__ = nest_in_long_names.__code__.replace(co_filename="/srv/" + "x" * 400 + ".py")

def application(environ, start_response):
    name = environ["QUERY_STRING"]
    kind = name.split(".")[0]
    evil = compile("def view(name):\\n    wait(name)\\n", "/srv/<b>&.py", "exec")
    space = {"wait": wait}
    exec(evil, space)
    view = space["view"]
    view.__code__ = view.__code__.replace(co_name="<script>alert(1)</script>\\x1b[31m\\u202e\\n",
                                          **({"co_qualname": "q"} if hasattr(view.__code__, "co_qualname") else {}))
    if kind == "evil":
        view(name)
    elif kind == "deep":
        nest(80, name)
    elif kind == "long":
        nest_in_long_names(150, name)
    elif kind == "gil":
        hold(name)
    else:
        wait(name)
    start_response("200 OK", [("Content-Length", "0")])
    return []
"""}


def ask(server, key, json=True, headers=(), path=STATUS):
    body = urllib.parse.urlencode({"request": key})
    headers = [("Content-Type", "application/x-www-form-urlencoded"), *headers]
    return server.post(path + ("?json" if json else ""), body.encode(), headers=headers)


def pipes(server):
    """Return how many pipes httpd's children have open."""
    return sum("pipe:" in place for child in server.children() for place in processes.descriptors(child.pid).values())


def key_of(server, url):
    return wait_for(lambda: next((shown["key"] for shown in requests(server)
                                  if url in shown["url"] and shown["phase"] == "application"), None))


def stack_of(server, url):
    response = ask(server, key_of(server, url))
    answer = response.json()
    assert (response.status, answer["version"], answer["problem"]) == (200, 1, None), answer
    assert url in answer["request"]["url"]
    return answer["stack"]


class TestStack:
    CONFIG = """
    WSGIDaemonProcess app threads=4
    WSGIScriptAlias /embedded/names ${APPS}/names.wsgi
    WSGIScriptAlias /app/names ${APPS}/names.wsgi process-group=app
    WSGIScriptAlias /embedded ${APPS}/app.wsgi
    WSGIScriptAlias /app ${APPS}/app.wsgi process-group=app
    <Location /-/off>
        SetHandler pywsgi-status
    </Location>
    """
    FILES = APPS

    def test_it_names_the_function_of_a_view_that_sleeps(self, server, mode):
        with running(server, PREFIX[mode][0], "sleeps." + mode), running(server, PREFIX[mode][0], "other." + mode):
            stack = stack_of(server, "sleeps." + mode).splitlines()
            assert len(stack) >= 1 and all("application" in line and "app.wsgi" in line for line in stack[-1:]), stack
            assert sum("app.wsgi" in line for line in stack) == 1, "the stack of one thread: %s" % stack

    def test_the_page_has_a_button_and_shows_the_stack(self, server, mode):
        with running(server, PREFIX[mode][0], "button." + mode):
            page = server.get(STATUS).body.decode()
            key, = re.findall(r'<form method="post"><button name="request" value="([^"]+)">', page)
            response = ask(server, html.unescape(key), json=False)
            shown = response.body.decode()
            Text(shown)
            assert response.status == 200 and response.header("Cache-Control") == "no-store"
            assert "application" in shown.split("<pre>")[1] and "refresh" not in shown
            assert "frame-ancestors 'none'" in response.header("Content-Security-Policy")

    def test_hostile_names_are_escaped(self, server, mode):
        with running(server, PREFIX[mode][0] + "/names", "evil." + mode):
            stack = stack_of(server, "evil." + mode)
            assert not re.search("[\x00-\x09\x0b-\x1f\x7f\u202e]", stack), stack
            page = ask(server, key_of(server, "evil." + mode), json=False).body.decode()
            Text(page)
            assert "<script" not in page and "<b>" not in page

    def test_a_deep_stack_is_shown(self, server, mode):
        with running(server, PREFIX[mode][0] + "/names", "deep." + mode):
            stack = stack_of(server, "deep." + mode)
            assert 20 < len(stack.splitlines()) and len(stack) <= 16 * 1024 and stack.endswith("\n")

    def test_a_long_stack_is_cut_after_16_kib_at_the_end_of_a_line(self, server, mode):
        """The innermost calls remain."""
        with running(server, PREFIX[mode][0] + "/names", "long." + mode):
            stack = stack_of(server, "long." + mode)
            lines = stack.splitlines()
            assert 15 * 1024 < len(stack) <= 16 * 1024 and stack.endswith("\n")
            assert "wait" in lines[0] and all("nest_in_long_names" in line for line in lines[1:])
            page = ask(server, key_of(server, "long." + mode), json=False).body.decode()
            assert html.unescape(page.split("<pre>")[1].split("</pre>")[0]).strip() == stack.strip()

    def test_a_get_causes_no_work(self, server):
        with running(server, "/app", "get"):
            key = key_of(server, "?get")
            for path in ("?request=" + key, "?json&request=" + key):
                response = server.get(STATUS + path)
                assert response.status == 200 and b"<pre>" not in response.body and b'"stack": ' not in response.body

    def test_a_request_that_has_ended_has_none(self, server, mode):
        with running(server, PREFIX[mode][0], "ended." + mode):
            key = key_of(server, "ended." + mode)
        wait_for(lambda: not requests(server))
        response = ask(server, key)
        assert (response.status, response.json()) == (404, {
            "version": 1, "mod_pywsgi": response.json()["mod_pywsgi"], "request": None, "stack": None,
            "problem": "the request has ended"})
        assert ask(server, key, json=False).status == 404

    def test_a_request_whose_body_is_missing_has_none(self, server):
        with server.connect() as connection:
            connection.send(b"POST /app/upload HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nab")
            shown = wait_for(lambda: requests(server))[0]
            response = ask(server, shown["key"])
            assert response.status == 503 and "does not run" in response.json()["problem"]
            connection.send(b"c")
            assert connection.read_response().status == 200

    @pytest.mark.parametrize("key", ["", "0", "0-0", "4294967295-1", "99999999999999999999-1", "-1-1", "%s%n", "\x00"])
    def test_a_key_that_is_made_up_finds_nothing(self, server, key):
        assert ask(server, key).status == 404

    @pytest.mark.parametrize("body", [b"", b"other=1", b"request", b"request=" + b"x" * 70, b"a&" * 100 + b"request=1",
                                      b"request=%zz", b"&&==", b"x" * 100000])
    def test_a_form_that_is_none_is_refused(self, server, body):
        assert server.post(STATUS, body).status in (400, 404, 413)

    @pytest.mark.parametrize("path", ["/-/metrics", "/-/live", "/-/ready"])
    def test_the_other_handlers_allow_no_post(self, server, path):
        response = server.post(path, b"request=1")
        assert response.status == 405 and "POST" not in response.header("Allow")

    def test_not_where_wsgistatus_is_off(self, server):
        server.expect_log("PYW0213")
        assert ask(server, "0-0", path="/-/off").status == 403

    @pytest.mark.parametrize("headers, status", [
        ([("Sec-Fetch-Site", "same-origin")], 404),
        ([("Sec-Fetch-Site", "none")], 404),
        ([("Sec-Fetch-Site", "same-origin"), ("Origin", "https://behind.proxy.example")], 404),
        ([("Origin", "http://{host}")], 404),
        ([("Sec-Fetch-Site", "cross-site")], 403),
        ([("Sec-Fetch-Site", "same-site"), ("Origin", "http://{host}")], 403),
        ([("Origin", "https://evil.example")], 403),
        ([("Origin", "null")], 403),
    ])
    def test_a_page_of_another_site_gets_none(self, server, headers, status):
        if status == 403:
            server.expect_log("PYW0266")
        host = "localhost:%d" % server.port
        headers = [("Host", host)] + [(name, value.format(host=host)) for name, value in headers]
        assert ask(server, "0-0", headers=headers).status == status


class TestGil:
    CONFIG = """
    WSGIDaemonProcess app threads=2
    WSGIScriptAlias /embedded ${APPS}/names.wsgi
    WSGIScriptAlias /app ${APPS}/names.wsgi process-group=app
    """
    FILES = APPS

    def test_stacks_while_the_gil_is_held(self, server):
        with server.connect() as held, server.connect() as other:
            held.start("GET", "/embedded/x?gil.embedded")
            other.start("GET", "/app/x?gil.daemon")
            for mode in ("embedded", "daemon"):
                wait_for(lambda: (server.data / ("begun.gil." + mode)).exists())
            assert "hold" in stack_of(server, "gil.daemon")
            response = ask(server, key_of(server, "gil.embedded"))
            assert response.status == 503 and "GIL" in response.json()["problem"]
            again = ask(server, key_of(server, "gil.embedded"))
            assert again.status == 503 and "earlier question" in again.json()["problem"]
            assert held.read_response().status == other.read_response().status == 200
        with running(server, "/embedded", "after"):
            wait_for(lambda: ask(server, key_of(server, "?after")).status == 200)


class TestOtherProcesses:
    CONFIG = """
    WSGIDaemonProcess app threads=2
    WSGIScriptAlias /app ${APPS}/app.wsgi process-group=app
    """

    def test_a_worker_that_dies_meanwhile(self, server):
        server.expect_log("PYW0310")
        server.allow_log("PYW0243")
        worker, = wait_for(server.workers)
        with server.connect() as connection:
            connection.start("GET", "/app/wait?dies")
            wait_for(lambda: (server.data / "begun.dies").exists())
            key = key_of(server, "?dies")
            processes.stop(worker.pid)
            answers = []
            thread = threading.Thread(target=lambda: answers.append(ask(server, key)))
            before = pipes(server)
            thread.start()
            wait_for(lambda: pipes(server) > before)     # the end that gets the stacks from the worker
            processes.kill([worker])
            thread.join()
            problem = answers[0].json()["problem"]
            assert answers[0].status == 503
            assert "does not answer" in problem or "does not run this request any more" in problem
            assert connection.read_response().status >= 500
        server.wait_for_workers()

    def test_a_worker_that_is_stopped(self, server):
        with running(server, "/app", "stopped"):
            worker, = server.workers()
            processes.stop(worker.pid)
            response = ask(server, key_of(server, "?stopped"))
            os.kill(worker.pid, signal.SIGCONT)
            assert response.status == 503 and response.json()["problem"] == "the worker does not answer"

    def test_after_a_graceful_restart(self, server):
        server.graceful()
        with running(server, "/app", "restarted"):
            assert "application" in stack_of(server, "?restarted")

    def test_without_a_manager(self, server):
        server.expect_log("PYW0203|PYW02")
        manager = server.manager()
        with running(server, "/app", "orphan"):
            processes.kill([manager])
            response = ask(server, key_of(server, "?orphan"))
            assert response.status == 503 or "application" in response.json()["stack"]
        server.wait_new_manager(manager)
        wait_for(server.workers)
        with running(server, "/app", "adopted"):
            wait_for(lambda: ask(server, key_of(server, "?adopted")).status == 200)

    def test_nothing_is_left_open(self, server):
        with running(server, "/app", "open"):
            key = key_of(server, "?open")
            stack_of(server, "?open")
            pids = [server.manager().pid, server.workers()[0].pid, server.children()[0].pid]
            before = [processes.descriptor_count(pid) for pid in pids]
            for _ in range(5):
                assert ask(server, key).status == 200
            wait_for(lambda: all(processes.descriptor_count(pid) <= count + 1 for pid, count in zip(pids, before)))


class TestSocket:
    CONFIG = """
    WSGIDaemonProcess app
    WSGIScriptAlias /app ${APPS}/app.wsgi process-group=app
    """

    def test_it_belongs_to_httpds_user_and_is_created_again(self, server):
        path = server.socket_directories()[0] / "stacks"
        assert path.stat().st_mode & 0o777 == 0o600
        assert path.stat().st_uid == os.stat(wait_for(server.sockets)[0]).st_uid
        path.unlink()
        wait_for(path.exists)
        with running(server, "/app", "again"):
            assert "application" in stack_of(server, "?again")

    @pytest.mark.root
    def test_without_the_id_of_a_running_request_the_manager_refuses(self, server):
        path = str(server.socket_directories()[0] / "stacks")
        server.wait_for_workers()
        pid = b"%d" % server.workers()[0].pid
        for command in ([(b"pid", pid), (b"id", b"guessed")], [(b"pid", pid), (b"id", b"")], [(b"id", b"guessed")],
                        [(b"command", b"stop"), (b"group", b"app")], [(b"command", b"status")], []):
            with socket.socket(socket.AF_UNIX) as client:
                client.settimeout(10)
                client.connect(path)
                client.sendall(frame(COMMAND, pairs(*command)))
                assert client.recv(4)[1] == REFUSED
        assert server.get("/app/").status == 200

    @pytest.mark.root
    def test_others_are_turned_away(self, server):
        server.expect_log("PYW0351: uid 65534")
        path = server.socket_directories()[0] / "stacks"
        connect = [sys.executable, "-c", "import socket, sys; s = socket.socket(socket.AF_UNIX); s.settimeout(10); "
                   "s.connect(sys.argv[1]); assert s.recv(1) == b''", path]
        assert subprocess.run(connect, user=65534, stderr=subprocess.DEVNULL).returncode != 0
        path.chmod(0o666)
        assert subprocess.run(connect, user=65534).returncode == 0
        path.chmod(0o600)
