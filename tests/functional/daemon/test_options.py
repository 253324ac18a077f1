# SPDX-License-Identifier: Apache-2.0
"""The effect of WSGIDaemonProcess's options on a worker."""
import os
import pwd
import select

import pytest
from daemon_site import APPS, DaemonSite

from pyw import paths, processes, wait_for
from pyw.httpd import server_user

OPTIONS = {
    "plain": "",
    "envs": 'env=NAME=value "env=SPACED=two words" env-file=${ROOT}/secret.env env=TWICE=second',
    "home": "home=${DATA} umask=027",
    "locale": "lang=C locale=C.UTF-8",
    "path": "python-path=${APPS}/lib:${APPS}/more",
    "homepath": "home=${APPS}/late-home python-path=${APPS}/lib:${APPS}/more",
    "models": "home=${APPS}/models",
    "named": "display-name=%{GROUP}",
    "titled": "display-name=my-title",
    "many": "processes=3 threads=2",
    "single": "processes=1 threads=1",
    "nice": "cpu-priority=7 stack-size=1M",
    "buffers": "send-buffer-size=16K receive-buffer-size=16K listen-backlog=5",
}

# Loads when the test allows it.
LATE = """
import sys

sys.path.insert(0, __file__.rpartition("/")[0])
import support

support.wait_for_file("%s.go", 60)


def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"late"]
"""

SECRET = "Vierzig-Tage-Regen"


class TestOptions:
    @pytest.fixture(scope="class")
    def server(self, make_httpd):
        files = {"lib/found.py": "VALUE = 'lib'\n", "more/found.py": "VALUE = 'more'\n",
                 "more/late.py": "VALUE = 'late'\n", "late-home/late.py": "VALUE = 'home'\n",
                 "models/model.pth": "", "lib/extra.pth": "elsewhere\n", "lib/elsewhere/by_pth.py": "VALUE = 'pth'\n", **APPS}
        server = make_httpd("".join(
            "WSGIDaemonProcess {0} {1}\nWSGIScriptAlias /{0} ${{APPS}}/app.wsgi process-group={0}\n".format(name, text)
            for name, text in OPTIONS.items()), apps=files, start=False)
        (server.apps / "models" / "model.pth").write_bytes(b"\x80\x02\x8a\nl\xfc\x9cF\xf9")
        secret = server.root / "secret.env"
        secret.write_text("# a comment\nSECRET='%s'\nTWICE=first\n" % SECRET)
        secret.chmod(0o600)
        return server.start()

    def facts(self, server, name):
        return DaemonSite(server, "/" + name).facts()

    def test_env_and_env_file(self, server):
        environ = self.facts(server, "envs")["environ"]
        assert (environ["NAME"], environ["SPACED"], environ["SECRET"]) == ("value", "two words", SECRET)
        assert environ["TWICE"] == "second"

    def test_secrets_of_one_group_are_not_in_another(self, server):
        assert not {"NAME", "SECRET"} & set(self.facts(server, "plain")["environ"])

    @pytest.mark.parametrize("name", ["plain", "home"])
    def test_secrets_are_not_in_another_workers_memory(self, server, name):
        pid = DaemonSite(server, "/" + name).pid()
        assert not any(SECRET.encode() in block for block in processes.read_memory(pid))

    def test_home_and_umask(self, server):
        facts = self.facts(server, "home")
        assert (facts["cwd"], facts["umask"]) == (str(server.data), 0o027)

    def test_lang_and_locale(self, server):
        facts = self.facts(server, "locale")
        assert facts["environ"]["LANG"] == "C"
        assert "C.UTF-8" in facts["locale"]

    def test_utf8_is_the_default(self, server):
        assert self.facts(server, "plain")["encoding"] == "utf-8"

    @pytest.mark.parametrize("module, value", [("found", "lib"), ("late", "late"), ("by_pth", "pth")])
    def test_python_path_in_order_and_with_pth_files(self, server, module, value):
        assert DaemonSite(server, "/path").get("/imports?name=" + module).body == value.encode()

    @pytest.mark.parametrize("module, value", [("late", "home"), ("found", "lib")])
    def test_home_is_searched_before_python_path(self, server, module, value):
        assert DaemonSite(server, "/homepath").get("/imports?name=" + module).body == value.encode()

    def test_a_model_of_pytorch_in_home_is_no_pth_file(self, server):
        assert self.facts(server, "models")["cwd"] == str(server.apps / "models")

    @pytest.mark.parametrize("name, title", [("named", "(wsgi:named)"), ("titled", "my-title")])
    def test_display_name(self, server, name, title):
        pid = DaemonSite(server, "/" + name).pid()
        with open("/proc/%d/cmdline" % pid) as file:
            assert title in file.read()

    def test_processes_and_threads(self, server):
        site = DaemonSite(server, "/many")
        held = site.hold(count=6)
        assert sorted(held.pids.count(pid) for pid in set(held.pids)) == [2, 2, 2]
        assert [response.status for response in held.finish()] == [200] * 6

    def test_never_more_requests_than_threads(self, server):
        site = DaemonSite(server, "/single")
        connections = [site.connect() for _ in range(4)]
        for connection in connections:
            connection.start("GET", "/single/crowd")
        assert {connection.read_response().body for connection in connections} == {b"1"}

    @pytest.mark.parametrize("name, multithread, multiprocess", [("plain", True, False), ("many", True, True),
                                                                 ("single", False, True)])
    def test_the_keys_in_environ(self, server, name, multithread, multiprocess):
        facts = self.facts(server, name)
        assert (facts["multithread"], facts["multiprocess"]) == (multithread, multiprocess)

    def test_cpu_priority(self, server):
        assert self.facts(server, "nice")["nice"] == 7

    def test_small_buffers_lose_nothing(self, server):
        response = DaemonSite(server, "/buffers").get("/large?size=1048576")
        assert response.complete and len(response.body) == 1 << 20

    def test_python_is_the_engines_own(self, server):
        home = str(server.python_home or "/usr")
        facts = self.facts(server, "plain")
        assert facts["prefix"] == home and facts["executable"].startswith(home + "/bin/python3")

    def test_default_user(self, server):
        entry = pwd.getpwnam(server_user())
        assert set(self.facts(server, "plain")["uids"]) == {entry.pw_uid}

    def test_the_worker_is_a_child_of_the_manager(self, server):
        assert self.facts(server, "plain")["ppid"] == server.manager().pid


@pytest.mark.root
class TestUsers:
    CONFIG = """
        WSGIDaemonProcess nobody user=nobody
        WSGIScriptAlias /nobody ${APPS}/app.wsgi process-group=nobody
        WSGIDaemonProcess mixed user=daemon group=games supplementary-groups=mail,news
        WSGIScriptAlias /mixed ${APPS}/app.wsgi process-group=mixed
        WSGIDaemonProcess number user=#12345 group=#23456
        WSGIScriptAlias /number ${APPS}/app.wsgi process-group=number
        WSGIDaemonProcess default
        WSGIScriptAlias /default ${APPS}/app.wsgi process-group=default
    """

    def facts(self, server, name):
        return DaemonSite(server, "/" + name).get("/facts").json()

    def test_user_takes_its_primary_group(self, server):
        facts, entry = self.facts(server, "nobody"), pwd.getpwnam("nobody")
        assert (set(facts["uids"]), set(facts["gids"])) == ({entry.pw_uid}, {entry.pw_gid})

    def test_group_and_supplementary_groups(self, server):
        import grp
        facts = self.facts(server, "mixed")
        assert set(facts["uids"]) == {pwd.getpwnam("daemon").pw_uid}
        assert set(facts["gids"]) == {grp.getgrnam("games").gr_gid}
        expected = {grp.getgrnam("mail").gr_gid, grp.getgrnam("news").gr_gid}
        assert expected <= set(facts["groups"]) <= expected | {grp.getgrnam("games").gr_gid}

    def test_numbers(self, server):
        key = DaemonSite(server, "/number").hold()
        with open("/proc/%d/status" % key.pids[0]) as file:
            status = file.read()
        key.finish()
        assert "Uid:\t12345\t12345\t12345\t12345" in status and "Gid:\t23456\t23456\t23456\t23456" in status

    def test_no_capability_is_left(self, server):
        for name in ("nobody", "mixed", "default"):
            status = self.facts(server, name)["dumpable"]
            for line in status.splitlines():
                if line.startswith(("CapEff", "CapPrm", "CapInh", "CapAmb")):
                    assert int(line.split()[1], 16) == 0, line

    def test_the_manager_is_root_and_holds_no_python(self, server):
        assert os.stat("/proc/%d" % server.manager().pid).st_uid == 0

    def test_httpds_user_may_connect_to_every_group(self, server):
        for name in ("nobody", "mixed", "number", "default"):
            assert DaemonSite(server, "/" + name).get("/pid").status == 200


class TestVirtualHosts:
    CONFIG = """
        WSGIDaemonProcess shared
        <VirtualHost 127.0.0.1:${PORT}>
            ServerName one.example
            WSGIDaemonProcess private
            WSGIScriptAlias /private ${APPS}/app.wsgi process-group=private
            WSGIScriptAlias /shared ${APPS}/app.wsgi process-group=shared
        </VirtualHost>
        <VirtualHost 127.0.0.1:${PORT}>
            ServerName two.example
            WSGIScriptAlias /shared ${APPS}/app.wsgi process-group=shared
            WSGIScriptAlias /chosen ${APPS}/app.wsgi process-group=%{ENV:CHOSEN}
            SetEnvIf X-Group "(.*)" CHOSEN=$1
        </VirtualHost>
    """
    MODULES = ("setenvif",)

    def test_a_group_of_the_same_host(self, server):
        assert server.get("/private/pid", [("Host", "one.example")]).status == 200

    def test_a_group_of_the_whole_server(self, server):
        pids = {server.get("/shared/pid", [("Host", host)]).body for host in ("one.example", "two.example")}
        assert len(pids) == 1

    def test_a_group_of_another_host_is_refused(self, server):
        server.expect_log("PYW0202.*'private'")
        assert server.get("/chosen/pid", [("Host", "two.example"), ("X-Group", "private")]).status == 500


class TestTimeouts:
    CONFIG = """
        WSGIDaemonProcess slow socket-timeout=300ms threads=4
        WSGIScriptAlias /slow ${APPS}/app.wsgi process-group=slow
        WSGIDaemonProcess full threads=1 queue-limit=2
        WSGIScriptAlias /full ${APPS}/app.wsgi process-group=full
        WSGIDaemonProcess late threads=1 queue-limit=2 listen-backlog=1 connect-timeout=200ms
        WSGIScriptAlias /late ${APPS}/late.wsgi process-group=late
        WSGIDaemonProcess asleep processes=0-1 threads=1 queue-limit=2
        WSGIScriptAlias /asleep ${APPS}/asleep.wsgi process-group=asleep
    """

    @pytest.fixture(scope="class")
    def server(self, make_httpd):
        server = make_httpd(self.CONFIG, apps={**APPS, "late.wsgi": LATE % "late", "asleep.wsgi": LATE % "asleep"})
        yield server
        for group in ("late", "asleep"):
            (server.data / (group + ".go")).touch()

    def test_socket_timeout_is_504(self, server):
        server.expect_log("PYW0241.*GET /slow/hold")
        server.log.wait("PYW0317.*group 'slow' is ready")  # otherwise the request waits, gets 504, and never runs
        held = DaemonSite(server, "/slow").hold()
        response, = held.responses()
        assert response.status == 504
        held.let_go()

    def test_socket_timeout_in_the_middle_cuts_the_connection(self, server):
        server.expect_log("PYW0241.*GET /slow/hold_chunked")
        held = DaemonSite(server, "/slow").hold("/hold_chunked")
        response, = held.responses()
        assert response.status == 200 and not response.complete
        held.let_go()

    def test_a_full_queue_is_503(self, server):
        server.allow_log("PYW0262")
        site = DaemonSite(server, "/full")
        held = site.hold()
        waiting = site.hold(count=6, wait=False)
        wait_for(lambda: len(select.select([one.socket for one in waiting.connections], [], [], 0)[0]) == 4)
        server.log.wait("PYW0262.*queue-limit")
        held.let_go()
        waiting.let_go()
        responses = waiting.responses()
        assert held.responses()[0].status == 200
        assert sorted(response.status for response in responses) == [200] * 2 + [503] * 4
        assert all(response.header("Retry-After") == "1" for response in responses if response.status == 503)

    @pytest.mark.parametrize("group", ["late", "asleep"])
    def test_before_the_first_worker_is_ready_the_queue_has_the_same_limits(self, server, group):
        server.allow_log("PYW0262")
        connections = [server.connect() for _ in range(6)]
        for connection in connections:
            connection.start("GET", "/" + group)
        wait_for(lambda: len(select.select([one.socket for one in connections], [], [], 0)[0]) == 4)
        server.log.wait("PYW0262.*'%s'.*queue-limit" % group)
        (server.data / (group + ".go")).touch()
        responses = [connection.read_response() for connection in connections]
        assert sorted(response.status for response in responses) == [200] * 2 + [503] * 4
        assert all(response.header("Retry-After") == "1" for response in responses if response.status == 503)


@pytest.mark.skipif(not paths.is_root(), reason="the sockets' owner is httpd's user")
class TestManyGroups:
    CONFIG = "".join("WSGIDaemonProcess group{0} threads=2\n"
                     "WSGIScriptAlias /{0} ${{APPS}}/app.wsgi process-group=group{0}\n".format(i) for i in range(12))

    def test_all_are_served(self, server):
        wait_for(lambda: len(server.workers()) == 12)
        assert len({DaemonSite(server, "/%d" % i).pid() for i in range(12)}) == 12
