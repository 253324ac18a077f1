# SPDX-License-Identifier: Apache-2.0
"""SetHandler pywsgi-metrics: each event is counted, no counter decreases, and Prometheus reads the page."""
import contextlib
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import urllib.parse

import pytest

from pyw import processes, wait_for
from pyw.client import Connection
from pyw.ports import free_port

TOP = pathlib.Path(__file__).resolve().parents[3]

GROUP = """
WSGIDaemonProcess app threads=2 queue-limit=1
WSGIScriptAlias /embedded ${APPS}/app.wsgi
WSGIScriptAlias /app ${APPS}/app.wsgi process-group=app
"""

PREFIX = {"daemon": ("/app", "app"), "embedded": ("/embedded", "%{GLOBAL}")}


class TestCounters:
    CONFIG = GROUP

    @pytest.fixture
    def prefix(self, mode):
        return PREFIX[mode][0]

    @pytest.fixture
    def change(self, metrics, mode):
        """Return a function that says by how much a metric of this mode's group has changed since the test began."""
        before = list(metrics.samples())

        def changed(wanted, **labels):
            def is_meant(name, found):
                labels["group"] = PREFIX[mode][1]
                return name == wanted and all(found.get(key) == text for key, text in labels.items())
            return (sum(value for name, found, value in metrics.samples() if is_meant(name, found))
                    - sum(value for name, found, value in before if is_meant(name, found)))
        return changed

    @pytest.mark.parametrize("path, code", [("/", "2xx"), ("/none", "4xx"), ("/fail", "5xx")])
    def test_a_request_counts_in_the_class_of_its_status(self, server, prefix, change, path, code):
        server.get(prefix + path)
        wait_for(lambda: change("pywsgi_requests_total") == 1)
        assert change("pywsgi_requests_total", code=code) == 1
        assert change("pywsgi_request_duration_seconds_count") == 1
        assert change("pywsgi_request_application_seconds_count") == 1

    def test_the_bytes_of_both_bodies(self, server, prefix, change):
        server.post(prefix + "/", b"b" * 100000)
        server.get(prefix + "/size?70000")
        wait_for(lambda: change("pywsgi_requests_total") == 2)
        assert change("pywsgi_request_body_bytes_total") == 100000
        assert change("pywsgi_response_body_bytes_total") == len("100000") + 70000

    def test_the_time_of_the_application_is_not_that_of_the_queue(self, server, prefix, change):
        server.get(prefix + "/sleep")
        wait_for(lambda: change("pywsgi_requests_total") == 1)
        assert 0.3 <= change("pywsgi_request_application_seconds_sum") <= change("pywsgi_request_duration_seconds_sum")
        assert change("pywsgi_request_queue_seconds_sum") < change("pywsgi_request_application_seconds_sum")

    def test_a_histogram_counts_up_to_its_last_bucket(self, server, prefix, change):
        server.get(prefix + "/sleep")
        wait_for(lambda: change("pywsgi_requests_total") == 1)
        assert change("pywsgi_request_duration_seconds_bucket", le="0.250000") == 0
        assert change("pywsgi_request_duration_seconds_bucket", le="+Inf") == 1

    def test_a_client_that_leaves_counts_as_aborted(self, server, prefix, change, mode):
        connection = Connection(server.port)
        connection.start("GET", prefix + "/size?%d" % (64 << 20))
        connection.read_head()
        connection.reset()
        wait_for(lambda: change("pywsgi_requests_total", code="aborted") == 1)

    def test_the_virtual_host_is_a_label(self, server, prefix, change):
        server.get(prefix + "/")
        wait_for(lambda: change("pywsgi_requests_total", vhost="127.0.0.1:%d" % server.port) == 1)


class TestWaitingForTheGIL:
    CONFIG = GROUP
    WAIT, RUN = "pywsgi_request_gil_wait_seconds_sum", "pywsgi_request_application_seconds_sum"

    @pytest.fixture(scope="class")
    def fifo(self, server):
        os.mkfifo(server.data / "gil")
        os.chmod(server.data / "gil", 0o644)
        return server.data / "gil"

    @contextlib.contextmanager
    def held_gil(self, server, fifo):
        """A request holds the worker's GIL meanwhile."""
        begun = server.data / "begun.gil"
        begun.unlink(missing_ok=True)
        with Connection(server.port) as holder:
            holder.start("GET", "/app/gil")
            wait_for(begun.exists)
            try:
                yield
            finally:
                fifo.write_text("")
            assert holder.read_response().status == 200

    def waits(self, server, milliseconds):
        """Whether a request has been at the worker for so long."""
        return any(shown["url"] == "/app/" and shown["phase"] == "application" and shown["age_ms"] > milliseconds
                   for shown in server.get("/-/status?json").json()["requests"])

    def test_a_request_that_waits(self, server, metrics, fifo):
        count = metrics("pywsgi_requests_total", group="app")
        with Connection(server.port) as waiting:
            with self.held_gil(server, fifo):
                waiting.start("GET", "/app/")
                wait_for(lambda: self.waits(server, 200))
            assert waiting.read_response().status == 200
        wait_for(lambda: metrics("pywsgi_requests_total", group="app") == count + 2)
        assert 0.1 < metrics(self.WAIT, group="app") < metrics(self.RUN, group="app")

    def test_a_request_that_does_not(self, server, metrics, mode):
        prefix, group = PREFIX[mode]
        count = metrics("pywsgi_request_gil_wait_seconds_count", group=group)
        begun, run = metrics(self.WAIT, group=group), metrics(self.RUN, group=group)
        server.get(prefix + "/sleep")
        wait_for(lambda: metrics("pywsgi_request_gil_wait_seconds_count", group=group) == count + 1)
        assert metrics(self.WAIT, group=group) - begun < metrics(self.RUN, group=group) - run - 0.25

    def test_a_request_whose_client_leaves_while_it_waits_counts_with_its_whole_time(self, server, metrics, fifo):
        aborted = metrics("pywsgi_requests_total", group="app", code="aborted")
        with self.held_gil(server, fifo):
            waiting = Connection(server.port)
            waiting.start("GET", "/app/")
            wait_for(lambda: self.waits(server, 200))
            wait, run = metrics(self.WAIT, group="app"), metrics(self.RUN, group="app")
            waiting.reset()
            wait_for(lambda: metrics("pywsgi_requests_total", group="app", code="aborted") == aborted + 1)
            waited, ran = metrics(self.WAIT, group="app") - wait, metrics(self.RUN, group="app") - run
        assert ran == pytest.approx(waited, abs=1e-5)


class TestQueue:
    CONFIG = GROUP

    def occupy(self, server, *names):
        """Start requests that occupy a thread each."""
        connections = [Connection(server.port) for _ in names]
        for connection, name in zip(connections, names):
            connection.start("GET", "/app/wait?" + name)
            wait_for(lambda: (server.data / ("begun." + name)).exists())
        return connections

    def test_refused_requests_count_by_reason(self, server, metrics):
        running = self.occupy(server, "one", "two")
        waiting = Connection(server.port)
        waiting.start("GET", "/app/")
        wait_for(lambda: metrics("pywsgi_group_requests_waiting", group="app") == 1)
        assert metrics("pywsgi_group_requests_running", group="app") == 2
        server.expect_log("PYW0262")
        assert server.get("/app/").status == 503
        for name in ("one", "two"):
            (server.data / ("go." + name)).touch()
        assert [connection.read_response().status for connection in (*running, waiting)] == [200] * 3
        assert metrics("pywsgi_requests_refused_total", group="app", reason="queue_full") == 1
        assert metrics("pywsgi_requests_refused_total") == 1
        wait_for(lambda: metrics("pywsgi_request_queue_seconds_count", group="app") == 3)
        assert metrics("pywsgi_request_queue_seconds_sum", group="app") > 0

    def test_the_state_of_a_group(self, metrics):
        wait_for(lambda: metrics("pywsgi_group_workers", group="app") == 1)
        assert metrics("pywsgi_group_threads", group="app") == 2
        assert metrics("pywsgi_group_state", group="app", state="running") == 1
        assert metrics("pywsgi_group_state", group="app") == 1


class TestInFlight:
    CONFIG = GROUP + """
    <VirtualHost *>
        ServerName first.example
    </VirtualHost>
    <VirtualHost *>
        ServerName other.example
        WSGIScriptAlias /app ${APPS}/app.wsgi process-group=app
        WSGIScriptAlias /embedded ${APPS}/app.wsgi
    </VirtualHost>
    """
    OTHER = {"Host": "other.example"}

    def phases(self, metrics, **labels):
        return {phase: int(metrics("pywsgi_requests_in_flight", phase=phase, **labels))
                for phase in ("body", "queued", "application", "writing")}

    def test_a_virtual_host_has_its_own_in_each_phase(self, server, metrics):
        connections = []
        for number in range(3):
            connection = Connection(server.port)
            connection.start("GET", "/app/wait?host.%d" % number, headers=list(self.OTHER.items()))
            connections.append(connection)
            wait_for(lambda: self.phases(metrics, vhost="other.example:%d" % server.port, group="app") ==
                     {"body": 0, "queued": int(number == 2), "application": min(number + 1, 2), "writing": 0})
        assert sum(self.phases(metrics, vhost="first.example:%d" % server.port).values()) == 0
        assert sum(self.phases(metrics).values()) == 3
        for number in range(3):
            (server.data / ("go.host.%d" % number)).touch()
        assert [connection.read_response().status for connection in connections] == [200] * 3
        wait_for(lambda: sum(self.phases(metrics).values()) == 0)

    def test_those_of_an_embedded_application(self, server, metrics):
        connection = Connection(server.port)
        connection.start("GET", "/embedded/wait?embedded", headers=list(self.OTHER.items()))
        wait_for(lambda: self.phases(metrics, vhost="other.example:%d" % server.port, group="%{GLOBAL}")["application"])
        (server.data / "go.embedded").touch()
        assert connection.read_response().status == 200


class TestCountersNeverGoBack:
    CONFIG = GROUP

    @pytest.fixture
    def counted(self, server, metrics):
        before = metrics("pywsgi_requests_total", group="app")
        server.get("/app/")
        wait_for(lambda: metrics("pywsgi_requests_total", group="app") == before + 1)
        return lambda: metrics("pywsgi_requests_total", group="app") == before + 1

    @pytest.mark.parametrize("how", ["graceful", "restart"])
    def test_at_a_restart(self, server, counted, how):
        getattr(server, how)()
        assert counted()

    def test_after_the_death_of_the_manager(self, server, counted):
        server.expect_log("PYW0253")
        server.allow_log("PYW03")
        manager = server.manager()
        os.kill(manager.pid, signal.SIGKILL)
        server.wait_new_manager(manager)
        assert counted()

    def test_after_the_death_of_a_child(self, server, counted):
        server.allow_log("exit signal Killed|AH00052")
        children = server.children()
        processes.kill(children)
        processes.wait_gone(children)
        wait_for(lambda: server.children())
        assert counted()

    def test_when_a_group_is_removed_and_added_again(self, server, counted):
        text = server.config_text
        server.configure(text.replace("WSGIDaemonProcess app", "WSGIDaemonProcess other").replace("=app", "=other"))
        server.graceful()
        assert counted()
        server.configure(text)
        server.graceful()
        assert counted()


def documented_queries():
    page = (TOP / "docs" / "reference" / "metrics.md").read_text().split("## Queries")[1]
    queries = [line.strip() for line in page.splitlines() if line.startswith("    ")]
    assert len(queries) == 5
    return queries


def dashboard_queries():
    """Return the queries of the dashboard, with its variables replaced as Grafana does."""
    dashboard = json.loads((TOP / "examples" / "grafana" / "mod_pywsgi.json").read_text())
    queries = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    assert len(queries) > 10
    return [text.replace("$__rate_interval", "5m").replace("$vhost", ".*").replace("$group", ".*") for text in queries]


class TestFormats:
    CONFIG = GROUP

    def test_promtool_has_no_objection(self, server, metrics):
        assert shutil.which("promtool"), "tools/install-deps installs it"
        server.get("/app/")
        checked = subprocess.run(["promtool", "check", "metrics"], input=metrics.text(), text=True,
                                 stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        assert (checked.returncode, checked.stdout) == (0, "")

    def test_the_client_chooses_the_format(self, server):
        plain = server.get("/-/metrics")
        assert plain.header("Content-Type") == "text/plain; version=0.0.4; charset=utf-8"
        assert b"# TYPE pywsgi_requests_total counter\n" in plain.body and not plain.body.endswith(b"# EOF\n")
        chosen = server.get("/-/metrics", headers=[("Accept", "application/openmetrics-text; version=1.0.0")])
        assert chosen.header("Content-Type") == "application/openmetrics-text; version=1.0.0; charset=utf-8"
        assert b"# TYPE pywsgi_requests counter\n" in chosen.body and chosen.body.endswith(b"# EOF\n")

    def test_the_documentation_has_all_metrics_and_values_of_labels(self, server, metrics):
        server.get("/app/")
        pages = "".join((TOP / "docs" / "reference" / name).read_text() for name in ("metrics.md", "commands.md"))
        for name in re.findall(r"(?m)^# TYPE (\w+)", metrics.text()):
            assert "| `%s` |" % name in pages
        values = {value for _, labels, _ in metrics.samples() for label, value in labels.items()
                  if label not in ("vhost", "group", "version", "le")}
        assert [value for value in values if not re.search(r"`%s`|\| %s \||\| stopping, %s \|" % ((value,) * 3), pages)] == []

    def test_prometheus_reads_it(self, server, tmp_path):
        assert shutil.which("prometheus"), "tools/install-deps installs it"
        server.get("/app/")
        port = free_port()
        (tmp_path / "prometheus.yml").write_text(json.dumps({
            "global": {"scrape_interval": "500ms", "scrape_timeout": "400ms"},
            "scrape_configs": [{"job_name": "httpd", "metrics_path": "/-/metrics",
                                "static_configs": [{"targets": ["127.0.0.1:%d" % server.port]}]}]}))
        prometheus = subprocess.Popen(
            ["prometheus", "--config.file", tmp_path / "prometheus.yml", "--storage.tsdb.path", tmp_path / "data",
             "--web.listen-address", "127.0.0.1:%d" % port], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            assert wait_for(lambda: self.query(port, 'sum(pywsgi_requests_total{group="app",code="2xx"})'), 30) > 0
            assert self.query(port, "up") == 1
            for text in documented_queries() + dashboard_queries():
                assert self.answer(port, text)["status"] == "success", text
        finally:
            prometheus.kill()
            prometheus.wait()

    @staticmethod
    def answer(port, text):
        with Connection(port) as connection:
            connection.start("GET", "/api/v1/query?query=" + urllib.parse.quote(text))
            return connection.read_response().json()

    @staticmethod
    def query(port, text):
        """Return the value, or None if Prometheus has none yet."""
        try:
            result = TestFormats.answer(port, text)["data"]["result"]
        except (OSError, KeyError, ValueError):     # it starts
            return None
        return float(result[0]["value"][1]) if result else None


class TestAccess:
    CONFIG = GROUP + """
    Alias /files ${APPS}/files
    <Directory ${APPS}/files>
        AllowOverride All
    </Directory>
    """

    def test_it_answers_only_where_wsgistatus_is_on(self, server):
        server.expect_log("PYW0213")
        assert server.get("/-/closed").status == 403

    def test_an_htaccess_file_cannot_open_it(self, server):
        directory = server.apps / "files"
        directory.mkdir(exist_ok=True)
        (directory / ".htaccess").write_text("SetHandler pywsgi-metrics\n")
        server.expect_log("PYW0213")
        assert server.get("/files/").status == 403
        (directory / ".htaccess").write_text("SetHandler pywsgi-metrics\nWSGIStatus On\n")
        server.expect_log("WSGIStatus not allowed here")
        assert server.get("/files/").status == 500

    def test_it_changes_nothing_so_only_get_and_head_are_allowed(self, server):
        response = server.post("/-/metrics", b"")
        assert response.status == 405 and "GET" in response.header("Allow")
        assert server.request("HEAD", "/-/metrics").status == 200

    def test_nobody_stores_it(self, server):
        assert server.get("/-/metrics").header("Cache-Control") == "no-store"
