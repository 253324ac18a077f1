# SPDX-License-Identifier: Apache-2.0
"""pywsgi status, reload, restart, stop, start, stacks: over the command socket beside the workers' sockets."""
import json
import os
import re
import socket
import subprocess

import pytest
from control_site import APPS, HEALTHY, IMPAIRED, Clients, Commands, DaemonSite, as_nobody, groups, held_gil

from pyw import paths, processes, wait_for

BROKEN = "raise RuntimeError('announced')\n"
VERSION = "def application(environ, start_response):\n    start_response('200 OK', [])\n    return [b'%s']\n"


def members(value):
    """Return the names in an object of JSON and in all objects in it."""
    if isinstance(value, dict):
        return set(value).union(*map(members, value.values()))
    return set().union(*map(members, value)) if isinstance(value, list) else set()


class TestStatus:
    CONFIG = groups(app="processes=2 threads=4", other="threads=3")

    def test_json_has_groups_and_workers(self, commands, site, server):
        pid = site.pid()
        status = commands.status()
        assert status["manager"]["pid"] == server.manager().pid
        assert status["manager"]["httpd"] == server.process.pid
        assert sorted(group["name"] for group in status["groups"]) == ["app", "other"]
        wait_for(lambda: len(commands.workers("app")) == 2)
        group = commands.group("app")
        assert group["state"] == "running" and group["processes"] == 2 and group["threads"] == 4
        assert group["applications"] == [str(server.apps / "app.wsgi")]
        worker, = [worker for worker in group["workers"] if worker["pid"] == pid]
        assert worker["served"] >= 1 and worker["busy"] == 0 and worker["threads"] == 4
        assert worker["memory"] > 1 << 20 and worker["requests"] == []

    def test_running_requests_are_shown(self, commands, site):
        held = site.hold(count=2)
        busy = [worker for worker in commands.workers("app") if worker["busy"]]
        assert sum(worker["busy"] for worker in busy) == 2
        requests = [request for worker in busy for request in worker["requests"]]
        assert len(requests) == 2 and all(request.startswith("GET /app/hold?key=") for request in requests)
        assert re.search(r"\n +\d+s  GET /app/hold\?key=\w+  \(127\.0\.0\.1, id \S+\)\n", commands.table())
        running = [request for worker in busy for request in worker["running"]]
        assert [request["client"] for request in running] == ["127.0.0.1"] * 2
        assert len({request["id"] for request in running}) == 2 and all(request["id"] for request in running)
        assert all(0 <= request["age_ms"] < 60000 and request["request"] in requests for request in running)
        held.finish()

    def test_the_documentation_has_all_members(self, commands, site):
        held = site.hold()
        text = (paths.TOP / "docs" / "reference" / "commands.md").read_text()
        stacks = json.loads(commands.do("stacks", "--json", "app"))
        assert [name for name in members(commands.status()) | members(stacks) if "`%s`" % name not in text] == []
        held.finish()

    def test_requests_that_wait_are_counted(self, commands, site):
        threads = commands.group("app")["processes"] * commands.group("app")["threads"]
        held = site.hold(count=threads)
        waiting = site.hold(count=3, wait=False)
        wait_for(lambda: commands.group("app")["waiting"] == 3)
        held.finish()
        waiting.finish()

    def test_the_cpu_time_of_a_worker_is_shown(self, commands, site):
        assert site.get("/pid").status == 200
        assert all(worker["cpu_ms"] > 0 for worker in commands.workers("app"))

    def test_the_table_is_aligned(self, commands):
        wait_for(lambda: len(commands.workers("app")) == 2)
        first, empty, *table = commands.table().splitlines()
        assert re.match(r"pywsgid \S+, pid \d+, up \S+; httpd ", first) and not empty
        head = table[0]
        assert head.split() == ["GROUP", "STATE", "WORKER", "IS", "UP", "SERVED", "BUSY", "WAIT", "CPU", "MEMORY",
                                "GEN", "RUNS"]
        app, = [line for line in table if line.startswith("app ")]
        assert app[head.index("STATE"):].startswith("running ")
        assert app[head.index("RUNS"):].endswith("/app.wsgi")
        workers = [line for line in table if " ready " in line]
        assert len(workers) == 3 and {line.index("ready") for line in workers} == {head.index("IS")}

    def test_one_group_alone(self, commands):
        assert [group["name"] for group in commands.status("other")["groups"]] == ["other"]


class TestPreload:
    CONFIG = groups(app="processes=2 threads=2 preload=On")

    @pytest.fixture(autouse=True)
    def settled(self, commands):
        commands.wait_settled("app", 2)

    def test_the_template_is_shown_beside_the_workers(self, commands, server):
        states = {worker["pid"]: worker["state"] for worker in commands.group("app")["workers"]}
        assert sorted(states.values()) == ["ready", "ready", "template"]
        assert states[server.templates()[0].pid] == "template"

    def test_reload_starts_another_template(self, commands, server):
        template = server.templates()[0]
        commands.do("reload", "app")
        wait_for(lambda: server.templates() and server.templates() != [template] and len(server.templates()) == 1)

    def test_a_group_that_is_stopped_has_none(self, commands, server):
        commands.do("stop", "app")
        wait_for(lambda: not server.templates() and not server.workers())
        commands.do("start", "app")
        wait_for(lambda: len(server.workers()) == 2)


class TestAsleep:
    CONFIG = groups(app="processes=0-2 threads=2 inactivity-timeout=1s")

    def test_the_state_of_a_sleeping_group_is_asleep(self, commands, site):
        wait_for(lambda: commands.group("app")["state"] == "asleep")
        assert commands.group("app")["processes"] == 0
        assert site.get("/pid").status == 200
        assert commands.group("app")["state"] == "running" and commands.group("app")["processes"] == 1
        wait_for(lambda: commands.group("app")["state"] == "asleep")

    def test_a_stopped_group_does_not_wake(self, commands, site, server):
        server.allow_log("PYW0340|PYW0354")
        wait_for(lambda: commands.group("app")["state"] == "asleep")
        commands.do("stop", "app")
        assert site.get("/pid").status == 503
        assert not server.workers()
        commands.do("start", "app")
        assert site.get("/pid").status == 200

    def test_a_reload_does_not_wake_it(self, commands, site, server):
        wait_for(lambda: commands.group("app")["state"] == "asleep" and not server.workers())
        commands.do("reload", "app")
        assert not server.workers()
        assert site.get("/pid").status == 200


class TestUsage:
    def test_an_unknown_group_is_refused_and_the_known_ones_are_named(self, commands):
        for name in ("reload", "restart", "stop", "start", "stacks", "status"):
            assert "there is no group 'blog'; there is 'app'" in commands.refused(name, "blog")

    @pytest.mark.parametrize("arguments, error", [
        (["restart"], "pywsgi restart: GROUP is missing\nusage: pywsgi restart [OPTION]... GROUP\n"),
        (["reload", "a", "b"], "unexpected argument 'b'"), (["reload", "--watch", "app"], "unknown option --watch\n"),
        (["status", "--no-wait"], "unknown option --no-wait\n"), (["status", "--jsno"], "did you mean --json?"),
        (["status", "--json=x"], "--json takes no argument"), (["status", "--directory"], "needs an argument"),
        (["relaod", "app"], "unknown verb 'relaod', did you mean 'reload'?"), (["frob"], "unknown verb 'frob'; `pywsgi"),
        (["--frob"], "unknown verb '--frob'"), (["a\x1b[2J"], "unknown verb 'a\\x1b[2J'")])
    def test_a_wrong_command_line_is_explained(self, commands, arguments, error):
        status, output, errors = commands.run(*arguments, directory=False)
        assert status == 2 and error in errors and not output and "\x1b" not in errors

    def test_without_a_verb_the_error_is_the_list_of_verbs(self, commands):
        status, output, errors = commands.run(directory=False)
        assert status == 2 and errors.startswith("usage: pywsgi VERB") and not output

    @pytest.mark.parametrize("arguments", [["status"], ["status", "--json"], ["stacks", "app"],
                                           ["stacks", "--json", "app"], ["reload", "--json", "app"]])
    def test_output_that_cannot_be_written_is_a_failure(self, commands, site, arguments):
        assert site.get("/pid").status == 200
        with open("/dev/full", "w") as full:
            process = subprocess.run([commands.program, *arguments, "--directory", str(commands.server.run)], stdout=full,
                                     stderr=subprocess.PIPE, text=True, timeout=60)
        assert (process.returncode, process.stderr) == (1, "pywsgi: the output cannot be written\n")

    @pytest.mark.parametrize("arguments", [["help"], ["--help"]])
    def test_help_names_every_verb(self, commands, arguments):
        status, output, _ = commands.run(*arguments, directory=False)
        names = re.findall("^  ([a-z]+) .*[a-z]$", output, re.M)
        assert status == 0 and {"status", "reload", "restart", "stop", "start", "stacks"} <= set(names)
        for name in names:
            shown = [commands.run(*line, directory=False) for line in (["help", name], [name, "--help"])]
            assert shown[0] == shown[1] and shown[0][0] == 0 and not shown[0][2]
            assert shown[0][1].startswith("usage: pywsgi %s [OPTION]..." % name) and "  --help " in shown[0][1]

    def test_without_httpd_the_error_names_the_directory(self, commands, tmp_path):
        status, _, errors = commands.run("status", "--directory", str(tmp_path), directory=False)
        assert status == 3 and "no httpd" in errors and str(tmp_path) in errors

    def test_the_socket_directory_itself_may_be_named(self, commands, server):
        directory, = server.socket_directories()
        assert commands.run("status", "--directory", str(directory), directory=False)[0] in (HEALTHY, IMPAIRED)

    def test_the_socket_of_a_dead_manager_is_no_manager(self, commands, tmp_path):
        (tmp_path / "pywsgi.1").mkdir()
        with socket.socket(socket.AF_UNIX) as left:
            left.bind(str(tmp_path / "pywsgi.1" / "manager"))
        assert commands.run("status", "--directory", str(tmp_path), directory=False)[0] == 3

    def test_httpd_is_found_wherever_its_sockets_are(self, commands, server):
        """Other tests may run, so there may be several."""
        status, output, errors = commands.run("status", directory=False)
        assert status in (HEALTHY, IMPAIRED, 2) and str(server.socket_directories()[0]) in output + errors

    def test_of_several_managers_one_must_be_chosen(self, commands, server):
        directory, = server.socket_directories()
        second = server.run / "second"
        second.mkdir()
        with socket.socket(socket.AF_UNIX) as other:
            other.bind(str(second / "manager"))
            other.listen()
            errors = commands.refused("status", status=2)
            assert "several httpd run here" in errors
            assert "--directory %s\n" % directory in errors and "--directory %s\n" % second in errors
        (second / "manager").unlink()
        second.rmdir()


class TestWhoMay:
    @pytest.mark.root
    def test_others_than_root_are_turned_away(self, commands, server):
        assert (server.socket_directories()[0] / "manager").stat().st_mode & 0o777 == 0o600
        status, output, errors = commands.run("status", preexec_fn=as_nobody)
        assert status == 3 and "only root" in errors and not output

    @pytest.mark.root
    def test_also_if_the_socket_lets_them_in(self, commands, server):
        server.expect_log("PYW0351: uid 65534")
        path = server.socket_directories()[0] / "manager"
        path.chmod(0o666)
        assert commands.run("stop", "app", preexec_fn=as_nobody)[0] == 1
        path.chmod(0o600)
        assert commands.group("app")["state"] in ("starting", "running")

    def test_nonsense_and_silence_do_not_hold_the_manager_up(self, commands, server, site):
        path = str(server.socket_directories()[0] / "manager")
        clients = [socket.socket(socket.AF_UNIX) for _ in range(10)]
        for number, client in enumerate(clients):
            client.connect(path)
            client.sendall([b"", b"\x01", b"GET / HTTP/1.0\r\n\r\n", b"\x01\x20\x00\x00\x00\x00\x00\x00"][number % 4])
        assert commands.group("app")["state"] in ("running", "starting")
        for client in clients:
            client.close()
        assert site.get("/pid").status == 200

    def test_a_removed_socket_is_created_again(self, commands, server):
        path = server.socket_directories()[0] / "manager"
        path.unlink()
        wait_for(path.exists)
        assert commands.status()

    def test_nothing_is_left_open(self, commands, server):
        count = processes.descriptor_count(server.manager().pid)
        for _ in range(5):
            commands.table()
            commands.do("stacks", "app")
            commands.refused("reload", "none")
        wait_for(lambda: processes.descriptor_count(server.manager().pid) <= count)


class TestReload:
    CONFIG = groups(app="processes=2 threads=2")

    @pytest.mark.parametrize("name", ["reload", "restart"])
    def test_it_returns_when_all_workers_are_new_and_no_request_fails(self, commands, site, name):
        wait_for(lambda: len(commands.workers("app")) == 2)
        before = {worker["pid"] for worker in commands.workers("app")}
        with Clients(site) as clients:
            assert "2 workers are ready" in commands.do(name, "app")
            now = {worker["pid"] for worker in commands.workers("app")}
        assert len(now) == 2 and not now & before
        assert clients.statuses() == {200}

    def test_status_has_the_last_reload_and_the_restarts_by_reason(self, commands):
        wait_for(lambda: [worker["state"] for worker in commands.group("app")["workers"]] == ["ready", "ready"])
        before = commands.group("app")["restarts"].get("reload", 0)
        commands.do("reload", "app")
        group = wait_for(lambda: commands.group("app")["reload_result"] == "done" and commands.group("app"))
        assert group["reload_by"] == "command" and re.match(r"\d{4}-\d\d-\d\dT", group["reload_at"])
        # The replaced workers are counted when they exit.
        wait_for(lambda: commands.group("app")["restarts"].get("reload", 0) == before + 2)
        assert re.search(r"\n  last reload: \S+Z, by command, done\n  restarts: .*%d reload" % (before + 2), commands.table())

    def test_a_crash_is_a_restart_too(self, commands, site, server):
        server.expect_log("PYW0310: worker .* was killed by signal 9")
        wait_for(lambda: len(commands.workers("app")) == 2)
        before = commands.group("app")["restarts"].get("crash", 0)
        os.kill(site.pid(), 9)
        wait_for(lambda: commands.group("app")["restarts"].get("crash", 0) == before + 1)
        wait_for(lambda: len(commands.workers("app")) == 2)

    def test_no_wait_returns_at_once(self, commands, site):
        wait_for(lambda: len(commands.workers("app")) == 2)
        before = {worker["pid"] for worker in commands.workers("app")}
        held = site.hold()
        assert "are being replaced" in commands.do("reload", "--no-wait", "app")
        wait_for(lambda: not before & {worker["pid"] for worker in commands.workers("app")})
        assert held.finish()[0].status == 200

    def test_it_does_not_wait_for_requests_that_run(self, commands, site):
        held = site.hold()
        commands.do("reload", "app")
        assert commands.workers("app", "draining")
        assert held.finish()[0].status == 200

    def test_it_waits_until_old_workers_begin_no_request(self, commands, server):
        """A stopped worker (SIGSTOP) does not send FINISHING."""
        wait_for(lambda: len(server.workers()) == 2)
        old = server.workers()[0]
        old.suspend()
        process = commands.start("reload", "app")
        try:
            wait_for(lambda: len(commands.workers("app")) == 2 and commands.workers("app", "draining"))
            assert process.poll() is None
        finally:
            old.resume()
        assert process.wait(20) == 0
        process.communicate()

    def test_the_log_names_the_user(self, commands, server):
        since = server.log.position()
        commands.do("reload", "app")
        who = r"user \S+ \(uid %d, pid \d+\)" % os.getuid()
        server.log.wait(r"PYW0350: group 'app': its workers are replaced \(pywsgi reload by %s\)" % who, since)
        server.log.wait(r"PYW0403: group 'app': 2 workers are ready \(pywsgi reload by %s ended after " % who, since)

    def test_a_client_that_leaves_while_it_waits_changes_nothing(self, commands, site):
        process = commands.start("reload", "app")
        process.kill()
        process.communicate()
        wait_for(lambda: commands.group("app")["state"] == "running")
        assert site.get("/pid").status == 200


class TestJSON:
    """Each command that changes something prints one object, whatever the result."""
    CONFIG = groups(app="threads=2")

    @pytest.fixture(autouse=True)
    def started(self, commands, server):
        server.allow_log("PYW0350")
        commands.do("start", "app")
        commands.wait_settled("app")

    @pytest.mark.parametrize("arguments, message", [
        (["reload", "app"], "1 worker is ready"), (["restart", "app"], "1 worker is ready"),
        (["stop", "app"], "is stopped"), (["start", "app"], "1 worker is ready"),
        (["reload", "--all"], "1 worker is ready")])
    def test_a_command_that_succeeds(self, commands, server, arguments, message):
        if arguments[0] == "start":
            commands.do("stop", "app")
        answer = json.loads(commands.do(*arguments, "--json"))
        group = None if "--all" in arguments else "app"
        assert message in answer.pop("message") and isinstance(answer.pop("progress"), list)
        assert answer == {"command": arguments[0], "group": group, "result": "done", "exit_status": 0}

    @pytest.mark.parametrize("arguments, message", [
        (["stop", "blog"], "there is no group 'blog'; there is 'app'"),
        (["reload", 'a"\x1b'], "there is no group 'a\"\\x1b'")])
    def test_a_command_that_is_refused(self, commands, arguments, message):
        status, output, errors = commands.run(*arguments, "--json")
        answer = json.loads(output)
        assert (status, errors) == (1, "") and message in answer["message"]
        assert (answer["result"], answer["exit_status"], answer["group"]) == ("failed", 1, arguments[1])

    def test_without_httpd(self, commands, tmp_path):
        status, output, _ = commands.run("reload", "app", "--json", "--directory", str(tmp_path), directory=False)
        answer = json.loads(output)
        assert (status, answer["exit_status"], answer["result"]) == (3, 3, "failed") and "no httpd" in answer["message"]

    def test_the_traceback_of_code_that_does_not_load(self, commands, server):
        server.allow_log(r"PYW03\d\d|PYW05\d\d|PYW06\d\d|Traceback|\]   |RuntimeError")
        script = server.apps / "app.wsgi"
        good = script.read_text()
        script.write_text(BROKEN)
        status, output, errors = commands.run("reload", "app", "--json")
        script.write_text(good)
        answer = json.loads(output)
        assert (status, errors) == (1, "") and "the old workers continue to serve" in answer["message"]
        assert any("RuntimeError: announced" in line for line in answer["progress"]), answer


class TestBrokenCode:
    CONFIG = groups(app="threads=2")
    APPS = {"app.wsgi": VERSION % "one"}

    def test_reload_fails_and_the_old_code_serves(self, commands, site, server):
        server.allow_log(r"PYW03\d\d|PYW05\d\d|PYW06\d\d|Traceback|\]   |RuntimeError")
        wait_for(lambda: site.get("/").body == b"one")
        (server.apps / "app.wsgi").write_text(BROKEN)
        assert "the old workers continue to serve" in commands.refused("reload", "app")
        assert site.get("/").body == b"one"
        (server.apps / "app.wsgi").write_text(VERSION % "three")
        commands.do("reload", "app")
        assert site.get("/").body == b"three"


class TestStop:
    CONFIG = groups(app="processes=2 threads=2", other="")

    def test_running_requests_finish_others_get_503_until_start(self, commands, site, server):
        wait_for(lambda: len(commands.workers("app")) == 2)
        held = site.hold()
        server.allow_log("PYW0350")
        process = commands.start("stop", "app")
        wait_for(lambda: commands.group("app")["state"] == "stopping")
        wait_for(lambda: site.get("/pid").status == 503)
        assert process.poll() is None
        assert held.finish()[0].status == 200
        assert process.communicate(timeout=20)[0] == "group 'app' is stopped, its requests get 503\n"
        assert process.returncode == 0
        assert commands.group("app") == {**commands.group("app"), "state": "stopped", "workers": []}
        assert site.get("/pid").status == 503
        assert DaemonSite(server, "/other").get("/pid").status == 200
        assert "is stopped" in commands.refused("reload", "app")
        assert "2 workers are ready" in commands.do("start", "app")
        assert site.get("/pid").status == 200

    def test_it_lasts_through_a_graceful_restart(self, commands, site, server):
        commands.do("stop", "app")
        server.graceful()
        assert commands.group("app")["state"] == "stopped"
        assert site.get("/pid").status == 503
        commands.do("restart", "app")
        assert site.get("/pid").status == 200

    def test_httpd_can_be_stopped_meanwhile(self, make_httpd):
        server = make_httpd(groups(app=""), apps=APPS)
        commands = Commands(server)
        commands.do("stop", "app")
        assert server.stop() == 0
        server.finish()


class TestStacks:
    CONFIG = groups(app="processes=2 threads=2")

    def test_every_worker_with_the_calls_of_its_threads(self, commands, site):
        wait_for(lambda: len(commands.workers("app")) == 2)
        held = site.hold()
        output = commands.do("stacks", "app")
        for worker in commands.workers("app"):
            assert "worker %d (ready)" % worker["pid"] in output
        assert re.search(r'File "[^"]*support\.py", line \d+ in wait_for_file', output)
        assert re.search(r'app\.wsgi", line \d+ in hold', output)
        held.finish()

    def test_the_request_of_a_thread_precedes_its_stack(self, commands, site):
        held = site.hold()
        output = commands.do("stacks", "app")
        assert re.search(r"hread 0x[0-9a-f]+.*\n  runs for \d+\.\d s: GET /app/hold\?key=\S+ \(client 127\.0\.0\.1, id \S+\)\n"
                         r"(  File .*\n)*  File .* in wait_for_file", output), output
        held.finish()

    def test_json_has_the_threads_and_the_requests_that_they_run(self, commands, site):
        wait_for(lambda: len(commands.workers("app")) == 2)
        held = site.hold()
        workers = json.loads(commands.do("stacks", "--json", "app"))["workers"]
        assert {worker["pid"] for worker in workers} == {worker["pid"] for worker in commands.workers("app")}
        assert all(worker["answers"] and worker["state"] == "ready" for worker in workers)
        (worker, request), = [(worker, request) for worker in workers for request in worker["requests"]]
        assert request["request"].startswith("GET /app/hold?key=") and request["client"] == "127.0.0.1"
        assert request["id"] and 0 <= request["age_ms"] < 60000
        stack, = [thread["stack"] for thread in worker["threads"] if thread["thread"] == request["thread"]]
        frames = re.findall(r'(\w+\.\w+)", line \d+ in (\w+)', "\n".join(stack))    # the innermost first
        assert frames.index(("support.py", "wait_for_file")) < frames.index(("app.wsgi", "hold"))
        held.finish()

    @pytest.mark.long
    def test_also_of_a_worker_whose_python_is_stuck(self, make_httpd):
        """The command needs no lock of Python."""
        with held_gil(make_httpd) as commands:
            assert re.search(r'app\.wsgi", line \d+ in stuck_in_c', commands.do("stacks", "app"))


class TestAgainAndAgain:
    """A reload during another reload ends no worker that serves."""
    CONFIG = groups(app="threads=2")

    def test_reloads_on_top_of_each_other(self, commands, site):
        site.pid()
        with Clients(site) as clients:
            for _ in range(6):
                commands.do("reload", "--no-wait", "app")
            commands.do("reload", "app")
        assert clients.statuses() == {200}
        assert len(commands.workers("app")) == 1
